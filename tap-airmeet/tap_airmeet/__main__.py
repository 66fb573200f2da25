"""`python -m tap_airmeet`."""

from tap_airmeet.tap import TapAirmeet

TapAirmeet.cli()
