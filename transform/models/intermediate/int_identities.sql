-- All that was met of an identity: a row for each address that it came with.
{%- set sources = {
    'people': none,
    'registrations': 'registered_at',
    'session_registrations': 'registered_at',
    'attendance': 'first_in_at',
    'event_attendance': 'first_in_at',
    'acts': 'engaged_at',
    'evaluations': 'responded_at',
    'meetings': 'requested_at',
    'orders': 'ordered_at',
    'booth_visits': 'first_in_at',
} %}
with
mentions as (
    {%- for entity, seen_at in sources.items() %}
    {%- set columns = entity_columns(entity) %}
    select
        identity_key,
        identity_type,
        vendor,
        account,
        person_id,
        email_hash,
        is_role_mailbox,
        address_is_personal,
        email,
        full_name,
        {{ 'company' if 'company' in columns else 'cast(null as ' ~ sql_type('varchar') ~ ')' }} as company,
        {{ 'job_title' if 'job_title' in columns else 'cast(null as ' ~ sql_type('varchar') ~ ')' }} as job_title,
        {{ 'country' if 'country' in columns else 'cast(null as ' ~ sql_type('varchar') ~ ')' }} as country,
        {{ 'is_staff' if 'is_staff' in columns else 'cast(null as boolean)' }} as is_staff,
        cast({{ seen_at or 'null' }} as timestamptz) as seen_at,
        read_at
    from {{ ref('int_' ~ entity) }}
    {%- if entity in ('acts', 'evaluations') %}
    where identity_type <> 'record' -- who asked or answered without a name is nobody whom one could meet again
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
select
    identity_key,
    identity_type,
    vendor,
    account,
    person_id,
    email_hash,
    coalesce(bool_or(is_role_mailbox), false) as is_role_mailbox,
    coalesce(bool_or(address_is_personal), false) as address_is_personal,
    min(email) as email,
    min(full_name) as full_name,
    min(company) as company,
    min(job_title) as job_title,
    min(country) as country,
    coalesce(bool_or(is_staff), false) as is_staff,
    min(seen_at) as first_seen_at,
    max(seen_at) as last_seen_at,
    max(read_at) as read_at
from mentions
group by 1, 2, 3, 4, 5, 6
