-- Whose ticket was checked in.
with
attendees as (
    select * from {{ stream(
        'tap_accelevents',
        'attendees',
        text='account event_url barcode first_name last_name email ticket_status',
        time='read_at'
    ) }} as attendees
)
select
    {{ as_entity('event_attendance', 'accelevents', {
        'account': 'account',
        'event_id': 'event_url',
        'record_id': "event_url || '|' || barcode",
        'email': normal_address('email'),
        'full_name': "nullif(trim(concat_ws(' ', first_name, last_name)), '')",
        'minutes_basis': "'none'",
        'read_at': 'read_at',
    }) }}
from attendees
where ticket_status = 'CHECKED_IN'
