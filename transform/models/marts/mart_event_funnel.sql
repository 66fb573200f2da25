-- Events: from those who were invited and registered to those who came and did something, and what that brought.
with
events as (
    select * from {{ ref('dim_event') }}
),
registrations as (
    select
        event_key,
        count(distinct person_key) filter (where is_invited_only is not true and is_cancelled is not true) as registered,
        count(distinct person_key) filter (where is_invited_only) as invited_only,
        count(*) filter (where is_cancelled) as cancelled
    from {{ ref('fct_registration') }}
    group by 1
),
attendance as (
    select
        event_key,
        count(*) filter (where is_attended and is_identified) as attended,
        count(*) filter (where is_attended and not is_identified) as attended_unidentified,
        count(*) filter (where is_registered and is_identified) as registered,
        count(*) filter (where is_attended and is_registered and is_identified) as attended_registered,
        count(*) filter (where not is_attended) as no_shows,
        {{ median('case when is_identified then attended_minutes end') }} as median_minutes
    from {{ ref('fct_event_attendance') }}
    group by 1
),
replays as (
    select attendance.event_key, count(distinct attendance.person_key) as people
    from {{ ref('fct_attendance') }} as attendance
    inner join {{ ref('dim_person') }} as people on people.person_key = attendance.person_key and people.is_identified
    where attendance.mode = 'replay'
    group by 1
),
acts as (
    select
        acts.event_key,
        sum(acts.act_count) as acts,
        count(distinct acts.person_key) as people,
        count(distinct acts.person_key) filter (where attendance.is_attended) as attendees
    from {{ ref('fct_engagement') }} as acts
    left join {{ ref('fct_event_attendance') }} as attendance
        on attendance.event_key = acts.event_key and attendance.person_key = acts.person_key
    group by 1
),
evaluations as (
    select event_key, avg(rating order by rating) as average
    from {{ ref('fct_evaluation') }}
    group by 1
),
meetings as (
    select
        event_key,
        count(*) as requested,
        count(*) filter (where is_accepted) as accepted,
        count(*) filter (where is_held) as held
    from {{ ref('fct_meeting') }}
    group by 1
),
orders as (
    select
        event_key,
        count(*) as orders,
        sum(amount order by amount) filter (where is_paid) as revenue
    from {{ ref('fct_order') }}
    group by 1
)
select
    events.event_key,
    events.vendor,
    events.account,
    events.event_id,
    events.event_name,
    events.starts_at,
    events.ends_at,
    events.has_ended,
    case when {{ measures('invitations') }} then coalesce(registrations.invited_only, 0) end as invited_only,
    case when {{ measures('registrations') }} then coalesce(registrations.registered, 0) end as registered,
    case when {{ measures('cancellations') }} then coalesce(registrations.cancelled, 0) end as cancelled,
    case when {{ measures('attendance') }} then coalesce(attendance.attended, 0) end as attended,
    case when {{ measures('attendance') }} then coalesce(attendance.attended_unidentified, 0) end as attended_unidentified,
    case when {{ measures('attendance') }} and events.has_ended then coalesce(attendance.no_shows, 0) end as no_shows,
    case
        when {{ measures('attendance') }} and events.has_ended
            then cast(attendance.attended_registered as double precision) / nullif(attendance.registered, 0)
    end as show_up_rate,
    case when {{ measures('minutes') }} then attendance.median_minutes end as median_attended_minutes,
    case when {{ measures('replays') }} then coalesce(replays.people, 0) end as watched_replay,
    case when {{ measures('acts') }} then coalesce(acts.people, 0) end as engaged,
    case when {{ measures('attendance') }} and {{ measures('acts') }} then cast(coalesce(acts.attendees, 0) as double precision) / nullif(attendance.attended, 0) end
        as engaged_rate,
    case when {{ measures('attendance') }} and {{ measures('acts') }} then cast(coalesce(acts.acts, 0) as double precision) / nullif(attendance.attended, 0) end
        as acts_per_attendee,
    evaluations.average as evaluation_average,
    case when {{ measures('meetings') }} then coalesce(meetings.requested, 0) end as meetings_requested,
    case when {{ measures('meetings') }} then coalesce(meetings.accepted, 0) end as meetings_accepted,
    case when {{ measures('meetings') }} then coalesce(meetings.held, 0) end as meetings_held,
    cast(meetings.accepted as double precision) / nullif(meetings.requested, 0) as meeting_acceptance_rate,
    cast(meetings.held as double precision) / nullif(meetings.accepted, 0) as meeting_held_rate,
    case when {{ measures('orders') }} then coalesce(orders.orders, 0) end as orders,
    case when {{ measures('orders') }} then coalesce(orders.revenue, 0) end as revenue,
    events.currency,
    events.read_at
from events
left join registrations on registrations.event_key = events.event_key
left join attendance on attendance.event_key = events.event_key
left join replays on replays.event_key = events.event_key
left join acts on acts.event_key = events.event_key
left join evaluations on evaluations.event_key = events.event_key
left join meetings on meetings.event_key = events.event_key
left join orders on orders.event_key = events.event_key
