"""`python -m tap_example`."""

from tap_example.tap import TapExample

TapExample.cli()
