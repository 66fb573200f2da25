-- Who meets whom.
{{ identified('meetings', ['expoplatform']) }}
