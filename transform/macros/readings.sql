{# What was read completely, and when, and how runs ended: the same of every tap. #}
{% macro readings(vendor, read_log, account='account') -%}
    with
    read_log as (
        select * from {{ read_log }} as read_log
    )
    select
        {{ as_entity('readings', vendor, {
            'account': account,
            'stream': 'stream',
            'parent_id': 'parent_id',
            'outcome': 'outcome',
            'reason': 'reason',
            'row_count': 'row_count',
            'shard': 'shard',
            'ended_at': 'ended_at',
            'failures': 'failures',
            'read_at': 'read_at',
        }) }}
    from read_log
{%- endmacro %}
