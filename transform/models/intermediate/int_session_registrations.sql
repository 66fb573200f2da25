-- Who is on a session's list.
{{ identified('session_registrations', ['accelevents', 'conferencesio']) }}
