//! What protects a row between the read and the write: locks, isolation, comparisons; and what only looks like it.
//!
//! Read off the source of the write's function, and of functions of the same file that it calls; order counts: a lock
//! that is taken after the read protects nothing.

mod held;
mod spoken;
mod sqlite;

use super::Paths;
use super::around::{EarlierRead, Protection, ProtectionKind};
use super::writes::Guard;
use crate::frontend::facts::{Facts, TextFacts};
use crate::frontend::sql::{self, Dialect, SqlWrite};
use crate::source::{FileId, Site, Span};
use held::Around;

/// What stands for what, in lower case. The first that fits at a byte counts.
const MARKS: &[(&str, ProtectionKind)] = &[
    ("for update", ProtectionKind::RowLock),
    ("for no key update", ProtectionKind::RowLock),
    ("lock_exclusive(", ProtectionKind::RowLock),
    ("lock_with(", ProtectionKind::RowLock),
    ("lock_with_behavior(", ProtectionKind::RowLock),
    ("locktype::exclusive", ProtectionKind::RowLock),
    ("locktype::update", ProtectionKind::RowLock),
    (".for_update()", ProtectionKind::RowLock),
    ("_for_update(", ProtectionKind::RowLock),
    ("lock table", ProtectionKind::TableLock),
    ("pg_advisory_xact_lock", ProtectionKind::AdvisoryLock),
    ("pg_advisory_lock", ProtectionKind::AdvisoryLock),
    ("begin immediate", ProtectionKind::ImmediateTransaction),
    ("begin exclusive", ProtectionKind::ImmediateTransaction),
    ("transactionbehavior::immediate", ProtectionKind::ImmediateTransaction),
    ("isolation level serializable", ProtectionKind::Serializable),
    ("isolation level repeatable read", ProtectionKind::Serializable),
    ("isolationlevel::serializable", ProtectionKind::Serializable),
    ("isolationlevel::repeatableread", ProtectionKind::Serializable),
    (".lock().await", ProtectionKind::HeldMutex),
    (".lock().unwrap()", ProtectionKind::HeldMutex),
    (".lock().expect(", ProtectionKind::HeldMutex),
    (".lock().map_err(", ProtectionKind::HeldMutex),
    (".lock()?", ProtectionKind::HeldMutex),
    (".lock();", ProtectionKind::HeldMutex),
    ("\"begin\"", ProtectionKind::Transaction),
    ("\"begin;\"", ProtectionKind::Transaction),
    ("\"start transaction", ProtectionKind::Transaction),
    (".begin()", ProtectionKind::Transaction),
    (".begin_with", ProtectionKind::Transaction),
    (".begin(", ProtectionKind::Transaction),
    (".transaction(", ProtectionKind::Transaction),
];

/// Of a lock outside of a transaction.
const UNHELD: &str = "the row is locked, but no transaction holds the lock until the write";

/// Of a lock in another transaction, or on another connection.
const ENDED: &str = "the lock ends with its transaction, and the write runs outside of it";

/// A mark in a function's source, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    kind: ProtectionKind,
    site: Site,
    /// Where it takes effect in the write's own function: at the call, where it stands in a function that is called.
    at: u32,
    /// It ends with the transaction.
    of_transaction: bool,
}

/// One write, as far as its guards depend on it.
pub(super) struct Guarded<'a> {
    pub(super) facts: &'a Facts,
    pub(super) text: &'a TextFacts,
    pub(super) write: &'a SqlWrite,
    pub(super) guard: Option<&'a Guard>,
    /// The old document stays where no new one is given.
    pub(super) conditional: bool,
    pub(super) reads: &'a [EarlierRead],
    pub(super) dialect: Dialect,
}

