-- New files with lines that are no JSON object, other than a file's last one, which a killed run may leave and the next run
-- reads again. Each run writes files of its own, so there are none unless somebody changed a file: then nothing of what
-- has arrived counts as loaded, and the next build reads it again.
{% if target.type == 'duckdb' %}
select path, sum(lines) filter (members is null) as cut_lines
from loading.shapes
group by path
having sum(lines) filter (members is null) > 1
    or max(last_line) filter (members is null) < max(last_line)
{% else %}
select 1 where false
{% endif %}
