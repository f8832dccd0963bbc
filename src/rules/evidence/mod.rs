//! The facts of a write, each with the place that shows it. Says what is so; what it means is for [`super::judgement`].

mod keys;
mod partial;
mod value;

use super::finding::Evidence;
use super::judgement::Fact;
use super::state::State;
use super::wording;
use super::{Case, Draft};
use crate::document::survival::Word;
use crate::frontend::facts::{Sign, SignKind, is_default, speaks_of_part};
use crate::frontend::sql::Verb;
use crate::project::around::{Protection, ProtectionKind};
use crate::project::catalog::Certainty;
use crate::project::profile::{Writer, WriterKind};
use crate::project::writes::Guard;
use crate::source::{Files, Site};
pub(super) use value::{is_array, is_scalar, read_as, tagged_forms};

/// How many callers are shown.
const MOST_CALLERS: usize = 3;

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
    // A column of that name is declared, though of which table is not certain: its type is known all the same.
    let declared = write.table_guessed && !write.column.sql_type.is_empty();
    if (strongest == Some(Certainty::Guessed) && !declared) || !write.column.kind.is_json() {
        reasons.push(Reason::note(Fact::Guess, "that this column holds JSON is a guess"));
    } else if write.table_guessed {
        reasons.push(Reason::note(Fact::TableGuess, "which table this is, is a guess"));
    }
    if write.test {
        reasons.push(Reason::note(Fact::TestCode, "this is test code"));
    }
    if write.migration {
        reasons.push(Reason::note(Fact::Migration, "this is a one-off statement of a migration"));
    }
    match write.protection() {
        // Nobody else writes in between, and keys are lost all the same.
        Some(protection) if keys::through_type(case).is_some() || wiped(case).is_some() => {
            reasons.push(protected(Fact::NoGuard, protection));
        }
        Some(protection) => reasons.push(protected(Fact::Guarded, protection)),
        None => reasons.extend(write.protections.iter().filter_map(looks_like_a_guard)),
    }
    reasons
}

fn protected(fact: Fact, protection: &Protection) -> Reason {
    Reason { fact, words: protection.words.clone(), site: protection.site }
}

/// What a reader could take for a guard.
fn looks_like_a_guard(protection: &Protection) -> Option<Reason> {
    match protection.kind {
        ProtectionKind::Transaction | ProtectionKind::KeptIfAbsent => None,
        kind if kind.protects() => None,
        _ => Some(protected(Fact::NoGuard, protection)),
    }
}

/// What the Rust around the write says of how it is meant.
fn of_the_code(case: &Case<'_>) -> Vec<Reason> {
    let of_sign = |sign: &Sign| {
        let fact = match sign.kind {
            SignKind::PartialName | SignKind::PartialDoc if is_named_for_a_part(case) => return None,
            SignKind::PartialName | SignKind::PartialDoc => Fact::SpeaksOfPart,
            SignKind::PatchRoute => Fact::PatchRoute,
            SignKind::IfGiven => Fact::IfGiven,
            SignKind::OptionField => Fact::OptionField,
            // Who keeps the old document in one of the cases has protected it.
            SignKind::SiblingProtected
                if case.write.survival.labels.contains(&"conditional")
                    || !value::may_be_null(&case.write.value)
                    || !is_mostly_protected(case) =>
            {
                return None;
            }
            SignKind::SiblingProtected => Fact::SiblingProtected,
            // Which part of the value the default stands for does not show here: see `default_for_missing`; for the
            // other see `on_purpose`.
            SignKind::DefaultForMissing | SignKind::ReplacesDoc => return None,
            SignKind::DefaultFields => Fact::DefaultFields,
            SignKind::DefaultForUndecoded => Fact::DefaultForUndecoded,
            SignKind::DefaultForUnencoded => Fact::DefaultForUnencoded,
            SignKind::DeadMerge => Fact::DeadMerge,
        };
        Some(Reason::at(fact, sign.site, sign.words.clone()))
    };
    case.write.signs.iter().filter_map(of_sign).collect()
}

/// Whether the rows are patches or merges themselves: code that speaks of them says nothing of how they are written.
fn is_named_for_a_part(case: &Case<'_>) -> bool {
    let names = [case.write.sql.table.name.as_str(), case.write.column.name.as_str()];
    names.iter().flat_map(|name| name.split('_')).any(|word| speaks_of_part(&word.to_lowercase()))
}

/// Whether the statement leaves alone what is not given: of one column among many that says little of the others.
fn is_mostly_protected(case: &Case<'_>) -> bool {
    /// One of so many.
    const FEW: usize = 4;
    let others = case.write.sql.together.len().saturating_sub(1);
    case.write.protected_siblings.len() * FEW >= others
}

