//! Where earlier reads came from: which column of which table, and which row, a value read in Rust is.
//!
//! A read of another column, or of another table, is a value from outside; this is where that is told apart.

use super::around::EarlierRead;
use super::environment::find;
use crate::document::{Document, ReadSite};
use crate::frontend::facts::{Bind, Facts, TextFacts};
use crate::frontend::sql::{self, Select, TableName, bare, named_column, number_of, without_holes};
use crate::source::{FileId, Site};
use sqlparser::ast::{BinaryOperator, Expr, Value};
use std::collections::BTreeMap;

/// How deep conditions are walked.
const MOST_NESTING: usize = 40;

/// The statements of all files, by the place where their call starts.
pub(super) struct Statements<'a> {
    by_start: BTreeMap<(FileId, u32), &'a TextFacts>,
}

/// The column that is written, as its name and its table.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) table: &'a TableName,
    pub(super) column: &'a str,
}

impl<'a> Statements<'a> {
    /// The statements of these files.
    pub(super) fn new(facts: &'a [Facts]) -> Self {
        let texts = facts.iter().flat_map(|facts| facts.texts.iter().map(|text| (facts.file, text)));
        let mut by_start = BTreeMap::new();
        for (file, text) in texts {
            by_start.entry((file, text.text.span.start)).or_insert(text);
        }
        Self { by_start }
    }

    /// The statement that a place starts with, and what it selects.
    fn read_by(&self, site: Option<Site>) -> Option<(&'a TextFacts, Select)> {
        let site = site?;
        let text = *self.by_start.get(&(site.file, site.span.start))?;
        let select = sql::select(&text.text.sql, text.facts.dialect)?;
        Some((text, select))
    }

    /// Whether a read comes from a statement that is spelled out.
    pub(super) fn reads(&self, read: &ReadSite) -> bool {
        read.site.is_some_and(|site| self.by_start.contains_key(&(site.file, site.span.start)))
    }

    /// Whether a read is one of the written column: by its name where nothing else is known.
    fn is_own(&self, read: &ReadSite, written: Written<'_>) -> bool {
        let statement = self.read_by(read.site).map(|(_, select)| select);
        let Some(select) = statement else {
            return read.column.as_ref().is_some_and(|column| column.eq_ignore_ascii_case(written.column));
        };
        let same = |table: &TableName| {
            let (table, written) = (without_holes(&table.name), without_holes(&written.table.name));
            table.eq_ignore_ascii_case(&written) || table.is_empty() || written.is_empty()
        };
        if !select.tables.is_empty() && !select.tables.iter().any(same) {
            return false;
        }
        let is_it =
            |column: &Option<String>| column.as_ref().is_some_and(|column| column.eq_ignore_ascii_case(written.column));
        match &read.column {
            // A tuple's field, by position.
            Some(position) if position.bytes().all(|byte| byte.is_ascii_digit()) => {
                let item = position.parse::<usize>().ok().and_then(|index| select.items.get(index));
                item.map_or(select.everything, |(_, column)| is_it(column))
            }
            Some(field) => {
                let named = |(name, _): &&(Option<String>, Option<String>)| {
                    name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(field))
                };
                match select.items.iter().find(named) {
                    Some((_, Some(column))) => column.eq_ignore_ascii_case(written.column),
                    _ => field.eq_ignore_ascii_case(written.column),
                }
            }
            // The row as a whole, or its only column.
            None => select.items.iter().any(|(_, column)| is_it(column)) || select.everything,
        }
    }

    /// The table and column of a read, of whose document `path` is read, and how many of its first parts name the column:
    /// one where it is taken of a row. `None` where the statement reads several tables.
    pub(super) fn column_of(&self, read: &ReadSite, path: &[String]) -> Option<(TableName, String, usize)> {
        let (_, select) = self.read_by(read.site)?;
        let [table] = select.tables.as_slice() else { return None };
        let named = |field: &str| {
            let item =
                select.items.iter().find(|(name, _)| name.as_ref().is_some_and(|n| n.eq_ignore_ascii_case(field)));
            match item {
                Some((_, column)) => column.clone(),
                None => select.everything.then(|| field.to_owned()),
            }
        };
        let (column, taken) = match (&read.column, select.items.as_slice()) {
            (Some(position), items) if position.bytes().all(|byte| byte.is_ascii_digit()) => {
                (items.get(position.parse::<usize>().ok()?)?.1.clone()?, 0)
            }
            (Some(field), _) => (named(field)?, 0),
            (None, _) if path.first().is_some_and(|first| named(first).is_some()) => (named(path.first()?)?, 1),
            (None, [(_, Some(only))]) if !select.everything => (only.clone(), 0),
            _ => return None,
        };
        Some((table.clone(), column, taken))
    }

    /// Turns reads of other columns into values from outside.
    pub(super) fn settle(&self, document: Document, written: Written<'_>) -> Document {
        document.settled(&|read| self.is_own(read, written))
    }

    /// The earlier reads that a value is made from, each with where it came from.
    pub(super) fn of(&self, value: &Document) -> Vec<EarlierRead> {
        let mut found: Vec<EarlierRead> = vec![];
        value.visit(&mut |document| {
            let Document::Read(read) = document else { return };
            let statement = self.read_by(read.site);
            let read = EarlierRead {
                what: read.what.clone(),
                column: read.column.clone(),
                site: read.site,
                handed_in: read.handed_in,
                tables: statement.as_ref().map(|(_, select)| tables(select)).unwrap_or_default(),
                key: statement.as_ref().map(|(text, select)| key(select.predicate.as_ref(), &text.text.binds)),
                unscoped: statement.as_ref().is_some_and(|(_, select)| select.predicate.is_none()),
                locks: statement.as_ref().is_some_and(|(_, select)| select.locks),
            };
            if !found.contains(&read) {
                found.push(read);
            }
        });
        found.sort_by(|a, b| (a.site, &a.what).cmp(&(b.site, &b.what)));
        found
    }
}

