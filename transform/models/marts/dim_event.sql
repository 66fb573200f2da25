-- Events of all vendors.
with
events as (
    {{ unioned('events', ['accelevents', 'airmeet', 'conferencesio', 'expoplatform', 'meetengage']) }}
)
select
    {{ key_of('event', 'event_id') }} as event_key,
    vendor,
    account,
    event_id,
    event_name,
    status,
    format,
    timezone,
    starts_at,
    ends_at,
    ends_at <= read_at as has_ended,
    currency,
    measures,
    read_at
from events
