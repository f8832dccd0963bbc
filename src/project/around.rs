//! What the Rust and the SQL around a write say of it: how it is meant, what it read before, what protects the row.
//!
//! Plain facts with their places, for the rules to weigh; nothing here says how bad a write is.

use crate::frontend::facts::{Facts, Function, Sign, SignKind};
use crate::source::{FileId, Site};
use std::collections::BTreeMap;

/// An earlier read that a written value is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRead {
    /// In words: ``"`data` of a row fetched in `update`"``.
    pub what: String,
    /// The column, field or key under which it was read.
    pub column: Option<String>,
    /// The statement that read it, or the parameter that handed it in.
    pub site: Option<Site>,
    /// It was handed in by a caller that is not known: which row it is, and what protects it, does not show.
    pub handed_in: bool,
    /// The tables that the reading statement names, in lower case and without schema; empty when not known.
    pub tables: Vec<String>,
    /// The row that was read: each column that its condition compares, in lower case, with the source of the value it is
    /// compared with; `None` when the condition is not known, empty when there is none. In the order of the names.
    pub key: Option<Vec<(String, String)>>,
    /// The reading statement has no condition at all: it takes whichever row comes first, or every row.
    pub unscoped: bool,
    /// The read locks the row against other writers; whether the transaction lasts until the write is another matter.
    pub locks: bool,
}

/// Something that protects a row between a read and a write, or only looks as if it did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Protection {
    /// What it is.
    pub kind: ProtectionKind,
    /// Where it stands.
    pub site: Option<Site>,
    /// A phrase for a label, without a full stop.
    pub words: String,
}

/// Declares the kinds of protection: name, name in kebab-case, and whether it protects the row.
macro_rules! protections {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $protects:literal;)+) => {
        /// What protects a row, or looks like it. See [`ProtectionKind::protects`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ProtectionKind {
            $($(#[$doc])* $name,)+
        }

        impl ProtectionKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The kind in kebab-case.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $kind,)+ }
            }

            /// Whether it protects the row; else it only looks like it.
            pub fn protects(self) -> bool {
                match self { $(Self::$name => $protects,)+ }
            }
        }
    };
}

protections! {
    /// A version is compared in `WHERE`, or only a newer row is taken over.
    VersionCompared, "version-compared", true;
    /// The old document itself is compared in `WHERE`.
    OldValueCompared, "old-value-compared", true;
    /// The read locks the row (`FOR UPDATE`, `lock_exclusive`) in the transaction that writes.
    RowLock, "row-lock", true;
    /// `LOCK TABLE` before the read, in the transaction that writes.
    TableLock, "table-lock", true;
    /// An advisory lock, taken before the read.
    AdvisoryLock, "advisory-lock", true;
    /// `BEGIN IMMEDIATE` or `EXCLUSIVE` before the read (SQLite).
    ImmediateTransaction, "immediate-transaction", true;
    /// Serializable or repeatable-read isolation: the later writer fails.
    Serializable, "serializable", true;
    /// A mutex of the process, held around read and write, on SQLite, where one process writes.
    HeldMutex, "held-mutex", true;
    /// Read and written in one transaction of SQLite, which lets one of two such transactions fail.
    SqliteTransaction, "sqlite-transaction", true;
    /// Looks like a guard: a transaction as such.
    Transaction, "transaction", false;
    /// Looks like a guard: a mutex of the process, on a database server that others write to as well.
    ProcessMutex, "process-mutex", false;
    /// Looks like a guard: a lock that is taken after the read, or is free again before the write.
    LateLock, "late-lock", false;
    /// Looks like a guard: something is compared in `WHERE`, but nobody looks at how many rows were written.
    RowsNotLookedAt, "rows-not-looked-at", false;
    /// Looks like a guard: `COALESCE($n, column)`, or `CASE` with the column in `ELSE`.
    KeptIfAbsent, "kept-if-absent", false;
}

impl ProtectionKind {
    /// Whether it is a lock around a read and the write after it: it protects nothing else.
    pub fn is_lock(self) -> bool {
        matches!(
            self,
            Self::RowLock
                | Self::TableLock
                | Self::AdvisoryLock
                | Self::ImmediateTransaction
                | Self::Serializable
                | Self::HeldMutex
                | Self::SqliteTransaction
        )
    }
}

/// Functions that answer PATCH requests, by their name; each with the places that register them.
pub(super) fn patch_handlers(facts: &[Facts]) -> BTreeMap<String, Vec<Site>> {
    let mut found: BTreeMap<String, Vec<Site>> = BTreeMap::new();
    for facts in facts {
        for (path, span) in &facts.patch_handlers {
            let name = path.rsplit("::").next().unwrap_or(path).trim();
            found.entry(name.to_owned()).or_default().push(Site { file: facts.file, span: *span });
        }
    }
    found
}

/// The signs of the function of a text, those of its registration included.
pub(super) fn of_function(facts: &Facts, function: Option<usize>, handlers: &BTreeMap<String, Vec<Site>>) -> Vec<Sign> {
    let Some(function) = function.and_then(|index| facts.functions.get(index)) else { return vec![] };
    signs_of(function, facts.file, handlers)
}

/// The signs of a function, those of its registration included.
pub(super) fn signs_of(function: &Function, file: FileId, handlers: &BTreeMap<String, Vec<Site>>) -> Vec<Sign> {
    let mut signs = function.signs.clone();
    if let Some(site) = handlers.get(&function.name).and_then(|sites| nearest(sites, file)) {
        let words = format!("`{}` is registered for PATCH requests", function.name);
        signs.push(Sign { kind: SignKind::PatchRoute, site, words });
    }
    signs
}

/// A place in the same file, or the only one there is: several handlers of one name are not told apart.
fn nearest(sites: &[Site], file: FileId) -> Option<Site> {
    match sites {
        [one] => Some(*one),
        _ => sites.iter().copied().find(|site| site.file == file),
    }
}

#[cfg(test)]
pub(super) mod tests;
