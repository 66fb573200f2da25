-- Who is on an event's list.
{{ identified('registrations', ['accelevents', 'airmeet', 'conferencesio', 'expoplatform', 'meetengage']) }}
