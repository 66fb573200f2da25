-- One row per session: who was registered, who came, and what they thought of it.
with
attendance as (
    select
        subdomain,
        session_id,
        count(*) as registered,
        count(checkin_time) as checked_in,
        count(checkout_time) as checked_out
    from {{ ref('tap_conferencesio__attendance') }}
    group by subdomain, session_id
),
polls as (
    select subdomain, session_id, count(*) as polls
    from {{ ref('tap_conferencesio__polls') }}
    group by subdomain, session_id
),
questions as (
    select subdomain, session_id, count(*) as questions
    from {{ ref('tap_conferencesio__questions') }}
    group by subdomain, session_id
),
evaluations as (
    select
        subdomain,
        session_id,
        count(*) as evaluation_responses,
        avg(response_value) as evaluation_average
    from {{ ref('tap_conferencesio__evaluation_responses') }}
    where session_id is not null
    group by subdomain, session_id
)
select
    sessions.subdomain,
    sessions.id as session_id,
    sessions.name,
    sessions.session_date,
    coalesce(attendance.registered, 0) as registered,
    coalesce(attendance.checked_in, 0) as checked_in,
    coalesce(attendance.checked_out, 0) as checked_out,
    coalesce(polls.polls, 0) as polls,
    coalesce(questions.questions, 0) as questions,
    coalesce(evaluations.evaluation_responses, 0) as evaluation_responses,
    evaluations.evaluation_average
from {{ ref('tap_conferencesio__sessions') }} as sessions
left join attendance on attendance.subdomain = sessions.subdomain and attendance.session_id = sessions.id
left join polls on polls.subdomain = sessions.subdomain and polls.session_id = sessions.id
left join questions on questions.subdomain = sessions.subdomain and questions.session_id = sessions.id
left join evaluations on evaluations.subdomain = sessions.subdomain and evaluations.session_id = sessions.id
