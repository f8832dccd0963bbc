//! Cheap looks at a string: is it worth reading as SQL, and which table does its head name. Never reads statements.

use super::TableName;
use super::tokens::{is_any, is_word, lex, table_name};
use sqlparser::tokenizer::TokenWithSpan;

/// Whether `text` has the words of a statement, or of a part of one, that [`super::read`] could find something in.
///
/// One pass without allocation. Says yes to some prose; never no to a write, a schema change or a query with `FROM`.
pub fn looks_like_sql(text: &str) -> bool {
    let mut before = ["", "", ""];
    let mut update = false;
    let mut select = false;
    for (index, word) in words(text).enumerate() {
        let is = |list: &[&str]| list.iter().any(|k| word.eq_ignore_ascii_case(k));
        let followed = |list: &[&str]| before.iter().any(|b| list.iter().any(|k| b.eq_ignore_ascii_case(k)));
        if (is(&["SET"]) && (update || index == 0))
            || (is(&["FROM", "JOIN"]) && select)
            || (is(&["INTO"]) && followed(&["INSERT", "REPLACE", "MERGE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"]))
            || (is(&["TABLE", "INDEX", "DOMAIN", "TRIGGER", "FUNCTION", "PROCEDURE", "VIEW", "RULE", "EVENT"])
                && followed(&["CREATE", "ALTER", "DROP", "RENAME", "REPLACE"]))
            || (is(&["CONFLICT", "DUPLICATE"]) && followed(&["ON"]))
            || (is(&["INSERT", "REPLACE"]) && index == 0)
        {
            return true;
        }
        update |= is(&["UPDATE"]);
        select |= is(&["SELECT", "DELETE", "UPDATE"]);
        before = [before[1], before[2], word];
    }
    // The part of a query that reads a key.
    if text.contains("->") && (text.contains(">'") || text.contains("> '")) {
        return true;
    }
    // A block of procedural code.
    before.iter().any(|w| !w.is_empty())
        && words(text).next().is_some_and(|w| w.eq_ignore_ascii_case("DO"))
        && text.contains("$$")
}

/// The runs of ASCII letters, digits and `_` that start with a letter or `_`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|w| !w.is_empty())
}

/// The table that the last `UPDATE t`, `INSERT INTO t`, `REPLACE INTO t` or `MERGE INTO t` of an SQL text names, also when
/// the text stops behind it.
pub fn head_table(text: &str) -> Option<TableName> {
    let tokens = lex(text, super::marks::choose(text, None, None)).tokens;
    (0..tokens.len()).rev().find_map(|at| table_at(&tokens, at))
}

/// The table named by the head at `at`.
fn table_at(tokens: &[TokenWithSpan], at: usize) -> Option<TableName> {
    let token = tokens.get(at)?;
    let before = at.checked_sub(1).and_then(|b| tokens.get(b));
    let mut next = at + 1;
    if is_word(token, "UPDATE") {
        if before.is_some_and(|b| is_any(b, &["DO", "KEY", "FOR", "ON", "THEN", "BEFORE", "AFTER", "OR"])) {
            return None;
        }
        while tokens.get(next).is_some_and(|t| {
            is_any(t, &["ONLY", "OR", "IGNORE", "LOW_PRIORITY", "REPLACE", "ABORT", "FAIL", "ROLLBACK"])
        }) {
            next += 1;
        }
    } else if is_word(token, "INTO") {
        let head =
            |t: &TokenWithSpan| is_any(t, &["INSERT", "REPLACE", "MERGE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"]);
        if !before.is_some_and(head) {
            return None;
        }
    } else {
        return None;
    }
    table_name(tokens, next).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_fragments_are_worth_reading_and_prose_mostly_is_not() {
        for yes in [
            "update users set data = $1",
            "INSERT INTO t (a) VALUES (1)",
            "insert or replace into t values (1)",
            " ON CONFLICT (id) DO UPDATE SET a = excluded.a",
            "SELECT data->>'a' FROM t",
            "create table if not exists t (a json)",
            "DO $$ BEGIN UPDATE t SET a = 1; END $$",
            "SET a = $1",
        ] {
            assert!(looks_like_sql(yes), "{yes}");
        }
        for no in ["update the settings", "hello", "", "please insert a coin", "reset from scratch", "the table is set"]
        {
            assert!(!looks_like_sql(no), "{no}");
        }
    }

    #[test]
    fn the_last_head_names_the_table() {
        let name = |sql| head_table(sql).map(|t| (t.schema, t.name));
        assert_eq!(name("UPDATE users SET "), Some((None, "users".into())));
        assert_eq!(name("UPDATE ONLY public.users SET a = 1, "), Some((Some("public".into()), "users".into())));
        assert_eq!(name("INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET"), Some((None, "a".into())));
        assert_eq!(name("INSERT OR REPLACE INTO `b` ("), Some((None, "b".into())));
        assert_eq!(name("SELECT 1 FROM t FOR UPDATE"), None);
        assert_eq!(name("MERGE INTO m USING s"), Some((None, "m".into())));
    }
}