fn tables(select: &Select) -> Vec<String> {
    let mut names: Vec<String> = select.tables.iter().map(|table| table.name.to_lowercase()).collect();
    names.sort();
    names.dedup();
    names
}

/// The columns that a condition compares with values, each with the source of the value, in the order of the names.
pub(super) fn key(condition: Option<&Expr>, binds: &[Bind]) -> Vec<(String, String)> {
    let mut found = vec![];
    if let Some(condition) = condition {
        compared(condition, binds, &mut found, 0);
    }
    found.sort();
    found.dedup();
    found
}

fn compared(condition: &Expr, binds: &[Bind], found: &mut Vec<(String, String)>, depth: usize) {
    if depth > MOST_NESTING {
        return;
    }
    match condition {
        Expr::Nested(inner) => compared(inner, binds, found, depth + 1),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            compared(left, binds, found, depth + 1);
            compared(right, binds, found, depth + 1);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let pair = match (named_column(left).map(str::to_lowercase), named_column(right).map(str::to_lowercase)) {
                (Some(column), None) => value(right, binds).map(|value| (column, value)),
                (None, Some(column)) => value(left, binds).map(|value| (column, value)),
                _ => None,
            };
            found.extend(pair);
        }
        _ => {}
    }
}

/// The source of what is compared with: the bound expression, borrowing and copying taken off, or the literal.
pub(super) fn value(expr: &Expr, binds: &[Bind]) -> Option<String> {
    let Expr::Value(value) = bare(expr) else { return None };
    match &value.value {
        Value::Placeholder(name) => find(binds, name, number_of(value.span)).map(|bind| plain(&bind.source)),
        other => Some(other.to_string()),
    }
}

/// A source without what only borrows, copies or converts it.
fn plain(source: &str) -> String {
    let mut source = source.trim_start_matches(['&', '*', ' ']).trim();
    while let Some(rest) = [".clone()", ".to_string()", ".as_str()", ".into()", ".as_ref()", ".to_owned()"]
        .iter()
        .find_map(|suffix| source.strip_suffix(suffix))
    {
        source = rest;
    }
    source.to_owned()
}

#[cfg(test)]
mod tests;
