#!/usr/bin/env bash
# Runs pytest in two processes, each with whole folders of tests and on stacks of its own; leaves nothing running,
# however the tests end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d "${TMPDIR:-/tmp}/tandem-test-XXXXXX")
chmod 711 "$folder"
export TANDEM_TEST_STACKS_DIR=$folder
# Most of the JVMs that tests start live for seconds: compiling them twice costs more than it gains.
export SPARK_SUBMIT_OPTS=-XX:TieredStopAtLevel=1 FLINK_ENV_JAVA_OPTS_TM=-XX:TieredStopAtLevel=1

clean_up() {
    for stack in "$folder"/*/; do
        TANDEM_STACK_DIR=$stack .venv/bin/python -m stack clean >/dev/null
    done
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
.venv/bin/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder "$@"
