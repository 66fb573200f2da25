-- What was read completely, and when.
{{ readings('conferencesio', stream(
    'tap_conferencesio', 'read_log', text='subdomain stream parent_id outcome reason', time='read_at', whole='row_count'
), account='subdomain') }}
