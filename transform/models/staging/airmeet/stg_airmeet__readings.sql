-- What was read completely, and when.
{{ readings('airmeet', 'tap_airmeet') }}
