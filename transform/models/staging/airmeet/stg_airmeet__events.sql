-- The events that the community lists.
with
airmeets as (
    select * from {{ stream('tap_airmeet', 'airmeets', text='account uid name status timezone', time='start_time end_time read_at') }} as airmeets
)
select
    {{ as_entity('events', 'airmeet', {
        'account': 'account',
        'event_id': 'uid',
        'event_name': 'name',
        'status': 'status',
        'format': "'VIRTUAL'",
        'timezone': 'timezone',
        'starts_at': 'start_time',
        'ends_at': 'end_time',
        'measures': "'registrations invitations attendance minutes replays acts polls questions booths'",
        'read_at': 'read_at',
    }) }}
from airmeets
