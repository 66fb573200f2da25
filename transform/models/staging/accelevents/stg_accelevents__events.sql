-- Events, by the slug that all other streams name them by.
with
events as (
    select * from {{ stream(
        'tap_accelevents',
        'events',
        text='account event_url event_name event_format event_listing_status equivalent_timezone currency_symbol',
        time='event_start_date_utc event_end_date_utc read_at'
    ) }} as events
)
select
    {{ as_entity('events', 'accelevents', {
        'account': 'account',
        'event_id': 'event_url',
        'event_name': 'event_name',
        'status': 'event_listing_status',
        'format': 'event_format',
        'timezone': 'equivalent_timezone',
        'starts_at': 'event_start_date_utc',
        'ends_at': 'event_end_date_utc',
        'currency': 'currency_symbol',
        'measures': "'registrations cancellations attendance orders'",
        'read_at': 'read_at',
    }) }}
from events
