-- Check-in records, with the person and the minutes between the actions at the door.
with
attendance as (
    select * from {{ stream(
        'tap_conferencesio',
        'attendance',
        text='subdomain session_id attendance_key',
        json='user history',
        time='checkin_time checkout_time read_at'
    ) }} as attendance
),
actions as (
    select
        subdomain,
        session_id,
        attendance_key,
        action ->> 'action' as action,
        {{ instant_of("(action ->> 'timestamp')", "'UTC'") }} as acted_at
    from attendance
    cross join lateral {{ json_items('history') }} as actions(action)
),
intervals as (
    select
        *,
        lead(action) over in_order as next_action,
        lead(acted_at) over in_order as next_at
    from actions
    window in_order as (partition by subdomain, session_id, attendance_key order by acted_at, action)
),
stays as (
    select
        subdomain,
        session_id,
        attendance_key,
        sum({{ minutes_between('acted_at', 'next_at') }}) as minutes
    from intervals
    where action = 'checkin' and next_action = 'checkout'
    group by 1, 2, 3
)
select
    attendance.subdomain,
    attendance.session_id,
    attendance.attendance_key,
    nullif(attendance."user" ->> 'external_id', '') as person_id,
    {{ normal_address('attendance."user" ->> \'email\'') }} as email,
    nullif(trim(concat_ws(' ', attendance."user" ->> 'first_name', attendance."user" ->> 'last_name')), '') as full_name,
    attendance.checkin_time,
    attendance.checkout_time,
    stays.minutes,
    attendance.read_at
from attendance
left join stays using (subdomain, session_id, attendance_key)
