//! `json-write-lost`.

use super::evidence::Reason;
use super::judgement::Fact;
use super::{Case, Draft, rule, wording};
use crate::document::Document;
use crate::document::survival::{Lands, Word};
use crate::frontend::sql::Verb;
use crate::project::profile::WriterKind;

rule! {
    /// Reports a JSON write that silently does nothing.
    ///
    /// ## What it does
    ///
    /// Finds edits whose new value never arrives, or arrives only in some rows: a path whose parent may be missing,
    /// a merge the wrong way round, a NULL column that swallows the edit, `data - '{a,b}'` with the operator for
    /// text, and statements that the database rejects.
    ///
    /// ## Why is this bad?
    ///
    /// The statement reports one row as updated, and nothing has changed.
    ///
    /// ## Example
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(data, '{address,city}', $1) WHERE id = $2     -- no `address` yet
    /// UPDATE users SET data = $1 || data WHERE id = $2                               -- the old keys win
    /// ```
    ///
    /// Create the parent, and put the new document on the right:
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(jsonb_set(data, '{address}', COALESCE(data -> 'address', '{}')),
    ///                                   '{address,city}', $1) WHERE id = $2
    /// UPDATE users SET data = data || $1 WHERE id = $2
    /// ```
    "json-write-lost", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    let survival = &write.survival;
    if survival.word != Word::WriteLost {
        return None;
    }
    let subject = wording::subject(write.verb);
    let column = case.column();
    let (message, label, fact) = if survival.labels.contains(&"always-fails") {
        let why = match (&write.value, write.verb) {
            // Nothing but the column's own NOT NULL can reject a NULL.
            (Document::Null, Verb::Replace) => "the column is NOT NULL, and the new row has no value for it",
            (Document::Null, _) => "the column is NOT NULL and is set to NULL",
            _ => survival.why.as_deref().unwrap_or("the database rejects it"),
        };
        // A row that is not accepted at all fails at its first run, and takes nothing with it.
        let rejected = matches!((&write.value, write.verb), (Document::Null, Verb::Replace));
        let fact = if rejected { Fact::RowRejected } else { Fact::NeverWorks };
        (format!("{subject} of {column} always fails: {why}"), "the database rejects this".to_owned(), fact)
    } else {
        match survival.lands {
            Lands::Never => (
                format!("{subject} of {column} never stores its new value, whatever the document holds"),
                "the new value is not stored".into(),
                Fact::NeverWorks,
            ),
            Lands::OnlyIfMissing => (
                format!("{subject} of {column} keeps the old value of every key that is there: the new one is dropped"),
                "the old keys win".into(),
                Fact::SometimesLost,
            ),
            Lands::OnlyIfPresent => (
                format!("{subject} of {column} changes nothing where the key is not there yet"),
                "only a key that exists is set".into(),
                Fact::SometimesLost,
            ),
            Lands::OnlyIfParent => (
                format!("{subject} of {column} changes nothing where the parent object is missing"),
                "a missing parent is not created".into(),
                Fact::SometimesLost,
            ),
            Lands::OnlyIfNotNull => (
                format!("{subject} of {column} changes nothing where the column is NULL"),
                "NULL stays NULL".into(),
                Fact::SometimesLost,
            ),
            Lands::Always | Lands::OnlyIfNull | Lands::NoPayload => (
                format!("{subject} of {column} leaves every document as it was"),
                "nothing changes".into(),
                Fact::NeverWorks,
            ),
        }
    };
    let reason = match (fact, survival.lands) {
        (Fact::SometimesLost, Lands::OnlyIfNotNull) => rows_with_null(case),
        _ => fact.into(),
    };
    Some(Draft { message, label, reasons: vec![reason], lost_keys: None, notes: vec![] })
}

/// Whether the project shows that there are rows with NULL.
fn rows_with_null(case: &Case<'_>) -> Reason {
    // `SET request = NULL` when it is done: where there is none, there is none to edit.
    let empties = case.profile.live().find(|writer| writer.empties && writer.kind == WriterKind::Reset);
    let fills = case.profile.live().any(|writer| !writer.empties && writer.kind == WriterKind::Whole);
    if let Some(writer) = empties.filter(|_| fills) {
        return Reason::at(Fact::NullMeant, writer.site, "NULL says here that there is no document any more");
    }
    match case.profile.unfilled {
        Some((site, words)) => Reason::at(Fact::SometimesLost, site, words),
        None => Reason::note(Fact::NullUnseen, "no statement that was read leaves the column NULL"),
    }
}
