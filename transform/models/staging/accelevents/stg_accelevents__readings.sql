-- What was read completely, and when.
{{ readings('accelevents', 'tap_accelevents') }}
