//! Parts of statements whose head stands elsewhere in the function: `ON CONFLICT ..`, `SET ..`, `, col = ..`.
//!
//! Such a part is read behind a head of our own that names the table of the nearest real head.

use super::assemble::Reader;
use super::binds;
use super::builder::Built;
use super::calls;
use super::emit::{Emitter, Ready};
use super::literal;
use super::text::Text;
use crate::frontend::facts::Route;
use crate::frontend::sql::{TableName, head_table, looks_like_sql};
use crate::source::Span;
use std::collections::BTreeMap;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `ON CONFLICT ..`, `ON DUPLICATE KEY ..`
    Conflict,
    /// `SET a = ..`
    Set,
    /// `, a = ..`
    Assignments,
}

/// A head that a literal of the function spells.
#[derive(Debug, Clone)]
struct Head {
    at: u32,
    span: Span,
    table: TableName,
    inserts: bool,
}

/// Reads the parts that builders left over, and literals that are parts.
pub(super) fn read(reader: &Reader<'_, '_>, parts: Vec<(usize, bool, Built)>, emitter: &mut Emitter) {
    let mut heads: BTreeMap<usize, Vec<Head>> = BTreeMap::new();
    let mut literals: Vec<(usize, bool, Text, Span, Kind)> = vec![];
    for found in reader.tree.literals.iter().filter(|l| !l.quiet) {
        let Some(token) = reader.source.text.get(found.span.range()) else { continue };
        // Most literals are short names: look at the bytes before anything is copied.
        if token.len() < 6 {
            continue;
        }
        let Some(literal) = literal::read(token, found.span.start as usize) else { continue };
        let kind = kind_of(&literal.value);
        if let (Some(kind), false) = (kind, emitter.is_consumed(found.span)) {
            literals.push((found.scope, found.test, Text::of(literal, found.span), found.span, kind));
        } else if looks_like_sql(&literal.value)
            && let Some(table) = head_table(&literal.value)
        {
            let inserts = literal.value.to_ascii_uppercase().contains("INTO");
            heads.entry(found.scope).or_default().push(Head { at: found.span.start, span: found.span, table, inserts });
        }
    }
    for (index, test, built) in parts {
        let sql = built.text.render(built.dialect).sql;
        let Some(kind) = kind_of(&sql).or_else(|| starts_with_assignment(&sql).then_some(Kind::Assignments)) else {
            continue;
        };
        let Some(text) = headed(heads.get(&index), &built.text, built.span, kind) else { continue };
        let Some(scope) = reader.tree.scopes.get(index) else { continue };
        let Built { binds, span, dialect, .. } = built;
        calls::emit(scope, Ready { text, route: Route::Literal, span, dialect, binds, scope: index, test }, emitter);
    }
    for (index, test, part, span, kind) in literals {
        let Some(text) = headed(heads.get(&index), &part, span, kind) else { continue };
        let Some(scope) = reader.tree.scopes.get(index) else { continue };
        let binds = binds::List::default();
        let ready = Ready { text, route: Route::Literal, span, dialect: None, binds, scope: index, test };
        calls::emit(scope, ready, emitter);
    }
}

/// The part behind a head of our own.
fn headed(heads: Option<&Vec<Head>>, part: &Text, span: Span, kind: Kind) -> Option<Text> {
    let heads = heads?;
    let wanted = |head: &&Head| head.inserts == (kind == Kind::Conflict);
    let before = heads.iter().filter(wanted).filter(|h| h.at < span.start).max_by_key(|h| h.at);
    // A `SET` list may be collected before the statement that takes it.
    let after = || heads.iter().filter(wanted).filter(|h| h.at > span.start).min_by_key(|h| h.at);
    let head = match kind {
        Kind::Conflict => before?,
        Kind::Set | Kind::Assignments => before.or_else(after)?,
    };
    let table = match &head.table.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&head.table.name)),
        None => quoted(&head.table.name),
    };
    let mut text = Text::default();
    match kind {
        Kind::Conflict => {
            text.words(&format!("INSERT INTO {table} ("), head.span);
            text.append(Text::hole("..".to_owned(), head.span), head.span);
            text.words(") VALUES (", head.span);
            text.append(Text::hole("..".to_owned(), head.span), head.span);
            text.words(") ", head.span);
        }
        Kind::Set => text.words(&format!("UPDATE {table} "), head.span),
        Kind::Assignments => text.words(&format!("UPDATE {table} SET "), head.span),
    }
    text.append(if kind == Kind::Assignments { part.clone().without_outer_commas() } else { part.clone() }, span);
    Some(text)
}

/// A name as it can stand in SQL: plain, or as it must be quoted.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// Whether a text is a part that needs a head, and which.
fn kind_of(sql: &str) -> Option<Kind> {
    let sql = sql.trim();
    let mut words = sql.split_whitespace();
    let (first, second) = (words.next()?, words.next());
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    if is(first, "ON") && second.is_some_and(|w| is(w, "CONFLICT") || is(w, "DUPLICATE") || is(w, "CONFLICT(")) {
        return Some(Kind::Conflict);
    }
    if is(first, "ON") && second.is_some_and(|w| w.len() > 8 && is(w.get(..9).unwrap_or(""), "CONFLICT(")) {
        return Some(Kind::Conflict);
    }
    if is(first, "SET") && sql.get(3..).is_some_and(starts_with_assignment) {
        return Some(Kind::Set);
    }
    // `, a = ..`: without the comma it could as well be a condition.
    let comma = sql.strip_prefix(',').or_else(|| sql.strip_suffix(','))?;
    starts_with_assignment(comma).then_some(Kind::Assignments)
}

/// `name = ..`, perhaps after a comma.
fn starts_with_assignment(sql: &str) -> bool {
    let sql = sql.trim_start_matches([',', ' ', '\n', '\t', '\r']);
    let end = sql.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '`'))).unwrap_or(sql.len());
    let rest = sql.get(end..).unwrap_or("").trim_start();
    end > 0 && rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_from_conditions_and_prose() {
        assert_eq!(kind_of(" ON CONFLICT (id) DO UPDATE SET a = 1"), Some(Kind::Conflict));
        assert_eq!(kind_of("on conflict(id) do nothing"), Some(Kind::Conflict));
        assert_eq!(kind_of("ON DUPLICATE KEY UPDATE a = VALUES(a)"), Some(Kind::Conflict));
        assert_eq!(kind_of("SET data = "), Some(Kind::Set));
        assert_eq!(kind_of(", data = "), Some(Kind::Assignments));
        assert_eq!(kind_of("data = ?, "), Some(Kind::Assignments));
        for none in ["data = $1", "a, b", ", ", "on hold", "SET TIME ZONE", "x == y,", "", "set up"] {
            assert_eq!(kind_of(none), None, "{none}");
        }
    }
}
