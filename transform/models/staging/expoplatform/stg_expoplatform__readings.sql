-- What was read completely, and when, and how runs ended.
{{ readings('expoplatform', stream(
    'tap_meetings_export', 'read_log', text='account stream parent_id outcome reason shard failures', time='read_at ended_at',
    whole='row_count'
)) }}
