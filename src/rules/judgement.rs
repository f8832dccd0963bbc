//! From facts to severity and confidence: one short table.
//!
//! Most writes that replace a whole document are meant to. So a bare replacement stays below the gate; it takes a fact
//! that speaks for a loss to lift it, and a fact that speaks against one puts it back. There are no weights: a row says
//! what its fact does alone, and [`verdict`] is the order in which the rows are asked.

use super::finding::{Confidence, Severity};

/// A kind of evidence: what a fact that is known of a write is called, and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// In kebab-case, as labels and evidence spell it.
    pub name: &'static str,
    /// What it does.
    pub effect: Effect,
    /// Why, as the end of a sentence.
    pub reason: &'static str,
}

/// What a fact does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Not production's data, or we may be wrong about what it is: below the gate whatever else holds.
    Disqualifies,
    /// The loss is proven.
    Proves,
    /// Meant, protected or harmless: below the gate, unless the loss is proven.
    Lowers,
    /// Strong by itself.
    Raises,
    /// Worth a look.
    Suggests,
    /// Not more than a warning of medium confidence.
    Dampens,
    /// Says something, and changes nothing.
    Tells,
}

/// Declares the facts: name, kind (for labels and evidence), effect, and the reason for the effect.
macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $effect:ident, $reason:literal;)+) => {
        /// Something known of a write that says whether it matters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Fact {
            $($(#[$doc])* #[doc = ""] #[doc = $reason] $name,)+
        }

        impl Fact {
            /// The fact in kebab-case.
            pub(super) fn kind(self) -> &'static str {
                match self { $(Self::$name => $kind,)+ }
            }

            /// What it does.
            fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)+ }
            }
        }

        /// Every fact that may be known of a write, in the order of the table.
        pub const KINDS: &[Kind] = &[$(Kind { name: $kind, effect: Effect::$effect, reason: $reason }),+];

        #[cfg(test)]
        const FACTS: &[Fact] = &[$(Fact::$name),+];
    };
}

