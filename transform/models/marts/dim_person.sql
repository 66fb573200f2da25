-- People: of all vendors, as far as identities say that they are the same.
with
identities as (
    select * from {{ ref('int_identities') }}
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    persons.person_key,
    {{ 'cast(null as ' ~ sql_type('varchar') ~ ')' if person_privacy() == 'none' else 'min(identities.email_hash)' }} as email_hash,
    min(identities.email) as email,
    min(identities.full_name) as full_name,
    min(identities.company) as company,
    min(identities.job_title) as job_title,
    min(identities.country) as country,
    bool_or(persons.is_identified) as is_identified,
    bool_or(identities.is_staff) as is_staff,
    count(distinct identities.vendor) as vendor_count,
    min(identities.first_seen_at) as first_seen_at,
    max(identities.last_seen_at) as last_seen_at,
    max(identities.read_at) as read_at
from identities
inner join persons on persons.identity_key = identities.identity_key
group by persons.person_key
