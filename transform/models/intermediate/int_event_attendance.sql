-- Who was at an event, as far as the vendor says so itself.
{{ identified('event_attendance', ['accelevents', 'airmeet', 'expoplatform', 'meetengage']) }}
