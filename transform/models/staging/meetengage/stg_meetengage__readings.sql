-- What was read completely, and when.
{{ readings('meetengage', 'tap_meetengage') }}
