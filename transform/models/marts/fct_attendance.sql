-- Who was in which session, live or by its replay: the vendor's rows of a person in a session taken together. Of who cannot
-- be told apart, as behind a shared mailbox, each row stays by itself.
with
attendance as (
    select * from {{ ref('int_attendance') }}
),
persons as (
    select * from {{ ref('int_persons') }}
),
named as (
    select
        attendance.*,
        persons.person_key,
        case when not persons.is_identified then attendance.record_key end as alone
    from attendance
    inner join persons on persons.identity_key = attendance.identity_key
)
select
    md5(coalesce(session_key, event_key) || '|' || person_key || '|' || mode || coalesce('|' || alone, '')) as attendance_key,
    session_key,
    event_key,
    person_key,
    mode,
    vendor,
    account,
    min(first_in_at) as first_in_at,
    max(last_out_at) as last_out_at,
    {# Several rows of somebody's presence tell of the same one; what was watched of a replay adds up. #}
    case mode when 'replay' then sum(attended_minutes order by attended_minutes) else max(attended_minutes) end as attended_minutes,
    coalesce(max(minutes_basis) filter (where minutes_basis <> 'none'), 'none') as minutes_basis,
    max(watched_pct) as watched_pct,
    count(*) as records,
    max(read_at) as read_at
from named
group by session_key, event_key, person_key, mode, vendor, account, alone
