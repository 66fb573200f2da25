-- Addresses that several people share: those that have two ids at an account of a vendor (unless it promises that an address
-- is one person's), and those that begin as the variable role_mailboxes says.
with
identities as (
    select * from {{ ref('int_identities') }}
)
select email_hash, vendor, account
from identities
where email_hash is not null
group by email_hash, vendor, account
having bool_or(is_role_mailbox) or (count(distinct person_id) > 1 and not bool_or(address_is_personal))
