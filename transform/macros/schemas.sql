{# A model's schema is the one it names, without dbt's usual prefix: tap_x.stream, marts.dim_event. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
