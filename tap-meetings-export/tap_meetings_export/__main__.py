"""`python -m tap_meetings_export`."""

from tap_meetings_export.tap import TapMeetingsExport

TapMeetingsExport.cli()
