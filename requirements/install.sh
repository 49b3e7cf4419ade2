#!/bin/sh
# Install exactly what a lock file names, hashes checked; quiet unless it fails.
set -eu
target=$1
lock=$2
log="$target/install.log"
echo "installing $lock ..."
if ! "$target/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes --only-binary :all: \
    -r "$lock" >"$log" 2>&1; then
    # Some machines have no ready-made wheel for one of the packages; building from source is slower, not worse.
    if ! "$target/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$lock" >"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
fi
