-- Who was at which booth: the vendor's rows of a person taken together.
with
booth_visits as (
    select * from {{ ref('int_booth_visits') }}
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    md5(booth_visits.event_key || '|' || booth_visits.booth_id || '|' || persons.person_key) as booth_visit_key,
    booth_visits.event_key,
    persons.person_key,
    booth_visits.vendor,
    booth_visits.account,
    booth_visits.booth_id,
    min(booth_visits.booth_name) as booth_name,
    min(booth_visits.first_in_at) as first_in_at,
    cast(sum(booth_visits.visits) as bigint) as visits,
    sum(booth_visits.visited_minutes order by booth_visits.visited_minutes) as visited_minutes,
    bool_or(booth_visits.wants_contact) as wants_contact,
    count(*) as records,
    max(booth_visits.read_at) as read_at
from booth_visits
inner join persons on persons.identity_key = booth_visits.identity_key
group by booth_visits.event_key, persons.person_key, booth_visits.vendor, booth_visits.account, booth_visits.booth_id
