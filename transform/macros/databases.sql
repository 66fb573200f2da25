{# What differs between the databases that the models run on. #}

{# The table that holds what was loaded of a stream: of each key the newest row. #}
{% macro loaded(tap, stream) -%}
    {{ return(ref('loaded_' ~ tap ~ '__' ~ stream)) }}
{%- endmacro %}

{# A column of such a table, in the type that its model declares. #}
{% macro current_value(name, data_type) -%}
    loaded.{{ quoted([name]) }}
{%- endmacro %}

{# A column as text. #}
{% macro text_of(relation, name) -%}
    cast({{ relation }}.{{ quoted([name]) }} as varchar)
{%- endmacro %}
