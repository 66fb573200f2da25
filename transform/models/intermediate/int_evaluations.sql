-- Answers to evaluations.
{{ identified('evaluations', ['conferencesio']) }}
