//! Words of SQL in a text for people: `context("fetching the row for update")`.

/// Words that stand in a statement before a lock or an isolation level.
const OF_A_STATEMENT: &[&str] =
    &["select", "where", "order", "limit", "offset", "join", "returning", "set", "begin", "start", "transaction"];

/// Whether the words at a byte of a source in lower case stand in a text that is no SQL: other words come before them in
/// their literal, and none of them is one of a statement.
pub(super) fn is_message(source: &str, at: usize) -> bool {
    let Some(before) = source.get(..at) else { return false };
    let start = before.rfind('"').map_or(0, |quote| quote + 1);
    let mut words = before.get(start..).unwrap_or("").split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut any = false;
    let statement = words.any(|word| {
        any |= !word.is_empty();
        OF_A_STATEMENT.contains(&word)
    });
    any && !statement
}

#[cfg(test)]
mod tests {
    use super::is_message;

    fn at(source: &str) -> bool {
        is_message(source, source.find("for update").unwrap_or(0))
    }

    #[test]
    fn a_message_is_told_from_a_statement() {
        assert!(at(".context(\"fetching policy for update\")"));
        assert!(at("#[doc = \"x\"] fn f() { error!(\"no row for update\") }"));
        assert!(!at("query(\"select data from users where id = $1 for update\")"));
        assert!(!at("sql.push_str(\" for update\")"));
        assert!(!at("query(r#\"select * from \"user\" where id = $1 for update\"#)"));
        assert!(!at("query(r#\"select * from \"user\" for update\"#)"));
    }
}
