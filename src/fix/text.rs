//! Small text work on one statement: where its value stands, how a call splits into arguments.
//!
//! Quotes and parentheses are respected; nothing else is understood. What is built here is parsed and evaluated
//! before it is shown, so a wrong split costs a suggestion, never a wrong one.

use crate::frontend::sql::{Dialect, Ident};
use crate::project::catalog::ColumnKind;
use crate::project::writes::ColumnWrite;
use serde_json::{Map, Value};
use std::ops::Range;

/// Longest statement that is shown whole in a patch, in bytes.
const WHOLE: usize = 120;

/// The value of the assignment as it is spelled.
pub(super) fn value_of(write: &ColumnWrite) -> Option<&str> {
    let assignment = write.sql.statement_sql.get(write.sql.assignment_in_statement.clone())?;
    let at = assignment.find('=')?;
    assignment.get(at + 1..).map(str::trim)
}

/// An identifier as it must be spelled.
pub(super) fn spell(ident: &Ident, dialect: Dialect) -> String {
    if ident.quoted { quote(&ident.text, dialect) } else { ident.text.clone() }
}

/// A name in quotes.
fn quote(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Mysql => format!("`{}`", name.replace('`', "``")),
        Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// A name, in quotes unless it is a plain one.
pub(super) fn quote_if_needed(name: &str, dialect: Dialect) -> String {
    // PostgreSQL folds capitals of a name that is not quoted.
    let folded = dialect == Dialect::Postgres && name.bytes().any(|b| b.is_ascii_uppercase());
    if is_plain(name) && !folded { name.to_owned() } else { quote(name, dialect) }
}

/// Letters, digits and `_`, not starting with a digit.
pub(super) fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The placeholder that a value consists of, a cast aside: `$1`, `$1::jsonb`, `?`.
pub(super) fn placeholder(value: &str) -> Option<&str> {
    let bare = value.split("::").next().unwrap_or(value).trim();
    let rest = bare.strip_prefix(['$', '?'])?;
    rest.bytes().all(|b| b.is_ascii_digit()).then_some(bare)
}

/// How many bare `?` stand in the text, quoted ones aside.
pub(super) fn bare_marks(text: &str) -> usize {
    let mut count = 0;
    scan(text, |at, byte, _| {
        count += usize::from(byte == b'?' && !text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
    });
    count
}

/// How often the numbered placeholder stands in the text.
pub(super) fn mentions(text: &str, placeholder: &str) -> usize {
    let whole = |at: usize| !text.as_bytes().get(at + placeholder.len()).is_some_and(u8::is_ascii_digit);
    text.match_indices(placeholder).filter(|(at, _)| whole(*at)).count()
}

/// The identifiers and numbers of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The value of a plain SQL string literal.
pub(super) fn string_literal(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains(['\'', '\\'])).then(|| inner.to_owned())
}

/// The value as an operand of `||`, which binds like `->`: in parentheses unless it is one name, literal, placeholder
/// or call.
pub(super) fn operand(value: &str) -> String {
    let value = value.trim();
    let bare = value.split("::").next().unwrap_or(value).trim();
    let name = bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'?' | b'"' | b'`'));
    let quoted = bare.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let literal = quoted.is_some_and(|inner| !inner.replace("\'\'", "").contains('\''));
    let one = name || literal || call(bare).is_some();
    if one { value.to_owned() } else { format!("({value})") }
}

/// The value as `jsonb`, for a column of that kind.
pub(super) fn as_json(value: &str, kind: ColumnKind) -> String {
    match kind {
        // The bound type stays what it was.
        ColumnKind::TextJson if placeholder(value) == Some(value.trim()) => format!("{}::text::jsonb", value.trim()),
        ColumnKind::Json | ColumnKind::TextJson if !value.trim_end().ends_with("::jsonb") => {
            format!("{}::jsonb", operand(value))
        }
        _ => operand(value),
    }
}

/// The statement with one assignment replaced, as lines of a patch: whole when it is short and on one line.
pub(super) fn patch_lines(statement: &str, range: &Range<usize>, assignment: &str) -> (String, String) {
    let before = statement.get(range.clone()).unwrap_or("").trim().to_owned();
    if statement.len() > WHOLE || statement.contains('\n') {
        return (before, assignment.to_owned());
    }
    let head = statement.get(..range.start).unwrap_or("");
    let tail = statement.get(range.end..).unwrap_or("");
    (statement.to_owned(), format!("{head}{assignment}{tail}"))
}

/// A call's name and its arguments: `f(a, g(b, c))` is `("f", ["a", "g(b, c)"])`.
pub(super) fn call(text: &str) -> Option<(&str, Vec<&str>)> {
    let text = text.trim();
    let open = text.find('(')?;
    let name = text.get(..open)?;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')) {
        return None;
    }
    let mut cuts = Vec::new();
    let mut close = None;
    scan(text, |at, byte, depth| match (byte, depth) {
        (b',', 1) => cuts.push(at),
        (b')', 1) if close.is_none() => close = Some(at),
        _ => {}
    });
    let close = close?;
    if close + 1 != text.len() {
        return None;
    }
    let mut arguments = Vec::new();
    let mut start = open + 1;
    for cut in cuts.into_iter().chain([close]) {
        arguments.push(text.get(start..cut)?.trim());
        start = cut + 1;
    }
    Some((name, arguments))
}

/// The two sides of the one `||` outside of parentheses.
pub(super) fn split_concat(text: &str) -> Option<(&str, &str)> {
    let mut cuts = Vec::new();
    scan(text, |at, byte, depth| {
        if byte == b'|' && depth == 0 && text.as_bytes().get(at + 1) == Some(&b'|') {
            cuts.push(at);
        }
    });
    let [cut] = cuts.as_slice() else { return None };
    Some((text.get(..*cut)?.trim(), text.get(cut + 2..)?.trim()))
}

