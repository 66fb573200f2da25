-- Who had a meeting that was held, was there; of others nobody knows.
with
meetings as (
    select * from {{ ref('stg_expoplatform__meetings') }} where is_held
)
select
    {{ as_entity('event_attendance', 'expoplatform', {
        'account': 'account',
        'event_id': 'event_id',
        'record_id': 'record_id',
        'person_id': 'person_id',
        'email': 'email',
        'address_is_personal': 'true',
        'full_name': 'full_name',
        'minutes_basis': "'none'",
        'read_at': 'read_at',
    }) }}
from meetings
