-- Check-in records, with whose they are.
with
attendance as (
    select * from {{ stream(
        'tap_conferencesio',
        'attendance',
        text='subdomain session_id attendance_key',
        json='user',
        time='checkin_time checkout_time read_at'
    ) }} as attendance
)
select
    subdomain,
    session_id,
    attendance_key,
    nullif("user" ->> 'external_id', '') as person_id,
    {{ normal_address('"user" ->> \'email\'') }} as email,
    nullif(trim(concat_ws(' ', "user" ->> 'first_name', "user" ->> 'last_name')), '') as full_name,
    checkin_time,
    checkout_time,
    read_at
from attendance
