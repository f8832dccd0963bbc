//! What is known of the keys that a new document does not carry, and of those that it does.

use super::{Reason, read_as};
use crate::frontend::facts::SignKind;
use crate::project::profile::Creator;
use crate::rules::Case;
use crate::rules::judgement::Fact;
use crate::rules::wording;
use crate::source::Site;

/// What is known of the keys that go.
pub(super) fn of(case: &Case<'_>) -> Vec<Reason> {
    let read = |key: &String| !case.readers(key).is_empty() || case.required_by(key).is_some();
    if let Some(state) = case.is_state() {
        return vec![state];
    }
    // A default is no value that the document is known to carry on.
    let defaults = case.write.signs.iter().any(|sign| sign.kind == SignKind::DefaultFields);
    match case.lost_keys() {
        Some(keys) if keys.is_empty() && defaults => vec![],
        Some(keys) if keys.is_empty() && super::tagged_forms(&case.write.value).is_some() => {
            let words =
                "one of several forms, told apart by a constant or by their keys: every one is a whole document";
            vec![Reason::note(Fact::TaggedForm, words)]
        }
        Some(keys) if keys.is_empty() && !case.profile.keys.is_empty() => {
            // The profile holds this very write's keys; only keys from elsewhere make it a proof.
            if case.profile.keys.values().any(|readers| !readers.is_empty()) {
                let words = "the new document carries every key that is known of this column";
                vec![Reason::note(Fact::CoversKnownKeys, words)]
            } else if let Some(site) = same_keys(case) {
                let words = "the same keys are stored here: the document is always one of this form";
                vec![Reason::at(Fact::CoversKnownKeys, site, words)]
            } else {
                vec![tested(case).unwrap_or_else(|| spelled_out(case))]
            }
        }
        Some(keys) if !keys.is_empty() => {
            if let Some(reason) = other_rows(case) {
                return vec![reason];
            }
            let lost = if keys.iter().any(read) { Fact::LostKeyRead.into() } else { lost_key(case, &keys) };
            std::iter::once(lost).chain(through_type(case)).collect()
        }
        Some(_) => vec![tested(case).unwrap_or_else(|| spelled_out(case))],
        None => only_key(case).into_iter().collect(),
    }
}

/// Tests read keys of the document, and the new one carries all of them.
fn tested(case: &Case<'_>) -> Option<Reason> {
    let (tested, new) = (&case.write.column.keys_tested, case.write.survival.new_keys.as_ref()?);
    let (_, site) = tested.iter().next().filter(|_| tested.keys().all(|key| new.contains(key)))?;
    let words = "tests read no other keys than those of the new document";
    Some(Reason::at(Fact::CoversKnownKeys, *site, words))
}

/// The document is of a type that has one key, which has no siblings.
fn only_key(case: &Case<'_>) -> Option<Reason> {
    let owners = crate::project::profile::owners(case.write);
    let [(name, site)] = owners.as_slice() else { return None };
    let keys = case.profile.owners.get(name)?.keys.as_ref()?;
    let keys = Some(keys).filter(|keys| !keys.open && !keys.has_forms() && keys.keys.len() == 1)?;
    let known = case.profile.keys.keys().all(|key| keys.names().contains(key));
    let words = format!("a `{name}` has one key, and no others are known");
    known.then(|| Reason::at(Fact::CoversKnownKeys, *site, words))
}

/// An earlier read is decoded into a type that does not know all that is known of the document.
pub(super) fn through_type(case: &Case<'_>) -> Option<Reason> {
    let name = read_as(&case.write.value)?;
    let lost = case.lost_keys().filter(|keys| !keys.is_empty())?;
    let profile = case.profile;
    let read = profile.readings.iter().find(|reading| reading.name == name).map(|reading| &reading.keys);
    let keys = read.or_else(|| profile.owners.get(name)?.keys.as_ref());
    let words = format!("the document goes through a `{name}`, which does not know {}", wording::list(&lost));
    Some(Reason { fact: Fact::ThroughType, words, site: keys.map(|keys| keys.site) })
}

/// Another place that stores a document with exactly these keys. (All keys that are known are among them.)
fn same_keys(case: &Case<'_>) -> Option<Site> {
    // One key stored alone, in several places, may as well be one of many each time.
    let own = case.write.survival.new_keys.as_ref().filter(|keys| keys.len() > 1)?;
    // Nor does a document stay what it was made where others edit it.
    if case.profile.key_writers(case.write.site).any(|writer| !writer.converts) {
        return None;
    }
    let others = case.profile.live().filter(|writer| writer.site != case.write.site);
    let other =
        others.filter(|writer| writer.keys.as_ref().is_some_and(|keys| keys.len() == own.len())).map(|w| w.site);
    // An upsert creates rows as it replaces them; with constants it sets them back.
    let statement = Site { file: case.write.file, span: case.write.sql.statement };
    let constant = case.write.survival.labels.contains(&"constant");
    let apart = |site: Site| !constant || site.file != statement.file || !statement.span.contains(site.span);
    let same = |creator: &&Creator| creator.keys.len() == own.len() && apart(creator.site);
    other.min().or_else(|| case.profile.creators.iter().find(same).map(|creator| creator.site))
}

/// Keys that nobody reads go; rows are created with them, or another write or the schema names them.
fn lost_key(case: &Case<'_>, keys: &[String]) -> Reason {
    match keys.iter().find_map(|key| Some((key, case.profile.begun.get(key)?))) {
        Some((key, site)) => Reason::at(Fact::LostKeyKnown, *site, format!("rows begin with `{key}` here")),
        None => Fact::LostKeyKnown.into(),
    }
}

/// Another upsert inserts another constant beside its document: each kind of row has keys of its own.
fn other_rows(case: &Case<'_>) -> Option<Reason> {
    let own = case.profile.writers.iter().find(|writer| writer.site == case.write.site)?;
    let (other, (column, here, there)) = case.profile.live().find_map(|other| Some((other, own.other_rows(other)?)))?;
    let words =
        format!("rows of another kind, with keys of their own: `{column}` is '{there}' here and '{here}' there");
    Some(Reason::at(Fact::OtherRows, other.site, words))
}

/// The new document's keys are known and no others are: from a literal, or from the fields of a type.
fn spelled_out(case: &Case<'_>) -> Reason {
    if let Some(reason) = only_key(case) {
        return reason;
    }
    let mut owners = crate::project::profile::owners(case.write).into_iter();
    match owners.find(|(name, _)| !crate::project::profile::is_map(name)) {
        Some((name, site)) => Reason::at(Fact::OneType, site, format!("the new document is a whole `{name}`")),
        None => Fact::LiteralObject.into(),
    }
}
