{# Rows whose key is shared with another, or has an empty part. #}
{% test primary_key(model, columns) %}
select {{ quoted(columns) }}, count(*) as rows_with_it
from {{ model }}
group by {{ quoted(columns) }}
having count(*) > 1
    {%- for column in columns %} or {{ quoted([column]) }} is null{% endfor %}
{% endtest %}
