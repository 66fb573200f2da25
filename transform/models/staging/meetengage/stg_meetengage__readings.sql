-- What was read completely, and when.
{{ readings('meetengage', stream(
    'tap_meetengage', 'read_log', text='account stream parent_id outcome reason', time='read_at', whole='row_count'
)) }}