/// What protects the row of a write, and what only looks like it; in the order of kind and place.
pub(super) fn protections(case: &Guarded<'_>, paths: Paths<'_>) -> Vec<Protection> {
    let file = case.facts.file;
    let mut found = vec![];
    let mut add = |kind, site, words: String| found.push(Protection { kind, site, words });
    let statement = Some(Site { file, span: case.write.statement });
    if let Some(guard) = case.guard {
        let kind = match (discarded(case, paths), guard.compares_document) {
            (true, _) => ProtectionKind::RowsNotLookedAt,
            (false, true) => ProtectionKind::OldValueCompared,
            (false, false) => ProtectionKind::VersionCompared,
        };
        let words = match kind {
            ProtectionKind::RowsNotLookedAt => {
                format!("{}, but nobody looks at whether a row was written", guard.words)
            }
            _ => guard.words.clone(),
        };
        add(kind, statement, words);
    }
    if case.conditional {
        let words = "the old document stays only when no new one is given".to_owned();
        add(ProtectionKind::KeptIfAbsent, Some(Site { file, span: case.write.assignment }), words);
    }
    if case.reads.is_empty() {
        return found;
    }
    let marks = marks(case, paths);
    let around = around(case, paths);
    let apart = |site: Site| site.file == file && around.is_some_and(|around| around.is_apart(site.span));
    let read_apart = case.reads.iter().filter_map(|read| read.site).any(apart);
    let write_at = case.text.text.span.start;
    let read_at = case.reads.iter().filter_map(|read| read.site).filter(|site| site.file == file);
    let first_read = read_at.map(|site| site.span.start).filter(|at| *at <= write_at).min();
    let transaction = marks.iter().find(|mark| mark.kind == ProtectionKind::Transaction && mark.at <= write_at);
    // Where every read is known, it says itself whether it locks.
    let locking: Vec<Option<Site>> = case.reads.iter().map(|read| lock_of(read, paths)).collect();
    let known = case.reads.iter().all(|read| read.key.is_some()) || locking.iter().all(Option::is_some);
    if let (Some(site), true) = (locking.iter().flatten().next(), locking.iter().all(Option::is_some)) {
        let kind = if read_apart { ProtectionKind::LateLock } else { ProtectionKind::RowLock };
        add(kind, Some(*site), if read_apart { ENDED } else { words(kind) }.to_owned());
    }
    if let Some((site, kind)) = locked_alone(case, first_read, paths) {
        let apart = around.is_some_and(|around| around.is_apart(site.span));
        let (kind, words) = match kind {
            ProtectionKind::RowLock if apart => (ProtectionKind::LateLock, ENDED),
            ProtectionKind::RowLock => (kind, "the row is locked before the read"),
            other => (other, words(other)),
        };
        add(kind, Some(site), words.to_owned());
    }
    let one_transaction = sqlite::one_transaction(case, paths);
    if case.dialect == Dialect::Sqlite && one_transaction {
        let kind = ProtectionKind::SqliteTransaction;
        add(kind, statement, words(kind).to_owned());
    } else if transaction.is_none() && one_transaction {
        // The caller has begun it.
        add(ProtectionKind::Transaction, None, words(ProtectionKind::Transaction).to_owned());
    }
    for mark in marks.iter().filter(|mark| mark.at <= write_at) {
        if mark.kind == ProtectionKind::RowLock && known {
            continue;
        }
        // What is read before the transaction begins, or after it ends, is read outside of it.
        let own = around.filter(|around| around.function.contains(mark.site.span));
        let over = || {
            read_apart
                || own.is_some_and(|around| around.ends_before(mark.at) || around.has_before(mark.at, case.reads, file))
        };
        if mark.kind == ProtectionKind::Transaction && over() {
            continue;
        }
        let kind = effective(mark, first_read, case.dialect);
        let ends = matches!(kind, ProtectionKind::TableLock | ProtectionKind::Serializable)
            || (kind == ProtectionKind::AdvisoryLock && mark.of_transaction);
        if ends && (read_apart || own.is_some_and(|around| around.is_apart_at(mark.at))) {
            add(ProtectionKind::LateLock, Some(mark.site), ENDED.to_owned());
        } else {
            add(kind, Some(mark.site), words(kind).to_owned());
        }
    }
    // A row that is locked outside of a transaction is free again at once.
    if transaction.is_none() && !handed_transaction(case, paths) && !runs_on_transaction(case, paths) {
        for protection in &mut found {
            let is_lock = matches!(protection.kind, ProtectionKind::RowLock | ProtectionKind::TableLock);
            if is_lock {
                protection.kind = ProtectionKind::LateLock;
                UNHELD.clone_into(&mut protection.words);
            }
        }
    }
    found.sort();
    found.dedup_by_key(|protection| (protection.kind, protection.words.clone()));
    found
}

