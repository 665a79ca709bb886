#!/usr/bin/env bash
# Imports the export into a real Superset, in an environment of its own, over the running stack's warehouse.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
stack=${TANDEM_STACK_DIR:-.stack}
[ -r "$stack/env" ] || { printf 'there is no stack yet: run `make demo` first\n' >&2; exit 2; }
uv=$(command -v uv || printf '%s' .tools/uv/bin/uv)
if [ ! -x .tools/superset/bin/superset ]; then
    "$uv" venv --quiet --python .venv/bin/python .tools/superset
    "$uv" pip install --quiet --python .tools/superset/bin/python -r bi/superset_requirements.txt
fi
set -a
# shellcheck disable=SC1091
. "$stack/env"
set +a
.venv/bin/python -m bi "$stack/tandem_superset.zip"
exec .tools/superset/bin/python benchmarks/superset_trial.py "$stack/tandem_superset.zip" \
    --picture docs/images/superset.png
