{#
  Runs of which nothing arrived, although a later one went on from their state: it has passed over what they read, and
  so will all that follow. Looked at is what the newest run of each account and shard stands on: the run that it went on
  from, the one before that, and so on back to one that began without a state. (Several, with spaces between them, if
  their states were merged, because the number of shards has changed.)

  It says which runs these are and what to do; dbt by itself would only count them.
#}
{% test no_run_is_missing(model, accounts) %}
{%- set owner = quoted(accounts) -%}
{%- set missing -%}
with recursive
runs as (
    select {{ owner }}, shard, parent_id as run, unnest(string_to_array(coalesce(continues, 'none'), ' ')) as continues
    from {{ model }} where outcome = 'run'
),
stands_on as (
    select * from runs as one
    where not exists (
        select 1 from runs as later
        where later.shard = one.shard and later.run > one.run
        {%- for account in accounts %} and later.{{ quoted([account]) }} = one.{{ quoted([account]) }}{% endfor %}
    )
    union
    select {{ 'stands_on.' ~ owner | replace(', ', ', stands_on.') }}, stands_on.shard, runs.run, runs.continues
    from runs join stands_on on runs.run = stands_on.continues
)
select {{ owner }}, shard, run, continues from stands_on
where continues <> 'none' and continues not in (select run from runs)
order by {{ owner }}, shard
{%- endset -%}
{%- if execute and flags.WHICH in ('build', 'test') -%}
    {%- set found = [] -%}
    {%- for row in run_query(missing) -%}
        {%- do found.append('  ' ~ row.values()[:-3] | join(', ') ~ ', shard ' ~ row['shard'] ~ ': the run of '
            ~ row['run'] ~ ' went on from that of ' ~ row['continues']) -%}
    {%- endfor -%}
    {%- if found -%}
        {%- do exceptions.raise_compiler_error(
            model.schema ~ ': runs went on from the state of others of which nothing is here. Rows are missing that no run'
            ~ ' will read again:\n' ~ found | join('\n') ~ '\n' ~ read_again_advice(model.schema)) -%}
    {%- endif -%}
{%- endif -%}
{{ missing }}
{% endtest %}
