#!/usr/bin/env bash
# Sets up what the project needs on a machine with Python 3.11 or 3.12, a JDK 17 or 21 and make.
# usage: bootstrap.sh check | python | models | jars | peers
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quiet=(--quiet --no-progress)
[ ! -t 2 ] || quiet=(--no-python-downloads)

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 2; }

find_python() {
    local name
    for name in python3.11 python3.12 python3 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "Python 3.11 or 3.12 is not on the PATH: install it, for example: apt-get install python3 python3-venv"
}

check_jdk() {
    local java=${JAVA_HOME:+$JAVA_HOME/bin/}java javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
    local hint="install it, for example: apt-get install openjdk-17-jdk-headless"
    command -v "$javac" >/dev/null && command -v "$java" >/dev/null ||
        fail "a JDK 17 or 21 is not on the PATH${JAVA_HOME:+ (JAVA_HOME=$JAVA_HOME)}: $hint"
    local version
    version=$("$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    case $version in
    17 | 21) ;;
    *) fail "$(command -v "$javac") is version ${version:-unknown}, expected a JDK 17 or 21: $hint" ;;
    esac
}

find_uv() {
    if command -v uv >/dev/null; then
        command -v uv
        return
    fi
    local python=$1
    if [ ! -x .tools/uv/bin/uv ]; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "$python has no venv: install it, for example: apt-get install python3-venv"
        rm -rf .tools/uv
        "$python" -m venv .tools/uv
        .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv >&2
    fi
    say .tools/uv/bin/uv
}

sync_environment() {
    local folder=$1
    shift
    say "setting up $folder"
    UV_PROJECT_ENVIRONMENT=$folder UV_PYTHON_DOWNLOADS=never \
        "$uv" sync "${quiet[@]}" --frozen --python "$python" "$@"
}

case ${1:-} in
check)
    find_python >/dev/null
    check_jdk
    ;;
python)
    python=$(find_python)
    check_jdk
    uv=$(find_uv "$python")
    sync_environment .venv
    sync_environment .venv-flink --no-default-groups --group flink
    ;;
models)
    python=$(find_python)
    uv=$(find_uv "$python")
    sync_environment .venv --group models
    ;;
jars)
    check_jdk
    say "fetching and building jars"
    if [ ! -e .tools/jars/.ready ] || [ -n "$(find pom.xml stack/jars -newer .tools/jars/.ready)" ]; then
        rm -rf .tools/jars/kafka .tools/jars/mongo .tools/jars/flink .tools/jars/spark
    fi
    ./mvnw --quiet -DskipTests package
    ;;
peers)
    python=$(find_python)
    uv=$(find_uv "$python")
    sync_environment "$PWD/.venv-peers" --project benchmarks/peers/environment
    ;;
*) fail "usage: bootstrap.sh check | python | models | jars | peers" ;;
esac
