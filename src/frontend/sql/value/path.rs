//! Paths into documents as each database spells them. Never evaluates expressions.

use super::typed::has_hole;
use crate::document::{Path, Step};
use sqlparser::ast::{BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments};

/// PostgreSQL's array literal `{a,"b c",NULL}`: its elements, `None` for NULL. `Err` when it is malformed.
pub(super) fn array_literal(text: &str) -> Result<Vec<Option<String>>, String> {
    let malformed = || format!("malformed array literal: {text}");
    let inner = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')).ok_or_else(malformed)?;
    if inner.trim().is_empty() {
        return Ok(vec![]);
    }
    let mut items = vec![];
    let mut chars = inner.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut item = String::new();
        let mut quoted = false;
        if chars.next_if_eq(&'"').is_some() {
            quoted = true;
            loop {
                match chars.next() {
                    Some('"') => break,
                    Some('\\') => item.push(chars.next().ok_or_else(malformed)?),
                    Some(c) => item.push(c),
                    None => return Err(malformed()),
                }
            }
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',') {
                match c {
                    '\\' => item.push(chars.next().ok_or_else(malformed)?),
                    '"' | '{' | '}' => return Err(malformed()),
                    c => item.push(c),
                }
            }
            item.truncate(item.trim_end().len());
            if item.is_empty() {
                return Err(malformed());
            }
        }
        items.push((quoted || !item.eq_ignore_ascii_case("null")).then_some(item));
        match chars.next() {
            None => return Ok(items),
            Some(',') => {}
            Some(_) => return Err(malformed()),
        }
    }
}

/// A path array as a path: text steps that may be keys or indexes.
pub(super) fn from_items(items: Vec<Option<String>>) -> Path {
    Path::Steps(
        items
            .into_iter()
            .map(|item| match item {
                None => Step::Null,
                Some(name) if has_hole(&name) => Step::Param(name),
                Some(name) => Step::Name(name),
            })
            .collect(),
    )
}

/// PostgreSQL's path literal.
pub(super) fn postgres(text: &str) -> Path {
    match array_literal(text) {
        Ok(items) => from_items(items),
        Err(_) if has_hole(text) => Path::Dynamic(text.to_owned()),
        Err(why) => Path::Invalid(why),
    }
}

/// The `$.a[0]."b c"` paths of MySQL, MariaDB and SQLite, and the simple ones of PostgreSQL's jsonpath.
///
/// `None` for paths that name several places (`$.*`, `$**`).
pub(super) fn dollar(text: &str) -> Option<Path> {
    if has_hole(text) {
        return Some(with_holes(text));
    }
    let bad = || Some(Path::Invalid(format!("bad JSON path: {text}")));
    let Some(mut rest) = text.trim().strip_prefix('$') else { return bad() };
    let mut steps = vec![];
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(Path::Steps(steps));
        }
        if let Some(after) = rest.strip_prefix('.') {
            let after = after.trim_start();
            if after.starts_with('*') {
                return None;
            }
            let (key, tail) = if after.starts_with('"') {
                let Some(end) = closing_quote(after) else { return bad() };
                let Some((quoted, tail)) = after.split_at_checked(end) else { return bad() };
                let Ok(key) = serde_json::from_str::<String>(quoted) else { return bad() };
                (key, tail)
            } else {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let Some((key, tail)) = after.split_at_checked(end) else { return bad() };
                (key.trim_end().to_owned(), tail)
            };
            if key.is_empty() && !after.starts_with('"') {
                return bad();
            }
            steps.push(Step::Key(key));
            rest = tail;
        } else if let Some(after) = rest.strip_prefix('[') {
            let Some((inside, tail)) = after.split_once(']') else { return bad() };
            let Some(step) = index(inside.trim()) else {
                return if inside.contains('*') || inside.contains(" to ") { None } else { bad() };
            };
            steps.push(step);
            rest = tail;
        } else if rest.starts_with("**") {
            return None;
        } else {
            return bad();
        }
    }
}

/// `'$.items[' || json_array_length(data, '$.items') || ']'`: the place after the last element, put together.
pub(super) fn past_the_end(arg: &Expr) -> Option<Path> {
    let parts = concatenated(arg, 0)?;
    let [start, length, end] = parts.as_slice() else { return None };
    let start = text_of(start)?.trim_end().strip_suffix('[')?;
    let called = matches!(length, Expr::Function(function) if is_length(&function.name.to_string()));
    if !called || text_of(end)?.trim() != "]" {
        return None;
    }
    let Some(Path::Steps(mut steps)) = dollar(start) else { return None };
    steps.push(Step::End);
    Some(Path::Steps(steps))
}

