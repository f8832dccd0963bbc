//! Phrases that several rules share.

use crate::frontend::facts::Bind;
use crate::frontend::sql::{TableName, Verb, without_holes};
use crate::project::writes::ColumnWrite;
use crate::source::{Files, Site};

/// How many names a sentence lists before it says how many more there are.
const LISTED: usize = 6;

/// `` `a`, `b` and `c` ``.
pub(super) fn list(names: &[String]) -> String {
    let quoted = |name: &String| format!("`{name}`");
    match names {
        [] => String::new(),
        [one] => quoted(one),
        [many @ .., last] if many.len() < LISTED => {
            let head: Vec<_> = many.iter().map(quoted).collect();
            format!("{} and {}", head.join(", "), quoted(last))
        }
        many => {
            let head: Vec<_> = many.iter().take(LISTED).map(quoted).collect();
            format!("{} and {} more", head.join(", "), many.len() - LISTED)
        }
    }
}

/// `is` or `are`, for so many things.
pub(super) fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// The statement as the subject of a sentence: `this UPDATE`.
pub(super) fn subject(verb: Verb) -> &'static str {
    match verb {
        Verb::Update => "this UPDATE",
        Verb::Upsert => "this upsert",
        Verb::Merge => "this MERGE",
        Verb::Replace => "this REPLACE",
    }
}

/// `schema.table` as it is spelled; `{..}` where a part of the name is not known.
pub(super) fn table(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", without_holes(schema), without_holes(&name.name)),
        None => without_holes(&name.name),
    }
}

/// The document before and after, from the keys that are known.
pub(super) fn witness(lost: &[String], kept: &[String]) -> String {
    let mut before: Vec<&String> = lost.iter().chain(kept).collect();
    before.sort();
    before.dedup();
    let mut after: Vec<&String> = kept.iter().collect();
    after.sort();
    after.dedup();
    format!("before  {}\nafter   {}", document(&before), document(&after))
}

fn document(keys: &[&String]) -> String {
    let mut parts: Vec<String> = keys.iter().take(LISTED).map(|key| format!("\"{key}\": ..")).collect();
    if keys.len() > LISTED {
        parts.push("..".into());
    }
    format!("{{{}}}", parts.join(", "))
}

/// The binds that the assigned value mentions, each with its placeholder.
pub(super) fn binds_of(write: &ColumnWrite) -> Vec<(String, &Bind)> {
    let range = write.sql.assignment_in_statement.clone();
    let statement = &write.sql.statement_sql;
    let text = statement.get(range.clone()).unwrap_or("");
    let bare_marks = |text: &str| text.match_indices('?').filter(|(at, _)| !digit_at(text, at + 1)).count();
    let before = statement.get(..range.start).map_or(0, bare_marks);
    let bare = before + 1..=before + bare_marks(text);
    write
        .binds
        .iter()
        .filter_map(|bind| {
            let numbered = [format!("${}", bind.index), format!("?{}", bind.index)];
            match &bind.name {
                Some(name) => {
                    let named = format!(":{name}");
                    mentions(text, &named).then_some((named, bind))
                }
                None if numbered.iter().any(|spelled| mentions(text, spelled)) => {
                    numbered.into_iter().find(|spelled| mentions(text, spelled)).map(|spelled| (spelled, bind))
                }
                None if bare.contains(&bind.index) => Some(("?".into(), bind)),
                None => None,
            }
        })
        .collect()
}

fn digit_at(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

/// Whether `text` holds the placeholder, not only as the start of a longer one (`$1` in `$12`).
fn mentions(text: &str, placeholder: &str) -> bool {
    text.match_indices(placeholder)
        .any(|(at, found)| !text[at + found.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}

/// The place that is best shown beside `to`: in the same file if there is one, else the first by path.
pub(super) fn nearest(sites: &[Site], to: Site, files: &Files) -> Option<Site> {
    sites.iter().copied().min_by_key(|site| (site.file != to.file, files.get(site.file).path.clone(), site.span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_sentences() {
        let names = |n: usize| (0..n).map(|i| format!("k{i}")).collect::<Vec<_>>();
        assert_eq!(list(&names(1)), "`k0`");
        assert_eq!(list(&names(3)), "`k0`, `k1` and `k2`");
        assert_eq!(list(&names(9)), "`k0`, `k1`, `k2`, `k3`, `k4`, `k5` and 3 more");
    }

    #[test]
    fn a_placeholder_is_not_the_start_of_a_longer_one() {
        assert!(mentions("data = $1", "$1"));
        assert!(mentions("data = $1::jsonb", "$1"));
        assert!(!mentions("data = $12", "$1"));
    }
}
