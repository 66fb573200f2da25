-- What was read completely, and when.
{{ readings('airmeet', stream(
    'tap_airmeet', 'read_log', text='account stream parent_id outcome reason', time='read_at', whole='row_count'
)) }}
