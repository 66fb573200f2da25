#!/bin/sh
# Where there is an accounts.yml, first make what follows from it; then become the command.
set -e
if [ -f "${EVENT_TAPS_ACCOUNTS:-/app/accounts.yml}" ]; then
  case "$*" in
    *load_definitions*) event-taps-dagster prepare --without-dbt ;; # loads neither need dbt nor wait for it
    *) event-taps-dagster prepare ;;
  esac
fi
exec "$@"
