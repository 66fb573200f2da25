-- Answers to evaluations.
with
evaluations as (
    select * from {{ ref('int_evaluations') }}
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    evaluations.record_key as evaluation_key,
    evaluations.session_key,
    evaluations.event_key,
    persons.person_key,
    evaluations.vendor,
    evaluations.account,
    evaluations.question,
    evaluations.presenter,
    evaluations.response,
    evaluations.rating,
    evaluations.question in ({{ texts(var('nps_questions') or ['']) }}) as is_nps,
    evaluations.responded_at,
    evaluations.read_at
from evaluations
left join persons on persons.identity_key = evaluations.identity_key
