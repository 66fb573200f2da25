-- Sessions of all vendors.
with
sessions as (
    {{ unioned('sessions', ['accelevents', 'airmeet', 'conferencesio', 'meetengage']) }}
)
select
    {{ key_of('session', 'session_id') }} as session_key,
    {{ key_of('event', 'event_id') }} as event_key,
    vendor,
    account,
    session_id,
    external_id,
    session_name,
    session_type,
    delivery_format,
    room,
    starts_at,
    ends_at,
    cast({{ minutes_between('starts_at', 'ends_at') }} as double precision) as scheduled_minutes,
    capacity,
    polls,
    read_at
from sessions
