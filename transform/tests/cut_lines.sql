-- Lines that are no JSON, other than a file's last one, which a killed run may leave and the next run reads again.
-- Each run writes files of its own, so there are none unless somebody changed a file: then nothing is passed over.
{% set files = env_var('EVENTS_RAW') ~ '/*/*.jsonl' %}
{% if execute and run_query("select 1 from glob('" ~ files ~ "')") | length %}
with
lines as (
    select filename, json as document, row_number() over () as line
    from read_ndjson_objects('{{ files }}', ignore_errors = true, filename = true)
)
select filename, line - min(line) over (partition by filename) + 1 as line
from lines
qualify document is null and line < max(line) over (partition by filename)
{% else %}
select 1 where false
{% endif %}
