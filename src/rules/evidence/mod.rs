//! The facts of a write, each with the place that shows it. Says what is so; what it means is for [`super::judgement`].

mod value;

use super::Case;
use super::finding::Evidence;
use super::judgement::Fact;
use super::wording;
use crate::document::Document;
use crate::document::survival::Word;
use crate::frontend::sql::Verb;
use crate::project::catalog::Certainty;
use crate::project::profile::WriterKind;
use crate::source::{Files, Site};
pub(super) use value::{is_array, is_scalar};

/// A fact, with what is said of it and the place that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    /// The fact.
    pub fact: Fact,
    /// A phrase for a label or a note; empty where the finding's message says it already.
    pub words: String,
    /// The place.
    pub site: Option<Site>,
}

impl From<Fact> for Reason {
    fn from(fact: Fact) -> Self {
        Self { fact, words: String::new(), site: None }
    }
}

impl Reason {
    /// A fact that a note explains.
    pub(super) fn note(fact: Fact, words: impl Into<String>) -> Self {
        Self { fact, words: words.into(), site: None }
    }

    /// A fact that a place shows.
    pub(super) fn at(fact: Fact, site: Site, words: impl Into<String>) -> Self {
        Self { fact, words: words.into(), site: Some(site) }
    }
}

/// Whether one of the reasons is this fact.
pub(super) fn has(reasons: &[Reason], fact: Fact) -> bool {
    reasons.iter().any(|reason| reason.fact == fact)
}

/// The facts that hold for a write whatever the rule.
pub(super) fn of_the_write(case: &Case<'_>) -> Vec<Reason> {
    let write = case.write;
    let mut reasons = Vec::new();
    let strongest = write.column.provenance.iter().map(|p| p.certainty).max();
    if write.table_guessed || strongest == Some(Certainty::Guessed) || !write.column.kind.is_json() {
        reasons.push(Reason::note(Fact::Guess, "which table or column type this is, is a guess"));
    }
    if write.test {
        reasons.push(Reason::note(Fact::TestCode, "this is test code"));
    }
    if write.migration {
        reasons.push(Reason::note(Fact::Migration, "this is a one-off statement of a migration"));
    }
    if let Some(guard) = &write.guard {
        reasons.push(Reason::note(Fact::Guarded, guard.words.clone()));
    }
    reasons
}

/// The facts of a write that stores a document which others may have changed since: a replacement, or a document that
/// was read earlier.
pub(super) fn of_a_race(case: &Case<'_>) -> Vec<Reason> {
    let write = case.write;
    let mut reasons = Vec::new();
    for twin in case.twins {
        if write.guard.is_some() {
            break;
        }
        let twin_guard = twin.writer.guard.as_ref();
        let words = match (twin_guard, twin.keeps()) {
            (Some(guard), _) => {
                format!("the same statement for another database or adapter is guarded: {}", guard.words)
            }
            (None, Some(_)) => "the same statement for another database or adapter keeps the old document".to_owned(),
            _ => continue,
        };
        reasons.push(Reason::at(Fact::TwinProtects, twin.writer.site, words));
        return reasons;
    }
    let guarded = case.profile.live().find(|writer| {
        let same_value = matches!(writer.kind, WriterKind::Whole | WriterKind::ReadModifyWrite | WriterKind::Unknown);
        writer.guard.is_some() && writer.site != write.site && same_value
    });
    if let (Some(writer), None) = (guarded, &write.guard) {
        let words = writer.guard.as_ref().map_or("", |guard| guard.words.as_str());
        let words = format!("this write of the same column is guarded: {words}");
        reasons.push(Reason::at(Fact::GuardedElsewhere, writer.site, words));
    }
    reasons
}

/// The facts of a write that replaces the whole document.
pub(super) fn of_a_replacement(case: &Case<'_>) -> Vec<Reason> {
    let write = case.write;
    let survival = &write.survival;
    if survival.labels.contains(&"reset") {
        return vec![Fact::Reset.into()];
    }
    let mut reasons = keys(case);
    reasons.extend(declared_whole(case));
    if is_array(&write.value) || case.profile.shape.only_arrays() {
        reasons.push(Reason::note(Fact::ArrayValue, "arrays are stored here: there are no sibling keys to lose"));
    }
    if is_scalar(&write.value) {
        reasons.push(Fact::ScalarValue.into());
    }
    if survival.labels.contains(&"conditional") && survival.new_keys.is_none() {
        reasons.push(Reason::note(Fact::OnlyIfGiven, "the old document stays when the new value is NULL"));
        reasons.extend(partial_update(case));
    }
    if let Some(writer) = case.profile.key_writers(write.site).next() {
        let words = "this write sets single keys of the same column and keeps the rest";
        reasons.push(Reason::at(Fact::KeyWriterElsewhere, writer.site, words));
    }
    let missing = survival.labels.contains(&"default-for-missing") && !has(&reasons, Fact::ArrayValue);
    if missing {
        let words = "a constant stands in where no value is given: it replaces what is stored";
        reasons.push(Reason::note(Fact::DefaultForMissing, words));
    }
    if mirrors_row(case) && !missing {
        let words = "the upsert takes over every inserted column: it mirrors the whole row";
        reasons.push(Reason::note(Fact::MirrorsRow, words));
    }
    reasons.extend(of_a_race(case));
    reasons
}

