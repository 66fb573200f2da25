{# What differs between the databases that the models run on. #}

{# What was loaded of a stream: of each key the newest row, in the types that the stream's model declares. #}
{% macro loaded(tap, stream) -%}
    {{ return(adapter.dispatch('loaded')(tap, stream)) }}
{%- endmacro %}

{# The table that is built from the raw files. #}
{% macro duckdb__loaded(tap, stream) -%}
    {{ return(ref('loaded_' ~ tap ~ '__' ~ stream)) }}
{%- endmacro %}

{#
  The table that the loader upserts, which is called as the stream's view is. It may lack columns, or not be there: then
  what was never loaded is empty. Columns that it has beside those of the model are kept in extra_fields.
#}
{% macro postgres__loaded(tap, stream) -%}
    {%- set sent = graph.nodes['model.' ~ project_name ~ '.' ~ tap ~ '__' ~ stream].alias if execute else stream -%}
    {%- set table = api.Relation.create(database=target.database, schema='loaded_' ~ tap, identifier=sent) -%}
    {%- set declared = columns_of(tap, stream) -%}
    {%- set present = {} -%}
    {%- set known = declared | list -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(table) -%}
            {%- do present.update({column.name: column.dtype}) -%}
            {%- do known.append(column.name) if column.name.startswith('_sdc_') -%}
        {%- endfor -%}
    {%- endif -%}
    (
    select
        {%- for name, type in declared.items() %}
        {% if name == 'extra_fields' and type == 'json' and present | reject('in', known) | list -%}
        nullif(
            (to_jsonb(stored) - array[{{ texts(known) }}])
            || coalesce({{ postgres_value(name, type, present) }}, '{}'),
            '{}'
        )
        {%- else -%}
        {{ postgres_value(name, type, present) }}
        {%- endif %} as {{ quoted([name]) }}{{ ',' if not loop.last }}
        {%- endfor %}
    {{ 'from ' ~ table ~ ' as stored' if present else 'where false' }}
    )
{%- endmacro %}

{# A column of the loader's table in its declared type. Its instants are in UTC, without saying so; lists are arrays. #}
{% macro postgres_value(name, data_type, present) -%}
    {%- set type = {'varchar': 'text', 'double': 'double precision', 'json': 'jsonb'}.get(data_type, data_type) -%}
    {%- if name not in present -%}
        cast(null as {{ type }})
    {%- elif type == 'jsonb' -%}
        nullif(to_jsonb(stored.{{ quoted([name]) }}), 'null')
    {%- elif present[name] == 'timestamp without time zone' -%}
        stored.{{ quoted([name]) }} at time zone 'UTC'
    {%- else -%}
        cast(stored.{{ quoted([name]) }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{# What has arrived: rows of TAP.STREAM and TAP. #}
{% macro arrived_streams() -%}
    {{ return(adapter.dispatch('arrived_streams')()) }}
{%- endmacro %}

{% macro duckdb__arrived_streams() -%}
    select distinct tap || '.' || stream, tap from loading.arrived order by all
{%- endmacro %}

{% macro postgres__arrived_streams() -%}
    select substr(table_schema, 8) || '.' || table_name, substr(table_schema, 8)
    from information_schema.tables where table_schema like 'loaded\_%' order by 1
{%- endmacro %}

{# What it consists of: rows of TAP.STREAM and the name of a column. #}
{% macro arrived_columns() -%}
    {{ return(adapter.dispatch('arrived_columns')()) }}
{%- endmacro %}

{# Those of new files. #}
{% macro duckdb__arrived_columns() -%}
    select distinct tap || '.' || stream, unnest(members) as name
    from loading.shapes join loading.arrived using (path) order by name
{%- endmacro %}

{# Without the loader's own. #}
{% macro postgres__arrived_columns() -%}
    select substr(table_schema, 8) || '.' || table_name, column_name
    from information_schema.columns
    where table_schema like 'loaded\_%' and column_name not like '\_sdc\_%' order by ordinal_position
{%- endmacro %}

{#
  The streams, TAP.STREAM, that a model of what is current takes in: if a stream map has renamed its stream, also the
  files from before; the loader's table from before it does not.
#}
{% macro streams_of(node) -%}
    {%- set earlier = node.name | replace(node.schema ~ '__', node.schema ~ '.', 1) -%}
    {{ return([node.schema ~ '.' ~ node.alias] + ([earlier] if target.type == 'duckdb' else [])) }}
{%- endmacro %}

{% macro without_model_advice() -%}
    {{ return(models_command() ~ ' writes the models of what the settings of this project make; what is to stay without,'
        ~ ' name in the variable without_model of dbt_project.yml.') }}
{%- endmacro %}

{# Which readings a build looks at for the first time, as a condition on the read log that follows its name; '' if none. #}
{% macro newest_readings(tap, log) -%}
    {{ return(adapter.dispatch('newest_readings')(tap, log)) }}
{%- endmacro %}

{#
  Those in the new files, but for a file that has grown since: its run goes on, and the rows of its last lines may have
  come when their table was built already. The next build reads it again.
#}
{% macro duckdb__newest_readings(tap, log) -%}
    {%- set paths = [] -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set raw = graph.nodes['model.' ~ project_name ~ '.loaded_' ~ tap ~ '__read_log'].config.meta.raw -%}
        {%- do paths.extend(paths_of(are_files_of(raw) ~ " and is_new and (bytes is null or (path, bytes) in (select (filename,"
            ~ " size) from read_blob('" ~ pattern(env_var('EVENTS_FOLDER') ~ '/raw/' ~ raw.tap) ~ "/*.jsonl')))")) -%}
    {%- endif -%}
    {{ return("read_at in (select cast(json ->> '/read_at' as timestamptz) from " ~ lines_of(paths) ~ ")" if paths else '') }}
{%- endmacro %}

{# The loader does not say what it has brought: those of a month, so that what was told is told again, but not for ever. #}
{% macro postgres__newest_readings(tap, log) -%}
    {{ return('read_at > (select max(read_at) from ' ~ log ~ ") - interval '30 days'") }}
{%- endmacro %}
