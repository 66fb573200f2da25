-- Sessions; their times are local to the app's time zone, and a session may last several days.
with
app as (
    select * from {{ stream('tap_conferencesio', 'app', text='subdomain timezone') }} as app
),
sessions as (
    select * from {{ stream(
        'tap_conferencesio',
        'sessions',
        text='subdomain id external_id name location date start_time end_time delivery_format',
        day='session_date',
        time='read_at'
    ) }} as sessions
),
polls as (
    select subdomain, session_id, count(*) as polls
    from {{ stream('tap_conferencesio', 'polls', text='subdomain session_id') }} as polls
    group by 1, 2
),
timed as (
    select
        sessions.*,
        coalesce(polls.polls, 0) as polls,
        zones.name as zone,
        coalesce({{ first_match('sessions.date', '\\d{4}-\\d{2}-\\d{2}') }}, cast(session_date as {{ sql_type('varchar') }}))
            || ' ' || start_time as starts_local,
        cast(session_date as {{ sql_type('varchar') }}) || ' ' || end_time as ends_local
    from sessions
    left join app on app.subdomain = sessions.subdomain
    left join {{ known_zones() }} as zones on zones.name = app.timezone
    left join polls on polls.subdomain = sessions.subdomain and polls.session_id = sessions.id
)
select
    {{ as_entity('sessions', 'conferencesio', {
        'account': 'subdomain',
        'event_id': 'subdomain',
        'session_id': 'id',
        'external_id': 'external_id',
        'session_name': 'name',
        'delivery_format': 'delivery_format',
        'room': 'location',
        'starts_at': local_time('starts_local') ~ ' at time zone zone',
        'ends_at': local_time('ends_local') ~ ' at time zone zone',
        'polls': 'polls',
        'read_at': 'read_at',
    }) }}
from timed
