//! What a comment says: `noclobber: ignore[rule, rule] -- reason`.
//!
//! Whatever is not exactly that suppresses nothing, and is said: a comment with a slip must not silence more than it names.

use crate::rules::{self, RULES};
use similar::get_close_matches;

/// What a comment that speaks to noclobber says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It suppresses.
    Ignore(Ignore),
    /// It suppresses nothing: why, as a phrase.
    Wrong(String),
}

/// A suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ignore {
    /// It holds for its whole file.
    pub file: bool,
    /// The rules, as named.
    pub rules: Vec<&'static str>,
    /// What is named and is no rule that can be suppressed: why, as phrases.
    pub unknown: Vec<String>,
    /// It says why.
    pub reason: bool,
}

/// How it must be written, for messages.
const FORM: &str = "write `noclobber: ignore[rule] -- reason`";

/// Reads what a comment says.
pub(super) fn read(text: &str) -> Said {
    let wrong = |why: &str| Said::Wrong(format!("{why}; {FORM}"));
    let rest = text.strip_prefix("noclobber").unwrap_or(text).trim_start();
    let Some(rest) = rest.strip_prefix(':').map(str::trim_start) else {
        return wrong("a colon is missing after `noclobber`");
    };
    let word_end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
    let (word, rest) = rest.split_at(word_end);
    let file = match word {
        "ignore" => false,
        "ignore-file" => true,
        _ => return wrong(&format!("there is no `noclobber: {word}`")),
    };
    let Some(rest) = rest.trim_start().strip_prefix('[') else {
        return wrong(&format!("`{word}` names no rule: the rules stand in brackets"));
    };
    let Some((names, rest)) = rest.split_once(']') else { return wrong("the bracket is not closed") };
    let reason = match rest.trim().strip_prefix("--") {
        Some(reason) => !reason.trim_matches(|c: char| c == '-' || c.is_whitespace()).is_empty(),
        None if rest.trim().is_empty() => false,
        None => return wrong("what follows the bracket is no reason: a reason begins with ` -- `"),
    };
    let (mut known, mut unknown) = (vec![], vec![]);
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match rules::by_id(name) {
            Some(rule) if rule.is_housekeeping() => {
                unknown
                    .push(format!("`{name}` cannot be suppressed in a comment: set its severity in the configuration"));
            }
            Some(rule) => known.push(rule.id),
            None => {
                let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
                unknown.push(match get_close_matches(name, &ids, 1, 0.5).first() {
                    Some(close) => format!("there is no rule `{name}`; did you mean `{close}`?"),
                    None => format!("there is no rule `{name}`"),
                });
            }
        }
    }
    if known.is_empty() && unknown.is_empty() {
        return wrong("the brackets are empty: name the rules that are meant");
    }
    known.sort_unstable();
    known.dedup();
    Said::Ignore(Ignore { file, rules: known, unknown, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignore(text: &str) -> Ignore {
        match read(text) {
            Said::Ignore(ignore) => ignore,
            Said::Wrong(why) => panic!("{text}: {why}"),
        }
    }

    #[test]
    fn rules_stand_in_brackets_and_the_reason_after_two_dashes() {
        let one = ignore("noclobber: ignore[json-column-overwrite] -- the whole document is sent");
        assert_eq!((one.file, one.rules.as_slice(), one.reason), (false, &["json-column-overwrite"][..], true));
        let file = ignore("noclobber:ignore-file [ json-lost-update , json-column-overwrite, ]");
        assert_eq!((file.file, file.rules.len(), file.reason), (true, 2, false));
        assert!(!ignore("noclobber: ignore[json-lost-update] --  ").reason);
        assert!(ignore("noclobber: ignore[json-lost-update]--x").reason);
    }

    #[test]
    fn a_slip_suppresses_nothing_and_is_told() {
        for (text, told) in [
            ("noclobber ignore[json-lost-update]", "a colon is missing"),
            ("noclobber: ignore json-lost-update", "the rules stand in brackets"),
            ("noclobber: ignore", "the rules stand in brackets"),
            ("noclobber: ignore[] -- all", "the brackets are empty"),
            ("noclobber: ignore[ , ]", "the brackets are empty"),
            ("noclobber: ignore[json-lost-update -- x", "not closed"),
            ("noclobber: ignore[json-lost-update] because", "begins with ` -- `"),
            ("noclobber: disable[json-lost-update]", "there is no `noclobber: disable`"),
            ("noclobber: ignore_file[json-lost-update]", "there is no `noclobber: ignore_file`"),
            ("noclobber:", "there is no `noclobber: `"),
        ] {
            match read(text) {
                Said::Wrong(why) => assert!(why.contains(told) && why.ends_with(FORM), "{text}: {why}"),
                Said::Ignore(ignore) => panic!("{text}: {ignore:?}"),
            }
        }
    }

    #[test]
    fn an_unknown_rule_is_told_and_the_others_hold() {
        let ignore = ignore("noclobber: ignore[json-lost-updat, json-write-lost, unused-suppression] -- x");
        assert_eq!(ignore.rules, ["json-write-lost"]);
        assert!(ignore.unknown[0].contains("did you mean `json-lost-update`?"), "{ignore:?}");
        assert!(ignore.unknown[1].contains("configuration"), "{ignore:?}");
    }
}
