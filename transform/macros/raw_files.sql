{#
  Which raw files there are, and which of them have been loaded: each is read once.

  The loader writes a file per stream and run, raw/TAP/STREAM-TIME.jsonl; `archive` compresses those that have been
  loaded (.jsonl.gz). A file that has grown since, as one does while it is being written, is read again as a whole:
  the newest row of a key is the same however often a row comes.

    loading.files    what has been loaded: tap, stream, file (its path below raw/, without .gz), bytes, when
    loading.arrived  what is there now; `is_new` is what this build reads
    loading.shapes   what the lines of the new files look like: which members, in how many lines; `members` is null
                     for lines that are no JSON object
#}

{# Before the models: list what is there. #}
{% macro list_raw_files() %}
{% if execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build') %}
    {%- set raw = pattern(env_var('EVENTS_FOLDER') ~ '/raw') %}
    {%- do refuse_to_start_over_beside_a_published_file() %}
    create schema if not exists loading;
    create table if not exists loading.files (
        tap varchar, stream varchar, file varchar, bytes bigint, loaded_at timestamptz
    );
    create or replace table loading.arrived as
    with
    {# Of what is compressed the size is not asked: it cannot have grown. #}
    there as (
        select filename as path, size as bytes from read_blob('{{ raw }}/*/*.jsonl')
        union all
        select file as path, null as bytes from glob('{{ raw }}/*/*.jsonl.gz')
    ),
    named as (
        select path, bytes, regexp_replace(replace(path, '\', '/'), '^.*/([^/]+/[^/]+\.jsonl)(\.gz)?$', '\1') as file
        from there
    )
    select
        split_part(file, '/', 1) as tap,
        regexp_replace(split_part(file, '/', 2), '-[^-]*$', '') as stream,
        file,
        bytes,
        path,
        not exists (
            select 1 from loading.files as loaded
            where loaded.file = named.file and loaded.bytes = coalesce(named.bytes, loaded.bytes)
        {# Beside a compressed file there may be the rest of it, of whatever size. #}
        ) or count(*) over (partition by file) > 1 as is_new
    from named;
    {# It is made anew when all new files could be looked at; without it, none counts as loaded. #}
    drop table if exists loading.shapes;
{% endif %}
{% endmacro %}

{# Then: look at the new ones. #}
{% macro look_at_new_files() %}
{% if execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build') %}
    {%- set paths = paths_of('is_new') %}
    {%- if not run_query('select 1 from loading.arrived union all select 1 from loading.files limit 1') | length %}
        {%- do exceptions.raise_compiler_error(
            'there is no raw file in ' ~ env_var('EVENTS_FOLDER') ~ '/raw: run a tap and target-jsonl first, with'
            ~ ' a destination_path in this folder') %}
    {%- endif %}
    {%- do tell_which_taps_never_came() %}
    {%- do refuse_to_lose_rows('true') if flags.FULL_REFRESH %}
    create table loading.shapes as
    {%- if paths %}
    select path, members, count(*) as lines, max(line) as last_line
    from (
        select
            filename as path,
            nullif(json_keys(json), []::varchar[]) as members,
            row_number() over () as line
        from {{ lines_of(paths, 'filename = true') }}
    )
    group by path, members
    {%- else %}
    select '' as path, ['']::varchar[] as members, 0 as lines, 0 as last_line where false
    {%- endif %}
{% endif %}
{% endmacro %}

{# No failure: a build is not told which taps the job runs, and one whose first run failed is to hold up no other. #}
{% macro tell_which_taps_never_came() %}
    {%- set came = run_query('select tap from loading.arrived union select tap from loading.files').columns[0].values() %}
    {%- set silent = [] %}
    {%- for node in graph.nodes.values() if node.config.get('meta', {}).get('raw') %}
        {%- do silent.append(node.config.meta.raw.tap) %}
    {%- endfor %}
    {%- set silent = silent | reject('in', came) | unique | sort %}
    {%- do log('No raw file has ever come of ' ~ silent | join(', '), info=true) if silent %}
{% endmacro %}

{# What is published may be of files that are long gone: then nothing but itself holds their rows. #}
{% macro refuse_to_start_over_beside_a_published_file() %}
    {%- set folder = env_var('EVENTS_FOLDER') %}
    {%- set begun = "select 1 from information_schema.tables where table_schema = 'loading' and table_name = 'files'" %}
    {%- set published = "select 1 from glob('" ~ pattern(folder ~ '/events.duckdb') ~ "')" %}
    {%- if not run_query(begun) | length and run_query(published) | length %}
        {%- do exceptions.raise_compiler_error(
            folder ~ '/building/events.duckdb is gone: copy ' ~ folder ~ '/events.duckdb there to build on, or remove'
            ~ ' that too to build anew from the raw files that are left') %}
    {%- endif %}
{% endmacro %}

{# Before a table is built from its files alone: say what could not be built again. #}
{% macro refuse_to_lose_rows(are_files) %}
{% if not var('forget_missing_files', false) %}
    {%- set gone = run_query(
        "select tap || '.' || stream || ' ' || count(*) from loading.files where " ~ are_files
        ~ " and file not in (select file from loading.arrived) group by tap, stream order by tap, stream") %}
    {%- if gone | length %}
        {%- do exceptions.raise_compiler_error(
            'the rows of raw files that were loaded and are no longer there would be lost: '
            ~ gone.columns[0].values() | join(', ')
            ~ ". Bring the files back, or build without them: --full-refresh --vars 'forget_missing_files: true'") %}
    {%- endif %}
{% endif %}
{% endmacro %}

{#
  After the models: note what they have loaded. A file whose model failed is read again by the next build, and so are
  all if one has a cut line, or a column that its model lacks, or those of a read log whose rows are missing: until that is
  mended, every build says so.
#}
{% macro note_loaded_files(results) %}
{% if execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build') %}
    {%- set watched = results | selectattr('node.name', 'in', ['cut_lines', 'columns_without_model']) %}
    {%- set failed = watched | rejectattr('status', 'equalto', 'pass') | list %}
    {%- set looked = run_query(
        "select 1 from information_schema.tables where table_schema = 'loading' and table_name = 'shapes'") | length %}
    {%- set doubtful = [] %}
    {%- for result in results if result.node.name.startswith('no_rows_are_missing_') and result.status != 'pass' %}
        {%- do doubtful.append(result.node.attached_node | replace(project_name ~ '.', project_name ~ '.loaded_', 1)) %}
    {%- endfor %}
    {%- for result in results if result.status == 'success' and looked and not failed %}
        {%- set raw = result.node.config.meta.get('raw') %}
        {%- if raw and result.node.unique_id not in doubtful %}
            {%- set new = are_files_of(raw) ~ ' and is_new' %}
            delete from loading.files where file in (select file from loading.arrived where {{ new }});
            insert into loading.files
            select tap, stream, file, max(coalesce(bytes, 0)), now() from loading.arrived where {{ new }}
            group by tap, stream, file;
            {%- if flags.FULL_REFRESH %}
            delete from loading.files where {{ are_files_of(raw) }} and file not in (select file from loading.arrived);
            {%- endif %}
        {%- endif %}
    {%- endfor %}
{% endif %}
{% endmacro %}

{# Which files a model takes in: its stream's; if a stream map has renamed that, also those from before. #}
{% macro are_files_of(raw) -%}
    {{ return("tap = '" ~ raw.tap ~ "' and stream in (" ~ texts([raw.stream, raw.earlier or raw.stream]) ~ ")") }}
{%- endmacro %}

{#
  The paths of the raw files for which a condition holds, in the order of their times, as patterns in quotes. Beside
  a compressed file there may be the rest of it, if it was archived while its loader was still writing.
#}
{% macro paths_of(condition) -%}
    {%- set found = [] -%}
    {%- for row in run_query('select path from loading.arrived where ' ~ condition ~ ' order by file, path desc') -%}
        {%- do found.append("'" ~ pattern(row[0]) ~ "'") -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The lines of files, in their order; `json` is null where one is no JSON. #}
{% macro lines_of(paths, options='filename = false') -%}
    read_ndjson_objects([{{ paths | join(', ') }}], ignore_errors = true, {{ options }})
{%- endmacro %}

{# A path for DuckDB, in which nothing stands for something else. #}
{% macro pattern(path) -%}
    {{- path | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]') | replace("'", "''") -}}
{%- endmacro %}

{# The command that writes the models, for the environment that this is run in. #}
{% macro models_command() -%}
    {%- set environment = env_var('MELTANO_ENVIRONMENT', '') or 'prod' -%}
    {{ return('./dev models' ~ ('' if environment == 'prod' else ' --environment=' ~ environment)) }}
{%- endmacro %}
