-- What was read completely, and when.
{{ readings('accelevents', stream(
    'tap_accelevents', 'read_log', text='account stream parent_id outcome reason', time='read_at', whole='row_count'
)) }}
