#!/usr/bin/env bash
# Runs all tests. What they need and does not come with Rust (PostgreSQL, MariaDB, xmllint; pre-commit comes from
# PyPI) is installed first, on Debian and
# Ubuntu; no service is started: the tests start servers of their own and stop them again.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing+=(mariadb-server)
command -v xmllint >/dev/null || missing+=(libxml2-utils)
command -v git >/dev/null || missing+=(git)
command -v pre-commit >/dev/null || python3 -m venv --help >/dev/null 2>&1 || missing+=(python3 python3-venv)
command -v cc >/dev/null || missing+=(gcc libc6-dev)

if [ "${#missing[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "the tests need: ${missing[*]}" >&2
        exit 1
    fi
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    # Packages ask this program whether they may start their service: 101 is "no".
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
        trap '"${as_root[@]}" rm -f "$policy"' EXIT
    fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
fi

cargo test --locked "$@"

# With arguments only a part is wanted.
if [ $# -eq 0 ]; then
    cargo build --locked
    tests/scratch-repository.sh "${CARGO_TARGET_DIR:-target}/debug/noclobber"
fi
