#!/usr/bin/env bash
# Runs pytest on a stack of its own, and leaves nothing running, however the tests end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d "${TMPDIR:-/tmp}/tandem-test-XXXXXX")
chmod 711 "$folder"
export TANDEM_TEST_STACK_DIR=$folder/stack

clean_up() {
    TANDEM_STACK_DIR=$TANDEM_TEST_STACK_DIR .venv/bin/python -m stack down >/dev/null
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
.venv/bin/python -m pytest "$@"
