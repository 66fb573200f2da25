-- Who checked in to a session, and how long: the sum of the intervals from each check-in to the next check-out.
with
checkins as (
    select * from {{ ref('base_conferencesio__checkins') }}
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
where checkin_time is not null
