-- Answers to evaluations. They come without e-mail addresses: a person is known by the organiser's id only, since the
-- vendor's own id of a person is in no other stream.
with
evaluation_responses as (
    select * from {{ stream(
        'tap_conferencesio',
        'evaluation_responses',
        text='subdomain response_key session_id question response',
        number='response_value',
        json='user presenter',
        time='responded_at read_at'
    ) }} as evaluation_responses
)
select
    {{ as_entity('evaluations', 'conferencesio', {
        'account': 'subdomain',
        'event_id': 'subdomain',
        'session_id': 'session_id',
        'record_id': 'response_key',
        'person_id': "nullif(\"user\" ->> 'external_id', '')",
        'full_name': "nullif(trim(concat_ws(' ', \"user\" ->> 'first_name', \"user\" ->> 'last_name')), '')",
        'question': 'question',
        'response': 'response',
        'rating': 'response_value',
        'presenter': "presenter ->> 'name'",
        'responded_at': 'responded_at',
        'read_at': 'read_at',
    }) }}
from evaluation_responses
