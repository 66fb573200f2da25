-- Staff at the exhibitors' booths.
with
exhibitor_staff as (
    select * from {{ stream(
        'tap_accelevents',
        'exhibitor_staff',
        text='account event_url exhibitor_id id first_name last_name email',
        json='user',
        time='read_at'
    ) }} as exhibitor_staff
)
select
    {{ as_entity('people', 'accelevents', {
        'account': 'account',
        'event_id': 'event_url',
        'record_id': "exhibitor_id || '|' || id",
        'person_id': "\"user\" ->> 'userId'",
        'email': normal_address('email'),
        'full_name': "nullif(trim(concat_ws(' ', first_name, last_name)), '')",
        'is_staff': 'true',
        'read_at': 'read_at',
    }) }}
from exhibitor_staff
