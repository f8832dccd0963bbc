//! Phrases that several rules share.

use crate::frontend::sql::{TableName, Verb, without_holes};
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
}
