-- Marts of which a sum is not the count of the streams' rows that they are made of: something was lost, or came twice.
{%- set answered = "count(*) filter (where engagement_type in ('poll_response', 'question', 'evaluation'))" %}
{%- set checks = [] %}
{%- if 'accelevents' in var('vendors') %}
    {%- set attended = '(select 1 from ' ~ stream('tap_accelevents', 'session_attendees', flag='attended') ~ ' as told where attended)' %}
    {%- do checks.extend([
        ('accelevents', 'dim_event', 'count(*)', [stream('tap_accelevents', 'events', 'event_url')]),
        ('accelevents', 'dim_session', 'count(*)', [stream('tap_accelevents', 'sessions', 'session_id')]),
        ('accelevents', 'fct_registration', 'count(*)', [stream('tap_accelevents', 'attendees', 'barcode')]),
        ('accelevents', 'fct_attendance', 'sum(records)', [attended]),
        ('accelevents', 'fct_order', 'count(*)', [stream('tap_accelevents', 'orders', 'order_id')]),
    ]) %}
{%- endif %}
{%- if 'airmeet' in var('vendors') %}
    {%- do checks.extend([
        ('airmeet', 'dim_event', 'count(*)', [stream('tap_airmeet', 'airmeets', 'uid')]),
        ('airmeet', 'dim_session', 'count(*)', [stream('tap_airmeet', 'sessions', 'session_id')]),
        ('airmeet', 'fct_registration', 'count(*)', [stream('tap_airmeet', 'participants', 'participant_key')]),
        ('airmeet', 'fct_attendance', 'sum(records)', [
            stream('tap_airmeet', 'session_attendance', 'id'), stream('tap_airmeet', 'replay_attendance', 'id')
        ]),
        ('airmeet', 'fct_engagement', answered, [
            stream('tap_airmeet', 'poll_responses', 'response_key'), stream('tap_airmeet', 'questions', 'question_key')
        ]),
        ('airmeet', 'fct_booth_visit', 'sum(records)', [stream('tap_airmeet', 'booth_attendance', 'id')]),
    ]) %}
{%- endif %}
{%- if 'conferencesio' in var('vendors') %}
    {%- set arrived = '(select 1 from ' ~ stream('tap_conferencesio', 'attendance', time='checkin_time')
        ~ ' as told where checkin_time is not null)' %}
    {%- do checks.extend([
        ('conferencesio', 'dim_session', 'count(*)', [stream('tap_conferencesio', 'sessions', 'id')]),
        ('conferencesio', 'fct_attendance', 'sum(records)', [arrived]),
        ('conferencesio', 'fct_evaluation', 'count(*)', [stream('tap_conferencesio', 'evaluation_responses', 'response_key')]),
        ('conferencesio', 'fct_engagement', answered, [
            stream('tap_conferencesio', 'poll_responses', 'response_key'),
            stream('tap_conferencesio', 'questions', 'question_key'),
            stream('tap_conferencesio', 'evaluation_responses', 'response_key'),
        ]),
    ]) %}
{%- endif %}
{%- if 'expoplatform' in var('vendors') %}
    {%- do checks.extend([
        ('expoplatform', 'fct_registration', 'count(*)', [stream('tap_meetings_export', 'participants', 'participant_key')]),
        ('expoplatform', 'fct_meeting_participant', 'count(*)', [stream('tap_meetings_export', 'meetings', 'participant_key')]),
        ('expoplatform', 'fct_meeting', 'sum(participants)', [stream('tap_meetings_export', 'meetings', 'participant_key')]),
    ]) %}
{%- endif %}
{%- if 'meetengage' in var('vendors') %}
    {%- set registered = '(select 1 from ' ~ stream('tap_meetengage', 'organisation_data_standard', flag='registered')
        ~ ' as told where registered)' %}
    {%- do checks.append(('meetengage', 'fct_registration', 'count(*)', [registered])) %}
{%- endif %}
with
compared as (
    {%- for vendor, mart, counted, streams in checks %}
    select
        '{{ vendor }}' as vendor,
        '{{ mart }}' as mart,
        (select coalesce({{ counted }}, 0) from {{ ref(mart) }} where vendor = '{{ vendor }}') as in_mart,
        {%- for one in streams %}
        {{ '+ ' if not loop.first }}(select count(*) from {{ one }} as told)
        {%- endfor %} as in_streams
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
select * from compared where in_mart <> in_streams
