-- Everybody on a list, whether registered or not.
with
candidates as (
    select * from {{ ref('base_meetengage__candidates') }}
)
select
    {{ as_entity('people', 'meetengage', {
        'account': 'account',
        'event_id': 'account',
        'record_id': 'row_key',
        'email': 'email',
        'read_at': 'read_at',
    }) }}
from candidates
