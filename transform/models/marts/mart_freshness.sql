-- When each stream was last read completely, and what the newest runs could not read.
with
readings as (
    {{ unioned('readings', ['accelevents', 'airmeet', 'conferencesio', 'expoplatform', 'meetengage']) }}
),
ranked as (
    select
        *,
        row_number() over (partition by vendor, account, shard order by read_at desc) as age,
        first_value(split_part(shard, '/', 2)) over (partition by vendor, account order by read_at desc) as shards
    from readings
    where stream = 'read_log'
),
-- The newest run of each shard; shards of another number of them are of the past.
runs as (
    select * from ranked where age = 1 and split_part(shard, '/', 2) = shards
),
accounts as (
    select
        vendor,
        account,
        max(read_at) as last_run_at,
        case when count(ended_at) = count(*) then max(ended_at) end as last_run_ended_at
    from runs
    group by 1, 2
),
failures as (
    select
        vendor,
        account,
        {{ json_text("failure -> 'stream'") }} as stream,
        {{ json_text("failure -> 'reason'") }} as reason,
        cast({{ json_text("failure -> 'parts'") }} as bigint) as parts
    from runs
    cross join lateral {{ json_items(listed('failures')) }} as items(failure)
),
failed as (
    select
        vendor,
        account,
        stream,
        cast(sum(parts) as bigint) as failed_parts,
        string_agg(distinct reason, '; ' order by reason) as failed_reasons
    from failures
    group by 1, 2, 3
),
parts as (
    select
        readings.vendor,
        readings.account,
        readings.stream,
        max(readings.read_at) as last_read_at,
        count(*) as parts,
        count(runs.read_at) as parts_in_last_run,
        count(*) filter (where readings.outcome = 'absent') as absent_parts,
        string_agg(distinct readings.reason, '; ' order by readings.reason) as absent_reasons,
        cast(sum(readings.row_count) as bigint) as row_count
    from readings
    left join runs
        on runs.vendor = readings.vendor and runs.account = readings.account and runs.read_at = readings.read_at
    where readings.stream <> 'read_log'
    group by 1, 2, 3
),
streams as (
    select *, coalesce(parts_in_last_run, 0) = 0 as is_behind
    from parts
    full join failed using (vendor, account, stream)
)
select
    md5(vendor || '|' || account || '|' || stream) as freshness_key,
    vendor,
    account,
    stream,
    last_read_at,
    last_run_at,
    last_run_ended_at,
    cast(
        case when is_behind then {{ minutes_between('last_read_at', 'last_run_at') }} / 60 else 0 end as double precision
    ) as hours_behind,
    is_behind,
    failed_parts is not null as is_failed,
    coalesce(failed_parts, 0) as failed_parts,
    failed_reasons,
    coalesce(parts, 0) as parts,
    coalesce(parts_in_last_run, 0) as parts_in_last_run,
    coalesce(absent_parts, 0) as absent_parts,
    absent_reasons,
    coalesce(row_count, 0) as row_count
from streams
left join accounts using (vendor, account)
