-- Registrations: a person may have several at one event, of which all but one are duplicates. Where a vendor keeps no list,
-- and it is derived from others, everybody who can be told apart has one.
with
registrations as (
    select * from {{ ref('int_registrations') }}
),
persons as (
    select * from {{ ref('int_persons') }}
),
ranked as (
    select
        registrations.*,
        persons.person_key,
        persons.is_identified,
        row_number() over (
            partition by registrations.event_key, persons.person_key
            order by
                coalesce(registrations.is_cancelled, false),
                coalesce(registrations.is_invited_only, false),
                registrations.registered_at nulls last,
                registrations.record_key
        ) > 1 as is_duplicate
    from registrations
    inner join persons on persons.identity_key = registrations.identity_key
)
select
    record_key as registration_key,
    event_key,
    person_key,
    vendor,
    account,
    registered_at,
    registration_status,
    ticket_type,
    is_invited_only,
    is_cancelled,
    is_duplicate,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_term,
    utm_content,
    utm_is_ambiguous,
    {{ key_of('order', "event_id || '|' || order_id") }} as order_key,
    read_at
from ranked
where is_derived is not true or (is_identified and not is_duplicate)