facts! {
    // --- what proves a loss
    /// Named keys go, and something reads them.
    LostKeyRead, "lost-key-read", Proves, "a reader of what is lost shows that the project relies on it";
    /// A nullable column becomes NULL from an input that can be NULL, or always.
    NullProven, "null-proven", Proves, "the type of the argument says that it can be NULL";

    // --- what raises
    /// Named keys go.
    LostKeyKnown, "lost-key", Raises, "the document is known to have other keys";
    /// A merge function is there, but on another base.
    WrongBase, "foreign-base", Raises, "who writes a merge wants the old document kept";
    /// Keys inside a nested object go.
    NestedLoss, "nested-loss", Raises, "who keeps the top level wants the rest kept";
    /// An object of several keys is put at a place of which nothing else is known.
    NestedWhole, "nested-whole", Tells, "what is put there at once may be all that is ever there";
    /// A value of unknown form replaces what is at a key.
    NestedOpaque, "nested-opaque", Suggests, "whether it carries the keys below does not show";
    /// The statement cannot do what it says: the database rejects it, or the value never arrives.
    NeverWorks, "never-works", Raises, "it is wrong whatever the data";
    /// The place where a value goes is misspelled.
    Misspelled, "misspelled", Raises, "it is wrong whatever the data";
    /// The document comes from another row than the one that is written.
    RowMismatch, "row-mismatch", Raises, "it is wrong whatever the data";
    /// Every row is written.
    EveryRow, "every-row", Suggests, "one document for all rows is rarely meant, unless there is one row";
    /// Another writer sets single keys of this column.
    KeyWriterElsewhere, "mixed-writers", Raises, "parts of the document belong to others";
    /// A default stands in for a document that could not be decoded.
    DefaultForUndecoded, "default-for-undecoded", Suggests, "a document of an unknown form is wiped";
    /// A default stands in for a value that was not given.
    DefaultForMissing, "default-for-missing", Raises, "who leaves the field out loses what is stored";
    /// Fields that are not given are filled with their defaults.
    DefaultFields, "default-fields", Suggests, "what they held goes, though the document has its keys";
    /// The same statement in another file protects the row or keeps the document.
    TwinProtects, "twin-protects", Raises, "one of two twins is wrong, and the protected one rarely is";

    /// The merge that stands there never runs.
    DeadMerge, "dead-merge", Raises, "who writes a merge wants the old document kept";

    // --- what makes it worth a look
    /// It may become NULL: an input of unknown nullability, a missing key.
    NullPossible, "null-possible", Suggests, "it depends on a value that the statement does not show";
    /// The value may not arrive: a missing parent, a reversed merge.
    SometimesLost, "sometimes-lost", Suggests, "it depends on what the document holds";
    /// The new value is an object spelled out key by key.
    LiteralObject, "literal-object", Suggests, "whoever else adds a key is not seen from here";
    /// The new document is a value of one Rust type.
    OneType, "one-type", Tells, "its fields are known, and may be all there are";
    /// A constant document for a new row is taken over into a row that is there.
    InitialValue, "initial-value", Suggests, "what the row starts with replaces what it has come to hold";
    /// The new value is a bare string, number or boolean.
    ScalarValue, "scalar-value", Suggests, "a document turns into a bare value";
    /// The old document survives as it was read earlier.
    EarlierRead, "earlier-read", Suggests, "what others store in between is lost";
    /// The document goes through a Rust type that does not know every key.
    ThroughType, "through-type", Tells, "keys that the type does not know go, whoever holds the row";
    /// Fields that are not given are left alone: a partial update, whose JSON field is replaced whole.
    PartialUpdate, "partial-update", Suggests, "callers of a partial update send what changed, and this replaces all";
    /// A partial update of a column whose documents nothing shows to be objects.
    PartialOfUnknown, "part-of-unknown", Tells, "a list or a number is replaced as a whole, in a partial update as well";
    /// A partial update of a column that no row is created with.
    FilledLater, "filled-later", Tells, "what comes once, after the row was made, replaces nothing";
    /// It is written only when a field of the request is given.
    IfGiven, "given-only", Tells, "alone it may just as well be a value that there is not always";
    /// The function's name or documentation speaks of a patch or a merge.
    SpeaksOfPart, "speaks-of-part", Suggests, "it says that a part is changed, and replaces all";
    /// The function answers PATCH requests.
    PatchRoute, "patch-route", Suggests, "PATCH promises to leave alone what is not sent";
    /// Another column of the same statement keeps its value when none is given.
    SiblingProtected, "sibling-protected", Suggests, "who protects one column means the others too";
    /// Other JSON columns of the same statement are merged with what was there.
    SiblingMerged, "sibling-merged", Suggests, "who merges one document means the others too";
    /// Another write of the column is a partial update.
    EditedElsewhere, "edited-elsewhere", Suggests, "what was sent there is overwritten here";
    /// Another statement guards this column, this one does not.
    GuardedElsewhere, "guarded-elsewhere", Suggests, "a guard protects nothing while another write goes round it";

    // --- what lowers
    /// Emptied on purpose: a constant, no input.
    Reset, "reset", Lowers, "a constant without input is a reset";
    /// The new value is a number or a text that the database computes from the old one.
    Computed, "computed", Lowers, "what is counted up or cut off is no document";
    /// The value has one of several forms, which a constant or their keys tell apart.
    TaggedForm, "tagged-form", Lowers, "each form is a whole document, with keys of its own";
    /// Every key that is known is carried by the new document.
    CoversKnownKeys, "whole-document", Lowers, "nothing that is known is lost";
    /// Other rows of the table hold other documents, by a constant beside them.
    OtherRows, "other-rows", Lowers, "what another kind of row holds is not lost here";
    /// The column holds arrays, or an array is stored.
    ArrayValue, "array-value", Lowers, "an array has no sibling keys, and is replaced as a whole";
    /// An upsert that mirrors the inserted row: every column is taken over.
    MirrorsRow, "mirrors-row", Lowers, "the row mirrors another one, of which it is a copy";
    /// Read and written in one transaction.
    InTransaction, "in-transaction", Lowers, "no lock, but whoever isolates transactions is safe";
    /// The document is made by who calls the function that writes it.
    HandedOver, "handed-over", Tells, "the caller reads, and the function that it calls writes";
    /// The value is an optional field.
    OptionField, "option-field", Tells, "it may be left out, and then nothing is said here";
    /// A default stands in for a value that could not be encoded.
    DefaultForUnencoded, "default-for-unencoded", Tells, "own types are encoded without failing";
    /// It looks like a guard and is none.
    NoGuard, "no-guard", Tells, "others write between the read and the write";
    /// The old document stays when the new value is NULL.
    OnlyIfGiven, "conditional", Tells, "a guard against NULL, not against replacing";
    /// The configuration says that the document is replaced as a whole.
    Declared, "declared-whole", Disqualifies, "the user has decided that it is meant";
    /// The function's documentation says that the document is replaced.
    OnPurpose, "on-purpose", Lowers, "who wrote it knew";
    /// A document comes and goes as a whole: NULL says that there is none to edit.
    NullMeant, "null-meant", Lowers, "there is nothing to edit where there is no document";
    /// Every column of the row is set, in every row: the table has one.
    OneRow, "one-row", Lowers, "nobody gives many columns the same values in all of many rows";
    /// The value does not arrive where the column is NULL, and no row is known to be so.
    NullUnseen, "null-unseen", Lowers, "rows that all have a document lose nothing";
    /// The row as a whole is rejected: a column that it leaves out must not be NULL.
    RowRejected, "row-rejected", Lowers, "it fails at its first run, and takes nothing with it";
    /// The same statement sets another column to a constant word: the row goes to a state.
    WithState, "with-state", Lowers, "what comes with a state says what led to it, and no part of what was before";
    /// The column that the condition compares is moved on by the same statement: a change of state.
    StateMoved, "state-moved", Lowers, "of two that make the same change one fails";
    /// Test code.
    TestCode, "test-code", Disqualifies, "test data is made to be overwritten";
    /// A one-off statement in a migration.
    Migration, "migration", Disqualifies, "it ran once, before anything else wrote the new form";
    /// A version or the old value is compared, or the row is locked.
    Guarded, "guarded", Disqualifies, "who holds a guard has seen the document";
    /// The table is a guess: its name is put together, or several fit.
    TableGuess, "table-guessed", Dampens, "in every table that fits the column holds JSON; what else is known may not fit";
    /// The column's type is a guess.
    Guess, "guessed", Disqualifies, "the column may not hold JSON at all";
}

