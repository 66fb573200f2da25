-- Streams of which something has arrived that no model takes in. Raw files of these do not count as loaded: once there is
-- a model, it reads them all.
{% if execute %}
    {%- set known = var('without_model', []) | list -%}
    {%- for node in graph.sources.values() -%}
        {%- do known.append(node.schema | replace('loaded_', '', 1) ~ '.' ~ node.identifier) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- do known.extend(streams_of(node)) -%}
    {%- endfor -%}
    {%- set unknown = [] -%}
    {%- for row in run_query(arrived_streams()) -%}
        {%- if row[0] not in known and row[1] not in known -%}
            {%- do unknown.append(row[0]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if unknown -%}
        {%- do exceptions.raise_compiler_error(
            'no model takes in ' ~ {'duckdb': 'the raw files', 'postgres': "the loader's tables"}[target.type] ~ ' of '
            ~ unknown | join(', ') ~ '. ' ~ without_model_advice()) -%}
    {%- endif -%}
{% endif %}
select 1 where false
