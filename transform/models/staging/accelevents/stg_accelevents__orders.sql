-- Orders of tickets.
with
orders as (
    select * from {{ stream(
        'tap_accelevents',
        'orders',
        text='account event_url order_id status currency order_type',
        number='total_amount sales_tax_fee ticketing_fee cc_fee',
        json='purchaser attendee',
        time='purchase_date_utc read_at'
    ) }} as orders
),
events as (
    select * from {{ stream('tap_accelevents', 'events', text='account event_url currency_symbol') }} as events
),
counted as (
    select
        account,
        event_url,
        order_id,
        sum(case when (holder ->> 'qty') ~ '^\d+$' then cast(holder ->> 'qty' as bigint) else 1 end) as tickets
    from orders
    cross join lateral {{ json_items('attendee') }} as holders(holder)
    group by 1, 2, 3
)
select
    {{ as_entity('orders', 'accelevents', {
        'account': 'orders.account',
        'event_id': 'orders.event_url',
        'order_id': 'orders.order_id',
        'record_id': "'order ' || orders.event_url || '|' || orders.order_id",
        'email': normal_address("orders.purchaser ->> 'email'"),
        'full_name': "nullif(trim(concat_ws(' ', orders.purchaser ->> 'firstName', orders.purchaser ->> 'lastName')), '')",
        'ordered_at': 'orders.purchase_date_utc',
        'amount': 'orders.total_amount',
        'fees': 'orders.ticketing_fee + orders.cc_fee',
        'tax': 'orders.sales_tax_fee',
        'currency': 'coalesce(orders.currency, events.currency_symbol)',
        'order_status': 'orders.status',
        'order_type': 'orders.order_type',
        'tickets': 'counted.tickets',
        'is_paid': "lower(orders.status) not in ('unpaid', 'refunded')",
        'is_refunded': "lower(orders.status) = 'refunded'",
        'read_at': 'orders.read_at',
    }) }}
from orders
left join events on events.account = orders.account and events.event_url = orders.event_url
left join counted
    on counted.account = orders.account
    and counted.event_url = orders.event_url
    and counted.order_id = orders.order_id
