-- What the report asks the marts, a view per table of the page; a column's name is what the page calls it.

create view funnel as
select
    coalesce(event_name, 'Event ' || event_id) as "Event",
    vendor as "Platform",
    epoch(starts_at) as "Start",
    registered as "Registered",
    attended as "Attended",
    engaged as "Engaged",
    show_up_rate as "Show-up rate",
    no_shows as "No-shows",
    median_attended_minutes as "Minutes"
from mart_event_funnel
order by registered desc nulls last, attended desc nulls last, 1;

create view show_up as
select
    count(*) filter (where is_attended) as came,
    count(*) as registered
from fct_event_attendance
where is_registered and is_identified and event_key in (select event_key from mart_event_funnel where show_up_rate is not null);

create view taking_part as
-- Where it can be told of those who came: there is such a rate.
select count(*) filter (where acts > 0) as active, count(*) as came
from mart_person_engagement
where is_attended and is_identified
    and event_key in (select event_key from mart_event_funnel where engaged_rate is not null);

create view key_figures as
select
    (select count(*) from dim_event) as events,
    (select count(*) from dim_event where has_ended) as over,
    (select count(distinct vendor) from dim_event) as vendors,
    (select count(*) from mart_session_scorecard) as sessions,
    (select count(attended) from mart_session_scorecard) as sessions_told,
    (select count(distinct person_key) from fct_event_attendance where is_registered and is_identified) as registered,
    (select count(distinct person_key) from fct_event_attendance where is_attended and is_identified) as attended;

create view live as
select
    attendance.vendor,
    (epoch(first_in_at) - epoch(starts_at)) / 60 as minute,
    attended_minutes / nullif(scheduled_minutes, 0) as stayed,
    minute between -60 and coalesce(scheduled_minutes, 180) as is_plausible
from fct_attendance as attendance
left join dim_session using (session_key)
where mode = 'live';

create view live_figures as
select
    count(*) as everybody,
    count(minute) as timed,
    count(*) filter (where is_plausible) as plausible,
    count(stayed) as measured
from live;

create view middle as
select vendor, median(minute) filter (where is_plausible) as minute, avg(cast(stayed >= 0.5 as integer)) as half
from live
group by 1
order by 1;

create view arrivals as
with
counted as (
    select vendor, greatest(ceil(minute), -15) as mark, count(*) as people
    from live
    where is_plausible
    group by 1, 2
),
wholes as (
    select vendor, sum(people) as people from counted group by 1
)
select
    marks.mark as "Minute",
    wholes.vendor,
    coalesce(sum(counted.people), 0) / wholes.people as part
from range(-15, 31) as marks (mark)
cross join wholes
left join counted on counted.vendor = wholes.vendor and counted.mark <= marks.mark
group by 1, 2, wholes.people
order by 1, 2;

create view stays as
with
counted as (
    select vendor, least(floor(20 * stayed), 20) as mark, count(*) as people
    from live
    where stayed is not null
    group by 1, 2
),
wholes as (
    select vendor, sum(people) as people from counted group by 1
)
select
    marks.mark / 20 as "At least",
    wholes.vendor,
    coalesce(sum(counted.people), 0) / wholes.people as part
from range(0, 21) as marks (mark)
cross join wholes
left join counted on counted.vendor = wholes.vendor and counted.mark >= marks.mark
group by 1, 2, wholes.people
order by 1, 2;

create view sessions as
select
    coalesce(session_name, 'Session ' || session_id) as "Session",
    coalesce(event_name, 'Event ' || event_id) as "Event",
    scorecard.vendor as "Platform",
    epoch(scorecard.starts_at) as "Start",
    registered as "On the list",
    attended as "Attended",
    attended_per_registered as "Of the list",
    median_attended_minutes as "Minutes",
    median_share_of_schedule as "Of the schedule",
    evaluation_average as "Rating",
    evaluation_responses as "Answers"
from mart_session_scorecard as scorecard
left join (select event_key, event_id from dim_event) as events using (event_key)
order by attended desc nulls last, 1, 2;

create view engagement as
select
    engagement_type as "Kind",
    cast(sum(act_count) as bigint) as "Acts",
    count(distinct person_key) as "People",
    count(distinct event_key) as "Events"
from fct_engagement
group by 1
order by 2 desc, 1;

