#!/bin/sh
# Whole-process time of noclobber against a pattern rule over string literals, on the same tree, warm.
#
#   benches/compare.sh TREE [RUNS]
#
# Needs `ast-grep` on the PATH. The pattern rule only matches text; it is here as a measure of the time that reading
# a tree takes, not of what is found.
set -eu
tree=$1
runs=${2:-5}
here=$(cd "$(dirname "$0")/.." && pwd)
cargo build --release --quiet --manifest-path "$here/Cargo.toml"
bin="$here/target/release/noclobber"
rule=$(mktemp --suffix=.yml)
trap 'rm -f "$rule"' EXIT
cat >"$rule" <<'RULE'
id: whole-column-update
language: rust
severity: warning
message: an UPDATE in a string literal
rule:
  any:
    - kind: string_literal
    - kind: raw_string_literal
  regex: (?is)update\s+\S+\s+set\s+.*=
RULE
measure() {
  # The median of the wall-clock seconds of $runs runs after one to warm up; the exit code is of no interest here.
  "$@" >/dev/null 2>&1 || true
  for _ in $(seq "$runs"); do
    start=$(date +%s.%N)
    "$@" >/dev/null 2>&1 || true
    end=$(date +%s.%N)
    echo "$start $end" | awk '{printf "%.3f\n", $2 - $1}'
  done | sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'
}
ours=$(measure "$bin" check "$tree" --output json)
theirs=$(measure ast-grep scan --rule "$rule" --json=stream "$tree")
echo "noclobber $ours s, ast-grep $theirs s (median of $runs)" | awk '{print; printf "ratio %.2f\n", $2 / $5}'
