//! Migrations that a program carries: a function that lists the statements one after the other, or runs them.

use super::Paths;
use crate::frontend::facts::{Facts, TextFacts};
use crate::frontend::sql::{SchemaChange, Verb};

/// Calls that run a statement where it stands.
const RUNS: &[&str] = &[".execute(", ".fetch", ".await"];

/// Whether a function is named for documents of an old form, which it changes once: `migrate_settings`.
pub(super) fn migrates(function: &str) -> bool {
    let is_said = |word: Option<&str>| matches!(word, Some("migrate" | "migration" | "migrations" | "backfill"));
    // Between other words it is what the function is about: `update_backfill_rate`.
    is_said(function.split('_').next()) || is_said(function.rsplit('_').next())
}

/// Whether a text is a step of migrations: an `UPDATE` without values beside statements that change a table, or listed
/// beside statements that create one. (What is run after a table was created may be run whenever the program starts.)
pub(super) fn is_step(text: &TextFacts, facts: &Facts, paths: Paths<'_>) -> bool {
    let source = &paths.files.get(facts.file).text;
    let call = source.get(text.text.span.range()).unwrap_or("");
    let runs = RUNS.iter().any(|run| call.contains(run));
    text.text.function.is_some()
        && text.text.binds.is_empty()
        && !text.facts.writes.is_empty()
        && text.facts.writes.iter().all(|write| write.verb == Verb::Update)
        && !has_placeholder(&text.text.sql)
        && beside(text, facts, |change| !runs || !matches!(change, SchemaChange::CreateTable { .. }))
}

/// Whether the function of a text has another one with such a change of the schema.
fn beside(text: &TextFacts, facts: &Facts, fits: impl Fn(&SchemaChange) -> bool) -> bool {
    let others = facts.texts.iter().filter(|other| other.text.function == text.text.function);
    others.flat_map(|other| &other.facts.schema).any(fits)
}

/// Whether a statement waits for values: `?`, `$1`; the `$` of a path such as `'$.key'` is none.
fn has_placeholder(sql: &str) -> bool {
    let numbered = |(at, _)| sql.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
    sql.contains('?') || sql.match_indices('$').any(numbered)
}

#[cfg(test)]
mod tests {
    use super::{has_placeholder, migrates};

    #[test]
    fn a_function_says_that_it_migrates() {
        assert!(migrates("project_migration") && migrates("backfill_labels"));
        assert!(!migrates("immigrate") && !migrates("save") && !migrates("update_backfill_rate"));
    }

    #[test]
    fn a_path_is_no_placeholder() {
        assert!(has_placeholder("UPDATE t SET d = $1"));
        assert!(has_placeholder("UPDATE t SET d = ?"));
        assert!(!has_placeholder("UPDATE t SET d = json_set(d, '$.a', 0)"));
    }
}