/// The facts of a write that stores a document which others may have changed since: a replacement, or a document that
/// was read earlier.
pub(super) fn of_a_race(case: &Case<'_>) -> Vec<Reason> {
    let write = case.write;
    let mut reasons = Vec::new();
    if let Some(column) = &write.state_moved {
        let words = format!("`{column}` is compared with its old state and moved on by the same statement");
        reasons.push(Reason::note(Fact::StateMoved, words));
    }
    // Who compares the same column holds what the other guard has given out: a lease, an epoch.
    let holds = |guard: &Guard| write.compared.iter().any(|column| column.eq_ignore_ascii_case(&guard.column));
    for twin in case.twins {
        if write.guard.is_some() {
            break;
        }
        let twin_guard = twin.writer.guard.as_ref();
        if twin_guard.is_some_and(holds) {
            continue;
        }
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
        let guarded = writer.guard.as_ref().is_some_and(|guard| {
            // `SET owner = $1 WHERE owner = $2`: all rows of an owner, and no state of a row.
            !holds(guard) && !guard.stays && (writer.keyed || guard.compares_document)
        });
        guarded && writer.site != write.site && writer.dialect == write.dialect && same_value
    });
    if let (Some(writer), None) = (guarded, &write.guard) {
        let words = writer.guard.as_ref().map_or("", |guard| guard.words.as_str());
        let words = format!("this write of the same column is guarded: {words}");
        reasons.push(Reason::at(Fact::GuardedElsewhere, writer.site, words));
    }
    reasons
}

/// Who hands the document to the function that writes it, or which statement stores it.
pub(super) fn handed_over(case: &Case<'_>) -> Vec<Reason> {
    let write = case.write;
    let callers = write.handed_by.iter().take(MOST_CALLERS).map(|caller| {
        let words = format!("`{}` hands over the document that it read before, changed", caller.function);
        Reason::at(Fact::HandedOver, caller.site, words)
    });
    let statement = write.stored_by.map(|site| Reason::at(Fact::HandedOver, site, "stored whole by this statement"));
    callers.chain(statement).collect()
}

/// Read and write stand in one transaction, and nothing else protects the row. Who takes a lock, too late or not for long
/// enough, does not rely on how transactions are isolated.
pub(super) fn in_a_transaction(case: &Case<'_>) -> Option<Reason> {
    let locks = |protection: &Protection| protection.kind == ProtectionKind::LateLock;
    if case.write.protection().is_some() || case.write.protections.iter().any(locks) {
        return None;
    }
    let transaction = case.write.protections.iter().find(|p| p.kind == ProtectionKind::Transaction)?;
    Some(protected(Fact::InTransaction, transaction))
}

/// A default stands in for a document that did not decode.
pub(super) fn undecoded(case: &Case<'_>) -> Option<Reason> {
    let sign = case.write.signs.iter().find(|sign| sign.kind == SignKind::DefaultForUndecoded)?;
    Some(Reason::at(Fact::DefaultForUndecoded, sign.site, sign.words.clone()))
}

/// The same of the document that was read before: it goes, whoever holds the row.
pub(super) fn wiped(case: &Case<'_>) -> Option<Reason> {
    let stale = case.write.survival.word == Word::Stale;
    undecoded(case).filter(|_| stale && value::may_be_default(&case.write.value))
}

/// The function's documentation says that what is there is replaced.
pub(super) fn on_purpose(case: &Case<'_>) -> Option<Reason> {
    let sign = case.write.signs.iter().find(|sign| sign.kind == SignKind::ReplacesDoc)?;
    Some(Reason::at(Fact::OnPurpose, sign.site, sign.words.clone()))
}

