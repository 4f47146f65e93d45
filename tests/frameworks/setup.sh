#!/bin/sh
# Installs what the framework tests run into a folder outside the source tree:
#     tests/frameworks/setup.sh [FOLDER]      (target/frameworks where none is given)
# leaves FOLDER/venv for Flask and FOLDER/node/node_modules for Express. Done once,
# it ends at once until a pinned version changes. Needs python3, node, npm and
# their registries; as root on Debian it installs a tool that is missing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../target/frameworks}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# Tests run at the same time, in processes of their own under some runners.
if command -v flock >/dev/null; then
    exec 9>"$folder/lock"
    flock 9
fi

wanted=$(cat "$0" "$here/flask/requirements.txt" "$here/express/package-lock.json" | cksum)
if [ "$(cat "$folder/done" 2>/dev/null)" = "$wanted" ] && "$folder/venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi
rm -rf "$folder/done" "$folder/venv" "$folder/node"

missing=
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "to be installed first:$missing" >&2
        exit 1
    fi
    apt-get -qq update
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing
fi

python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip --quiet --disable-pip-version-check \
    install -r "$here/flask/requirements.txt"

mkdir -p "$folder/node"
cp "$here/express/package.json" "$here/express/package-lock.json" "$folder/node"
(cd "$folder/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)

echo "$wanted" >"$folder/done"
