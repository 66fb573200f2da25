{# No two rows have the same values in all of these columns. #}
{% test unique_together(model, columns) %}
select {{ quoted(columns) }}, count(*) as rows_with_it
from {{ model }}
group by all
having count(*) > 1
{% endtest %}
