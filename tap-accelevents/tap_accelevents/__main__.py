"""`python -m tap_accelevents`."""

from tap_accelevents.tap import TapAccelevents

TapAccelevents.cli()