/// What protects a row that is read in a function, and written by what it calls at `call`; `handed_in` says that the
/// function runs in a transaction of its own caller.
pub(super) fn around_call(
    function: Site,
    call: Span,
    reads: &[EarlierRead],
    dialect: Dialect,
    handed_in: bool,
    paths: Paths<'_>,
) -> Vec<Protection> {
    let sites = reads.iter().filter_map(|read| read.site).filter(|site| site.file == function.file);
    let first_read = sites.map(|site| site.span.start).filter(|at| *at <= call.start).min();
    let locking = |read: &EarlierRead| lock_of(read, paths).is_some();
    let known = !reads.is_empty() && reads.iter().all(|read| read.key.is_some());
    let marks = marks_in(function.file, function.span, paths).into_iter().filter(|mark| mark.at <= call.start);
    let found = marks.filter(|mark| mark.kind != ProtectionKind::RowLock || !known || reads.iter().all(locking));
    let text = paths.files.get(function.file).text.as_str();
    let around = Around { text, function: function.span, parameters: &[], write: call };
    let is_over =
        |read: &EarlierRead| read.site.is_some_and(|site| site.file == function.file && around.is_over(site.span));
    let over = reads.iter().any(is_over);
    let mut found: Vec<Protection> = found
        .filter(|mark| {
            let outside = || over || around.ends_before(mark.at) || around.has_before(mark.at, reads, function.file);
            mark.kind != ProtectionKind::Transaction || !outside()
        })
        .map(|mark| match effective(&mark, first_read, dialect) {
            ProtectionKind::RowLock | ProtectionKind::TableLock if over => {
                Protection { kind: ProtectionKind::LateLock, site: Some(mark.site), words: ENDED.to_owned() }
            }
            kind => Protection { kind, site: Some(mark.site), words: words(kind).to_owned() },
        })
        .collect();
    if handed_in {
        let words = words(ProtectionKind::Transaction).to_owned();
        found.push(Protection { kind: ProtectionKind::Transaction, site: None, words });
    }
    // Another function reads and locks.
    let inside = |site: &Site| site.file == function.file && function.span.contains(site.span);
    let elsewhere = |read: &EarlierRead| lock_of(read, paths).filter(|site| !inside(site));
    if let (Some(site), true) = (reads.iter().find_map(elsewhere), reads.iter().all(locking)) {
        // The lock lasts as long as the transaction that it is taken in.
        let held = found.iter().any(|protection| protection.kind == ProtectionKind::Transaction);
        let kind = if held { ProtectionKind::RowLock } else { ProtectionKind::LateLock };
        let words = if held { words(kind) } else { UNHELD };
        found.push(Protection { kind, site: Some(site), words: words.to_owned() });
    }
    found.sort();
    found.dedup_by_key(|protection| protection.kind);
    found
}

/// What a mark is worth: a lock after the read, and a mutex of one process on a server, are none.
fn effective(mark: &Mark, first_read: Option<u32>, dialect: Dialect) -> ProtectionKind {
    let late = first_read.is_some_and(|read| mark.at > read);
    match mark.kind {
        ProtectionKind::HeldMutex if dialect != Dialect::Sqlite => ProtectionKind::ProcessMutex,
        ProtectionKind::AdvisoryLock | ProtectionKind::TableLock | ProtectionKind::HeldMutex if late => {
            ProtectionKind::LateLock
        }
        other => other,
    }
}

