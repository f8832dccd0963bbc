//! From facts to severity and confidence: one short table.
//!
//! A fact raises or lowers. A single raising fact lifts an overwrite above "opaque value, may well be meant"; any
//! lowering fact puts it below the gate, unless the loss is proven.

use super::Case;
use super::finding::{Confidence, Severity};
use crate::document::Document;
use crate::document::survival::Word;
use crate::frontend::sql::Verb;
use crate::project::catalog::{Certainty, ColumnKind};

/// Something known of a write that says whether it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// Named keys go, and something reads them.
    LostKeyRead,
    /// Named keys go.
    LostKeyKnown,
    /// A nullable column becomes NULL from an input that can be NULL, or always.
    NullProven,
    /// It may become NULL: an input of unknown nullability, a missing key.
    NullPossible,
    /// The statement cannot do what it says: the database rejects it, or the value never arrives.
    NeverWorks,
    /// The new value is an object spelled out key by key.
    LiteralObject,
    /// The new value is a bare string, number or boolean.
    ScalarValue,
    /// Another writer sets single keys of this column.
    KeyWriterElsewhere,
    /// A merge function is there, but on another base.
    WrongBase,
    /// Every row is written.
    EveryRow,
    /// Keys inside a nested object go.
    NestedLoss,
    /// The value may not arrive: a missing parent, a reversed merge.
    SometimesLost,
    /// The place where a value goes is misspelled.
    Misspelled,

    /// Test code.
    TestCode,
    /// A one-off statement in a migration.
    Migration,
    /// Emptied on purpose: a constant, no input.
    Reset,
    /// The configuration says that the document is replaced as a whole.
    Declared,
    /// A version or the old value is compared.
    Guarded,
    /// The table or the column's type is a guess.
    Guess,
    /// Every key that is known is carried by the new document.
    CoversKnownKeys,
    /// An array or the like replaces the value as a whole.
    ArrayValue,
    /// An upsert that mirrors the inserted row: every column is taken over.
    MirrorsRow,
    /// Nothing else is known of the column.
    OnlyIfGiven,
    /// The old document survives as it was read earlier: only what others store in between is at stake.
    EarlierRead,
}

/// What a fact does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// Below the gate.
    Lowers,
    /// The middle: worth a look when nothing lowers it.
    Plain,
    /// One strong fact.
    Raises,
    /// Loss is proven.
    Proves,
}

impl Fact {
    /// The table. Each row with its reason.
    fn effect(self) -> Effect {
        match self {
            // A reader of what is lost shows that the rest of the project relies on it.
            Self::LostKeyRead | Self::NullProven => Effect::Proves,
            // Something shows that the document has parts that others own.
            Self::LostKeyKnown
            | Self::LiteralObject
            | Self::ScalarValue
            | Self::KeyWriterElsewhere
            | Self::WrongBase
            | Self::EveryRow
            | Self::NestedLoss
            | Self::NeverWorks
            | Self::Misspelled => Effect::Raises,
            // It depends on a value that the statement does not show.
            Self::NullPossible | Self::SometimesLost => Effect::Plain,
            // Meant, protected, once only, or not certain.
            Self::TestCode
            | Self::Migration
            | Self::Reset
            | Self::Declared
            | Self::Guarded
            | Self::Guess
            | Self::CoversKnownKeys
            | Self::ArrayValue
            | Self::MirrorsRow
            | Self::OnlyIfGiven
            | Self::EarlierRead => Effect::Lowers,
        }
    }

    /// Facts that put even a proven loss below the gate: the data is not production's, we may be wrong about it, or the
    /// user says that it is meant.
    fn disqualifies(self) -> bool {
        matches!(self, Self::TestCode | Self::Migration | Self::Guess | Self::Guarded | Self::Declared)
    }

    /// The fact in kebab-case, for `labels`.
    pub(super) fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::ScalarValue => "scalar-value",
            Self::ArrayValue => "array-value",
            Self::KeyWriterElsewhere => "mixed-writers",
            Self::TestCode => "test-code",
            Self::Migration => "migration",
            Self::Reset => "reset",
            Self::Declared => "declared-whole",
            Self::Guarded => "guarded",
            Self::Guess => "guessed",
            Self::MirrorsRow => "mirrors-row",
            Self::OnlyIfGiven => "conditional",
            Self::CoversKnownKeys => "whole-document",
            _ => return None,
        })
    }

    /// A sentence for the report, where the fact explains why the finding is below the gate.
    pub(super) fn note(self) -> Option<String> {
        let text = match self {
            Self::TestCode => "this is test code",
            Self::Migration => "this is a one-off statement of a migration",
            Self::Guess => "which table or column type this is, is a guess",
            Self::Declared => "the configuration says that this document is replaced as a whole",
            Self::CoversKnownKeys => "the new document carries every key that is known of this column",
            Self::MirrorsRow => "the upsert takes over every inserted column: it mirrors the whole row",
            Self::OnlyIfGiven => "the old document stays when the new value is NULL",
            _ => return None,
        };
        Some(text.into())
    }
}

