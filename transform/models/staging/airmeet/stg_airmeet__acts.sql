-- Answers to polls, and questions of the audience. The vendor seldom says in which session a poll was.
with
poll_responses as (
    select * from {{ stream(
        'tap_airmeet',
        'poll_responses',
        text='account airmeet_id session_id response_key user_id email name question answer',
        time='time_stamp read_at'
    ) }} as poll_responses
),
questions as (
    select * from {{ stream(
        'tap_airmeet',
        'questions',
        text='account airmeet_id session_id question_key user_id email name question',
        time='time_stamp read_at',
        whole='upvote_count'
    ) }} as questions
),
both_kinds as (
    select
        account, airmeet_id, session_id, response_key as act_key, user_id, email, name, time_stamp, read_at,
        'poll_response' as kind, question as subject, answer as said, null as votes
    from poll_responses
    union all
    select
        account, airmeet_id, session_id, question_key, user_id, email, name, time_stamp, read_at,
        'question', null, question, upvote_count
    from questions
)
select
    {{ as_entity('acts', 'airmeet', {
        'account': 'account',
        'event_id': 'airmeet_id',
        'session_id': 'session_id',
        'record_id': "airmeet_id || '|' || act_key",
        'person_id': 'user_id',
        'email': normal_address('email'),
        'full_name': 'name',
        'engagement_type': 'kind',
        'engaged_at': 'time_stamp',
        'question': 'subject',
        'value_text': 'said',
        'value_number': 'votes',
        'act_count': '1',
        'read_at': 'read_at',
    }) }}
from both_kinds
