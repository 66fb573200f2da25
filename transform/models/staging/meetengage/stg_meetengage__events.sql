-- The vendor names no events: an account stands for one.
with
standard as (
    select * from {{ stream('tap_meetengage', 'organisation_data_standard', text='account', time='read_at') }} as standard
),
accounts as (
    select account, max(read_at) as read_at from standard group by 1
)
select
    {{ as_entity('events', 'meetengage', {
        'account': 'account',
        'event_id': 'account',
        'event_name': 'account',
        'measures': "'registrations attendance acts'",
        'read_at': 'read_at',
    }) }}
from accounts
