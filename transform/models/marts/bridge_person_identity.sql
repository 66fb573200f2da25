-- What each vendor calls a person: by an id of its own, and by addresses. A shared mailbox is nobody's.
{%- set shown = {'clear': 'identities.email', 'hashed': 'identities.email_hash'}.get(person_privacy(), 'null') %}
with
identities as (
    select * from {{ ref('int_identities') }}
),
persons as (
    select * from {{ ref('int_persons') }}
),
shared as (
    select distinct email_hash from {{ ref('int_shared_mailboxes') }}
),
ids as (
    select
        identities.vendor,
        identities.account,
        'id' as id_type,
        identities.person_id as id,
        identities.person_id as native_id,
        min(persons.person_key) as person_key,
        case when bool_or(persons.is_mapped) then 'mapping' else 'vendor id' end as match_rule,
        false as is_ambiguous,
        min(identities.first_seen_at) as first_seen_at,
        max(identities.last_seen_at) as last_seen_at,
        max(identities.read_at) as read_at
    from identities
    inner join persons on persons.identity_key = identities.identity_key
    where identities.person_id is not null
    group by identities.vendor, identities.account, identities.person_id
),
addresses as (
    select
        identities.vendor,
        identities.account,
        'email' as id_type,
        cast(min({{ shown }}) as {{ sql_type('varchar') }}) as id,
        identities.email_hash as native_id,
        case when shared.email_hash is null then min(persons.person_key) end as person_key,
        case
            when shared.email_hash is not null then 'shared mailbox'
            when bool_or(persons.is_mapped) then 'mapping'
            else 'address'
        end as match_rule,
        shared.email_hash is not null as is_ambiguous,
        min(identities.first_seen_at) as first_seen_at,
        max(identities.last_seen_at) as last_seen_at,
        max(identities.read_at) as read_at
    from identities
    inner join persons on persons.identity_key = identities.identity_key
    left join shared on shared.email_hash = identities.email_hash
    where identities.email_hash is not null
    group by identities.vendor, identities.account, identities.email_hash, shared.email_hash
),
both_types as (
    select * from ids
    union all
    select * from addresses
)
select
    {{ key_of('identity', "id_type || '|' || native_id") }} as identity_key,
    person_key,
    vendor,
    account,
    id_type,
    id,
    match_rule,
    is_ambiguous,
    first_seen_at,
    last_seen_at,
    read_at
from both_types
