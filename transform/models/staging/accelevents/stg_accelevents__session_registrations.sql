-- Who registered for a session.
with
session_registrants as (
    select * from {{ stream(
        'tap_accelevents',
        'session_registrants',
        text='account event_url session_id event_ticket_id user_id first_name last_name email',
        time='registration_date_utc read_at'
    ) }} as session_registrants
)
select
    {{ as_entity('session_registrations', 'accelevents', {
        'account': 'account',
        'event_id': 'event_url',
        'session_id': 'session_id',
        'record_id': "session_id || '|' || event_ticket_id",
        'person_id': 'user_id',
        'email': normal_address('email'),
        'full_name': "nullif(trim(concat_ws(' ', first_name, last_name)), '')",
        'registered_at': 'registration_date_utc',
        'read_at': 'read_at',
    }) }}
from session_registrants
