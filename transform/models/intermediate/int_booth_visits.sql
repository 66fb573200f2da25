-- Who was at a booth.
{{ identified('booth_visits', ['airmeet']) }}
