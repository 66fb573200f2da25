-- Who was in which session, live or by its replay: the vendor's rows of a person in a session taken together.
with
attendance as (
    select * from {{ ref('int_attendance') }}
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    md5(coalesce(attendance.session_key, attendance.event_key) || '|' || persons.person_key || '|' || attendance.mode) as attendance_key,
    attendance.session_key,
    attendance.event_key,
    persons.person_key,
    attendance.mode,
    attendance.vendor,
    attendance.account,
    min(attendance.first_in_at) as first_in_at,
    max(attendance.last_out_at) as last_out_at,
    {# Several rows of somebody's presence tell of the same one; what was watched of a replay adds up. #}
    case attendance.mode when 'replay' then sum(attendance.attended_minutes) else max(attendance.attended_minutes) end
        as attended_minutes,
    coalesce(max(attendance.minutes_basis) filter (where attendance.minutes_basis <> 'none'), 'none') as minutes_basis,
    max(attendance.watched_pct) as watched_pct,
    count(*) as records,
    max(attendance.read_at) as read_at
from attendance
inner join persons on persons.identity_key = attendance.identity_key
group by attendance.session_key, attendance.event_key, persons.person_key, attendance.mode, attendance.vendor, attendance.account
