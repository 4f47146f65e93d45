#!/bin/sh
# Installs the clients of the tests, and the apps they talk to, into a folder outside the source tree:
#     tests/clients/setup.sh [FOLDER]      (target/clients where none is given)
# leaves FOLDER/venv and FOLDER/node/node_modules. Done once, it ends at once until
# a pinned version changes. Needs python3 with venv, node, npm and their registries.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../target/clients}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# Tests run at the same time, in processes of their own under some runners.
if command -v flock >/dev/null; then
    exec 9>"$folder/lock"
    flock 9
fi

wanted=$(cat "$0" "$here/python/requirements.txt" "$here/node/package-lock.json" | cksum)
if [ "$(cat "$folder/done" 2>/dev/null)" = "$wanted" ] && "$folder/venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi
rm -rf "$folder/done" "$folder/venv" "$folder/node"

missing=
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
if [ -n "$missing" ]; then
    echo "to be installed first:$missing" >&2
    exit 1
fi

python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip --quiet --disable-pip-version-check \
    install --only-binary :all: -r "$here/python/requirements.txt"

mkdir -p "$folder/node"
cp "$here/node/package.json" "$here/node/package-lock.json" "$folder/node"
(cd "$folder/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)

echo "$wanted" >"$folder/done"
