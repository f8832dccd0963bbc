//! Documents that are states: values of an enum, of which a new one takes the place of the one before it.
//!
//! Keys that only another form has are not lost when the form changes.

use super::Case;
use super::evidence::Reason;
use super::judgement::Fact;
use crate::document::survival::Word;
use crate::document::{Document, Key};
use crate::project::profile::{Profile, owners};
use crate::project::types::Keys;
use crate::project::writes::ColumnWrite;

/// The enum of which a new document is a value.
pub(super) struct State<'a> {
    name: String,
    keys: &'a Keys,
    /// The value is of that type; else it has the keys of one of its forms.
    is_typed: bool,
}

impl<'a> State<'a> {
    /// The enum of which the new document of a write is a value, as far as its type or its keys show.
    pub(super) fn of(write: &ColumnWrite, profile: &'a Profile) -> Option<Self> {
        let mut names = owners(write).into_iter().map(|(name, _)| name);
        let Some(name) = names.next() else {
            let whole = profile.readings.iter().any(|reading| reading.keys.has_forms()).then(|| profile.whole_type());
            let new = write.survival.new_keys.as_ref()?;
            let whole = whole.flatten().filter(|ty| ty.keys.has_forms() && ty.may_be(new))?;
            return Some(Self { name: whole.name.to_owned(), keys: whole.keys, is_typed: false });
        };
        let keys = profile.owners.get(&name)?.keys.as_ref().filter(|keys| keys.has_forms())?;
        names.all(|other| other == name).then_some(Self { name, keys, is_typed: true })
    }

    /// Whether a value may be a bare string.
    pub(super) fn may_be_scalar(&self) -> bool {
        self.keys.may_be_scalar()
    }
}

impl Case<'_> {
    /// The top-level keys of the new document; those of all forms where it is not known which one it has.
    pub(super) fn new_keys(&self) -> Option<Vec<String>> {
        let known = self.write.survival.new_keys.clone();
        known.or_else(|| {
            let state = self.state.as_ref().filter(|state| state.is_typed && !state.keys.open)?;
            matches!(self.write.value.without_casts(), Document::Input(_)).then(|| state.keys.names())
        })
    }

    /// Whether a key is one of other forms than the one that the new document, which has these keys, is of.
    pub(super) fn is_of_other_form(&self, key: &str, new: &[String]) -> bool {
        let Some(state) = &self.state else { return false };
        let value = self.write.value.without_casts();
        let is_scalar = super::evidence::is_scalar(value);
        state.keys.is_of_other_form(key, (!is_scalar).then_some(new), &|key| constant(value, key))
    }

    /// A state that is made of the one that was read before, with no key that is not of the type: what others made of it
    /// in between is lost.
    pub(super) fn moves_state_on(&self) -> bool {
        let Some(state) = self.state.as_ref().filter(|state| state.is_typed) else { return false };
        // A document with other keys would not have been read.
        let is_whole = || state.keys.strict || self.lost_keys().is_none_or(|keys| keys.is_empty());
        self.write.survival.word == Word::Lost && !self.write.reads.is_empty() && is_whole()
    }

    /// The new document is a state as a whole, and the only type that is stored.
    pub(super) fn is_state(&self) -> Option<Reason> {
        let state = self.state.as_ref()?;
        let foreign = self.lost_keys().is_some_and(|keys| !keys.is_empty());
        let missing = self.write.survival.labels.contains(&"default-for-missing");
        if foreign || missing || !self.write.reads.is_empty() {
            return None;
        }
        let same = |keys: &Keys| keys.site == state.keys.site;
        let is_only = self.profile.owners.values().all(|owner| owner.keys.as_ref().is_some_and(same));
        let words = format!("a `{}` has one of several forms: a new one takes the place of the old one", state.name);
        is_only.then(|| Reason::at(Fact::TaggedForm, state.keys.site, words))
    }

    /// The enum of which the new document is a value, by its type.
    pub(super) fn typed_state(&self) -> Option<&str> {
        self.state.as_ref().filter(|state| state.is_typed).map(|state| state.name.as_str())
    }

    /// What the new document is, where it is a state.
    pub(super) fn state_name(&self) -> Option<&str> {
        self.is_state()?;
        self.state.as_ref().map(|state| state.name.as_str())
    }
}

/// The text that an object has at a key.
fn constant(value: &Document, key: &str) -> Option<String> {
    let of_json = |json: &serde_json::Value| json.as_str().map(str::to_owned);
    match value {
        Document::Known(json) => json.get(key).and_then(of_json),
        Document::Object { entries, .. } => entries.iter().find_map(|(name, value)| match (name, value) {
            (Key::Name(name), Document::Known(json)) if name == key => of_json(json),
            _ => None,
        }),
        _ => None,
    }
}
