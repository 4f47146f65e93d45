#!/usr/bin/env bash
# Every check of the project: format, lints, documentation, a little fuzzing, tests.
#
# Needs cargo with rustfmt and clippy. Compilers for C and C++, Node.js (20 or later), npm,
# Python with venv, Chromium, and the programs that rescope is tried with are installed on
# Debian where they are missing; the tests themselves fetch packages of PyPI and npm, into
# the target folder.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

install_missing() {
    local missing=() as_root=()
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v c++ >/dev/null || missing+=(g++)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
    command -v curl >/dev/null || missing+=(curl)
    command -v openssl >/dev/null || missing+=(openssl)
    command -v haproxy >/dev/null || [[ -x /usr/sbin/haproxy ]] || missing+=(haproxy)
    command -v nginx >/dev/null || [[ -x /usr/sbin/nginx ]] || missing+=(nginx-light)
    command -v chromium >/dev/null || missing+=(chromium)
    command -v varnishtest >/dev/null || missing+=(varnish)
    command -v h2load >/dev/null || missing+=(nghttp2-client)
    command -v slowhttptest >/dev/null || missing+=(slowhttptest)
    command -v php >/dev/null || missing+=(php-cli)
    [[ -e /usr/share/php/Symfony/Component/HttpFoundation/autoload.php ]] ||
        missing+=(php-symfony-http-foundation)
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || as_root=(sudo)
    if ! command -v apt-get >/dev/null || ! command -v "${as_root[@]:-true}" >/dev/null; then
        echo "to be installed first: ${missing[*]}" >&2
        exit 1
    fi
    step "${as_root[@]}" apt-get update -qq
    step "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${missing[@]}"
}

if ! command -v cargo >/dev/null; then
    echo "to be installed first: cargo, see https://rustup.rs" >&2
    exit 1
fi
install_missing
step cargo fmt --check
step cargo clippy --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --locked
step tests/fuzz/run.sh 15
step cargo test --locked
printf '\nall checks passed after %d min %d s\n' $((SECONDS / 60)) $((SECONDS % 60))
