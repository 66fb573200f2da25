-- Answers to polls, and questions of the audience. The vendor documents neither shape: an answer may be an object with
-- its person, a value, or a count of those who chose the same.
with
polls as (
    select * from {{ stream('tap_conferencesio', 'polls', text='subdomain session_id poll_id name', json='choices') }} as polls
),
poll_responses as (
    select * from {{ stream(
        'tap_conferencesio',
        'poll_responses',
        text='subdomain session_id poll_id response_key response_name response',
        number='response_value',
        json='response_data',
        time='read_at'
    ) }} as poll_responses
),
questions as (
    select * from {{ stream(
        'tap_conferencesio', 'questions', text='subdomain session_id question_key question', json='extra_fields', time='read_at'
    ) }} as questions
),
choices as (
    select distinct subdomain, poll_id, {{ json_text('choice') }} as choice
    from polls
    cross join lateral {{ json_items('choices') }} as choices(choice)
),
answers as (
    select
        poll_responses.*,
        polls.name as poll_name,
        choices.choice is not null and response_value is not null as is_count
    from poll_responses
    left join polls
        on polls.subdomain = poll_responses.subdomain
        and polls.session_id = poll_responses.session_id
        and polls.poll_id = poll_responses.poll_id
    left join choices
        on choices.subdomain = poll_responses.subdomain
        and choices.poll_id = poll_responses.poll_id
        and choices.choice = poll_responses.response_name
),
both_kinds as (
    select
        subdomain,
        session_id,
        poll_id || '|' || response_key as act_key,
        'poll_response' as kind,
        poll_name as subject,
        case when is_count then response_name else coalesce(response_data ->> 'response', response) end as said,
        case when not is_count then response_value end as value,
        case when is_count then cast(response_value as bigint) else 1 end as acts,
        response_data -> 'user' as person,
        response_data ->> 'timestamp' as said_at,
        read_at
    from answers
    union all
    select
        subdomain,
        session_id,
        question_key,
        'question',
        null,
        question,
        case when (extra_fields ->> 'votes') ~ '^\d+$' then cast(extra_fields ->> 'votes' as double precision) end,
        1,
        extra_fields -> 'user',
        extra_fields ->> 'timestamp',
        read_at
    from questions
)
select
    {{ as_entity('acts', 'conferencesio', {
        'account': 'subdomain',
        'event_id': 'subdomain',
        'session_id': 'session_id',
        'record_id': "session_id || '|' || act_key",
        'person_id': "nullif(person ->> 'external_id', '')",
        'email': normal_address("person ->> 'email'"),
        'full_name': "nullif(trim(concat_ws(' ', person ->> 'first_name', person ->> 'last_name')), '')",
        'engagement_type': 'kind',
        'engaged_at': instant_of('said_at', "'UTC'"),
        'question': 'subject',
        'value_text': 'said',
        'value_number': 'value',
        'act_count': 'acts',
        'read_at': 'read_at',
    }) }}
from both_kinds
