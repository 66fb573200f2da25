-- What was read completely, and when.
{{ readings('conferencesio', 'tap_conferencesio', account='subdomain') }}
