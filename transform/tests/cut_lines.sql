-- New files with lines that are no JSON object, other than a last one without its end, which a killed run may leave and the
-- next run reads again. Each run writes files of its own, so there are none unless somebody changed a file: then nothing of
-- what has arrived counts as loaded, and the next build reads it again.
{% if execute and target.type == 'duckdb' %}
{%- set odd = [] -%}
{%- for row in run_query("select distinct path from loading.shapes where members is null and path not like '%.gz'") -%}
    {%- do odd.append("'" ~ pattern(row[0]) ~ "'") -%}
{%- endfor %}
select path, sum(lines) filter (members is null) as cut_lines
from loading.shapes
group by path
having sum(lines) filter (members is null) > 1
    or max(last_line) filter (members is null) < max(last_line)
{%- if odd %}
    or path in (
        select filename from read_blob([{{ odd | join(', ') }}]) where array_slice(content, -1, -1) = '\x0A'::blob
    )
{%- endif %}
{% else %}
select 1 where false
{% endif %}
