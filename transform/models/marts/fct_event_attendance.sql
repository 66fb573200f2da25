-- Who was at which event: by the vendor's own word, by a session of it, or known to be registered and not seen.
with
told as (
    select
        event_attendance.event_key,
        persons.person_key,
        event_attendance.vendor,
        event_attendance.account,
        min(event_attendance.first_in_at) as first_in_at,
        sum(event_attendance.attended_minutes order by event_attendance.attended_minutes) as attended_minutes,
        max(event_attendance.minutes_basis) filter (where event_attendance.attended_minutes is not null) as minutes_basis,
        max(event_attendance.read_at) as read_at
    from {{ ref('int_event_attendance') }} as event_attendance
    inner join {{ ref('int_persons') }} as persons on persons.identity_key = event_attendance.identity_key
    group by 1, 2, 3, 4
),
seen as (
    select
        event_key,
        person_key,
        vendor,
        account,
        min(first_in_at) as first_in_at,
        sum(attended_minutes order by attended_minutes) as attended_minutes,
        max(minutes_basis) filter (where attended_minutes is not null) as minutes_basis,
        count(distinct session_key) as sessions_attended,
        max(read_at) as read_at
    from {{ ref('fct_attendance') }}
    where mode = 'live'
    group by 1, 2, 3, 4
),
registered as (
    select event_key, person_key, vendor, account, max(read_at) as read_at
    from {{ ref('fct_registration') }}
    where is_invited_only is not true and is_cancelled is not true
    group by 1, 2, 3, 4
),
everybody as (
    select event_key, person_key, vendor, account from told
    union
    select event_key, person_key, vendor, account from seen
    union
    select event_key, person_key, vendor, account from registered
),
events as (
    select * from {{ ref('dim_event') }}
),
people as (
    select * from {{ ref('dim_person') }}
),
joined as (
    select
        everybody.*,
        registered.person_key is not null as is_registered,
        told.person_key is not null or seen.person_key is not null as was_seen,
        coalesce(told.first_in_at, seen.first_in_at) as first_in_at,
        coalesce(told.attended_minutes, seen.attended_minutes) as attended_minutes,
        coalesce(told.minutes_basis, seen.minutes_basis, 'none') as minutes_basis,
        coalesce(seen.sessions_attended, 0) as sessions_attended,
        greatest(told.read_at, seen.read_at, registered.read_at) as read_at
    from everybody
    left join told on told.event_key = everybody.event_key and told.person_key = everybody.person_key
    left join seen on seen.event_key = everybody.event_key and seen.person_key = everybody.person_key
    left join registered on registered.event_key = everybody.event_key and registered.person_key = everybody.person_key
)
select
    md5(joined.event_key || '|' || joined.person_key) as event_attendance_key,
    joined.event_key,
    joined.person_key,
    joined.vendor,
    joined.account,
    people.is_identified,
    joined.is_registered,
    {#
      Nobody can be missed before the event is over, nor where the vendor does not say who came. Who registered without id
      and address may be somebody who came: nothing tells.
    #}
    case
        when joined.was_seen then true
        when {{ measures('attendance') }} and events.has_ended and people.is_identified then false
    end as is_attended,
    joined.first_in_at,
    joined.attended_minutes,
    joined.minutes_basis,
    case when {{ measures('attendance') }} then joined.sessions_attended end as sessions_attended,
    joined.read_at
from joined
left join events on events.event_key = joined.event_key
left join people on people.person_key = joined.person_key
