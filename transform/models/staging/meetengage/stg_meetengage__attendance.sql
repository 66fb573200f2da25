-- Who attended which chat: the ids stand alone, or in a list.
with
candidates as (
    select * from {{ ref('base_meetengage__candidates') }}
),
chats as (
    select account, row_key, email, read_at, attended as chat
    from candidates
    where attended ~ '^[^\[].*' and attended not in ('true', 'false', '0', '1')
    union
    select account, row_key, email, read_at, {{ json_text('item') }}
    from candidates
    cross join lateral {{ json_items(listed('attended')) }} as items(item)
)
select
    {{ as_entity('attendance', 'meetengage', {
        'account': 'account',
        'event_id': 'account',
        'session_id': 'chat',
        'record_id': 'row_key',
        'email': 'email',
        'mode': "'live'",
        'minutes_basis': "'none'",
        'read_at': 'read_at',
    }) }}
from chats
