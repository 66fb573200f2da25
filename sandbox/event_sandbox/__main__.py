"""Let `python -m event_sandbox` do what the console script does."""

import sys

from event_sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