fn words(kind: ProtectionKind) -> &'static str {
    match kind {
        ProtectionKind::RowLock => "the row is locked while it is read",
        ProtectionKind::TableLock => "the table is locked before the read",
        ProtectionKind::AdvisoryLock => "an advisory lock is taken before the read",
        ProtectionKind::ImmediateTransaction => "the transaction takes the write lock when it begins",
        ProtectionKind::Serializable => "the isolation level makes the later writer fail",
        ProtectionKind::HeldMutex => "a mutex is held around the read and the write",
        ProtectionKind::SqliteTransaction => {
            "read and written in one transaction: of two such transactions SQLite lets one fail"
        }
        ProtectionKind::Transaction => {
            "a transaction by itself does not keep others from writing between read and write"
        }
        ProtectionKind::ProcessMutex => "a mutex of this process does not keep other processes from writing",
        ProtectionKind::LateLock => "the lock is taken after the read",
        ProtectionKind::VersionCompared => "a version is compared",
        ProtectionKind::OldValueCompared => "the old value is compared",
        ProtectionKind::RowsNotLookedAt => "nobody looks at whether a row was written",
        ProtectionKind::KeptIfAbsent => "the old document stays when no new one is given",
    }
}

/// The marks in the write's function, and in functions of the file that it calls.
fn marks(case: &Guarded<'_>, paths: Paths<'_>) -> Vec<Mark> {
    let Some(own) = case.text.text.function.and_then(|index| case.facts.functions.get(index)) else { return vec![] };
    let file = case.facts.file;
    let mut marks = marks_in(file, own.span, paths);
    let text = paths.files.get(file).text.as_str();
    let source = text.get(own.span.range()).unwrap_or("");
    for called in &case.facts.functions {
        if called.span == own.span || called.name.is_empty() || called.name == own.name {
            continue;
        }
        if let Some(at) = call_of(source, &called.name, called.self_type.is_some() || called.trait_name.is_some()) {
            let at = own.span.start + at as u32;
            let held = marks_in(file, called.span, paths);
            // A transaction that a called function begins ends in it.
            let held = held.into_iter().filter(|mark| mark.kind != ProtectionKind::Transaction);
            marks.extend(held.map(|mark| Mark { at, ..mark }));
        }
    }
    // Reads that stand in other functions of the file: a helper that reads and locks.
    marks.sort_by_key(|mark| (mark.at, mark.kind));
    marks
}

/// Where a read locks its row: in its statement, or in the calls that build it.
fn lock_of(read: &EarlierRead, paths: Paths<'_>) -> Option<Site> {
    let site = read.site?;
    let mark = marks_in(site.file, site.span, paths).into_iter().find(|mark| mark.kind == ProtectionKind::RowLock);
    mark.map(|mark| mark.site).or_else(|| read.locks.then_some(site))
}

/// The function around a write.
fn around<'a>(case: &'a Guarded<'_>, paths: Paths<'a>) -> Option<Around<'a>> {
    let own = case.text.text.function.and_then(|index| case.facts.functions.get(index))?;
    let text = paths.files.get(case.facts.file).text.as_str();
    Some(Around { text, function: own.span, parameters: &own.parameters, write: case.text.text.span })
}

/// A statement of the function that only locks rows of the table, before the read or after it: the row itself, as far as
/// it shows.
fn locked_alone(case: &Guarded<'_>, first_read: Option<u32>, paths: Paths<'_>) -> Option<(Site, ProtectionKind)> {
    let (function, write) = (case.text.text.function?, case.text.text.span);
    let table = &case.write.table.name;
    let is_read = |span: Span| case.reads.iter().filter_map(|read| read.site).any(|site| site.span == span);
    let locks = |text: &&TextFacts| {
        text.text.function == Some(function)
            && text.text.span.end <= write.start
            && !is_read(text.text.span)
            && !marks_in(case.facts.file, text.text.span, paths).is_empty()
            && sql::select(&text.text.sql, text.facts.dialect)
                .is_some_and(|select| select.locks && select.tables.iter().any(|t| t.name.eq_ignore_ascii_case(table)))
    };
    let text = case.facts.texts.iter().find(locks)?;
    let late = first_read.is_some_and(|read| text.text.span.start > read);
    let kind = if late { ProtectionKind::LateLock } else { ProtectionKind::RowLock };
    Some((Site { file: case.facts.file, span: text.text.span }, kind))
}

