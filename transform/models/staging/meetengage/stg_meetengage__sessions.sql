-- The chats that somebody attended: of others, nothing is known.
with
attendance as (
    select * from {{ ref('stg_meetengage__attendance') }}
),
chats as (
    select account, session_id, max(read_at) as read_at from attendance group by 1, 2
)
select
    {{ as_entity('sessions', 'meetengage', {
        'account': 'account',
        'event_id': 'account',
        'session_id': 'session_id',
        'session_type': "'chat'",
        'delivery_format': "'virtual'",
        'read_at': 'read_at',
    }) }}
from chats