create view links as
select
    coalesce(utm_campaign, utm_source, utm_medium) is not null as is_known,
    case when utm_is_ambiguous then 'several links' else coalesce(utm_campaign, 'no campaign') end as campaign,
    case when utm_is_ambiguous then 'several sources' else coalesce(utm_source, 'no source') end as source,
    is_attended,
    -- Before an event is over, only those who came are known: they would make a rate of 100%.
    case
        when is_identified and event_key in (select event_key from mart_event_funnel where show_up_rate is not null)
            then cast(is_attended as integer)
    end as came,
    acts
from fct_registration
inner join mart_person_engagement using (event_key, person_key)
where is_invited_only is not true and is_cancelled is not true and not is_duplicate;

create view link_figures as
select
    count(*) as everybody,
    count(*) filter (where is_known) as known,
    avg(came) filter (where is_known) as rate,
    avg(came) filter (where not is_known) as other_rate
from links;

create view campaigns as
select
    campaign as "Campaign",
    source as "Source",
    count(*) as "Registered",
    count(*) filter (where is_attended) as "Attended",
    count(*) filter (where acts > 0) as "Engaged",
    avg(came) as "Show-up rate"
from links
where is_known
group by 1, 2
order by 3 desc, 1, 2;

create view meeting_figures as
select
    count(*) as asked,
    count(*) filter (where is_accepted) as accepted,
    count(*) filter (where is_held) as held,
    count(is_held) as told
from fct_meeting;

create view meetings as
select
    coalesce(meeting_status, 'not told') as "Status",
    count(*) as "Meetings",
    count(*) / (select asked from meeting_figures) as "Of all",
    case when count(is_held) > 0 then count(*) filter (where is_held) end as "Held"
from fct_meeting
group by 1
order by list_position(['pending', 'confirmed', 'completed', 'cancelled', 'expired'], "Status") nulls last, 1;

create view met as
select distinct person_key, vendor, is_identified
from mart_person_engagement;

create view people_figures as
select
    count(*) filter (where is_identified) as everybody,
    count(*) filter (where is_identified and platforms > 1) as several,
    count(*) filter (where is_identified is not true) as anonymous
from (select person_key, is_identified, count(*) as platforms from met group by 1, 2);

create view people as
with
platforms as (
    select distinct vendor from met where is_identified
),
pairs as (
    select one.vendor as one, other.vendor as other, count(*) as people
    from met as one
    inner join met as other using (person_key)
    where one.is_identified
    group by 1, 2
)
select one.vendor as "Platform", other.vendor as vendor, coalesce(people, 0) as part
from platforms as one
cross join platforms as other
left join pairs on pairs.one = one.vendor and pairs.other = other.vendor
order by 1, 2;

create view accounts as
select
    vendor as "Platform",
    account as "Account",
    epoch(max(last_run_at)) as "Newest run",
    epoch(max(last_run_ended_at)) as "Ended",
    count(*) as "Streams",
    count(*) filter (where not is_failed and (not is_behind or last_run_ended_at is not null)) as "Read",
    count(*) filter (where is_failed) as "Failed",
    count(*) filter (where absent_parts > 0) as "With gaps",
    cast(sum(row_count) as bigint) as "Rows"
from mart_freshness
group by 1, 2
order by 1, 2;

create view streams as
select
    stream as "Stream",
    vendor as "Platform",
    account as "Account",
    concat_ws('; ',
        case when is_failed then failed_parts || if(failed_parts = 1, ' part', ' parts') || ' could not be read: ' || failed_reasons end,
        case when last_run_ended_at is null then if(is_behind, 'not read before', 'perhaps not complete:') || ' the newest run broke off' end,
        case when absent_parts > 0 then absent_parts || ' of ' || parts || ' parts absent: ' || coalesce(absent_reasons, 'no reason given') end,
        case when not is_failed and last_run_ended_at is not null and absent_parts = 0
            then if(is_behind, 'nothing was due in the newest run', 'complete') end
    ) as "State",
    epoch(last_read_at) as "Last read",
    hours_behind as "Hours behind",
    parts_in_last_run as "Parts read",
    failed_parts as "Parts failed",
    parts as "Parts",
    row_count as "Rows"
from mart_freshness
order by is_failed desc, last_run_ended_at is null desc, absent_parts > 0 desc, vendor, account, stream;
