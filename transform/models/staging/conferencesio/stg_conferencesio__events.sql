-- An app is one event; its dates are days where it takes place.
with
app as (
    select * from {{ stream(
        'tap_conferencesio', 'app', text='subdomain name timezone', day='start_date end_date', time='read_at'
    ) }} as app
),
zoned as (
    select app.*, zones.name as zone
    from app
    left join {{ known_zones() }} as zones on zones.name = app.timezone
)
select
    {{ as_entity('events', 'conferencesio', {
        'account': 'subdomain',
        'event_id': 'subdomain',
        'event_name': 'name',
        'timezone': 'timezone',
        'starts_at': 'cast(start_date as timestamp) at time zone zone',
        'ends_at': "(cast(end_date as timestamp) + interval '1 day') at time zone zone",
        'measures': "'registrations attendance minutes departures acts polls questions evaluations'",
        'read_at': 'read_at',
    }) }}
from zoned
