-- Who was in a session, or watched its replay: the vendors' rows.
{{ identified('attendance', ['accelevents', 'airmeet', 'conferencesio', 'meetengage']) }}
