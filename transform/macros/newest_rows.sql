{#
  The typed table of one stream: of each key the newest row, as far as it is still there at the vendor.

  The loader only adds, and the vendors only say what exists now. So each run's rows carry `read_at`, when that
  run began, and the stream read_log says what was read completely and when: a whole stream (parent_id ''), or a
  stream's rows of one parent. A row is left out if
    - its part was read completely again later, and the row did not come along; or
    - its parent was loaded once and is no longer there. (A parent that was never loaded says nothing: somebody
      may have deselected its stream.)

  Types come from the model's columns in schema.yml. The casts are strict: a value that does not fit its type stops
  the build, rather than becoming an empty cell. (read_json with ignore_errors would blank it.) A line that is no
  JSON, as a killed loader may leave it at the end of a file, is passed over; tests/cut_lines.sql watches the rest.

  stream      name of the stream; its files in the tap's folder are STREAM-TIME.jsonl, one per run
  keys        primary key
  scope       columns, beside stream and parent_id, that tell the read_log's rows apart (say, the account)
  log         relation of read_log; none for read_log itself
  open        whether the tap may have discovered more columns than schema.yml has: they are kept in extra_fields
  part        this stream's column that says which part (parent, id, window) a row is from; none if it is read whole
  parent      {relation, stream, id: its column that holds what `part` holds, scope: columns that both have}, or none
#}
{% macro newest_rows(tap, stream, keys, log=none, scope=[], open=false, part=none, parent=none) %}
with
newest as (
    select
        {%- for column in model.columns.values() %}
        {{ undeclared() if open and column.name == 'extra_fields' else typed(column.name, column.data_type) }} as {{ quoted([column.name]) }},
        {%- endfor %}
        _line
    from {{ raw_lines(tap, stream) }}
    where document is not null
    qualify row_number() over (partition by {{ quoted(keys) }} order by read_at desc, _line desc) = 1
)
{%- if log %},
readings as (
    select {{ quoted(scope + ['parent_id']) }}, max(read_at) as read_at
    from {{ log }}
    where stream = '{{ stream }}'
    group by all
)
{%- endif %}
{%- if parent %},
gone as (
    select distinct {{ typed_keys(parent) }} from {{ raw_lines(tap, parent.stream) }} where document is not null
    except
    select {{ texts(parent.scope + [parent.id]) }} from {{ parent.relation }}
)
{%- endif %}
select newest.* exclude (_line)
from newest
where true
{%- if log %}
    and not exists (
        select 1 from readings
        where readings.parent_id = {{ "coalesce(newest." ~ quoted([part]) ~ "::varchar, '')" if part else "''" }}
        {%- for column in scope %}
            and readings.{{ quoted([column]) }} = newest.{{ quoted([column]) }}
        {%- endfor %}
            and readings.read_at > newest.read_at
    )
{%- endif %}
{%- if parent %}
    and not exists (
        select 1 from gone
        where gone.{{ quoted([parent.id]) }} = newest.{{ quoted([part]) }}::varchar
        {%- for column in parent.scope %}
            and gone.{{ quoted([column]) }} = newest.{{ quoted([column]) }}::varchar
        {%- endfor %}
    )
{%- endif %}
{% endmacro %}

{# The lines of a stream's files, numbered; `document` is null where a line is no JSON. No file, no lines. #}
{% macro raw_lines(tap, stream) -%}
    {%- set path = (env_var('EVENTS_RAW') ~ '/' ~ tap ~ '/' ~ stream ~ '-*.jsonl') | replace("'", "''") -%}
    {%- if execute and run_query("select 1 from glob('" ~ path ~ "')") | length -%}
        (
        select json as document, row_number() over () as _line
        from read_ndjson_objects('{{ path }}', ignore_errors = true)
    )
    {%- else -%}
        (select null::json as document, 0 as _line where false)
    {%- endif -%}
{%- endmacro %}

{# One column of `document`. Objects and lists stay JSON; a JSON null is an empty cell. #}
{% macro typed(name, data_type) -%}
    {%- if data_type == 'json' -%}
        nullif(document -> '{{ name }}', 'null'::json)
    {%- else -%}
        cast(document ->> '{{ name }}' as {{ data_type }})
    {%- endif -%}
{%- endmacro %}

{# What the tap's own extra_fields and the members of `document` that are no columns hold, as one object or null. #}
{% macro undeclared() -%}
    nullif(json_merge_patch(
        json_merge_patch(document, '{
            {%- for name in model.columns %}"{{ name }}": null{{ ', ' if not loop.last }}{% endfor -%}
        }'),
        coalesce(nullif(document -> 'extra_fields', 'null'::json), '{}'::json)
    ), '{}'::json)
{%- endmacro %}

{# Columns as texts, to compare them with the members of a line. #}
{% macro texts(names) -%}
    {%- for name in names -%}{{ adapter.quote(name) }}::varchar as {{ adapter.quote(name) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{# The columns that tell a parent's rows apart, from its own files, as texts. #}
{% macro typed_keys(parent) -%}
    {%- for column in parent.scope + [parent.id] -%}
        document ->> '{{ column }}' as {{ quoted([column]) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Column names as a list in SQL; quoted, since vendors name columns as they like. #}
{% macro quoted(names) -%}
    {%- for name in names -%}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}
