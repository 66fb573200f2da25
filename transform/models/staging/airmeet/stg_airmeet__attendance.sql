-- Who came to a session, and who watched its replay. That time_spent is in milliseconds is an assumption: its unit is
-- not documented.
with
session_attendance as (
    select * from {{ stream(
        'tap_airmeet',
        'session_attendance',
        text='account airmeet_id session_id id user_id email name',
        time='time_stamp read_at',
        whole='time_spent'
    ) }} as session_attendance
),
replay_attendance as (
    select * from {{ stream(
        'tap_airmeet',
        'replay_attendance',
        text='account airmeet_id session_id id user_id email name',
        time='time_stamp read_at',
        number='duration_viewed'
    ) }} as replay_attendance
),
both_modes as (
    select
        account, airmeet_id, session_id, id, user_id, email, name, time_stamp, read_at,
        'live' as mode, time_spent / 60000.0 as minutes, 'assumed unit' as basis
    from session_attendance
    union all
    select
        account, airmeet_id, session_id, id, user_id, email, name, time_stamp, read_at,
        'replay', duration_viewed, 'measured'
    from replay_attendance
)
select
    {{ as_entity('attendance', 'airmeet', {
        'account': 'account',
        'event_id': 'airmeet_id',
        'session_id': 'session_id',
        'record_id': "mode || '|' || coalesce(session_id, airmeet_id) || '|' || id",
        'person_id': 'user_id',
        'email': normal_address('email'),
        'full_name': 'name',
        'mode': 'mode',
        'first_in_at': 'time_stamp',
        'attended_minutes': 'minutes',
        'minutes_basis': "case when minutes is null then 'none' else basis end",
        'read_at': 'read_at',
    }) }}
from both_modes
