-- Who meets whom: a row for each person. Times come as text, in one column or two, of a zone that is not documented: with an
-- offset or as seconds they are read as they are, else in the event's zone, if the seed event_details names it.
with
meetings as (
    select * from {{ stream(
        'tap_meetings_export',
        'meetings',
        text='account event_id meeting_id participant_key account_id name first_name last_name email role category status type'
            ~ ' creation_time creation_date appointment_time appointment_date appointment_start_time appointment_end_time'
            ~ ' duration hall stand subject meeting_completion',
        time='read_at'
    ) }} as meetings
),
event_details as (
    select * from {{ ref('event_details') }} where vendor = 'expoplatform'
),
told as (
    select
        meetings.*,
        zones.name as zone,
        concat_ws(' ', creation_date, creation_time) as requested_text,
        coalesce(appointment_start_time, nullif(concat_ws(' ', appointment_date, appointment_time), '')) as scheduled_text,
        {{ first_match('duration', '^\\d+') }} as duration_minutes
    from meetings
    left join event_details using (account, event_id)
    left join {{ known_zones() }} as zones on zones.name = event_details.timezone
),
timed as (
    select
        *,
        {{ instant_of('requested_text', 'zone') }} as requested_at,
        {{ instant_of('scheduled_text', 'zone') }} as starts_at,
        {{ instant_of('appointment_end_time', 'zone') }} as ends_at
    from told
)
select
    {{ as_entity('meetings', 'expoplatform', {
        'account': 'account',
        'event_id': 'event_id',
        'meeting_id': 'meeting_id',
        'record_id': "event_id || '|' || meeting_id || '|' || participant_key",
        'person_id': 'account_id',
        'email': normal_address('email'),
        'address_is_personal': 'true',
        'full_name': "coalesce(nullif(name, ''), nullif(trim(concat_ws(' ', first_name, last_name)), ''))",
        'role': "case when lower(role) like 'request%' then 'requester' when lower(role) like 'rece%' then 'receiver' else lower(role) end",
        'category': 'category',
        'meeting_status': "case when lower(status) = 'incoming' then 'pending' else lower(status) end",
        'meeting_type': 'lower(type)',
        'requested_at': 'requested_at',
        'requested_text': "nullif(requested_text, '')",
        'scheduled_start_at': 'starts_at',
        'scheduled_start_text': 'scheduled_text',
        'scheduled_minutes': "coalesce(cast(duration_minutes as double precision), " ~ minutes_between('starts_at', 'ends_at') ~ ")",
        'hall': 'hall',
        'stand': 'stand',
        'subject': 'subject',
        'is_held': "case when lower(meeting_completion) in ('y', 'yes', 'true', '1') or lower(status) = 'completed' then true"
            ~ " when lower(meeting_completion) in ('n', 'no', 'false', '0') then false end",
        'read_at': 'read_at',
    }) }}
from timed
