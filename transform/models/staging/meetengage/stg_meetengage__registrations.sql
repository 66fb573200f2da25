-- Who has registered.
with
candidates as (
    select * from {{ ref('base_meetengage__candidates') }} where registered
)
select
    {{ as_entity('registrations', 'meetengage', {
        'account': 'account',
        'event_id': 'account',
        'record_id': 'row_key',
        'email': 'email',
        'country': "nullif(country, '')",
        'is_invited_only': 'false',
        'read_at': 'read_at',
    }) }}
from candidates
