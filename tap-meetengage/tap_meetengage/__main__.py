"""`python -m tap_meetengage`."""

from tap_meetengage.tap import TapMeetEngage

TapMeetEngage.cli()