fn is_length(name: &str) -> bool {
    ["json_array_length", "jsonb_array_length", "json_length"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            sqlparser::ast::Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The operands of `a || b || c` and of `CONCAT(a, b, c)`.
fn concatenated(expr: &Expr, depth: usize) -> Option<Vec<&Expr>> {
    /// More than three parts are none of ours.
    const MOST: usize = 4;
    match expr {
        Expr::Nested(inner) if depth < MOST => concatenated(inner, depth + 1),
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } if depth < MOST => {
            let mut parts = concatenated(left, depth + 1).unwrap_or_else(|| vec![&**left]);
            parts.push(right);
            Some(parts)
        }
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("concat") => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let parts = list.args.iter().map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(part)) => Some(part),
                _ => None,
            });
            parts.collect()
        }
        _ => None,
    }
}

/// What stands in brackets: `0`, `-1`, `#`, `#-1`, `last`, `last-1`.
fn index(inside: &str) -> Option<Step> {
    let from_end = |rest: &str, first: i64| -> Option<i64> {
        let rest = rest.trim();
        if rest.is_empty() {
            return Some(first);
        }
        let back: i64 = rest.strip_prefix('-')?.trim().parse().ok()?;
        first.checked_sub(back)
    };
    if let Some(rest) = inside.strip_prefix('#') {
        return match from_end(rest, 0)? {
            0 => Some(Step::End),
            back => Some(Step::Index(back)),
        };
    }
    if let Some(rest) = inside.strip_prefix("last") {
        return from_end(rest, -1).map(Step::Index);
    }
    inside.parse().ok().map(Step::Index)
}

/// Where the quoted part that `text` starts with ends, in bytes, quote included.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// `$.settings.{name}` built by the program: steps with a hole come from outside.
fn with_holes(text: &str) -> Path {
    let Some(rest) = text.trim().strip_prefix("$.") else { return Path::Dynamic(text.to_owned()) };
    if rest.contains(['[', '"', '*']) {
        return Path::Dynamic(text.to_owned());
    }
    let steps = rest
        .split('.')
        .map(|step| if has_hole(step) { Step::Param(step.to_owned()) } else { Step::Key(step.to_owned()) });
    Path::Steps(steps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Step {
        Step::Key(text.into())
    }

    #[test]
    fn array_literals() {
        let some = |items: &[&str]| items.iter().map(|i| Some((*i).to_owned())).collect::<Vec<_>>();
        assert_eq!(array_literal("{a, b }").unwrap(), some(&["a", "b"]));
        assert_eq!(array_literal(r#"{"a,b","c\"d"}"#).unwrap(), some(&["a,b", "c\"d"]));
        assert_eq!(array_literal(r#"{null,"null"}"#).unwrap(), vec![None, Some("null".into())]);
        assert_eq!(array_literal("{}").unwrap(), vec![]);
        for bad in ["a", "$.a", "{a", "{a,}", "{\"a}", "{a{b}}"] {
            assert!(array_literal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dollar_paths() {
        assert_eq!(dollar("$"), Some(Path::Steps(vec![])));
        assert_eq!(dollar("$.a.\"b.c\"[2]"), Some(Path::Steps(vec![key("a"), key("b.c"), Step::Index(2)])));
        assert_eq!(dollar("$[#]"), Some(Path::Steps(vec![Step::End])));
        assert_eq!(dollar("$[#-1]"), Some(Path::Steps(vec![Step::Index(-1)])));
        assert_eq!(dollar("$[last]"), Some(Path::Steps(vec![Step::Index(-1)])));
        assert_eq!(dollar("$.*"), None);
        for bad in ["a", "{a}", "$.", "$a", "$[", "$[x]", "$.\"a"] {
            assert!(matches!(dollar(bad), Some(Path::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn a_hole_in_a_path_comes_from_outside() {
        assert_eq!(
            dollar("$.a.noclobber_hole_0"),
            Some(Path::Steps(vec![key("a"), Step::Param("noclobber_hole_0".into())]))
        );
        assert_eq!(postgres("{noclobber_hole_1}"), Path::Steps(vec![Step::Param("noclobber_hole_1".into())]));
    }
}
