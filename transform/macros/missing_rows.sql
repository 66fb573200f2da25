{# What the tests no_rows_are_missing and no_run_is_missing are made of. #}

{# Of one stream: how much of which run is missing. #}
{% macro missing_rows(stream, part, rows_of, accounts) -%}
    {%- set owner = [] -%}
    {%- for account in accounts -%}{%- do owner.append('reading.' ~ quoted([account])) -%}{%- endfor -%}
    select
        '{{ stream | replace("'", "''") }}' as stream,
        concat_ws(', ', {{ owner | join(', ') }}) as account,
        cast(read_at as varchar) as run,
        sum(row_count) as row_count,
        count(*) as parts
    from (
        select {{ owner | join(', ') }}, reading.parent_id, reading.read_at, reading.row_count
        from readings as reading
        left join {{ rows_of }} as stored
            on {{ are_of_one('stored', 'reading', accounts) }} and stored.read_at >= reading.read_at
            {%- if part %} and {{ text_of('stored', part) }} = reading.parent_id{% endif %}
        where reading.stream = '{{ stream | replace("'", "''") }}'
        group by {{ owner | join(', ') }}, reading.parent_id, reading.read_at, reading.row_count
        having count(stored.read_at) < reading.row_count
    ) as reading
    where not exists (
        select 1 from {{ rows_of }} as stored
        where {{ are_of_one('stored', 'reading', accounts) }} and stored.read_at = reading.read_at
    )
    group by {{ owner | join(', ') }}, read_at
{%- endmacro %}

{# Whether two rows are of the same account. #}
{% macro are_of_one(one, other, accounts) -%}
    {%- for account in accounts -%}
        {{ one }}.{{ quoted([account]) }} = {{ other }}.{{ quoted([account]) }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Whether a build that was told to make some models only makes this stream's table. #}
{% macro is_built_now(tap, stream) -%}
    {{ return(target.type != 'duckdb' or not execute
        or 'model.' ~ project_name ~ '.loaded_' ~ tap ~ '__' ~ stream in selected_resources) }}
{%- endmacro %}

{# What to do when rows are missing that no run will read again. #}
{% macro read_again_advice(tap) -%}
    {%- set is_from_files = target.type == 'duckdb' -%}
    {{ return(('Put back the lost files, or read' if is_from_files else 'Read') ~ ' everything again: meltano --environment='
        ~ env_var('MELTANO_ENVIRONMENT', '...') ~ ' run ' ~ tap | replace('_', '-')
        ~ (' target-jsonl' if is_from_files else ' target-postgres') ~ ' --full-refresh') }}
{%- endmacro %}
