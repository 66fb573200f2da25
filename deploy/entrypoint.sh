#!/bin/sh
# Where there is an accounts.yml, first make what follows from it; then become the command.
set -e
if [ -f "${EVENT_TAPS_ACCOUNTS:-/app/accounts.yml}" ]; then
  event-taps-dagster prepare
fi
exec "$@"
