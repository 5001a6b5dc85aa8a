#!/bin/sh
# Make .venv with the Python that is there, and bring in what uv.lock names.
#
#   tools/environment.sh [GROUP...]    groups of [dependency-groups] in pyproject.toml, besides what
#                                      pycornerstone itself needs
#
# uv only reads the lock. pip does the fetching, so that whatever this machine has set up for pip
# (an index, a proxy, certificates, a folder of wheels) holds here too; hashes keep it to the lock.
set -eu
cd "$(dirname "$0")/.."

say() { printf '==> %s\n' "$*"; }
stop() {
    printf '==> %s\n' "$*" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" && printf '%s' "$PYTHON" && return
        stop "Python 3.11 or newer is needed; PYTHON=$PYTHON is $(version_of "$PYTHON")"
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        new_enough "$candidate" && printf '%s' "$candidate" && return
    done
    stop "Python 3.11 or newer is needed; python3 is $(version_of python3)." \
        "Install one, or name it: make PYTHON=/path/to/python3.11"
}

version_of() {
    "$1" -c 'import sys; print("Python %d.%d.%d" % sys.version_info[:3])' 2>/dev/null ||
        printf 'not there'
}

# Debian keeps ensurepip, without which a virtual environment has no pip, in a package of its own.
need_ensurepip() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    package="python$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    tools/apt_install.sh "$package" && "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    stop "$1 cannot make virtual environments: it has no ensurepip. Bring in $package, or name" \
        "another: make PYTHON=/path/to/python3.11"
}

pip_install() {
    PIP_USER=0 .venv/bin/python -m pip --disable-pip-version-check --quiet --quiet install "$@" ||
        stop "pip could not do it (above); its index and proxy are what 'pip config list' and" \
            "the environment say"
}

if ! new_enough .venv/bin/python; then
    python=$(find_python)
    need_ensurepip "$python"
    say "making .venv with $(version_of "$python")"
    "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
if [ ! -x .venv/bin/uv ]; then
    say "bringing in uv, which reads uv.lock"
    pip_install 'uv>=0.8,<1'
fi

set -- build "$@"
say "bringing in what uv.lock names for: pycornerstone $*"
for group; do
    set -- "$@" --group "$group"
    shift
done
UV_PYTHON_DOWNLOADS=never .venv/bin/uv export --quiet --frozen --no-emit-project \
    --python .venv/bin/python "$@" --output-file .venv/requirements.txt
pip_install --require-hashes --requirement .venv/requirements.txt
pip_install --no-deps --no-build-isolation --editable .
