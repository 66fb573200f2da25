-- Who is on a list, with the chat that they attended. What that column holds is not documented: an id, a list of ids as
-- text, or whether somebody came at all.
with
standard as (
    select * from {{ stream(
        'tap_meetengage',
        'organisation_data_standard',
        text='account row_key email_address attended_online_live_chat country',
        flag='registered',
        time='read_at'
    ) }} as standard
)
select
    *,
    {{ normal_address('email_address') }} as email,
    lower(nullif(trim(attended_online_live_chat), '')) as attended
from standard
