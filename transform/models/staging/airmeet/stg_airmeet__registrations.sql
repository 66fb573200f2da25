-- Everybody on an event's list, with what their registration link carried.
with
participants as (
    select * from {{ stream(
        'tap_airmeet',
        'participants',
        text='account airmeet_id participant_key user_id email name country organisation designation user_type',
        time='registration_date read_at'
    ) }} as participants
),
registration_utms as (
    select * from {{ stream(
        'tap_airmeet',
        'registration_utms',
        text='account airmeet_id email utm_source utm_medium utm_campaign utm_term utm_content'
    ) }} as registration_utms
),
listed as (
    select *, {{ normal_address('email') }} as address from participants
),
-- The report's ids are not stable, and it has several rows of who registered several times: so all of an address at once.
carried as (
    select
        account,
        airmeet_id,
        {{ normal_address('email') }} as address,
        string_agg(distinct utm_source, ', ' order by utm_source) as utm_source,
        string_agg(distinct utm_medium, ', ' order by utm_medium) as utm_medium,
        string_agg(distinct utm_campaign, ', ' order by utm_campaign) as utm_campaign,
        string_agg(distinct utm_term, ', ' order by utm_term) as utm_term,
        string_agg(distinct utm_content, ', ' order by utm_content) as utm_content,
        greatest(
            count(distinct utm_source), count(distinct utm_medium), count(distinct utm_campaign),
            count(distinct utm_term), count(distinct utm_content)
        ) > 1 as utm_is_ambiguous
    from registration_utms
    group by 1, 2, 3
)
select
    {{ as_entity('registrations', 'airmeet', {
        'account': 'account',
        'event_id': 'airmeet_id',
        'record_id': "airmeet_id || '|' || participant_key",
        'person_id': 'user_id',
        'email': 'address',
        'full_name': 'name',
        'company': 'organisation',
        'job_title': 'designation',
        'country': 'country',
        'is_staff': "lower(user_type) ~ '.*(speaker|host|organizer|admin|moderator|exhibitor|team).*'",
        'registered_at': 'registration_date',
        'registration_status': 'user_type',
        'is_invited_only': "registration_date is null and coalesce(lower(user_type), '') not like 'registered%'",
        'utm_source': 'utm_source',
        'utm_medium': 'utm_medium',
        'utm_campaign': 'utm_campaign',
        'utm_term': 'utm_term',
        'utm_content': 'utm_content',
        'utm_is_ambiguous': 'utm_is_ambiguous',
        'read_at': 'read_at',
    }) }}
from listed
left join carried using (account, airmeet_id, address)
