#!/bin/sh
# Installs the packages that a folder of tests runs:
#     tests/install.sh SOURCE FOLDER
# leaves those of SOURCE's requirements.txt in FOLDER/venv and those of its package-lock.json
# in FOLDER/node/node_modules; either file may lie one folder deeper, or be missing. What lies
# beside package-lock.json is copied into FOLDER/node, for modules that import packages, and
# the `build` of package.json is run there, if it has one. Done once, it ends at once until a
# pinned version or a copied file changes. Needs Python with venv, Node.js, npm and their
# registries; as root on Debian it installs a tool that is missing.
set -eu

source=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)

# Tests run at the same time, in processes of their own under some runners.
if command -v flock >/dev/null; then
    exec 9>"$folder/lock"
    flock 9
fi

requirements=$(find "$source" -maxdepth 2 -name requirements.txt)
packages=$(find "$source" -maxdepth 2 -name package-lock.json)

install_packages() {
    missing=
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    if [ -n "$packages" ]; then
        command -v node >/dev/null || missing="$missing nodejs"
        command -v npm >/dev/null || missing="$missing npm"
    fi
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
    if [ -n "$requirements" ]; then
        "$folder/venv/bin/python" -m pip --quiet --disable-pip-version-check \
            install --only-binary :all: -r "$requirements"
    fi
    if [ -n "$packages" ]; then
        mkdir -p "$folder/node"
        cp "$packages" "$(dirname "$packages")/package.json" "$folder/node"
        (cd "$folder/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    fi
}

copy_and_build() {
    find "$folder/node" -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -rf {} +
    cp -R "$(dirname "$packages")/." "$folder/node"
    (cd "$folder/node" && npm run --silent --if-present build)
}

wanted=$(cat "$0" ${requirements:+"$requirements"} ${packages:+"$packages"} | cksum)
if [ "$(cat "$folder/done" 2>/dev/null)" != "$wanted" ] || ! "$folder/venv/bin/python" -c '' 2>/dev/null; then
    rm -rf "$folder/done" "$folder/built" "$folder/venv" "$folder/node"
    install_packages
    echo "$wanted" >"$folder/done"
fi

if [ -n "$packages" ]; then
    wanted=$(find "$(dirname "$packages")" -type f -exec cksum {} + | sort)
    if [ "$(cat "$folder/built" 2>/dev/null)" != "$wanted" ]; then
        rm -f "$folder/built"
        copy_and_build
        echo "$wanted" >"$folder/built"
    fi
fi
