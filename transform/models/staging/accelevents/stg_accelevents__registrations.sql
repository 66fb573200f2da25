-- Tickets. When one was bought is not said with it: that is the order's which names its holder and type, if only one does.
with
attendees as (
    select * from {{ stream(
        'tap_accelevents',
        'attendees',
        text='account event_url barcode first_name last_name email status ticket_status ticket_type',
        time='read_at'
    ) }} as attendees
),
orders as (
    select * from {{ stream(
        'tap_accelevents', 'orders', text='account event_url order_id', json='attendee', time='purchase_date_utc'
    ) }} as orders
),
held as (
    select *, {{ normal_address('email') }} as address from attendees
),
ordered as (
    select
        account,
        event_url,
        {{ normal_address("holder ->> 'email'") }} as address,
        holder ->> 'ticketType' as ticket_type,
        min(purchase_date_utc) as purchased_at,
        min(order_id) as order_id,
        count(distinct order_id) as orders
    from orders
    cross join lateral {{ json_items('attendee') }} as holders(holder)
    group by 1, 2, 3, 4
)
select
    {{ as_entity('registrations', 'accelevents', {
        'account': 'account',
        'event_id': 'event_url',
        'record_id': "event_url || '|' || barcode",
        'email': 'address',
        'full_name': "nullif(trim(concat_ws(' ', first_name, last_name)), '')",
        'registered_at': 'case when orders = 1 then purchased_at end',
        'registration_status': 'ticket_status',
        'ticket_type': 'ticket_type',
        'is_invited_only': 'false',
        'is_cancelled': "lower(coalesce(ticket_status, status)) in ('refunded', 'cancelled', 'canceled', 'deleted')",
        'order_id': 'case when orders = 1 then order_id end',
        'read_at': 'read_at',
    }) }}
from held
left join ordered using (account, event_url, address, ticket_type)
