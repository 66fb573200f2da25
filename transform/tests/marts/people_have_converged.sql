-- Addresses by which two people should be one, and are not: then int_persons needs more passes. What the seed person_ids tells
-- apart stays apart.
with
identities as (
    select distinct identity_key, email_hash from {{ ref('int_identities') }} where email_hash is not null
),
persons as (
    select * from {{ ref('int_persons') }} where not is_ambiguous and not is_mapped
)
select identities.email_hash, count(distinct persons.person_key) as people
from identities
inner join persons on persons.identity_key = identities.identity_key
group by identities.email_hash
having count(distinct persons.person_key) > 1
