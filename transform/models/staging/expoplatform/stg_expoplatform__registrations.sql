-- The people of an event.
with
participants as (
    select * from {{ stream(
        'tap_meetings_export',
        'participants',
        text='account event_id participant_key account_id name first_name last_name email company category job_title'
            ~ ' country status',
        time='read_at'
    ) }} as participants
)
select
    {{ as_entity('registrations', 'expoplatform', {
        'account': 'account',
        'event_id': 'event_id',
        'record_id': "event_id || '|' || participant_key",
        'person_id': 'account_id',
        'email': normal_address('email'),
        'address_is_personal': 'true',
        'full_name': "coalesce(nullif(name, ''), nullif(trim(concat_ws(' ', first_name, last_name)), ''))",
        'company': 'company',
        'job_title': 'job_title',
        'country': 'country',
        'registration_status': 'status',
        'ticket_type': 'category',
        'is_invited_only': 'false',
        'read_at': 'read_at',
    }) }}
from participants