/// The facts of a write that replaces the whole document.
pub(super) fn of_a_replacement(case: &Case<'_>) -> Vec<Reason> {
    let write = case.write;
    let survival = &write.survival;
    let resets = survival.labels.contains(&"reset") || is_default(&write.value);
    if resets && case.is_state().is_none() {
        return vec![Fact::Reset.into()];
    }
    if value::is_computed(&write.value) {
        let words = "the new value is computed from the old one: it is a number or a text, and no document";
        return vec![Reason::note(Fact::Computed, words)];
    }
    // In the other case it is the document as it was read: who loses which keys is no matter of this statement alone.
    let merges = survival.labels.contains(&"conditional") && !write.reads.is_empty();
    let mut reasons = if merges { vec![] } else { keys::of(case) };
    reasons.extend(declared_whole(case));
    if is_array(&write.value) || case.profile.shape.only_arrays() {
        reasons.push(Reason::note(Fact::ArrayValue, "arrays are stored here: there are no sibling keys to lose"));
    }
    if is_scalar(&write.value) && !case.state.as_ref().is_some_and(State::may_be_scalar) {
        reasons.push(Fact::ScalarValue.into());
    }
    if survival.labels.contains(&"conditional") && (merges || survival.new_keys.is_none()) {
        let words = if merges {
            "the old document stays in one branch, and is replaced in another"
        } else {
            "the old document stays when the new value is NULL"
        };
        reasons.push(Reason::note(Fact::OnlyIfGiven, words));
        reasons.extend(partial::when_given(case));
        if !write.reads.is_empty() {
            let words = "in the other case the document is stored as it was read earlier";
            reasons.push(Reason::note(Fact::EarlierRead, words));
            reasons.extend(in_a_transaction(case));
        }
    }
    // Who spells out the very keys that others set means to.
    let spelled = |writer: &&Writer| {
        let own = survival.new_keys.as_deref().unwrap_or_default();
        value::is_spelled_out(&write.value)
            && !writer.touches.is_empty()
            && writer.touches.iter().all(|key| own.contains(key))
    };
    let mut key_writers = case.profile.key_writers(write.site).filter(|writer| !writer.converts);
    if let Some(writer) = key_writers.find(|writer| !spelled(writer)) {
        let words = "this write sets single keys of the same column and keeps the rest";
        reasons.push(Reason::at(Fact::KeyWriterElsewhere, writer.site, words));
    }
    let mirrors = mirrors_row(case);
    let missing = default_for_missing(case, mirrors).filter(|_| !has(&reasons, Fact::ArrayValue));
    let initial = write.verb != Verb::Update && survival.labels.contains(&"constant");
    if initial {
        let words = "the value is a constant: a row that is there goes back to what a new row starts with";
        reasons.push(Reason::note(Fact::InitialValue, words));
    }
    if mirrors && missing.is_none() && !initial {
        let words = "the upsert takes over every inserted column: it mirrors the whole row";
        reasons.push(Reason::note(Fact::MirrorsRow, words));
    }
    reasons.extend(missing);
    reasons.extend(of_the_code(case));
    reasons.extend(on_purpose(case));
    reasons.extend(partial::given_only(case));
    if let Some((column, site)) = write.merged_siblings.first() {
        let words = format!("`{column}` of the same row is merged with what was there");
        reasons.push(Reason::at(Fact::SiblingMerged, *site, words));
    }
    if !write.is_partial_update()
        && partial::filled_later(case).is_none()
        && let Some(other) = case
            .profile
            .live()
            .find(|writer| writer.partial && writer.site != write.site && writer.dialect == write.dialect)
    {
        let words = "this partial update lets others change the same column";
        reasons.push(Reason::at(Fact::EditedElsewhere, other.site, words));
    }
    reasons.extend(of_a_race(case));
    if let Some((column, site)) = write.goes_to.as_ref().filter(|_| write.verb == Verb::Update) {
        let words = format!("`{column}` goes to a constant state here: the document comes with it");
        reasons.push(Reason::at(Fact::WithState, *site, words));
    }
    reasons
}

/// The configuration says that the document is replaced as a whole.
pub(super) fn declared_whole(case: &Case<'_>) -> Option<Reason> {
    let rule = case.declared.whole?;
    let words = "the configuration says that this document is replaced as a whole";
    Some(Reason { fact: Fact::Declared, words: words.to_owned(), site: case.rules.site(rule) })
}

/// A constant stands in for a value that is not given. A mirror that takes over an absent value as NULL or as nothing copies.
fn default_for_missing(case: &Case<'_>, mirrors: bool) -> Option<Reason> {
    let write = case.write;
    if !write.survival.labels.contains(&"default-for-missing") {
        return None;
    }
    let signs = |kind| write.signs.iter().find(move |sign| sign.kind == kind);
    let sign = signs(SignKind::DefaultForMissing);
    let unencoded = signs(SignKind::DefaultForUnencoded).is_some();
    let empty = value::fallback(&write.value);
    // An optional field of what is copied; a key that a message may lack is no such thing.
    let optional = signs(SignKind::OptionField).is_some();
    // What the database puts together from other rows is given by nobody.
    let given = !crate::project::bound::of_assignment(write).is_empty();
    let copied = empty.is_none_or(|json| json.is_null() || ((optional || !given) && is_empty(json)));
    if (sign.is_none() && unencoded) || (mirrors && copied) {
        return None;
    }
    let words = match empty {
        Some(json) if !json.is_null() => {
            format!("`{json}` stands in where no value is given, and replaces what is stored")
        }
        _ => "NULL stands in where no value is given, and replaces what is stored".to_owned(),
    };
    Some(Reason { fact: Fact::DefaultForMissing, words, site: sign.map(|sign| sign.site) })
}

/// Nothing is in it.
fn is_empty(json: &serde_json::Value) -> bool {
    let no_keys = json.as_object().is_some_and(serde_json::Map::is_empty);
    no_keys || json.as_array().is_some_and(Vec::is_empty)
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
///
/// A reason without words is what the finding itself says: its label and its place.
pub(super) fn evidence(case: &Case<'_>, draft: &Draft, files: &Files) -> Vec<Evidence> {
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
    for key in draft.lost_keys.iter().flatten() {
        let read = wording::nearest(&case.readers(key), write.site, files);
        let read = read.map(|site| (site, format!("`{key}` is read here")));
        let required = || {
            let (ty, site) = case.required_by(key)?;
            Some((site, format!("the document is read as `{ty}`, which needs `{key}`")))
        };
        if let Some((site, message)) = read.or_else(required) {
            evidence.push(Evidence { kind: "key-read", message, site: Some(site) });
        }
    }
    evidence.extend(draft.reasons.iter().map(|reason| {
        let told = !reason.words.is_empty();
        Evidence {
            kind: reason.fact.kind(),
            message: if told { reason.words.clone() } else { draft.label.clone() },
            site: if told { reason.site } else { Some(write.site) },
        }
    }));
    evidence
}
