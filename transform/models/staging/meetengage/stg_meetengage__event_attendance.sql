-- Who attended any chat.
with
candidates as (
    select * from {{ ref('base_meetengage__candidates') }}
)
select
    {{ as_entity('event_attendance', 'meetengage', {
        'account': 'account',
        'event_id': 'account',
        'record_id': 'row_key',
        'email': 'email',
        'minutes_basis': "'none'",
        'read_at': 'read_at',
    }) }}
from candidates
where attended not in ('false', '0', '[]')
