{{ config(severity='warn') }}
-- What is odd in the marts: kinds of oddities with their counts, which the build's log names. Nothing of it is left out.
{%- set kinds = {
    'sessions without their event': "select vendor from " ~ ref('dim_session') ~ " as sessions where not exists (select 1 from "
        ~ ref('dim_event') ~ " as events where events.event_key = sessions.event_key)",
    'attendance without its session': "select vendor from " ~ ref('fct_attendance') ~ " as attendance where session_key is not null"
        ~ " and not exists (select 1 from " ~ ref('dim_session') ~ " as sessions where sessions.session_key = attendance.session_key)",
    'events that end before they start': "select vendor from " ~ ref('dim_event') ~ " where ends_at < starts_at",
    'sessions that end before they start': "select vendor from " ~ ref('dim_session') ~ " where ends_at < starts_at",
    'times before 2000 or more than ten years ahead': "select vendor from (select vendor, starts_at as at_, read_at from "
        ~ ref('dim_event') ~ " union all select vendor, starts_at, read_at from " ~ ref('dim_session')
        ~ " union all select vendor, registered_at, read_at from " ~ ref('fct_registration')
        ~ " union all select vendor, first_in_at, read_at from " ~ ref('fct_attendance')
        ~ ") as times where at_ < timestamptz '2000-01-01 00:00:00+00' or at_ > read_at + interval '3653 days'",
    'attendance of less than no minutes': "select vendor from " ~ ref('fct_attendance') ~ " where attended_minutes < 0",
    'vendor of whose attendance one in twenty is longer than the event, as if the unit were another': "select attendance.vendor from " ~ ref('fct_event_attendance')
        ~ " as attendance inner join " ~ ref('dim_event') ~ " as events on events.event_key = attendance.event_key"
        ~ " where minutes_basis = 'assumed unit' and ends_at > starts_at group by attendance.vendor having avg(case when attended_minutes > "
        ~ minutes_between('starts_at', 'ends_at') ~ " then 1.0 else 0.0 end) > 0.05",
    'people without id and address of their own': "select attendance.vendor from " ~ ref('fct_attendance') ~ " as attendance inner join "
        ~ ref('dim_person') ~ " as people on people.person_key = attendance.person_key where not people.is_identified",
    'watched shares below 0 or above 100 percent': "select vendor from " ~ ref('fct_attendance')
        ~ " where watched_pct < 0 or watched_pct > 100",
    'rows of the seed event_details that name no known event or time zone': "select vendor from " ~ ref('event_details')
        ~ " as details where not exists (select 1 from " ~ ref('dim_event') ~ " as events where events.vendor = details.vendor"
        ~ " and events.account = details.account and events.event_id = details.event_id)"
        ~ " or timezone not in (select name from " ~ known_zones() ~ ")",
    'rows of the seed person_ids that name nobody': "select coalesce(vendor, 'any vendor') as vendor from " ~ ref('person_ids')
        ~ " as named where person is null or not exists (select 1 from " ~ ref('int_identities') ~ " as identities where case id_type"
        ~ " when 'id' then identities.vendor = named.vendor and identities.account = named.account and identities.person_id = named.id"
        ~ " when 'email' then identities.email_hash = " ~ address_hash(normal_address('named.id')) ~ " end)",
    'accounts of which nothing has come for two weeks longer than of another': "select vendor from (select vendor, account,"
        ~ " max(last_run_at) as last_run_at from " ~ ref('mart_freshness') ~ " group by 1, 2) as accounts where last_run_at <"
        ~ " (select max(last_run_at) from " ~ ref('mart_freshness') ~ ") - interval '14 days'",
    'streams of which the newest run could not read a part': "select vendor from " ~ ref('mart_freshness') ~ " where is_failed",
} %}
{%- set found %}
    {%- for kind, query in kinds.items() %}
    select '{{ kind }}' as oddity, vendor, count(*) as rows_of_it from ({{ query }}) as odd group by vendor
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endset %}
{%- if execute and flags.WHICH in ('build', 'test') %}
    {%- for row in run_query(found ~ ' order by 1, 2') %}
        {%- do log('Odd: ' ~ row[2] ~ ' ' ~ row[0] ~ ' (' ~ row[1] ~ ')', info=true) %}
    {%- endfor %}
{%- endif %}
{{ found }}
