-- What was read completely, and when.
{{ readings('expoplatform', 'tap_meetings_export') }}
