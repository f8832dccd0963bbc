//! One write of a column, as the profile lists it.

use crate::document::survival::Word;
use crate::frontend::sql::{Dialect, Verb, bare};
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
    inserted.filter_map(|(column, values)| Some((column.to_lowercase(), text(values)?))).collect()
}

/// The constant text that the only value is: `'blog'::text`.
fn text(values: &[Expr]) -> Option<String> {
    let [value] = values else { return None };
    match bare(value) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
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
