-- Sessions; the vendor gives their length, not their end.
with
sessions as (
    select * from {{ stream(
        'tap_airmeet', 'sessions', text='account airmeet_id session_id name type', time='start_time read_at', whole='duration'
    ) }} as sessions
)
select
    {{ as_entity('sessions', 'airmeet', {
        'account': 'account',
        'event_id': 'airmeet_id',
        'session_id': 'session_id',
        'session_name': 'name',
        'session_type': 'type',
        'delivery_format': "'virtual'",
        'starts_at': 'start_time',
        'ends_at': "start_time + duration * interval '1 minute'",
        'read_at': 'read_at',
    }) }}
from sessions
