{# What tells people apart, and how much of it the marts show. #}

{#
  How much of people the marts show, by the variable person_privacy:
    clear   addresses, names, companies and what people wrote
    hashed  none of these; an address is a hash, made with the pepper in the environment variable EVENTS_PERSON_PEPPER
    none    not even that: a person's key is made anew by each build, and holds within it only
#}
{% macro person_privacy() -%}
    {%- set privacy = var('person_privacy', 'clear') -%}
    {%- if privacy not in ('clear', 'hashed', 'none') -%}
        {%- do exceptions.raise_compiler_error(
            "the variable person_privacy is '" ~ privacy ~ "': it may be clear, hashed or none") -%}
    {%- endif -%}
    {{ return(privacy) }}
{%- endmacro %}

{# What an address is hashed with: without it, whoever guesses an address can make its hash. #}
{% macro pepper() -%}
    {%- set privacy = person_privacy() -%}
    {%- set pepper = env_var('EVENTS_PERSON_PEPPER', '') -%}
    {%- if privacy == 'none' -%}
        {{ return(invocation_id) }}
    {%- endif -%}
    {%- if privacy == 'hashed' and not pepper and execute and flags.WHICH in ('run', 'build') -%}
        {%- do exceptions.raise_compiler_error(
            'person_privacy is hashed, and EVENTS_PERSON_PEPPER is not set: put a long secret there that stays the same') -%}
    {%- endif -%}
    {{ return(pepper) }}
{%- endmacro %}

{# A column that shows a person, or what a person wrote: null unless person_privacy is clear. #}
{% macro personal(expression, type) -%}
    {{ return(expression if person_privacy() == 'clear' else 'cast(null as ' ~ type ~ ')') }}
{%- endmacro %}

{#
  An e-mail address in the form in which it is compared; null for what is no address. An address that a tap's stream map
  has hashed stays as it is, since equal hashes are the same person.
#}
{% macro normal_address(expression) -%}
    {%- set address -%}
        regexp_replace(lower(trim({{ composed(expression) }})), '^mailto:\s*', '')
    {%- endset -%}
    {%- if var('strip_plus_tags', false) -%}
        {%- set address = "regexp_replace(" ~ address ~ ", '\+[^@]*@', '@')" -%}
    {%- endif -%}
    case when {{ address }} ~ '^([^@ ]+@[^@ ]+|[0-9a-f]{64})$' then {{ address }} end
{%- endmacro %}

{# An address's hash, by which people are joined; the expression is an address in its normal form. #}
{% macro address_hash(expression) -%}
    {{ sha256_of("'" ~ pepper() | replace("'", "''") ~ "' || " ~ expression) }}
{%- endmacro %}

{#
  What a row says about whose it is, as a key: the vendor's id of the person; else the address, with the name since
  several people may share a mailbox; else the row itself, as somebody who is met once. Of the columns vendor, account,
  person_id, email_hash, full_name and record_id.
#}
{% macro identity_key() -%}
    md5(vendor || '|' || account || '|' || case
        when person_id is not null then 'id|' || person_id
        when email_hash is not null then 'email|' || email_hash || '|' || coalesce(lower(trim(full_name)), '')
        else 'record|' || coalesce(record_id, '')
    end)
{%- endmacro %}

{# Which of the three that is. #}
{% macro identity_type() -%}
    case when person_id is not null then 'id' when email_hash is not null then 'email' else 'record' end
{%- endmacro %}
