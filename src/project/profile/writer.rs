//! One write of a column, as the profile lists it.

use crate::document::Document;
use crate::document::survival::Word;
use crate::frontend::facts::Bind;
use crate::frontend::sql::{Dialect, Verb, bare, number_of};
use crate::project::environment::find;
use crate::project::writes::{ColumnWrite, Guard};
use crate::source::Site;
use sqlparser::ast::{Expr, Value};

/// How a write treats the document that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriterKind {
    /// It replaces the whole document.
    Whole,
    /// It replaces the whole document when a new one is given: `COALESCE($1, data)`.
    WhenGiven,
    /// It sets or removes single keys and keeps the rest.
    ByKey,
    /// It writes back what was read earlier, changed.
    ReadModifyWrite,
    /// It empties the column, or sets it to a constant.
    Reset,
    /// It writes only where nothing is to be lost: an empty column, a missing key.
    FillsOnly,
    /// It creates rows, and writes over none.
    InsertOnly,
    /// Not decided.
    Unknown,
}

/// One write of a column.
// Each flag stands for itself: any may hold with any other.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, PartialEq)]
pub struct Writer {
    /// The assignment.
    pub site: Site,
    /// The whole statement.
    pub statement: Site,
    /// How it treats the document.
    pub kind: WriterKind,
    /// What survives.
    pub word: Word,
    /// The statement kind.
    pub verb: Verb,
    /// The dialect.
    pub dialect: Dialect,
    /// The keys of the document that replaces the old one, where they are known.
    pub keys: Option<Vec<String>>,
    /// What is compared in `WHERE`.
    pub guard: Option<Guard>,
    /// Besides the column that guards another one is compared, which says whose row it is.
    pub keyed: bool,
    /// The keys that it sets or removes, where it keeps the rest.
    pub touches: Vec<String>,
    /// In all rows that have it, a key's own value is written anew: a path that moves, a unit that changes.
    pub converts: bool,
    /// SQL NULL is stored.
    pub empties: bool,
    /// What protects the row, in words: a comparison, or a lock.
    pub protection: Option<String>,
    /// The function it stands in.
    pub function: Option<String>,
    /// Test code.
    pub test: bool,
    /// A one-off statement.
    pub migration: bool,
    /// It is part of a partial update: what is not given is left alone.
    pub partial: bool,
    /// Columns of the inserted row that are given a constant text: what kind of row it is.
    pub constants: Vec<(String, String)>,
}

impl Writer {
    /// A write as the profile lists it.
    pub(super) fn of(write: &ColumnWrite) -> Self {
        Self {
            site: write.site,
            statement: Site { file: write.file, span: write.sql.statement },
            kind: kind(write),
            word: write.survival.word,
            verb: write.verb,
            dialect: write.dialect,
            keys: write.survival.new_keys.clone(),
            guard: write.guard.clone(),
            keyed: keyed(write),
            touches: touches(write),
            converts: converts(write),
            empties: write.value == Document::Null,
            protection: write.protection().map(|protection| protection.words.clone()),
            function: write.function.clone(),
            test: write.test,
            migration: write.migration,
            partial: write.is_partial_update(),
            constants: constants(write),
        }
    }
}

/// The columns of an inserted row that hold the same text in every row.
fn constants(write: &ColumnWrite) -> Vec<(String, String)> {
    let inserted = write.sql.inserted.iter();
    inserted.filter_map(|(column, values)| Some((column.to_lowercase(), text(values, &write.binds)?))).collect()
}

/// The constant text that the only value is: `'blog'::text`, or a placeholder to which a literal or a constant is bound.
fn text(values: &[Expr], binds: &[Bind]) -> Option<String> {
    let [value] = values else { return None };
    match bare(value) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            Value::Placeholder(name) => constant(&find(binds, name, number_of(value.span))?.source),
            _ => None,
        },
        _ => None,
    }
}

/// What a bound literal says, or the path of a constant: `"blog"`, `Self::KIND`.
fn constant(source: &str) -> Option<String> {
    let source = source.trim_start_matches('&').trim();
    if let Some(text) = source.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return (!text.contains(['"', '\\'])).then(|| text.to_owned());
    }
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let last = source.rsplit("::").next()?;
    let shouted = last.len() > 1 && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    (shouted && source.chars().all(of_name)).then(|| source.to_owned())
}

/// Whether the condition says whose row it is, besides what guards it.
fn keyed(write: &ColumnWrite) -> bool {
    let guards = |column: &String| write.guard.as_ref().is_some_and(|guard| guard.column.eq_ignore_ascii_case(column));
    write.compared.iter().any(|column| !guards(column))
}

/// The first parts of the paths that are set or removed.
fn touches(write: &ColumnWrite) -> Vec<String> {
    let paths = write.survival.touched.iter().chain(&write.survival.removed);
    let mut keys: Vec<String> = paths.filter_map(|path| path.first().cloned()).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Whether a value that is set is made of the old document, in rows that no key picks out.
fn converts(write: &ColumnWrite) -> bool {
    let mut of_old = false;
    write.value.visit(&mut |part| {
        if let Document::Set { value, .. } = part {
            of_old |= value.holds_old();
        }
    });
    of_old && write.compared.is_empty()
}

impl Writer {
    /// The column in which two writers insert different constants: they write different rows.
    pub fn other_rows<'a>(&'a self, other: &'a Self) -> Option<(&'a str, &'a str, &'a str)> {
        self.constants.iter().find_map(|(column, own)| {
            let (_, theirs) = other.constants.iter().find(|(name, theirs)| name == column && theirs != own)?;
            Some((column.as_str(), own.as_str(), theirs.as_str()))
        })
    }
}

/// How a write treats the document.
fn kind(write: &ColumnWrite) -> WriterKind {
    let survival = &write.survival;
    let label = |name: &str| survival.labels.contains(&name);
    if write.states.is_empty() {
        return WriterKind::FillsOnly;
    }
    match survival.word {
        Word::Lost if label("reset") => WriterKind::Reset,
        Word::Lost if write.is_through_type() => WriterKind::ReadModifyWrite,
        Word::Lost if label("conditional") && survival.new_keys.is_none() => WriterKind::WhenGiven,
        Word::Lost => WriterKind::Whole,
        Word::Stale => WriterKind::ReadModifyWrite,
        _ if label("always-fails") => WriterKind::Unknown,
        Word::Kept | Word::NestedLost | Word::MayBeNull | Word::WriteLost => {
            let edits = !survival.touched.is_empty() || !survival.removed.is_empty();
            if edits || label("touches-unknown-keys") || label("removes-unknown-keys") {
                WriterKind::ByKey
            } else {
                WriterKind::FillsOnly
            }
        }
        Word::Unknown => WriterKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::constant;

    #[test]
    fn what_is_bound_is_constant_when_it_is_spelled_so() {
        assert_eq!(constant("\"locked\"").as_deref(), Some("locked"));
        assert_eq!(constant("Self::META_KEY").as_deref(), Some("Self::META_KEY"));
        assert_eq!(constant("&KEY").as_deref(), Some("KEY"));
        assert_eq!(constant("key"), None);
        assert_eq!(constant("T"), None);
        assert_eq!(constant("KEYS[0]"), None);
        assert_eq!(constant("format!(\"a{b}\")"), None);
    }
}
