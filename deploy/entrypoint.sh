#!/bin/sh
# Hands the API key that setup.py has written to wirewatch, whose configuration takes it from the environment.
set -eu
if [ -n "${WIREWATCH_API_KEY_FILE:-}" ]; then
    WIREWATCH_API_KEY=$(cat "$WIREWATCH_API_KEY_FILE")
    export WIREWATCH_API_KEY
fi
exec wirewatch "$@"
