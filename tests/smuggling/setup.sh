#!/bin/sh
# Installs what the smuggling test compares with and is judged by:
#     tests/smuggling/setup.sh [FOLDER]      (target/smuggling where none is given)
# leaves the strict parser h11 in FOLDER/venv. Done once, it ends at once until the
# pinned version changes. As root on Debian it installs haproxy, nginx and venv where
# they are missing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../target/smuggling}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# Debian keeps the two servers in /usr/sbin, which is not on everybody's path.
PATH=$PATH:/usr/sbin
missing=
command -v haproxy >/dev/null || missing="$missing haproxy"
command -v nginx >/dev/null || missing="$missing nginx-light"
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "to be installed first:$missing" >&2
        exit 1
    fi
    apt-get -qq update
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing
fi

wanted=$(cat "$0" "$here/requirements.txt" | cksum)
if [ "$(cat "$folder/done" 2>/dev/null)" = "$wanted" ] && "$folder/venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi
rm -rf "$folder/done" "$folder/venv"
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip --quiet --disable-pip-version-check \
    install -r "$here/requirements.txt"
echo "$wanted" >"$folder/done"
