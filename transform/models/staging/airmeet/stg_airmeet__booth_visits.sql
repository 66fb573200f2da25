-- Who came to which booth; there is nothing before the event is over.
with
booths as (
    select * from {{ stream('tap_airmeet', 'booths', text='account airmeet_id uid name') }} as booths
),
booth_attendance as (
    select * from {{ stream(
        'tap_airmeet',
        'booth_attendance',
        text='account airmeet_id booth_id id user_id email name',
        time='time_stamp read_at',
        whole='time_spent visits',
        flag='interested_in_being_contacted'
    ) }} as booth_attendance
)
select
    {{ as_entity('booth_visits', 'airmeet', {
        'account': 'booth_attendance.account',
        'event_id': 'booth_attendance.airmeet_id',
        'booth_id': 'booth_id',
        'booth_name': 'booths.name',
        'record_id': "booth_id || '|' || id",
        'person_id': 'user_id',
        'email': normal_address('email'),
        'full_name': 'booth_attendance.name',
        'first_in_at': 'time_stamp',
        'visits': 'visits',
        'visited_minutes': 'time_spent / 60000.0',
        'wants_contact': 'interested_in_being_contacted',
        'read_at': 'read_at',
    }) }}
from booth_attendance
left join booths
    on booths.account = booth_attendance.account
    and booths.airmeet_id = booth_attendance.airmeet_id
    and booths.uid = booth_attendance.booth_id
