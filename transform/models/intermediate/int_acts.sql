-- Answers, questions and the like.
{{ identified('acts', ['airmeet', 'conferencesio', 'meetengage']) }}
