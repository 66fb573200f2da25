-- Who came to an event; only its sessions that are over count.
with
event_attendance as (
    select * from {{ stream(
        'tap_airmeet',
        'event_attendance',
        text='account airmeet_id id user_id email name',
        time='time_stamp read_at',
        whole='time_spent'
    ) }} as event_attendance
)
select
    {{ as_entity('event_attendance', 'airmeet', {
        'account': 'account',
        'event_id': 'airmeet_id',
        'record_id': "airmeet_id || '|' || id",
        'person_id': 'user_id',
        'email': normal_address('email'),
        'full_name': 'name',
        'first_in_at': 'time_stamp',
        'attended_minutes': 'time_spent / 60000.0',
        'minutes_basis': "case when time_spent is null then 'none' else 'assumed unit' end",
        'read_at': 'read_at',
    }) }}
from event_attendance
