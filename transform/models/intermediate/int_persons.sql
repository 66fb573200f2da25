-- Which identities are one person. Those of the same address are, unless several people share that: then it joins nobody.
-- What the seed person_ids says wins.
--
-- Each identity begins with a label of its own, and takes the least label of those that it has an address in common with,
-- three times. A label that the seed gives is less than all others (0 before 1).
{%- set passes = 3 %}
with
identities as (
    select * from {{ ref('int_identities') }}
),
mapped as (
    select
        'person|' || person as person,
        vendor,
        account,
        id_type,
        case when id_type = 'email' then {{ address_hash(normal_address('id')) }} else id end as id
    from {{ ref('person_ids') }}
),
distinct_mailboxes as (
    select distinct email_hash from {{ ref('int_shared_mailboxes') }}
),
{# An id that the seed names has its label for good. #}
named as (
    select identities.identity_key, min(mapped.person) as person
    from identities
    inner join mapped
        on mapped.id_type = 'id'
        and mapped.vendor = identities.vendor
        and mapped.account = identities.account
        and mapped.id = identities.person_id
    group by 1
),
addresses as (
    select distinct
        identities.identity_key,
        identities.email_hash,
        distinct_mailboxes.email_hash is not null as is_ambiguous,
        mapped.person
    from identities
    left join distinct_mailboxes on distinct_mailboxes.email_hash = identities.email_hash
    left join mapped on mapped.id_type = 'email' and mapped.id = identities.email_hash
    where identities.email_hash is not null
),
{# Nor does an address join whom the seed tells apart. #}
joining as (
    select addresses.email_hash, min(addresses.person) as person
    from addresses
    left join named on named.identity_key = addresses.identity_key
    where not addresses.is_ambiguous or addresses.person is not null
    group by addresses.email_hash
    having count(distinct named.person) <= 1
),
linked as (
    select addresses.identity_key, addresses.email_hash
    from addresses
    inner join joining on joining.email_hash = addresses.email_hash
),
labels_0 as (
    select
        identities.identity_key,
        case when named.person is null then '1' || identities.identity_key else '0' || md5(named.person) end as label,
        named.person is not null as is_fixed
    from (select distinct identity_key from identities) as identities
    left join named on named.identity_key = identities.identity_key
),
{%- for at in range(passes) %}
shared_{{ at }} as (
    select linked.email_hash, least(min(labels.label), min('0' || md5(joining.person))) as label
    from linked
    inner join labels_{{ at }} as labels on labels.identity_key = linked.identity_key
    inner join joining on joining.email_hash = linked.email_hash
    group by linked.email_hash
),
least_{{ at }} as (
    select linked.identity_key, min(shared.label) as label
    from linked
    inner join shared_{{ at }} as shared on shared.email_hash = linked.email_hash
    group by linked.identity_key
),
labels_{{ at + 1 }} as (
    select
        labels.identity_key,
        case when labels.is_fixed then labels.label else least(labels.label, least_{{ at }}.label) end as label,
        labels.is_fixed
    from labels_{{ at }} as labels
    left join least_{{ at }} on least_{{ at }}.identity_key = labels.identity_key
),
{%- endfor %}
by_identity as (
    select identity_key, bool_or(is_ambiguous) as is_ambiguous, bool_or(not is_ambiguous) as has_own_address
    from addresses
    group by identity_key
)
select
    identities.identity_key,
    md5(labels.label) as person_key,
    labels.label like '0%' as is_mapped,
    coalesce(by_identity.is_ambiguous, false) as is_ambiguous,
    {# Whether it is somebody who can be met again: not a row without id or address, nor one of a shared mailbox. #}
    identities.identity_type = 'id' or coalesce(by_identity.has_own_address, false) or labels.label like '0%' as is_identified
from (select distinct identity_key, identity_type from identities) as identities
inner join labels_{{ passes }} as labels on labels.identity_key = identities.identity_key
left join by_identity on by_identity.identity_key = identities.identity_key
