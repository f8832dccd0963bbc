//! Runs the statements of a table of cases before and after their fix, and compares what the server stores.

use crate::support::servers::{Attempt, Reply, Server};
use crate::support::templates::{self, Case, Expected, Fixed, STATES};
use noclobber::frontend::sql::Dialect;
use serde_json::Value as Json;

/// Runs every case; `bound` spells what a Rust expression of that value is to the server.
pub(crate) fn prove(
    name: &str,
    server: &mut dyn Server,
    cases: &[Case],
    (schema, readers): (&str, &str),
    dialect: Dialect,
    bound: &dyn Fn(&str, Option<&Json>) -> String,
) -> Vec<&'static str> {
    let fixed = templates::fixed(cases, schema, readers, dialect);
    // What is left alone is only shown.
    let made = |(case, fixed): &(&Case, &Fixed)| case.sql != fixed.sql;
    let (cases, fixed): (Vec<Case>, Vec<Fixed>) =
        cases.iter().zip(&fixed).filter(made).map(|(case, fixed)| (case.clone(), fixed.clone())).unzip();
    server.fresh();
    server.script(schema);
    let values = templates::values();
    let (mut violations, mut runs, mut lost_before, mut alone, mut failed) = (vec![], 0, 0, 0, 0);
    for (case, fixed) in cases.iter().zip(&fixed) {
        let cast = if dialect == Dialect::Postgres { "::text" } else { "" };
        let read_back = format!("SELECT {}{cast} FROM users WHERE id = 1", case.column);
        let statement = |sql: &str, binds: &[String], v: &Json, w: &Json| {
            let values: Vec<String> = binds
                .iter()
                .map(
                    |bind| {
                        if bind == "id" { "1".to_owned() } else { bound(bind, templates::bound(bind, v, w).as_ref()) }
                    },
                )
                .collect();
            Attempt { statement: templates::with_values(sql, &values), read_back: read_back.clone() }
        };
        let original = Fixed { sql: case.sql.to_owned(), binds: case.binds.iter().map(|b| (*b).to_owned()).collect() };
        let mut differs = false;
        for (state, seed) in STATES {
            if seed == "NULL" && case.column == "kept" {
                continue;
            }
            server.script(&format!(
                "DELETE FROM users WHERE id = 1; INSERT INTO users (id, {}) VALUES (1, {seed})",
                case.column
            ));
            let mut attempts = vec![Attempt {
                statement: "UPDATE users SET id = 1 WHERE id = 1".into(),
                read_back: read_back.clone(),
            }];
            for (at, (_, v)) in values.iter().enumerate() {
                // Another type beside it.
                let w = &values[(at + 3) % values.len()].1;
                attempts.push(statement(&fixed.sql, &fixed.binds, v, w));
                attempts.push(statement(&original.sql, &original.binds, v, w));
            }
            let replies = server.attempt(&attempts);
            let old = if let Reply::Stored(old) = &replies[0] { Some(old) } else { None };
            for (at, (kind, v)) in values.iter().enumerate() {
                let w = &values[(at + 3) % values.len()].1;
                let (after, before) = (&replies[1 + 2 * at], &replies[2 + 2 * at]);
                let mut expected = templates::expected(old, case.effect, v, w);
                // There a JSON null on the way counts as a parent that is missing.
                if let (Expected::OneOf(several), Dialect::Postgres, "JSON null inside") = (&expected, dialect, state) {
                    expected = Expected::Document(several[0].clone());
                }
                runs += 1;
                if let (Expected::OneOf(several), Reply::Stored(after)) = (&expected, after) {
                    alone += usize::from(after != &several[0]);
                } else if let Reply::Error(_) = after {
                    failed += 1;
                }
                differs |= !holds(&expected, before, old, &case.sql.to_lowercase());
                if !holds(&expected, after, old, &fixed.sql.to_lowercase()) {
                    let statement = &attempts[1 + 2 * at].statement;
                    violations.push(format!(
                        "{} on {state} with {kind}: {after:?}, not {expected:?}\n    {statement}",
                        case.name
                    ));
                }
            }
        }
        assert!(differs, "{}: nothing is wrong with the statement before the fix: {}", case.name, case.sql);
        lost_before += usize::from(differs);
    }
    let version = version(server, dialect);
    println!(
        "{name} {version}: {} templates x {} states x {} values: {runs} runs, {} violations; {lost_before} of the \
         statements fail the same check before the fix; where something of another type is in the way, {alone} left it \
         alone and {failed} failed",
        cases.len(),
        STATES.len(),
        values.len(),
        violations.len(),
    );
    let shown: Vec<&str> = violations.iter().map(String::as_str).take(20).collect();
    assert!(violations.is_empty(), "{} violations\n{}", violations.len(), shown.join("\n"));
    cases.iter().map(|case| case.name).collect()
}

/// Whether a column holds what it must.
fn holds(expected: &Expected, after: &Reply, old: Option<&Json>, sql: &str) -> bool {
    // RFC 7396: a null in a patch means that the key goes.
    let patch = sql.contains("patch");
    match (expected, after) {
        (Expected::Document(document), Reply::Stored(after)) => {
            document == after || patch && without_nulls(document, old) == *after
        }
        (Expected::OneOf(several), Reply::Stored(after)) => {
            several.iter().any(|document| document == after || patch && without_nulls(document, old) == *after)
        }
        (Expected::Null, Reply::Null) | (Expected::NoObject | Expected::OneOf(_), Reply::Error(_)) => true,
        (Expected::NoObject, Reply::Stored(after)) => {
            Some(after) == old
                // `||` appends to what is no object.
                || after.as_array().is_some_and(|after| match old {
                    Some(Json::Array(old)) => after.starts_with(old),
                    Some(old) => after.first() == Some(old),
                    None => false,
                })
                // A patch takes the place of what is no object, as the statement before did.
                || patch && after.is_object()
        }
        _ => false,
    }
}

/// The document without the null members that the old one did not have.
fn without_nulls(document: &Json, old: Option<&Json>) -> Json {
    let Json::Object(members) = document else { return document.clone() };
    let kept = members.iter().filter_map(|(key, value)| {
        let old = old.and_then(|old| old.get(key));
        match value {
            Json::Null if old != Some(&Json::Null) => None,
            value @ Json::Object(_) => Some((key.clone(), without_nulls(value, old))),
            value => Some((key.clone(), value.clone())),
        }
    });
    Json::Object(kept.collect())
}

/// The server's version.
fn version(server: &mut dyn Server, dialect: Dialect) -> String {
    let read_back = match dialect {
        Dialect::Postgres => "SELECT to_json(current_setting('server_version'))::text",
        Dialect::Mysql => "SELECT JSON_QUOTE(VERSION())",
        Dialect::Sqlite => "SELECT json_quote(sqlite_version())",
    };
    let statement = "UPDATE users SET id = 1 WHERE id = 1".to_owned();
    match server.attempt(&[Attempt { statement, read_back: read_back.to_owned() }]).first() {
        Some(Reply::Stored(Json::String(version))) => version.clone(),
        other => panic!("the server does not tell its version: {other:?}"),
    }
}
