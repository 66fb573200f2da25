-- People who are met without an act of theirs, such as staff, and who was only invited.
{{ identified('people', ['accelevents', 'meetengage']) }}
