{#
  The rows of one stream as they were loaded last: of each key the newest one, whether it is still there at the vendor
  or not (`current_rows` says that). Only the files that have arrived since the last build are read, and only the rows
  with the keys that are in them change; the result is the same in whatever order files arrive.

  The model's name is loaded_TAP__STREAM, its unique_key is the stream's key. Columns and types are those that
  schema.yml gives to the model TAP__STREAM. A value that does not fit its column stops the build, rather than becoming
  an empty cell; but DuckDB rounds a fraction in a column of whole numbers, which no tap sends. What no column is
  declared for is kept in extra_fields. A line that is no JSON object, as a killed loader leaves it at the end of a file,
  is passed over; the test `cut_lines` watches the rest.
#}
{% macro newest_rows(tap, stream) %}
{%- set columns = columns_of(tap, stream) -%}
{%- do start_over_if_changed(columns) -%}
{%- if execute and not is_incremental() and flags.WHICH in ('run', 'build') -%}
    {%- do refuse_to_lose_rows(are_files_of(model.config.meta.raw)) -%}
{%- endif -%}
{%- set keys = quoted(config.get('unique_key')) -%}
with
lines as materialized (
    select
        document,
        _line,
        {# Nearly all lines hold all columns and nothing else: these are read in one go. What is no object has no keys. #}
        if(
            len(json_keys(document)) > 0,
            len(json_keys(document)) = {{ columns | length }}
                and list_has_all(json_keys(document), [{{ texts(columns) }}]),
            null
        ) as _is_plain
    from {{ raw_lines() }}
),
odd as (
    select
        document,
        _line,
        {# All at once: each call on a document parses it, and holds as much memory as it is long. #}
        json_extract(document, [
            {%- for name in columns %}{{ pointer(name) }}{{ ', ' if not loop.last }}{% endfor -%}
        ]) as _members,
        {{ own_extra_fields(columns.get('extra_fields')) }} as _own,
        list_filter(
            list_distinct(json_keys(document)),
            lambda name: name not in ({{ texts(columns.keys() | list + ['extra_fields']) }})
        ) as _others
    from lines
    where not _is_plain
),
arrived as materialized (
    select unnest(json_transform_strict(document, '{{ tojson(columns) | replace("'", "''") }}')), _line
    from lines
    where _is_plain
    union all by name
    select
        {%- for name, type in columns.items() %}
        {{ extra_fields(type) if name == 'extra_fields' else member(loop.index, type) }} as {{ quoted([name]) }},
        {%- endfor %}
        _line
    from odd
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
    {{ return(columns_of_model(tap ~ '__' ~ stream)) }}
{%- endmacro %}

{% macro columns_of_model(name) -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.' ~ project_name ~ '.' ~ name].columns.values() -%}
            {%- do found.update({column.name: column.data_type}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The lines of the files to read, in the order in which they were written; `document` is null where one is no JSON. #}
{% macro raw_lines() -%}
    {%- set paths = [] -%}
    {%- if execute -%}
        {%- set new = ' and is_new' if is_incremental() else '' -%}
        {%- do paths.extend(paths_of(are_files_of(model.config.meta.raw) ~ new)) -%}
    {%- endif -%}
    (
    {%- if paths %}
    select json as document, row_number() over () as _line from {{ lines_of(paths) }}
    {%- else %}
    select null::json as document, 0 as _line where false
    {%- endif %}
)
{%- endmacro %}

{#
  What no column is declared for: the members `_others`, nulls included, beside those of the tap's own extra_fields,
  `_own`; that is kept as a member of its own where both have a value of one name, or where it is no object. Of a name
  that comes twice in a document, the first value counts.
#}
{% macro extra_fields(data_type) -%}
    cast(case
        when len(_others) = 0 then nullif(_own, 'null'::json)
        else '{' || array_to_string(list_concat(
            list_transform(
                list_filter(_others, lambda name: {{ member_of('document', 'name') }} <> 'null'::json
                    or not coalesce(list_contains(json_keys(_own), name), false)),
                lambda name: to_json(name) || ':' || {{ member_of('document', 'name') }}
            ),
            case
                when coalesce(json_type(_own), 'NULL') = 'NULL' then []
                when json_type(_own) = 'OBJECT' and not list_has_any(
                    list_filter(_others, lambda name: {{ member_of('document', 'name') }} <> 'null'::json),
                    json_keys(_own)
                ) then list_transform(
                    json_keys(_own), lambda name: to_json(name) || ':' || {{ member_of('_own', 'name') }}
                )
                else ['"extra_fields":' || _own]
            end
        ), ',') || '}'
    end as {{ data_type }})
{%- endmacro %}

{# The tap's extra_fields as JSON; with flattening they are a text that holds it. #}
{% macro own_extra_fields(data_type) -%}
    {%- if data_type == 'varchar' -%}
        coalesce(try_cast(document ->> '/extra_fields' as json), document -> '/extra_fields')
    {%- else -%}
        document -> '/extra_fields'
    {%- endif -%}
{%- endmacro %}

{# A member of a document, by an expression for its name; whatever stands in the name, it is no path. #}
{% macro member_of(document, name) -%}
    ({{ document }} -> ('/' || replace(replace({{ name }}, '~', '~0'), '/', '~1')))
{%- endmacro %}

{# One of `_members`. Objects and lists stay JSON; a JSON null is an empty cell. #}
{% macro member(index, data_type) -%}
    {%- if data_type == 'json' -%}
        nullif(_members[{{ index }}], 'null'::json)
    {%- else -%}
        cast(_members[{{ index }}] ->> '$' as {{ data_type }})
    {%- endif -%}
{%- endmacro %}

{# The place of a member, by its name. #}
{% macro pointer(name) -%}
    '/{{ name | replace('~', '~0') | replace('/', '~1') | replace("'", "''") }}'
{%- endmacro %}

{# Names as a list of texts in SQL. #}
{% macro texts(names) -%}
    {%- for name in names -%}'{{ name | replace("'", "''") }}'{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{# Column names as a list in SQL; quoted, since vendors name columns as they like. #}
{% macro quoted(names) -%}
    {%- for name in names -%}{{ adapter.quote(name | replace('"', '""')) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{#
  A table whose columns are no longer those of its model is made anew, if all files are there from which it was built.
  If some are not, what they held stays, and a new column takes its values from extra_fields (which keep them, too: what
  does not fit the column's type is there only).
#}
{% macro start_over_if_changed(columns) -%}
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
            select file from loading.files where {{ are_files_of(model.config.meta.raw) }}
                and file not in (select file from loading.arrived)
        {%- endset -%}
        {%- if present != wanted and not run_query(gone) | length -%}
            {%- do adapter.drop_relation(load_relation(this)) -%}
        {%- elif present != wanted -%}
            {%- for name, type in wanted.items() if name not in present -%}
                {%- do run_query('alter table ' ~ this ~ ' add column ' ~ quoted([name]) ~ ' ' ~ type) -%}
                {%- if 'extra_fields' in present -%}
                    {%- set kept = 'try_cast(extra_fields as json)' -%}
                    {%- set value = member(kept, name, 'json') if type == 'json' else
                        'try_cast(' ~ kept ~ ' ->> ' ~ pointer(name) ~ ' as ' ~ type ~ ')' -%}
                    {%- do run_query('update ' ~ this ~ ' set ' ~ quoted([name]) ~ ' = ' ~ value) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- for name, type in wanted.items() if present.get(name, type) != type -%}
                {%- do run_query('alter table ' ~ this ~ ' alter column ' ~ quoted([name]) ~ ' set data type ' ~ type) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
