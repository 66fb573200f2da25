{#
  What the staging models make of every vendor: the columns of each entity and their types. Those that say whose data
  and whose act it is are the same everywhere:

    record_id            the vendor's key of the row, within the account
    person_id            the vendor's id of the person
    email                the address in its normal form
    address_is_personal  whether the vendor promises that an address is one person's, whatever ids that has
#}
{% macro entity_columns(entity) -%}
    {%- set text, time, number, whole, flag = sql_type('varchar'), 'timestamptz', 'double precision', 'bigint', 'boolean' -%}
    {%- set person = {'record_id': text, 'person_id': text, 'email': text, 'full_name': text, 'address_is_personal': flag} -%}
    {%- set entities = {
        'events': {
            'event_id': text, 'event_name': text, 'status': text, 'format': text, 'timezone': text, 'starts_at': time,
            'ends_at': time, 'currency': text, 'measures': text,
        },
        'sessions': {
            'event_id': text, 'session_id': text, 'external_id': text, 'session_name': text, 'session_type': text,
            'delivery_format': text, 'room': text, 'starts_at': time, 'ends_at': time, 'capacity': whole, 'polls': whole,
        },
        'people': dict(person, event_id=text, is_staff=flag),
        'registrations': dict(
            person, event_id=text, company=text, job_title=text, country=text, is_staff=flag, registered_at=time,
            registration_status=text, ticket_type=text, is_invited_only=flag, is_cancelled=flag, utm_source=text,
            utm_medium=text, utm_campaign=text, utm_term=text, utm_content=text, utm_is_ambiguous=flag, order_id=text, is_derived=flag,
        ),
        'session_registrations': dict(person, event_id=text, session_id=text, registered_at=time),
        'attendance': dict(
            person, event_id=text, session_id=text, mode=text, first_in_at=time, last_out_at=time,
            attended_minutes=number, minutes_basis=text, watched_pct=number,
        ),
        'event_attendance': dict(
            person, event_id=text, first_in_at=time, attended_minutes=number, minutes_basis=text,
        ),
        'acts': dict(
            person, event_id=text, session_id=text, engagement_type=text, engaged_at=time, question=text,
            value_text=text, value_number=number, act_count=whole,
        ),
        'evaluations': dict(
            person, event_id=text, session_id=text, question=text, response=text, rating=number, presenter=text,
            responded_at=time,
        ),
        'meetings': dict(
            person, event_id=text, meeting_id=text, role=text, category=text, meeting_status=text, meeting_type=text,
            requested_at=time, requested_text=text, scheduled_start_at=time, scheduled_start_text=text,
            scheduled_minutes=number, hall=text, stand=text, subject=text, is_held=flag,
        ),
        'orders': dict(
            person, event_id=text, order_id=text, ordered_at=time, amount=number, fees=number, tax=number,
            currency=text, order_status=text, order_type=text, tickets=whole, is_paid=flag, is_refunded=flag,
        ),
        'booth_visits': dict(
            person, event_id=text, booth_id=text, booth_name=text, first_in_at=time, visits=whole,
            visited_minutes=number, wants_contact=flag,
        ),
        'readings': {
            'stream': text, 'parent_id': text, 'outcome': text, 'reason': text, 'row_count': whole, 'shard': text,
            'ended_at': time, 'failures': text,
        },
    } -%}
    {{ return(dict({'account': text}, **dict(entities[entity], read_at=time))) }}
{%- endmacro %}

{#
  The columns of an entity, for a staging model: `given` names an expression for those that the vendor tells, the others
  are null. All are in the entity's types and order (entities.sql), so that a union of vendors fits.
#}
{% macro as_entity(entity, vendor, given) -%}
    '{{ vendor }}' as vendor
    {%- set columns = entity_columns(entity) -%}
    {%- for name in given if name not in columns -%}
        {%- do exceptions.raise_compiler_error('the entity ' ~ entity ~ ' has no column ' ~ name) -%}
    {%- endfor -%}
    {%- for name, type in columns.items() %},
    cast({{ given.get(name, 'null') }} as {{ type }}) as {{ name }}
    {%- endfor %}
{%- endmacro %}

{# An entity of all vendors that tell it: the rows of their staging models. #}
{% macro unioned(entity, vendors) -%}
    {%- set kept = vendors | select('in', var('vendors')) | list -%}
    {%- for vendor in kept %}
    select * from {{ ref('stg_' ~ vendor ~ '__' ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif -%}
    {%- else %}
    select {{ as_entity(entity, '', {}) }} where false
    {%- endfor -%}
{%- endmacro %}

{#
  An entity of all vendors, with keys instead of ids, and of each row whose it is. What shows a person is dropped here, if
  person_privacy says so.
#}
{% macro identified(entity, vendors) -%}
    {%- set columns = entity_columns(entity) -%}
    {%- set personal_columns = ['email', 'full_name', 'company', 'job_title', 'value_text', 'response', 'presenter', 'subject'] -%}
with
told as (
    {{ unioned(entity, vendors) }}
),
hashed as (
    select *, {{ address_hash('email') }} as email_hash from told
)
select
    {{ key_of('event', 'event_id') }} as event_key,
    {%- if 'session_id' in columns %}
    {{ key_of('session', 'session_id') }} as session_key,
    {%- endif %}
    {{ key_of(entity, 'record_id') }} as record_key,
    {{ identity_key() }} as identity_key,
    {{ identity_type() }} as identity_type,
    email_hash,
    split_part(email, '@', 1) in ({{ texts(var('role_mailboxes')) }}) as is_role_mailbox,
    vendor,
    {%- for name, type in columns.items() %}
    {% if name in personal_columns -%}
        {{ personal(name, type) }} as {{ name }}
    {%- else -%}
        {{ name }}
    {%- endif %}{{ ',' if not loop.last }}
    {%- endfor %}
from hashed
{%- endmacro %}

{# A key: a digest of whose data it is and the vendor's own id. Null if there is no id. #}
{% macro key_of(kind, id) -%}
    md5(vendor || '|' || account || '|{{ kind }}|' || {{ id }})
{%- endmacro %}

{# Whether an event's vendor tells something, of which there may be nothing: then it is 0, and else null. #}
{% macro measures(what) -%}
    (' ' || events.measures || ' ') like '% {{ what }} %'
{%- endmacro %}
