-- Raw files that no model takes in. They do not count as loaded: once there is a model, it reads them all.
{% if execute and target.type == 'duckdb' %}
    {%- set known = var('without_model', []) | list -%}
    {%- for node in graph.nodes.values() if node.config.get('meta', {}).get('raw') -%}
        {%- set raw = node.config.meta.raw -%}
        {%- do known.extend([raw.tap ~ '.' ~ raw.stream, raw.tap ~ '.' ~ raw.earlier]) -%}
    {%- endfor -%}
    {%- set unknown = [] -%}
    {%- for row in run_query("select distinct tap || '.' || stream, tap from loading.arrived order by all") -%}
        {%- if row[0] not in known and row[1] not in known -%}
            {%- do unknown.append(row[0]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if unknown -%}
        {%- do exceptions.raise_compiler_error(
            'no model takes in the raw files of ' ~ unknown | join(', ') ~ '. ' ~ models_command()
            ~ ' writes the models of what the settings of this project make; what is to stay without,'
            ~ ' name in the variable without_model of dbt_project.yml.') -%}
    {%- endif -%}
{% endif %}
select 1 where false
