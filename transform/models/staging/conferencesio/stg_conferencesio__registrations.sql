-- Who is registered for the event: everybody on the attendance list of one of its sessions. The vendor keeps no list of its
-- own, so this one is derived.
with
checkins as (
    select * from {{ ref('base_conferencesio__checkins') }}
)
select
    {{ as_entity('registrations', 'conferencesio', {
        'account': 'subdomain',
        'event_id': 'subdomain',
        'record_id': "session_id || '|' || attendance_key",
        'person_id': 'person_id',
        'email': 'email',
        'full_name': 'full_name',
        'is_derived': 'true',
        'read_at': 'read_at',
    }) }}
from checkins