/// Calls `f` with every byte outside of quotes, its offset and the depth of parentheses around it (a closing one
/// counts as inside).
fn scan(text: &str, mut f: impl FnMut(usize, u8, usize)) {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"' | b'`') => quote = Some(byte),
            (None, b'(' | b'[') => {
                f(at, byte, depth);
                depth += 1;
            }
            (None, b')' | b']') => {
                f(at, byte, depth);
                depth = depth.saturating_sub(1);
            }
            (None, _) => f(at, byte, depth),
        }
    }
}

/// Where a condition stands in what follows an assignment.
pub(super) struct Clause {
    /// The bytes of the word `WHERE`'s start, and of the condition behind it.
    start: usize,
    /// The condition; `None` where there is no `WHERE`.
    pub(super) condition: Option<Range<usize>>,
    /// Where a condition would end: before `RETURNING`, `ORDER BY`, `LIMIT`, a closing bracket, or at the end.
    pub(super) end: usize,
}

impl Clause {
    /// The end of what is assigned, and of the relations behind it.
    pub(super) fn set_end(&self) -> usize {
        self.start
    }
}

/// Finds the condition in a text that starts outside of brackets, or in those that close first.
pub(super) fn condition(text: &str) -> Clause {
    const ENDS: [&str; 4] = ["RETURNING", "ORDER", "LIMIT", "OPTION"];
    let (mut start, mut from, mut end) = (None, None, None);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    scan(text, |at, byte, depth| {
        if end.is_some() || depth > 0 {
            return;
        }
        let first = at == 0 || !text.as_bytes().get(at - 1).copied().is_some_and(is_name);
        if matches!(byte, b')' | b';') {
            end = Some(at);
        } else if byte.is_ascii_alphabetic() && first {
            let word = text.get(at..).unwrap_or_default();
            let word = word.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            if word.eq_ignore_ascii_case("WHERE") && start.is_none() {
                (start, from) = (Some(at), Some(at + word.len()));
            } else if ENDS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
                end = Some(at);
            }
        }
    });
    let end = end.unwrap_or(text.len());
    Clause { start: start.unwrap_or(end), condition: from.map(|from| from..end), end }
}

/// Whether `AND` behind a condition would bind closer than what the condition is made of: it has an `OR`, a `XOR` or a
/// `||` outside of brackets.
pub(super) fn joins_loosely(condition: &str) -> bool {
    let mut found = false;
    scan(condition, |at, byte, depth| {
        let before = at.checked_sub(1).and_then(|at| condition.as_bytes().get(at));
        let first = !before.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let rest = condition.get(at..).unwrap_or_default();
        let word = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        let loose = ["OR", "XOR"].iter().any(|known| word.eq_ignore_ascii_case(known));
        found |= depth == 0 && (byte == b'|' || first && loose);
    });
    found
}

/// The keys of a path literal: `'{a,b}'` on PostgreSQL, `'$.a.b'` elsewhere; plain names only.
pub(super) fn path_literal(text: &str, dialect: Dialect) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let keys: Vec<String> = match dialect {
        Dialect::Postgres => {
            inner.strip_prefix('{')?.strip_suffix('}')?.split(',').map(|k| k.trim().to_owned()).collect()
        }
        Dialect::Mysql | Dialect::Sqlite => inner.strip_prefix("$.")?.split('.').map(str::to_owned).collect(),
    };
    keys.iter().all(|key| is_plain(key)).then_some(keys)
}

/// The one key of a path literal that has dots in it and is otherwise plain: `'{address.city}'`, `'$."address.city"'`.
pub(super) fn dotted_literal(text: &str, dialect: Dialect) -> Option<&str> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let key = match dialect {
        Dialect::Postgres => inner.strip_prefix('{')?.strip_suffix('}')?.trim().trim_matches('"'),
        Dialect::Mysql | Dialect::Sqlite => inner.strip_prefix("$.\"")?.strip_suffix('"')?,
    };
    (key.contains('.') && key.split('.').all(is_plain)).then_some(key)
}

/// The innermost values of an object, each with the keys that lead to it.
pub(super) fn leaves(map: &Map<String, Value>) -> Vec<(Vec<String>, &Value)> {
    let mut leaves = Vec::new();
    let mut open: Vec<(Vec<String>, &Value)> =
        map.iter().rev().map(|(key, value)| (vec![key.clone()], value)).collect();
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                let below = |(key, value)| ([path.as_slice(), &[String::clone(key)]].concat(), value);
                open.extend(inner.iter().rev().map(below));
            }
            _ => leaves.push((path, value)),
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_split_at_their_own_commas() {
        assert_eq!(call("f(a, g(b, ','), 'x,y')"), Some(("f", vec!["a", "g(b, ',')", "'x,y'"])));
        assert_eq!(call("f(a) || b"), None);
        assert_eq!(split_concat("f(a || b) || '||'"), Some(("f(a || b)", "'||'")));
        assert_eq!(split_concat("a || b || c"), None);
    }

    #[test]
    fn placeholders_and_paths() {
        assert_eq!(placeholder("$1::jsonb"), Some("$1"));
        assert_eq!(placeholder("?"), Some("?"));
        assert_eq!(placeholder("$1 || x"), None);
        assert_eq!(path_literal("'{a, b}'", Dialect::Postgres), Some(vec!["a".into(), "b".into()]));
        assert_eq!(path_literal("'$.a.b'", Dialect::Sqlite), Some(vec!["a".into(), "b".into()]));
        assert_eq!(path_literal("'{a b}'", Dialect::Postgres), None);
    }
}
