#!/usr/bin/env bash
# Walks a scratch repository through the uses that the README promises, with the snippets that it shows: a pull request that
# adds the incident fails with annotations and a SARIF file, a pre-commit hook stops it at the desk.
#
#   tests/scratch-repository.sh PROGRAM [--build]
#
# PROGRAM is the built noclobber. With --build the hook that builds it from source is tried as well (minutes, not seconds).
# Needs git and python3; pre-commit comes from PyPI unless it is installed.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
build=${2:-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/home" "$work/runner/noclobber/bin"
ln -s "$program" "$work/bin/noclobber"
ln -s "$program" "$work/runner/noclobber/bin/noclobber"

# The venv is kept between runs; everything else is new.
if ! command -v pre-commit >/dev/null; then
    tools=${CARGO_TARGET_DIR:-$here/target}/tools
    [ -x "$tools/bin/pre-commit" ] || { python3 -m venv "$tools" && "$tools/bin/pip" install -q pre-commit==4.7.0; }
    PATH=$tools/bin:$PATH
fi
# Rust needs its own folders below a HOME that is not the user's.
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export PATH=$work/bin:$PATH HOME=$work/home PRE_COMMIT_HOME=$work/pre-commit GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
unset GITHUB_STEP_SUMMARY GITHUB_OUTPUT GIT_DIR NO_COLOR FORCE_COLOR CLICOLOR_FORCE

step() { printf -- '-- %s\n' "$*"; }
fail() {
    printf 'scratch repository: %s\n' "$*" >&2
    [ ! -s "$work/log" ] || sed 's/^/    /' "$work/log" >&2
    exit 1
}
# Runs a command; its output goes to the log, its exit code must be the first argument.
expect() {
    local wanted=$1 code=0
    shift
    "$@" >"$work/log" 2>&1 || code=$?
    [ "$code" -eq "$wanted" ] || fail "exit code $code, not $wanted: $*"
}
# The log of the last command has the text, or has it not.
said() { grep -qF -- "$1" "$work/log" || fail "nothing says: $1"; }
not_said() { ! grep -qF -- "$1" "$work/log" || fail "something says: $1"; }

# A shop that updates the phone number as it should. The schema and the readers stand in other files.
shop() {
    mkdir -p migrations src
    cat >Cargo.toml <<'EOF'
[package]
name = "shop"

[dependencies]
sqlx = { version = "0.8", features = ["postgres"] }
EOF
    echo "CREATE TABLE users (id BIGINT PRIMARY KEY, data JSONB NOT NULL DEFAULT '{}');" >migrations/0001_users.sql
    cat >src/shipping.rs <<'EOF'
async fn address(pool: &sqlx::PgPool, id: i64) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT data->>'address' FROM users WHERE id = $1").bind(id).fetch_one(pool).await
}
EOF
    careful >src/users.rs
}
careful() {
    cat <<'EOF'
async fn set_phone(pool: &sqlx::PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = jsonb_set(data, '{phone}', $1) WHERE id = $2")
        .bind(sqlx::types::Json(phone))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
EOF
}
incident() {
    cat <<'EOF'
async fn set_phone(pool: &sqlx::PgPool, id: i64, phone: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET data = $1 WHERE id = $2")
        .bind(serde_json::json!({ "phone": phone }))
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
EOF
}

cd "$work"
git init -q -b main shop
cd shop
shop
git add -A && git commit -qm "A shop"
step "the shop is fine as it is"
expect 0 noclobber
git checkout -q -b pull-request
incident >src/users.rs
git commit -qam "Change the phone number"

step "GitHub: the pull request fails, its line is marked, the run has a summary and a SARIF file"
github=$(sed -n 's/^      - run: \(noclobber .*\)$/\1/p' "$here/docs/examples/github.yml")
[ -n "$github" ] || fail "docs/examples/github.yml runs no noclobber"
expect 1 env GITHUB_STEP_SUMMARY="$work/summary.md" bash -ec "$github"
said '::error title=json-column-overwrite,file=src/users.rs,line=2,'
grep -q '^## noclobber: 1 error$' "$work/summary.md" || fail "the step summary lacks its headline"
python3 - noclobber.sarif <<'EOF' || fail "the SARIF file is not what it should be"
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
[result] = run["results"]
place = result["locations"][0]["physicalLocation"]
assert result["ruleId"] == "json-column-overwrite" and result["level"] == "error", result
assert place["artifactLocation"] == {"uri": "src/users.rs", "uriBaseId": "%SRCROOT%"}, place
assert place["region"]["startLine"] == 2, place
EOF
rm noclobber.sarif

step "the same with the action"
for id in source check; do
    python_with_yaml=$(head -1 "$(command -v pre-commit)" | sed 's/^#!//')
    "$python_with_yaml" - "$here/action.yml" "$id" >"$work/$id.sh" <<'EOF'
import sys, yaml
[step] = [s for s in yaml.safe_load(open(sys.argv[1]))["runs"]["steps"] if s.get("id") == sys.argv[2]]
print(step["run"])
EOF
done
expect 0 env SOURCE="$here" GITHUB_OUTPUT="$work/output" bash -eo pipefail "$work/source.sh"
grep -Eq '^hash=[0-9a-f]{32}$' "$work/output" || fail "the action does not name its source"
expect 1 env RUNNER_TEMP="$work/runner" GITHUB_OUTPUT="$work/output" PATHS=$'src\nmigrations' SARIF=noclobber.sarif \
    ARGS=--fail-on=error bash -eo pipefail "$work/check.sh"
said '::error title=json-column-overwrite,file=src/users.rs,line=2,'
grep -qx 'exit-code=1' "$work/output" && [ -s noclobber.sarif ] || fail "the action does not say how it went"
rm noclobber.sarif

step "GitHub: a repository of the incident, pasted from the README"
mkdir "$work/newcomer" && git clone -q "$here" "$work/newcomer/noclobber"
sed -n '/^cp -r noclobber/,/^```$/p' "$here/README.md" | grep -v '^```$' >"$work/newcomer.sh"
(cd "$work/newcomer" && expect 0 bash -e "$work/newcomer.sh")
grep -q "cargo install --locked --git $here noclobber$" "$work/newcomer/shop/.github/workflows/noclobber.yml" \
    || fail "the workflow does not install noclobber from where it was cloned"
(cd "$work/newcomer/shop" && expect 1 bash -ec "$github")
said '::error title=json-column-overwrite,file=src/users.rs,line='

step "GitLab: the same, with a Code Quality report and a test report"
gitlab=$(sed -n 's/^    - \(noclobber .*\)$/\1/p' "$here/docs/examples/gitlab-ci.yml")
[ -n "$gitlab" ] || fail "docs/examples/gitlab-ci.yml runs no noclobber"
expect 1 sh -ec "$gitlab"
grep -q '"path": "src/users.rs"' gl-code-quality-report.json || fail "the Code Quality report lacks the finding"
grep -q '<failure ' noclobber.xml || fail "the test report lacks the finding"
rm gl-code-quality-report.json noclobber.xml

step "any other system: the same"
expect 1 "$here/docs/examples/ci.sh"
[ -s noclobber.json ] && [ -s noclobber.xml ] || fail "the reports were not written"
rm noclobber.json noclobber.xml

step "a suppressed write passes, with its reason in the source; nobody hears of it"
incident | sed 's|^    sqlx|    // noclobber: ignore[json-column-overwrite] -- the phone is all there is\n&|' >src/users.rs
expect 0 bash -ec "$github"
said '1 suppressed'
not_said '::error'
! grep -q '"ruleId"' noclobber.sarif || fail "the SARIF file has a suppressed finding"
rm noclobber.sarif
sed -i 's| -- the phone is all there is||' src/users.rs
expect 0 noclobber --output concise --fail-on warning --min-confidence low
said 'note[invalid-suppression]'
git checkout -q src/users.rs

step "a baselined write passes, a new one beside it does not"
expect 0 noclobber --write-baseline
said 'noclobber-baseline.json: 1 known'
expect 0 bash -ec "$github --baseline noclobber-baseline.json"
said '1 in the baseline'
not_said '::error'
incident | sed 's/set_phone/set_again/' >src/again.rs
expect 1 bash -ec "$github --baseline noclobber-baseline.json"
said '::error title=json-column-overwrite,file=src/again.rs,line=2,'
not_said 'file=src/users.rs'
rm src/again.rs noclobber.sarif noclobber-baseline.json

step "only what the pull request has changed"
expect 1 noclobber --changed-since main
said 'src/users.rs:2:'
git checkout -q -b later && echo '// a clean change' >>src/shipping.rs && git commit -qam "A clean change"
expect 0 noclobber --changed-since pull-request
expect 1 noclobber
git checkout -q pull-request

step "pre-commit: the incident is stopped, though the schema is in a file that did not change"
git checkout -q main
cp "$here/docs/examples/pre-commit-local.yaml" .pre-commit-config.yaml
git add -A && git commit -qm "A hook"
expect 0 pre-commit install
incident >src/users.rs
git add -A
expect 1 git commit -m "Change the phone number"
said 'json-column-overwrite'
said 'src/users.rs:2:'
[ "$(git log --format=%s -1)" = "A hook" ] || fail "the incident is committed"

step "pre-commit: the repair passes"
careful >src/users.rs
echo '// mended' >>src/users.rs
git add -A
expect 0 git commit -m "Change the phone number"

step "pre-commit: only the changed files are checked"
incident >src/legacy.rs
git add -A && git commit -qm "Old code" --no-verify
expect 1 noclobber
echo '// a clean change' >>src/shipping.rs
git add -A
expect 0 git commit -m "A clean change beside old code"
not_said legacy.rs

step "the hook without pre-commit"
pre-commit uninstall >/dev/null
cp "$here/docs/examples/pre-commit.sh" .git/hooks/pre-commit
incident >src/users.rs
git add -A
expect 1 git commit -m "Change the phone number"
said 'src/users.rs:2:'
not_said legacy.rs
# What is staged counts, not what is on disk.
careful >src/users.rs
expect 1 git commit -m "Change the phone number"
git add -A
expect 0 git commit -m "Mended"
rm .git/hooks/pre-commit

step "pre-commit try-repo: the hook of this repository"
try() { expect "$1" pre-commit try-repo "$here" "$2" --files "${@:3}"; }
incident >src/users.rs
try 1 noclobber-system src/users.rs
said 'src/users.rs:2:'
not_said legacy.rs
try 0 noclobber-system src/shipping.rs migrations/0001_users.sql
if [ "$build" = --build ]; then
    # pre-commit keeps nothing of what try-repo has built. The second build only has noclobber itself to compile.
    export CARGO_TARGET_DIR=$work/target
    step "pre-commit try-repo: the same, built from source"
    try 1 noclobber src/users.rs
    said 'src/users.rs:2:'
    not_said legacy.rs

    step "GitHub: the installation as it is pasted"
    install=$(sed -n 's/^      - run: \(cargo install .*\)$/\1/p' "$here/docs/examples/github.yml")
    expect 0 env CARGO_INSTALL_ROOT="$work/installed" \
        bash -ec "${install/https:\/\/github.com\/OWNER\/noclobber/file://$here}"
    expect 1 "$work/installed/bin/noclobber"

    step "pre-commit, with the configuration that the page on it shows, built from source"
    rev=$(git -C "$here" rev-parse HEAD)
    sed "s|https://github.com/OWNER/noclobber|$here|; s|rev: .*|rev: $rev|" "$here/docs/examples/pre-commit-config.yaml" \
        >.pre-commit-config.yaml
    git add -A && git commit -qm "The hook from its repository" --no-verify
    expect 0 pre-commit install --install-hooks
    rm -rf "$CARGO_TARGET_DIR"
    incident >>src/users.rs
    git add -A
    expect 1 git commit -m "Change the phone number"
    said 'src/users.rs:2:'
    not_said legacy.rs
    careful >src/users.rs
    git add -A
    expect 0 git commit -m "Change the phone number"
    not_said legacy.rs
fi
step "all as the README says"
