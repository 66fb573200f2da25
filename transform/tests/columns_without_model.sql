-- Columns that have arrived, but are not in their stream's model; their values are kept in extra_fields.
{% if execute %}
    {%- set known = var('without_model', []) | list -%}
    {%- set arrived = {} -%}
    {%- for row in run_query(arrived_columns()) if row[0] ~ '.' ~ row[1] not in known -%}
        {%- do arrived.setdefault(row[0], []).append(row[1]) -%}
    {%- endfor -%}
    {%- set unknown, accepted = [], [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- for stream in streams_of(node) | unique if stream in arrived -%}
            {%- set found = arrived[stream] | reject('in', node.columns) | join(', ') -%}
            {%- if found -%}
                {%- do (accepted if node.config.meta.has_more_columns else unknown).append(stream ~ ': ' ~ found) -%}
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
            ~ without_model_advice()) -%}
    {%- endif -%}
{% endif %}
select 1 where false
