{#
  Readings of which the read log says that rows came, and of which none are here: a raw file was lost before it was taken
  in. No run reads these rows again, since the state says that they were read.

  Looked at are the readings that this build has brought, as far as they are the newest of their part and their run left
  a state. What is read again from the beginning counts no more: a later run of the shard that began without a state has
  read all that there is. Rows are missing if the table holds nothing at all of the run, and of the part fewer rows, in
  this and later readings, than the log has counted. (The tap counts what it writes: what a stream map's __filter__
  leaves out is in neither.)

  tap         the tap's schema
  accounts    the read log's columns that say whose data these are
  parts       streams, each with its column that says which part (parent, id, window) a row is from; '' for one that is
              read whole, or whose rows may move from one part to another
#}
{% test no_rows_are_missing(model, tap, accounts, parts) %}
{%- set are_new = newest_readings(tap, model) -%}
{%- set missing = [] -%}
{%- for stream, part in parts.items() -%}
    {%- set rows_of = loaded(tap, stream) -%}
    {%- if is_built_now(tap, stream) -%}
        {%- do missing.append(missing_rows(stream, part, rows_of, accounts)) -%}
    {%- endif -%}
{%- endfor -%}
{%- if execute and flags.WHICH == 'build' and are_new and missing and not var('forget_missing_files', false) -%}
    {%- set query -%}
    with
    {# Where none is later, a comparison with it is neither true nor false. #}
    runs as (
        select *, max(case when continues is null then read_at end) over (
            partition by {{ quoted(accounts) }}, shard
        ) as began_anew
        from {{ model }} where outcome = 'run'
    ),
    readings as (
        select log.* from {{ model }} as log
        join runs on {{ are_of_one('log', 'runs', accounts) }} and runs.read_at = log.read_at
        where log.row_count > 0 and coalesce(log.read_at >= runs.began_anew, true)
            and log.{{ are_new }}
    )
    {{ missing | join('\n    union all\n') }}
    order by 1, 2
    {%- endset -%}
    {%- set found = [] -%}
    {%- for row in run_query(query) -%}
        {%- do found.append('  ' ~ row['stream'] ~ ' of ' ~ row['account'] ~ ': the run of ' ~ row['run'] ~ ' read '
            ~ row['row_count'] ~ ' rows in ' ~ row['parts'] ~ ' parts') -%}
    {%- endfor -%}
    {%- if found -%}
        {%- do exceptions.raise_compiler_error(
            tap ~ ': rows were read, says the read log, of which none are here. No run will read them again:\n'
            ~ found | join('\n') ~ '\n' ~ read_again_advice(tap)
            ~ (", or build once without them: --vars 'forget_missing_files: true'" if target.type == 'duckdb' else '')) -%}
    {%- endif -%}
{%- endif -%}
select 1 where false
{% endtest %}
