-- Columns of new raw files that are not in their stream's model; their values are kept in extra_fields.
{% if execute and target.type == 'duckdb' %}
    {%- set sent -%}
        select distinct tap || '.' || stream, unnest(members) as name
        from loading.shapes join loading.arrived using (path) order by name
    {%- endset -%}
    {%- set members = {} -%}
    {%- for row in run_query(sent) -%}
        {%- do members.setdefault(row[0], []).append(row[1]) -%}
    {%- endfor -%}
    {%- set unknown, accepted = [], [] -%}
    {%- for node in graph.nodes.values() if node.config.get('meta', {}).get('raw') -%}
        {%- set raw = node.config.meta.raw -%}
        {%- set columns = columns_of_model(node.name | replace('loaded_', '', 1)) -%}
        {%- for stream in (raw.stream, raw.earlier) if raw.tap ~ '.' ~ stream in members -%}
            {%- set found = members[raw.tap ~ '.' ~ stream] | reject('in', columns) | join(', ') -%}
            {%- if found -%}
                {%- do (accepted if raw.has_more_columns else unknown).append(raw.tap ~ '.' ~ stream ~ ': ' ~ found) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if accepted -%}
        {%- do log('Kept in extra_fields, until ' ~ models_command() ~ ' makes columns of them: '
            ~ accepted | join('; '), info=true) -%}
    {%- endif -%}
    {%- if unknown -%}
        {%- do exceptions.raise_compiler_error(
            'no model has these columns, so their values are kept in extra_fields: ' ~ unknown | join('; ') ~ '. '
            ~ models_command() ~ ' writes the models of what the settings of this project make.') -%}
    {%- endif -%}
{% endif %}
select 1 where false
