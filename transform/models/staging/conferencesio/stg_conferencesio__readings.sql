-- What was read completely, and when, and how runs ended.
{{ readings('conferencesio', stream(
    'tap_conferencesio', 'read_log', text='subdomain stream parent_id outcome reason shard failures', time='read_at ended_at',
    whole='row_count'
), account='subdomain') }}
