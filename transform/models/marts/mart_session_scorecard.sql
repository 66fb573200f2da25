-- Sessions: who was registered, who came, for how long, and what they did and thought.
with
sessions as (
    select * from {{ ref('dim_session') }}
),
events as (
    select * from {{ ref('dim_event') }}
),
registrations as (
    select session_registrations.session_key, count(*) as records, count(distinct persons.person_key) as people
    from {{ ref('int_session_registrations') }} as session_registrations
    inner join {{ ref('int_persons') }} as persons on persons.identity_key = session_registrations.identity_key
    group by 1
),
live as (
    select
        session_key,
        sum(records) as records,
        count(distinct person_key) as people,
        count(last_out_at) as left_people,
        {{ median('attended_minutes') }} as median_minutes,
        {{ median('watched_pct') }} as median_watched_pct
    from {{ ref('fct_attendance') }}
    where mode = 'live'
    group by 1
),
replays as (
    select session_key, count(distinct person_key) as people
    from {{ ref('fct_attendance') }}
    where mode = 'replay'
    group by 1
),
acts as (
    select
        session_key,
        sum(act_count) filter (where engagement_type = 'poll_response') as poll_responses,
        count(*) filter (where engagement_type = 'question') as questions,
        count(distinct person_key) as people
    from {{ ref('fct_engagement') }}
    where session_key is not null
    group by 1
),
evaluations as (
    select session_key, count(*) as responses, avg(rating order by rating) as average
    from {{ ref('fct_evaluation') }}
    where session_key is not null
    group by 1
),
{# Where no session of an event has a list of its own, its vendor keeps none. #}
with_lists as (
    select distinct event_key from {{ ref('int_session_registrations') }}
)
select
    sessions.session_key,
    sessions.event_key,
    sessions.vendor,
    sessions.account,
    sessions.session_id,
    events.event_name,
    sessions.session_name,
    sessions.starts_at,
    sessions.ends_at,
    sessions.scheduled_minutes,
    sessions.capacity,
    case when with_lists.event_key is not null then coalesce(registrations.people, 0) end as registered,
    case when {{ measures('attendance') }} then coalesce(live.people, 0) end as attended,
    case when {{ measures('departures') }} then coalesce(live.left_people, 0) end as checked_out,
    case when with_lists.event_key is not null then cast(live.people as double precision) / nullif(registrations.people, 0) end
        as attended_per_registered,
    case when {{ measures('replays') }} then coalesce(replays.people, 0) end as watched_replay,
    live.median_minutes as median_attended_minutes,
    live.median_minutes / nullif(sessions.scheduled_minutes, 0) as median_share_of_schedule,
    live.median_watched_pct,
    sessions.polls,
    case when {{ measures('polls') }} then cast(coalesce(acts.poll_responses, 0) as bigint) end as poll_responses,
    case when {{ measures('questions') }} then coalesce(acts.questions, 0) end as questions,
    case when {{ measures('polls') }} or {{ measures('questions') }} then coalesce(acts.people, 0) end as engaged,
    case when {{ measures('evaluations') }} then coalesce(evaluations.responses, 0) end as evaluation_responses,
    evaluations.average as evaluation_average,
    sessions.read_at
from sessions
left join events on events.event_key = sessions.event_key
left join registrations on registrations.session_key = sessions.session_key
left join live on live.session_key = sessions.session_key
left join replays on replays.session_key = sessions.session_key
left join acts on acts.session_key = sessions.session_key
left join evaluations on evaluations.session_key = sessions.session_key
left join with_lists on with_lists.event_key = sessions.event_key
