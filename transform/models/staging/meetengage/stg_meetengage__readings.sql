-- What was read completely, and when, and how runs ended.
{{ readings('meetengage', stream(
    'tap_meetengage', 'read_log', text='account stream parent_id outcome reason shard failures', time='read_at ended_at',
    whole='row_count'
)) }}
