{#
  The rows of a stream that are still there at the vendor, for the staging models: the columns that these need, by their
  types. It is the one place that knows where a stream is. A column that the stream's model lacks, or has in another
  form, because a stream map leaves it out or flattening took it apart, is null: the marts are built all the same.

  Columns are named in a text, separated by blanks.
#}
{% macro stream(tap, name, text='', json='', time='', day='', number='', whole='', flag='') -%}
    {%- set types = {
        'varchar': text, 'json': json, 'timestamptz': time, 'date': day, 'double': number, 'bigint': whole, 'boolean': flag
    } -%}
    {# A unit test has no graph of models; it gives all columns. #}
    {%- set is_known = execute and graph.nodes -%}
    {%- set present = columns_of(tap, name) if is_known else {} -%}
    (
    select
    {%- set comma = joiner(',') -%}
    {%- for type, columns in types.items() -%}
        {%- for column in columns.split() %}{{ comma() }}
        {%- set found = present.get(column) %}
        {% if not is_known or found == type or (type == 'double' and found == 'bigint') or (type == 'varchar' and found) -%}
            cast({{ quoted([column]) }} as {{ sql_type(type) }})
        {%- else -%}
            cast(null as {{ sql_type(type) }})
        {%- endif %} as {{ quoted([column]) }}
        {%- endfor -%}
    {%- endfor %}
    from {{ ref(tap ~ '__' ~ name) }}
    )
{%- endmacro %}
