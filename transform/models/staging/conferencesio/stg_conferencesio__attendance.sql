-- Who checked in to a session, and how long: the sum of the intervals from each check-in to the next check-out.
{%- set stay = minutes_between('acted_at', 'next_at') %}
with
checkins as (
    select * from {{ ref('base_conferencesio__checkins') }} where checkin_time is not null
),
attendance as (
    select * from {{ stream(
        'tap_conferencesio', 'attendance', text='subdomain session_id attendance_key', json='history'
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
        sum({{ stay }} order by {{ stay }}) as minutes
    from intervals
    where action = 'checkin' and next_action = 'checkout'
    group by 1, 2, 3
)
select
    {{ as_entity('attendance', 'conferencesio', {
        'account': 'subdomain',
        'event_id': 'subdomain',
        'session_id': 'session_id',
        'record_id': "session_id || '|' || attendance_key",
        'person_id': 'person_id',
        'email': 'email',
        'full_name': 'full_name',
        'mode': "'live'",
        'first_in_at': 'checkin_time',
        'last_out_at': 'checkout_time',
        'attended_minutes': 'minutes',
        'minutes_basis': "case when minutes is null then 'none' else 'intervals' end",
        'read_at': 'read_at',
    }) }}
from checkins
left join stays using (subdomain, session_id, attendance_key)