/// Severity and confidence of a finding with these facts.
pub(super) fn verdict(facts: &[Fact]) -> (Severity, Confidence) {
    let has = |effect: Effect| facts.iter().any(|fact| fact.effect() == effect);
    if facts.iter().any(|fact| fact.disqualifies()) {
        return (Severity::Note, Confidence::Low);
    }
    if has(Effect::Proves) {
        return (Severity::Error, Confidence::High);
    }
    if has(Effect::Lowers) {
        return (Severity::Note, Confidence::Low);
    }
    if has(Effect::Raises) { (Severity::Warning, Confidence::High) } else { (Severity::Warning, Confidence::Medium) }
}

/// The facts that hold for a write whatever the rule.
pub(super) fn of_the_write(case: &Case<'_>) -> Vec<Fact> {
    let write = case.write;
    let mut facts = Vec::new();
    let strongest = write.column.provenance.iter().map(|p| p.certainty).max();
    if write.table_guessed || strongest == Some(Certainty::Guessed) || !write.column.kind.is_json() {
        facts.push(Fact::Guess);
    }
    if write.test {
        facts.push(Fact::TestCode);
    }
    if write.migration {
        facts.push(Fact::Migration);
    }
    if write.guard.is_some() {
        facts.push(Fact::Guarded);
    }
    facts
}

/// The facts of a write that replaces the whole document.
pub(super) fn of_a_replacement(case: &Case<'_>) -> Vec<Fact> {
    let write = case.write;
    let survival = &write.survival;
    let mut facts = Vec::new();
    if survival.labels.contains(&"reset") {
        facts.push(Fact::Reset);
        return facts;
    }
    match case.lost_keys() {
        Some(keys) if keys.is_empty() && !case.profile.keys.is_empty() => {
            // The profile holds this very write's keys; only keys from elsewhere make it a proof.
            let others = case.profile.keys.values().any(|readers| !readers.is_empty());
            facts.push(if others { Fact::CoversKnownKeys } else { Fact::LiteralObject });
        }
        Some(keys) if keys.iter().any(|key| case.profile.keys.get(key).is_some_and(|sites| !sites.is_empty())) => {
            facts.push(Fact::LostKeyRead);
        }
        Some(keys) if !keys.is_empty() => facts.push(Fact::LostKeyKnown),
        Some(_) => facts.push(Fact::LiteralObject),
        None => {}
    }
    if is_array(&write.value) {
        facts.push(Fact::ArrayValue);
    }
    if is_scalar(&write.value) {
        facts.push(Fact::ScalarValue);
    }
    if survival.labels.contains(&"conditional") && survival.new_keys.is_none() {
        facts.push(Fact::OnlyIfGiven);
    }
    if case.profile.key_writers.iter().any(|site| *site != write.site) {
        facts.push(Fact::KeyWriterElsewhere);
    }
    if write.column.kind == ColumnKind::TextJson && survival.new_keys.is_none() {
        // Text that holds JSON is usually encoded from one Rust type, as a whole.
        facts.push(Fact::Guess);
    }
    if mirrors_row(case) {
        facts.push(Fact::MirrorsRow);
    }
    facts
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

fn is_array(value: &Document) -> bool {
    match value {
        Document::Array(_) => true,
        Document::Known(json) => json.is_array(),
        Document::Input(input) => input.shape == crate::document::Shape::Array,
        Document::Cast { of, .. } => is_array(of),
        Document::First(items) => items.iter().any(is_array),
        _ => false,
    }
}

fn is_scalar(value: &Document) -> bool {
    use crate::document::Shape;
    match value {
        Document::Known(json) => json.is_string() || json.is_number() || json.is_boolean(),
        Document::Input(input) => input.shape == Shape::Scalar,
        Document::Cast { of, to: crate::document::CastTo::JsonScalar } => {
            matches!(&**of, Document::Input(input) if matches!(input.shape, Shape::Text | Shape::SqlScalar | Shape::Scalar))
        }
        _ => false,
    }
}

/// Whether a word means that something of the old document goes.
pub(super) fn loses(word: Word) -> bool {
    matches!(word, Word::Lost | Word::MayBeNull | Word::NestedLost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_beats_what_lowers_but_not_test_code() {
        assert_eq!(verdict(&[Fact::LostKeyRead, Fact::OnlyIfGiven]), (Severity::Error, Confidence::High));
        assert_eq!(verdict(&[Fact::LostKeyRead, Fact::TestCode]), (Severity::Note, Confidence::Low));
    }

    #[test]
    fn an_opaque_value_is_worth_a_look_until_something_lowers_it() {
        assert_eq!(verdict(&[]), (Severity::Warning, Confidence::Medium));
        assert_eq!(verdict(&[Fact::LiteralObject]), (Severity::Warning, Confidence::High));
        assert_eq!(verdict(&[Fact::LiteralObject, Fact::Reset]), (Severity::Note, Confidence::Low));
    }
}
