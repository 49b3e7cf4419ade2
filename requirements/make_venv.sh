#!/bin/sh
# Make a virtual environment with the newest Python >= 3.11 on this machine, or print the exact remedy.
set -eu
target=$1
ok() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=
for name in ${PYTHON:-} python3 python3.15 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 && ok "$name"; then python=$name; break; fi
done
if [ -z "$python" ]; then
    echo "No Python 3.11 or newer was found. Install one (Debian, Ubuntu: apt install python3 python3-venv;" >&2
    echo "macOS: brew install python), or name one: make demo PYTHON=/path/to/python3" >&2
    exit 1
fi
rm -rf "$target"
if "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    "$python" -m venv "$target" && exit 0
fi
if "$python" -m virtualenv --version >/dev/null 2>&1; then
    "$python" -m virtualenv -q "$target" && exit 0
fi
if command -v uv >/dev/null 2>&1; then
    uv venv -q --seed --python "$python" "$target" && exit 0
fi
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
echo "Python $version is here, but none of its venv module, virtualenv and uv is. One of these mends it:" >&2
echo "  apt install python$version-venv     (Debian, Ubuntu)" >&2
echo "  $python -m pip install --user virtualenv" >&2
exit 1
