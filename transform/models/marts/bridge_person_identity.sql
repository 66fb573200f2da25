-- What each vendor calls a person, and why that is one.
with
identities as (
    select
        identity_key,
        identity_type,
        vendor,
        account,
        person_id,
        min(email_hash) as email_hash,
        min(email) as email,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        max(read_at) as read_at
    from {{ ref('int_identities') }}
    group by 1, 2, 3, 4, 5
),
persons as (
    select * from {{ ref('int_persons') }}
)
select
    identities.identity_key,
    persons.person_key,
    identities.vendor,
    identities.account,
    identities.identity_type as id_type,
    case identities.identity_type
        when 'id' then identities.person_id
        when 'email' then coalesce(identities.email, {{ 'cast(null as ' ~ sql_type('varchar') ~ ')' if person_privacy() == 'none' else 'identities.email_hash' }})
    end as id,
    case
        when persons.is_mapped then 'mapping'
        when identities.email_hash is null then 'none'
        when persons.is_ambiguous then 'shared mailbox'
        else 'address'
    end as match_rule,
    persons.is_ambiguous,
    identities.first_seen_at,
    identities.last_seen_at,
    identities.read_at
from identities
inner join persons on persons.identity_key = identities.identity_key
