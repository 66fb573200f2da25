-- When each stream was last read completely.
with
readings as (
    {{ unioned('readings', ['accelevents', 'airmeet', 'conferencesio', 'expoplatform', 'meetengage']) }}
),
runs as (
    select vendor, account, max(read_at) as last_run_at
    from readings
    where outcome = 'run'
    group by 1, 2
),
parts as (
    select readings.*, runs.last_run_at
    from readings
    left join runs on runs.vendor = readings.vendor and runs.account = readings.account
    where readings.outcome <> 'run'
)
select
    md5(vendor || '|' || account || '|' || stream) as freshness_key,
    vendor,
    account,
    stream,
    max(read_at) as last_read_at,
    last_run_at,
    cast({{ minutes_between('max(read_at)', 'last_run_at') }} / 60 as double precision) as hours_behind,
    max(read_at) < last_run_at as is_behind,
    count(*) as parts,
    count(*) filter (where read_at = last_run_at) as parts_in_last_run,
    count(*) filter (where outcome = 'absent') as absent_parts,
    string_agg(distinct reason, '; ' order by reason) as absent_reasons,
    cast(sum(row_count) as bigint) as row_count
from parts
group by vendor, account, stream, last_run_at