/// The configuration says that the document is replaced as a whole.
pub(super) fn declared_whole(case: &Case<'_>) -> Option<Reason> {
    let rule = case.declared.whole?;
    let words = "the configuration says that this document is replaced as a whole";
    Some(Reason { fact: Fact::Declared, words: words.to_owned(), site: case.rules.site(rule) })
}

/// What is known of the keys that go.
fn keys(case: &Case<'_>) -> Vec<Reason> {
    let read = |key: &String| case.profile.keys.get(key).is_some_and(|sites| !sites.is_empty());
    match case.lost_keys() {
        Some(keys) if keys.is_empty() && !case.profile.keys.is_empty() => {
            // The profile holds this very write's keys; only keys from elsewhere make it a proof.
            if case.profile.keys.values().any(|readers| !readers.is_empty()) {
                let words = "the new document carries every key that is known of this column";
                vec![Reason::note(Fact::CoversKnownKeys, words)]
            } else {
                vec![Fact::LiteralObject.into()]
            }
        }
        Some(keys) if keys.iter().any(read) => vec![Fact::LostKeyRead.into()],
        Some(keys) if !keys.is_empty() => vec![Fact::LostKeyKnown.into()],
        Some(_) => vec![Fact::LiteralObject.into()],
        None => vec![],
    }
}

/// `COALESCE($n, column)` beside other columns: who gives part of the row replaces all of the document.
fn partial_update(case: &Case<'_>) -> Option<Reason> {
    let write = case.write;
    let mut of_the_row = false;
    write.value.visit(&mut |document| of_the_row |= *document == Document::Old);
    if !of_the_row || write.sql.together.len() < 2 {
        return None;
    }
    let (site, words) = match write.protected_siblings.as_slice() {
        [] => {
            (None, "the row is written in any case, and its document replaced whole whenever one is given".to_owned())
        }
        [(column, site), rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let words = format!("a partial update: `{column}`{more} of the same row is left alone unless it is given");
            (Some(*site), words)
        }
    };
    Some(Reason { fact: Fact::PartialUpdate, words, site })
}

/// An upsert that takes over every inserted column but those of its key.
fn mirrors_row(case: &Case<'_>) -> bool {
    let sql = &case.write.sql;
    if case.write.verb != Verb::Upsert || sql.inserted.len() < 3 {
        return false;
    }
    let together: Vec<String> = sql.together.iter().map(|name| name.to_lowercase()).collect();
    let missing = sql.inserted.iter().filter(|(name, _)| !together.contains(&name.to_lowercase())).count();
    // The key itself, and a creation time that stays, are not taken over by a mirror.
    missing <= 2 && together.len() > missing
}

/// Whether a word means that something of the old document goes.
pub(super) fn loses(word: Word) -> bool {
    matches!(word, Word::Lost | Word::MayBeNull | Word::NestedLost)
}

/// The places that show why: the bound value, the schema, the readers of what is lost, then each reason.
pub(super) fn evidence(case: &Case<'_>, reasons: &[Reason], lost: Option<&[String]>, files: &Files) -> Vec<Evidence> {
    let write = case.write;
    let mut evidence = Vec::new();
    // A value that is set on a model is the place of the finding itself.
    let binds = if write.built { vec![] } else { crate::project::bound::of_assignment(write) };
    for (placeholder, bind) in binds {
        evidence.push(Evidence {
            kind: "bind",
            message: format!("bound to {placeholder}"),
            site: Some(Site { file: bind.file.unwrap_or(write.file), span: bind.span }),
        });
    }
    if let Some(provenance) =
        write.column.provenance.iter().find(|p| p.site.is_some()).or(write.column.provenance.first())
    {
        evidence.push(Evidence { kind: "schema", message: provenance.message.clone(), site: provenance.site });
    }
    for key in lost.unwrap_or(&[]) {
        if let Some(site) = case.profile.keys.get(key).and_then(|sites| wording::nearest(sites, write.site, files)) {
            evidence.push(Evidence { kind: "key-read", message: format!("`{key}` is read here"), site: Some(site) });
        }
    }
    let told = reasons.iter().filter(|reason| !reason.words.is_empty());
    evidence.extend(told.map(|reason| Evidence {
        kind: reason.fact.kind(),
        message: reason.words.clone(),
        site: reason.site,
    }));
    evidence
}
