-- Orders, with who bought.
with
orders as (
    select * from {{ ref('int_orders') }}
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    {{ key_of('order', "event_id || '|' || order_id") }} as order_key,
    orders.event_key,
    persons.person_key,
    orders.vendor,
    orders.account,
    orders.order_id,
    orders.ordered_at,
    orders.amount,
    orders.fees,
    orders.tax,
    orders.currency,
    orders.order_status,
    orders.order_type,
    orders.tickets,
    orders.is_paid,
    orders.is_refunded,
    orders.read_at
from orders
inner join persons on persons.identity_key = orders.identity_key
