-- To attend a chat is an act.
with
attendance as (
    select * from {{ ref('stg_meetengage__attendance') }}
)
select
    {{ as_entity('acts', 'meetengage', {
        'account': 'account',
        'event_id': 'event_id',
        'session_id': 'session_id',
        'record_id': "record_id || '|' || session_id",
        'email': 'email',
        'engagement_type': "'chat'",
        'act_count': '1',
        'read_at': 'read_at',
    }) }}
from attendance
