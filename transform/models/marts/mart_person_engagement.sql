-- People at events: what they did there, and a score. Each component is in relation to whoever did most at the event; the
-- score is the mean of those that the event has, by the weights in the variable engagement_weights.
{%- set components = {
    'minutes': 'attended_minutes', 'polls': 'poll_responses', 'questions': 'questions', 'evaluations': 'evaluations',
    'booths': 'booth_visits', 'meetings': 'meetings',
} %}
{%- set weights = var('engagement_weights') %}
with
events as (
    select * from {{ ref('dim_event') }}
),
attendance as (
    select * from {{ ref('fct_event_attendance') }}
),
acts as (
    select
        event_key,
        person_key,
        sum(act_count) filter (where engagement_type = 'poll_response') as poll_responses,
        sum(act_count) filter (where engagement_type = 'question') as questions,
        sum(act_count) filter (where engagement_type = 'evaluation') as evaluations,
        sum(act_count) filter (where engagement_type = 'booth_visit') as booth_visits,
        sum(act_count) filter (where engagement_type = 'meeting_confirmed') as meetings,
        sum(act_count) as acts,
        min(engaged_at) as first_engaged_at,
        max(engaged_at) as last_engaged_at,
        max(vendor) as vendor,
        max(account) as account,
        max(read_at) as read_at
    from {{ ref('fct_engagement') }}
    where person_key is not null
    group by 1, 2
),
together as (
    select
        coalesce(attendance.event_key, acts.event_key) as event_key,
        coalesce(attendance.person_key, acts.person_key) as person_key,
        coalesce(attendance.vendor, acts.vendor) as vendor,
        coalesce(attendance.account, acts.account) as account,
        coalesce(attendance.is_identified, true) as is_identified, -- acts name nobody else
        coalesce(attendance.is_registered, false) as is_registered,
        attendance.is_attended,
        {# Of who was there it may be unknown for how long, as without a check-out. #}
        case when attendance.is_attended then attendance.attended_minutes else coalesce(attendance.attended_minutes, 0) end
            as attended_minutes,
        attendance.sessions_attended,
        coalesce(acts.poll_responses, 0) as poll_responses,
        coalesce(acts.questions, 0) as questions,
        coalesce(acts.evaluations, 0) as evaluations,
        coalesce(acts.booth_visits, 0) as booth_visits,
        coalesce(acts.meetings, 0) as meetings,
        coalesce(acts.acts, 0) as acts,
        acts.first_engaged_at,
        acts.last_engaged_at,
        greatest(attendance.read_at, acts.read_at) as read_at
    from attendance
    full join acts on acts.event_key = attendance.event_key and acts.person_key = attendance.person_key
),
counted as (
    select
        together.event_key,
        together.person_key,
        together.vendor,
        together.account,
        together.is_identified,
        together.is_registered,
        together.is_attended,
        together.sessions_attended,
        case when {{ measures('acts') }} then together.acts end as acts,
        together.first_engaged_at,
        together.last_engaged_at,
        together.read_at,
        {%- for component, column in components.items() %}
        case when {{ measures(component) }} then together.{{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from together
    left join events on events.event_key = together.event_key
),
scaled as (
    select
        *,
        {%- for component, column in components.items() %}
        100.0 * case when {{ column }} < 0 then 0 else {{ column }} end / nullif(max({{ column }}) over (partition by event_key), 0) as {{ component }}_score
        {{- ',' if not loop.last }}
        {%- endfor %}
    from counted
)
select
    md5(event_key || '|' || person_key) as person_engagement_key,
    event_key,
    person_key,
    vendor,
    account,
    is_identified,
    is_registered,
    is_attended,
    attended_minutes,
    sessions_attended,
    cast(poll_responses as bigint) as poll_responses,
    cast(questions as bigint) as questions,
    cast(evaluations as bigint) as evaluations,
    cast(booth_visits as bigint) as booth_visits,
    cast(meetings as bigint) as meetings,
    cast(acts as bigint) as acts,
    first_engaged_at,
    last_engaged_at,
    {%- for component in components %}
    cast({{ component }}_score as double precision) as {{ component }}_score,
    {%- endfor %}
    cast(
        (
            {%- for component in components %}
            coalesce({{ component }}_score * {{ weights[component] }}, 0){{ ' +' if not loop.last }}
            {%- endfor %}
        ) / nullif(
            {%- for component in components %}
            case when {{ component }}_score is null then 0 else {{ weights[component] }} end{{ ' +' if not loop.last }}
            {%- endfor %},
            0
        ) as double precision
    ) as engagement_score,
    read_at
from scaled
