{# What the two databases say differently. #}

{# A type by DuckDB's name. #}
{% macro sql_type(name) -%}
    {{ return(adapter.dispatch('sql_type')(name)) }}
{%- endmacro %}

{% macro duckdb__sql_type(name) -%}
    {{ return(name) }}
{%- endmacro %}

{% macro postgres__sql_type(name) -%}
    {{ return({'varchar': 'text', 'double': 'double precision', 'json': 'jsonb'}.get(name, name)) }}
{%- endmacro %}

{# The items of a JSON list as rows, to be joined laterally; of anything else none. #}
{% macro json_items(list) -%}
    {{ return(adapter.dispatch('json_items')(list)) }}
{%- endmacro %}

{% macro duckdb__json_items(list) -%}
    {{ return("unnest(case when json_type(" ~ list ~ ") = 'ARRAY' then cast(" ~ list ~ " as json[]) end)") }}
{%- endmacro %}

{% macro postgres__json_items(list) -%}
    {{ return("jsonb_array_elements(case when jsonb_typeof(" ~ list ~ ") = 'array' then " ~ list ~ " else '[]' end)") }}
{%- endmacro %}

{# A JSON value as text; a text without its quotes. #}
{% macro json_text(value) -%}
    {{ return(adapter.dispatch('json_text')(value)) }}
{%- endmacro %}

{% macro duckdb__json_text(value) -%}
    {{ return("(" ~ value ~ " ->> '$')") }}
{%- endmacro %}

{% macro postgres__json_text(value) -%}
    {{ return("(" ~ value ~ " #>> '{}')") }}
{%- endmacro %}

{# A text as JSON if it begins like a list, as taps write lists into columns of text. #}
{% macro listed(text) -%}
    {{ return(adapter.dispatch('listed')(text)) }}
{%- endmacro %}

{% macro duckdb__listed(text) -%}
    {{ return("try_cast(" ~ text ~ " as json)") }}
{%- endmacro %}

{% macro postgres__listed(text) -%}
    {{ return("case when " ~ text ~ " ~ '^\\[.*\\]$' then cast(" ~ text ~ " as jsonb) end") }}
{%- endmacro %}

{# The first part of a text that a pattern fits; else null. #}
{% macro first_match(text, pattern) -%}
    {{ return(adapter.dispatch('first_match')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__first_match(text, pattern) -%}
    {{ return("nullif(regexp_extract(" ~ text ~ ", '" ~ pattern ~ "'), '')") }}
{%- endmacro %}

{% macro postgres__first_match(text, pattern) -%}
    {{ return("substring(" ~ text ~ " from '" ~ pattern ~ "')") }}
{%- endmacro %}

{# A text as a time without a zone, YYYY-MM-DD HH:MM[:SS]; null for one that is no such time, as the 30th of February. #}
{% macro local_time(text) -%}
    {{ return(adapter.dispatch('local_time')(text)) }}
{%- endmacro %}

{% macro duckdb__local_time(text) -%}
    {{ return("try_cast(" ~ text ~ " as timestamp)") }}
{%- endmacro %}

{# PostgreSQL stops at what is no time; so it is put together from parts, which never fails, and compared with the text. #}
{% macro postgres__local_time(text) -%}
    {%- set part = "cast(substring(" ~ text ~ " from %s for %s) as int)" -%}
    {%- set made -%}
        timestamp '2000-01-01' + make_interval(
            years => {{ part % (1, 4) }} - 2000, months => {{ part % (6, 2) }} - 1, days => {{ part % (9, 2) }} - 1,
            hours => {{ part % (12, 2) }}, mins => {{ part % (15, 2) }},
            secs => cast(coalesce(nullif(substring({{ text }} from 18 for 2), ''), '0') as int)
        )
    {%- endset -%}
    case
        when {{ text }} ~ '^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?(\.\d+)?$' then
            case
                when to_char({{ made }}, 'YYYY-MM-DD HH24:MI') = replace(left({{ text }}, 16), 'T', ' ') then {{ made }}
            end
    end
{%- endmacro %}

{# Unicode in one form: the same letter may be sent as one character or as two. #}
{% macro composed(text) -%}
    {{ return(adapter.dispatch('composed')(text)) }}
{%- endmacro %}

{% macro duckdb__composed(text) -%}
    {{ return("nfc_normalize(" ~ text ~ ")") }}
{%- endmacro %}

{% macro postgres__composed(text) -%}
    {{ return("normalize(" ~ text ~ ", nfc)") }}
{%- endmacro %}

{% macro sha256_of(text) -%}
    {{ return(adapter.dispatch('sha256_of')(text)) }}
{%- endmacro %}

{% macro duckdb__sha256_of(text) -%}
    {{ return("sha256(" ~ text ~ ")") }}
{%- endmacro %}

{% macro postgres__sha256_of(text) -%}
    {{ return("encode(sha256(convert_to(" ~ text ~ ", 'UTF8')), 'hex')") }}
{%- endmacro %}

{# The time zones that the database knows, in a column `name`. #}
{% macro known_zones() -%}
    {{ return('pg_timezone_names()' if target.type == 'duckdb' else 'pg_timezone_names') }}
{%- endmacro %}

{# Minutes from one instant to another. #}
{% macro minutes_between(start, end) -%}
    (extract(epoch from ({{ end }} - {{ start }})) / 60.0)
{%- endmacro %}

{% macro median(expression) -%}
    percentile_cont(0.5) within group (order by {{ expression }})
{%- endmacro %}

{#
  An instant from a text: seconds since 1970, a time with an offset, or a time in a zone that is known. Null for anything
  else.
#}
{% macro instant_of(text, zone) -%}
    case
        when {{ text }} ~ '^\d{9,10}$' then to_timestamp(cast({{ text }} as bigint))
        when {{ text }} ~ '^.*\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$' then
            {{ local_time("left(" ~ text ~ ", 19)") }} at time zone 'UTC'
            - case
                when {{ text }} ~ '^.*Z$' then interval '0 minutes'
                else cast(left(right(replace({{ text }}, ':', ''), 5), 1) || '1' as int)
                    * (cast(left(right(replace({{ text }}, ':', ''), 4), 2) as int) * interval '1 hour'
                    + cast(right({{ text }}, 2) as int) * interval '1 minute')
            end
        else {{ local_time(text) }} at time zone {{ zone }}
    end
{%- endmacro %}
