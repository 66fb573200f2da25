-- What was read completely, and when.
{{ readings('expoplatform', stream(
    'tap_meetings_export', 'read_log', text='account stream parent_id outcome reason', time='read_at', whole='row_count'
)) }}
