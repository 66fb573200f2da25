-- Meetings: the rows of a meeting's people taken together. Where these differ, the status that is furthest on counts.
{%- set statuses = ['completed', 'confirmed', 'cancelled', 'expired', 'pending'] %}
with
meetings as (
    select
        *,
        case meeting_status
            {%- for status in statuses %}
            when '{{ status }}' then {{ loop.index }}
            {%- endfor %}
            else {{ statuses | length + 1 }}
        end as status_rank
    from {{ ref('int_meetings') }}
),
ranked as (
    select
        *,
        row_number() over (
            partition by vendor, account, event_id, meeting_id order by status_rank, read_at desc, record_key
        ) as place,
        count(*) over (partition by vendor, account, event_id, meeting_id) as participants,
        max(case when is_held then 1 when not is_held then 0 end) over (partition by vendor, account, event_id, meeting_id) as held
    from meetings
)
select
    {{ key_of('meeting', "event_id || '|' || meeting_id") }} as meeting_key,
    event_key,
    vendor,
    account,
    meeting_id,
    requested_at,
    requested_text,
    scheduled_start_at,
    scheduled_start_text,
    scheduled_minutes,
    meeting_status,
    meeting_type,
    meeting_status in ('confirmed', 'completed') as is_accepted,
    held = 1 as is_held,
    participants,
    hall,
    stand,
    subject,
    read_at
from ranked
where place = 1