/// Severity and confidence of a finding with these facts.
///
/// The gate is a warning of medium confidence. The order: what disqualifies, what proves, what lowers, what raises; of
/// facts that are worth a look one makes a warning, and two that do not depend on each other make it a strong one.
pub(super) fn verdict(facts: &[Fact]) -> (Severity, Confidence) {
    let has = |effect: Effect| facts.iter().any(|fact| fact.effect() == effect);
    let mut suggest: Vec<Fact> = facts.iter().copied().filter(|fact| fact.effect() == Effect::Suggests).collect();
    suggest.sort_unstable();
    suggest.dedup();
    let sure = |severity| {
        if has(Effect::Dampens) { (Severity::Warning, Confidence::Medium) } else { (severity, Confidence::High) }
    };
    match () {
        () if has(Effect::Disqualifies) => (Severity::Note, Confidence::Low),
        () if has(Effect::Proves) => sure(Severity::Error),
        () if has(Effect::Lowers) => (Severity::Note, Confidence::Low),
        () if has(Effect::Raises) || suggest.len() > 1 => sure(Severity::Warning),
        () if suggest.len() == 1 => (Severity::Warning, Confidence::Medium),
        () => (Severity::Note, Confidence::Low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(facts: &[Fact]) -> (Severity, Confidence) {
        verdict(facts)
    }

    #[test]
    fn proof_beats_what_lowers_but_not_test_code() {
        assert_eq!(of(&[Fact::LostKeyRead, Fact::MirrorsRow]), (Severity::Error, Confidence::High));
        assert_eq!(of(&[Fact::LostKeyRead, Fact::TestCode]), (Severity::Note, Confidence::Low));
    }

    #[test]
    fn a_bare_replacement_stays_below_the_gate_until_something_speaks_for_a_loss() {
        assert_eq!(of(&[]), (Severity::Note, Confidence::Low));
        assert_eq!(of(&[Fact::OnlyIfGiven]), (Severity::Note, Confidence::Low));
        assert_eq!(of(&[Fact::PartialUpdate]), (Severity::Warning, Confidence::Medium));
        assert_eq!(of(&[Fact::PartialUpdate, Fact::PartialUpdate]), (Severity::Warning, Confidence::Medium));
        assert_eq!(of(&[Fact::PartialUpdate, Fact::GuardedElsewhere]), (Severity::Warning, Confidence::High));
        assert_eq!(of(&[Fact::LostKeyKnown]), (Severity::Warning, Confidence::High));
        assert_eq!(of(&[Fact::LostKeyKnown, Fact::Reset]), (Severity::Note, Confidence::Low));
    }

    #[test]
    fn each_fact_has_one_kind_and_a_reason_that_is_no_sentence() {
        let mut kinds: Vec<&str> = FACTS.iter().map(|fact| fact.kind()).collect();
        kinds.sort_unstable();
        let count = kinds.len();
        kinds.dedup();
        assert_eq!(kinds.len(), count);
        assert!(kinds.iter().all(|kind| kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        for kind in KINDS {
            assert!(kind.reason.len() > 15 && !kind.reason.ends_with('.'), "{kind:?}");
        }
    }
}
