-- Everybody on the attendance list of a session, whether they came or not.
with
checkins as (
    select * from {{ ref('base_conferencesio__checkins') }}
)
select
    {{ as_entity('session_registrations', 'conferencesio', {
        'account': 'subdomain',
        'event_id': 'subdomain',
        'session_id': 'session_id',
        'record_id': "session_id || '|' || attendance_key",
        'person_id': 'person_id',
        'email': 'email',
        'full_name': 'full_name',
        'read_at': 'read_at',
    }) }}
from checkins