/// Where a function is called by its name; as a method only where it is one.
fn call_of(source: &str, name: &str, is_method: bool) -> Option<usize> {
    source.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = source.get(..*at).and_then(|text| text.chars().next_back());
        let after = source.get(at + name.len()..).and_then(|text| text.chars().next());
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let fits = !before.is_some_and(is_name) && (is_method || before != Some('.'));
        fits && matches!(after, Some('(' | ':'))
    })
}

fn marks_in(file: FileId, span: Span, paths: Paths<'_>) -> Vec<Mark> {
    let text = paths.files.get(file).text.as_str();
    let source = text.get(span.range()).unwrap_or("").to_ascii_lowercase();
    let mut found = vec![];
    for (words, kind) in MARKS {
        for (at, _) in source.match_indices(words) {
            if words.contains(' ') && spoken::is_message(&source, at) {
                continue;
            }
            let line = source.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
            let comment = line.trim_start().starts_with("//") || line.trim_start().starts_with("--");
            // `ON CONFLICT .. DO UPDATE` is not spelled so.
            if comment {
                continue;
            }
            // `for updates` in a message is none either.
            let after = source.get(at + words.len()..).and_then(|after| after.chars().next());
            if words.ends_with(char::is_alphanumeric) && after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let start = span.start + at as u32;
            let place = Span { start, end: start + words.len() as u32 };
            let of_transaction = words.contains("xact");
            found.push(Mark { kind: *kind, site: Site { file, span: place }, at: start, of_transaction });
        }
    }
    found
}

/// Whether a transaction is handed in: a parameter that is called so.
fn handed_transaction(case: &Guarded<'_>, paths: Paths<'_>) -> bool {
    let Some(own) = case.text.text.function.and_then(|index| case.facts.functions.get(index)) else { return false };
    let text = paths.files.get(case.facts.file).text.as_str();
    let source = text.get(own.span.range()).unwrap_or("");
    // What a pool gives out lasts no longer than a statement.
    let signature = source.split('{').next().unwrap_or("").replace("DatabaseConnection", "");
    let typed = signature.contains("Transaction") || signature.contains("Txn") || signature.contains("Connection");
    typed || own.parameters.iter().any(|name| is_transaction(name) || name == "conn")
}

/// Whether the write runs on what is called like a transaction, wherever it was begun: by a macro of the project.
fn runs_on_transaction(case: &Guarded<'_>, paths: Paths<'_>) -> bool {
    let call = paths.files.get(case.facts.file).text.get(case.text.text.span.range()).unwrap_or("");
    sqlite::names_run_on(call).any(is_transaction)
}

/// Whether a parameter is called like a transaction.
pub(super) fn is_transaction(name: &str) -> bool {
    matches!(name, "tx" | "txn" | "trx" | "transaction")
}

/// Whether the outcome of the statement is thrown away: `query(..).execute(db).await?;`, and no row comes back.
fn discarded(case: &Guarded<'_>, paths: Paths<'_>) -> bool {
    let text = paths.files.get(case.facts.file).text.as_str();
    let span = case.text.text.span;
    let call = text.get(span.range()).unwrap_or("");
    if call.contains("fetch_") || !(call.contains(".execute(") || call.contains(".exec(")) {
        return false;
    }
    if case.text.text.sql.to_ascii_lowercase().contains("returning") {
        return false;
    }
    let after = text.get(span.end as usize..).unwrap_or("");
    let mut rest = after.trim_start();
    for part in [".await", "?", ".unwrap()"] {
        rest = rest.strip_prefix(part).unwrap_or(rest).trim_start();
    }
    let before = text.get(..span.start as usize).unwrap_or("").trim_end();
    rest.starts_with(';') && (before.ends_with(';') || before.ends_with('{') || before.ends_with('}'))
}

#[cfg(test)]
mod tests;
