-- Who joined a session. Of its length the vendor says a percentage only, and when somebody came not at all.
with
session_attendees as (
    select * from {{ stream(
        'tap_accelevents',
        'session_attendees',
        text='account event_url session_id event_ticket_id user_id first_name last_name email',
        number='engagement',
        flag='attended',
        time='read_at'
    ) }} as session_attendees
)
select
    {{ as_entity('attendance', 'accelevents', {
        'account': 'account',
        'event_id': 'event_url',
        'session_id': 'session_id',
        'record_id': "session_id || '|' || event_ticket_id",
        'person_id': 'user_id',
        'email': normal_address('email'),
        'full_name': "nullif(trim(concat_ws(' ', first_name, last_name)), '')",
        'mode': "'live'",
        'minutes_basis': "case when engagement is null then 'none' else 'percent' end",
        'watched_pct': 'engagement',
        'read_at': 'read_at',
    }) }}
from session_attendees
where attended
