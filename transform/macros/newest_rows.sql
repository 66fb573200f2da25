{#
  The rows of one stream as they were loaded last: of each key the newest one, whether it is still there at the vendor
  or not (`current_rows` says that). Only the files that have arrived since the last build are read, and only the rows
  with the keys that are in them change; the result is the same in whatever order files arrive.

  The model's name is loaded_TAP__STREAM, its unique_key is the stream's key. Columns and types are those that
  schema.yml gives to the model TAP__STREAM. The types are strict: a value that does not fit its column stops the build,
  rather than becoming an empty cell. What no column is declared for is kept in extra_fields. A line that is no JSON, as
  a killed loader leaves it at the end of a file, is passed over; the test `cut_lines` watches the rest.
#}
{% macro newest_rows(tap, stream) %}
{%- set columns = columns_of(tap, stream) -%}
{%- do start_over_if_changed(tap, stream, columns) -%}
{%- set keys = quoted(config.get('unique_key')) -%}
with
lines as materialized (
    select
        document,
        _line,
        {# Nearly all lines hold all columns and nothing else: these are read in one go. #}
        len(json_keys(document)) = {{ columns | length }}
            and list_has_all(json_keys(document), [{{ texts(columns) }}]) as _is_plain
    from {{ raw_lines(tap, stream) }}
    where document is not null
),
arrived as materialized (
    select unnest(json_transform_strict(document, '{{ tojson(columns) | replace("'", "''") }}')), _line
    from lines
    where _is_plain
    union all by name
    select
        {%- for name, type in columns.items() %}
        {{ extra_fields('document', columns) if name == 'extra_fields' else member('document', name, type) }} as {{ quoted([name]) }},
        {%- endfor %}
        _line
    from lines
    where not _is_plain
),
candidates as (
    select * from arrived
    {%- if is_incremental() %}
    union all by name
    select *, 0 as _line from {{ this }} where ({{ keys }}) in (select ({{ keys }}) from arrived)
    {%- endif %}
)
select * exclude (_line)
from candidates
where true
qualify row_number() over (partition by {{ keys }} order by read_at desc, _line desc) = 1
{% endmacro %}

{# The columns of a stream's model, name to type. #}
{% macro columns_of(tap, stream) -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.' ~ project_name ~ '.' ~ tap ~ '__' ~ stream].columns.values() -%}
            {%- do found.update({column.name: column.data_type}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The lines of the files to read, in the order in which they were written; `document` is null where one is no JSON. #}
{% macro raw_lines(tap, stream) -%}
    {%- set paths = [] -%}
    {%- if execute -%}
        {%- set new = ' and is_new' if is_incremental() else '' -%}
        {%- do paths.extend(paths_of("tap = '" ~ tap ~ "' and stream = '" ~ stream ~ "'" ~ new)) -%}
    {%- endif -%}
    (
    {%- if paths %}
    select json as document, row_number() over () as _line from {{ lines_of(paths) }}
    {%- else %}
    select null::json as document, 0 as _line where false
    {%- endif %}
)
{%- endmacro %}

{# The tap's own extra_fields and whatever members of a document are no columns, nulls included; null if there are none. #}
{% macro extra_fields(document, columns) -%}
    nullif('{' || array_to_string(list_transform(
        list_concat(
            list_filter(
                map_entries(from_json({{ document }}, '"MAP(VARCHAR, JSON)"')),
                lambda member: member.key not in ({{ texts(columns) }})
                    and not coalesce(list_contains(json_keys({{ document }} -> 'extra_fields'), member.key), false)
            ),
            map_entries(from_json({{ document }} -> 'extra_fields', '"MAP(VARCHAR, JSON)"'))
        ),
        lambda member: to_json(member.key) || ':' || coalesce(member.value, 'null')
    ), ',') || '}', '{}')::json
{%- endmacro %}

{# One member of a document. Objects and lists stay JSON; a JSON null is an empty cell. #}
{% macro member(document, name, data_type) -%}
    {%- if data_type == 'json' -%}
        nullif({{ document }} -> '{{ name }}', 'null'::json)
    {%- else -%}
        cast({{ document }} ->> '{{ name }}' as {{ data_type }})
    {%- endif -%}
{%- endmacro %}

{# Names as a list of texts in SQL. #}
{% macro texts(names) -%}
    {%- for name in names -%}'{{ name }}'{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{# Column names as a list in SQL; quoted, since vendors name columns as they like. #}
{% macro quoted(names) -%}
    {%- for name in names -%}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{#
  A table whose columns are no longer those of its model is made anew, if all files are there from which it was built.
  If some are not, what they held stays, and new columns are empty in it.
#}
{% macro start_over_if_changed(tap, stream, columns) -%}
    {%- if execute and is_incremental() and flags.WHICH in ('run', 'build') -%}
        {%- set wanted = {} -%}
        {%- for name, type in columns.items() -%}
            {%- do wanted.update({name: {'timestamptz': 'timestamp with time zone'}.get(type, type)}) -%}
        {%- endfor -%}
        {%- set present = {} -%}
        {%- set listed -%}
            select column_name, lower(data_type) from information_schema.columns
            where table_schema = '{{ this.schema }}' and table_name = '{{ this.identifier }}'
        {%- endset -%}
        {%- for row in run_query(listed) -%}
            {%- do present.update({row[0]: row[1]}) -%}
        {%- endfor -%}
        {%- set gone -%}
            select file from loading.files where tap = '{{ tap }}' and stream = '{{ stream }}'
                and file not in (select file from loading.arrived)
        {%- endset -%}
        {%- if present != wanted and not run_query(gone) | length -%}
            {%- do adapter.drop_relation(load_relation(this)) -%}
        {%- elif present != wanted -%}
            {%- for name, type in wanted.items() if name not in present -%}
                {%- do run_query('alter table ' ~ this ~ ' add column ' ~ quoted([name]) ~ ' ' ~ type) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
