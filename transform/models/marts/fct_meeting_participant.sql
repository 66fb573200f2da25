-- Who takes part in which meeting.
with
meetings as (
    select * from {{ ref('int_meetings') }}
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    meetings.record_key as meeting_participant_key,
    {{ key_of('meeting', "meetings.event_id || '|' || meetings.meeting_id") }} as meeting_key,
    meetings.event_key,
    persons.person_key,
    meetings.vendor,
    meetings.account,
    meetings.role,
    meetings.category,
    meetings.meeting_status as participant_status,
    meetings.read_at
from meetings
inner join persons on persons.identity_key = meetings.identity_key
