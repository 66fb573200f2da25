-- Sessions of events.
with
sessions as (
    select * from {{ stream(
        'tap_accelevents',
        'sessions',
        text='account event_url session_id title format session_type_format location',
        time='start_time_utc end_time_utc read_at',
        whole='capacity'
    ) }} as sessions
)
select
    {{ as_entity('sessions', 'accelevents', {
        'account': 'account',
        'event_id': 'event_url',
        'session_id': 'session_id',
        'session_name': 'title',
        'session_type': 'format',
        'delivery_format': "lower(replace(session_type_format, '_', '-'))",
        'room': 'location',
        'starts_at': 'start_time_utc',
        'ends_at': 'end_time_utc',
        'capacity': 'capacity',
        'read_at': 'read_at',
    }) }}
from sessions
