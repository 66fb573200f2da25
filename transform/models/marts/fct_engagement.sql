-- Acts: answers, questions, evaluations, visits to booths, meetings, chats. Of answers that come as counts nobody is known.
{%- set null_text = 'cast(null as ' ~ sql_type('varchar') ~ ')' %}
with
acts as (
    select
        record_key, engagement_type, event_key, session_key, identity_key, vendor, account, engaged_at,
        question, value_text, value_number, act_count, read_at
    from {{ ref('int_acts') }}
    union all
    select
        record_key, 'evaluation', event_key, session_key, identity_key, vendor, account, responded_at,
        question, response, rating, 1, read_at
    from {{ ref('int_evaluations') }}
    union all
    select
        record_key, 'booth_visit', event_key, {{ null_text }}, identity_key, vendor, account, first_in_at,
        booth_name, {{ null_text }}, visited_minutes, coalesce(visits, 1), read_at
    from {{ ref('int_booth_visits') }}
    union all
    select
        record_key, 'meeting_requested', event_key, {{ null_text }}, identity_key, vendor, account, requested_at,
        {{ null_text }}, {{ null_text }}, null, 1, read_at
    from {{ ref('int_meetings') }}
    where role = 'requester'
    union all
    select
        record_key, 'meeting_confirmed', event_key, {{ null_text }}, identity_key, vendor, account, null,
        {{ null_text }}, {{ null_text }}, null, 1, read_at
    from {{ ref('int_meetings') }}
    where meeting_status in ('confirmed', 'completed')
    union all
    select
        record_key, 'meeting_held', event_key, {{ null_text }}, identity_key, vendor, account, scheduled_start_at,
        {{ null_text }}, {{ null_text }}, scheduled_minutes, 1, read_at
    from {{ ref('int_meetings') }}
    where is_held
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    md5(acts.engagement_type || '|' || acts.record_key) as engagement_key,
    acts.engagement_type,
    acts.event_key,
    acts.session_key,
    case when persons.is_identified then persons.person_key end as person_key,
    acts.vendor,
    acts.account,
    acts.engaged_at,
    acts.question,
    acts.value_text,
    acts.value_number,
    acts.act_count,
    acts.read_at
from acts
left join persons on persons.identity_key = acts.identity_key
