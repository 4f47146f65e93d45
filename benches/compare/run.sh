#!/usr/bin/env bash
# Compares rescope with HAProxy and nginx in front of the same upstream.
#
# Installs the Debian packages that are missing, builds rescope unless told
# which binary to take, and hands over to compare.py (--help lists its options).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Debian keeps the two servers in /usr/sbin, which is not on everybody's path.
PATH=$PATH:/usr/sbin:/sbin

missing=()
# nginx-light of Debian 11 and earlier lacks sub_filter.
nginx -V 2>&1 | grep -q http_sub_module || missing+=(nginx)
command -v haproxy >/dev/null || missing+=(haproxy)
command -v wrk >/dev/null || missing+=(wrk)
command -v h2load >/dev/null || missing+=(nghttp2-client)
command -v ab >/dev/null || missing+=(apache2-utils)
command -v curl >/dev/null || missing+=(curl)
command -v openssl >/dev/null || missing+=(openssl)
if ((${#missing[@]})); then
    as_root=()
    ((EUID == 0)) || as_root=(sudo)
    echo "installing ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -qq >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
fi

if [[ " $* " != *" --rescope"* && " $* " != *" --help "* && " $* " != *" -h "* ]]; then
    (cd "$here/../.." && cargo build --release --quiet)
fi
exec python3 -B "$here/compare.py" "$@"
