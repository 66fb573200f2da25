"""`python -m tap_conferencesio`."""

from tap_conferencesio.tap import TapConferencesIo

TapConferencesIo.cli()
