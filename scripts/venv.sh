#!/bin/sh
# Make the virtual environment that `make` uses, and print the path of its Python.
#
#   sh scripts/venv.sh runtime    what accessgis needs, from requirements.lock
#   sh scripts/venv.sh test       the test tools as well, from requirements-test.lock
#   sh scripts/venv.sh bench      what accessgis needs and, in .venv-bench, the peers of the extra bench that can be had
#
# Needs a Python from 3.11 to 3.14 with venv and pip, or uv. A stamp keyed on the lock makes later runs quick.
# A .venv that this script did not make is left alone: .venv-make is used beside it. VENV=… names another folder,
# PYTHON=… another Python.
set -eu
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV 2>/dev/null || true
what=${1:-runtime}
cd "$(dirname "$0")/.."
here=$(pwd -P)
rmdir .venv 2>/dev/null || true # an empty folder is nobody's
mark=.made-by-accessgis

say() { printf '%s\n' "accessgis: $*" >&2; }

suits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if command -v "$candidate" >/dev/null 2>&1 && suits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

have_uv() { [ -z "${NO_UV:-}" ] && uv --version >/dev/null 2>&1; }

create() {
    python=$(find_python)
    if [ -z "$python" ] && { [ -n "${PYTHON:-}" ] || ! have_uv; }; then
        say "needs Python 3.11, 3.12, 3.13 or 3.14, and found none${PYTHON:+ at $PYTHON}." \
            "Install one, or name it: make PYTHON=/path/to/python3.12"
        exit 1
    fi
    rm -rf "$venv"
    mkdir -p "$venv"
    printf '%s\n' "$here" >"$venv/$mark"
    if have_uv && uv venv --quiet --allow-existing --python "${python:->=3.11,<3.15}" "$venv" >&2; then
        return
    fi
    if [ -z "$python" ] || ! "$python" -m venv "$venv" >&2; then
        rm -rf "$venv"
        say "${python:-uv} cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"
        exit 1
    fi
}

install() {
    if have_uv && uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$1" >&2; then
        return
    fi
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r "$1" >&2
}

install_self() {
    if have_uv && uv pip install --quiet --python "$venv/bin/python" --no-deps --editable . >&2; then
        return
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable . >&2
}

# Peers are in no lock; what accessgis needs stays at its pins, and a peer that does not go with them is left out.
install_peers() {
    grep -o '^[a-z0-9][^ ]*==[^ ]*\( ; [^\\]*\)\{0,1\}' requirements.lock >"$venv/.pins"
    "$venv/bin/python" -c 'import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
print("\n".join(project["optional-dependencies"]["bench"]))' | while read -r peer; do
        install_one "$peer" || say "leaving out $peer: it cannot be installed here"
    done
}

install_one() {
    if have_uv && uv pip install --quiet --python "$venv/bin/python" --constraint "$venv/.pins" "$1" >&2; then
        return
    fi
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$venv/.pins" "$1" >&2
}

own=.venv
case $what in
runtime) lock=requirements.lock ;;
bench) lock=requirements.lock own=.venv-bench ;;
test) lock=requirements-test.lock ;;
*)
    say "usage: sh scripts/venv.sh runtime|test|bench"
    exit 2
    ;;
esac

if [ -n "${VENV:-}" ]; then
    venv=$VENV
    if [ -e "$venv" ] && ! suits "$venv/bin/python"; then
        say "$venv is not a virtual environment with Python 3.11 to 3.14. Name another: make VENV=FOLDER"
        exit 1
    fi
elif [ ! -e "$own" ] || [ -f "$own/$mark" ]; then
    venv=$own
else
    venv=$own-make
    say "leaving the existing $own alone; using $venv (make VENV=$own takes yours)"
fi

if [ -f "$venv/$mark" ]; then
    { suits "$venv/bin/python" && [ "$(cat "$venv/$mark")" = "$here" ]; } || create
elif [ ! -e "$venv" ]; then
    create
fi

key=$(cat "$lock" pyproject.toml | cksum)
test_key=$(cat requirements-test.lock pyproject.toml | cksum)
stamp="$venv/.stamp-$what"
if { [ "$what" = bench ] || [ "$(cat "$venv/.stamp-test" 2>/dev/null)" != "$test_key" ]; } && [ "$(cat "$stamp" 2>/dev/null)" != "$key" ]; then
    say "installing from $lock into $venv"
    install "$lock"
    install_self
    [ "$what" != bench ] || install_peers
    printf '%s\n' "$key" >"$stamp"
fi

case $venv in
/*) printf '%s\n' "$venv/bin/python" ;;
*) printf '%s\n' "$here/$venv/bin/python" ;;
esac
