-- The vendor names no events, but their ids: names, days and time zones are those of the seed event_details.
with
participants as (
    select * from {{ stream('tap_meetings_export', 'participants', text='account event_id', time='read_at') }} as participants
),
meetings as (
    select * from {{ stream('tap_meetings_export', 'meetings', text='account event_id', time='read_at') }} as meetings
),
readings as (
    select * from {{ ref('stg_expoplatform__readings') }}
),
event_details as (
    select * from {{ ref('event_details') }} where vendor = 'expoplatform'
),
mentions as (
    select account, event_id, read_at from participants
    union all
    select account, event_id, read_at from meetings
    union all
    select account, parent_id, read_at from readings where outcome = 'read' and stream in ('participants', 'meetings')
),
known as (
    select account, event_id, max(read_at) as read_at from mentions group by 1, 2
),
detailed as (
    select known.*, event_name, timezone, starts_on, ends_on, zones.name as zone
    from known
    left join event_details using (account, event_id)
    left join {{ known_zones() }} as zones on zones.name = event_details.timezone
)
select
    {{ as_entity('events', 'expoplatform', {
        'account': 'account',
        'event_id': 'event_id',
        'event_name': 'event_name',
        'timezone': 'timezone',
        'starts_at': 'cast(starts_on as timestamp) at time zone zone',
        'ends_at': "(cast(ends_on as timestamp) + interval '1 day') at time zone zone",
        'measures': "'registrations acts meetings'",
        'read_at': 'read_at',
    }) }}
from detailed
