//! What survives a write: read off by running the document on a few witness states.
//!
//! Nothing here knows what an operation does. A witness holds marked values: one fresh key stands for all keys that
//! the document does not name, one fresh inner key for everything inside a named one. Where the marks are after the
//! run is what survives. Operations look at no key that they do not name, which is what makes a few states enough.

mod describe;
mod edits;
mod fate;
mod form;
mod lands;
mod names;
mod nulls;
mod probe;
mod read_off;
mod soften;
mod witness;

use super::{Document, Nullability};

/// One state that the old value can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// SQL NULL.
    SqlNull,
    /// JSON null.
    JsonNull,
    /// `{}`.
    EmptyObject,
    /// An object with keys.
    Object,
    /// An array.
    Array,
    /// A string, number or boolean.
    Scalar,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::SqlNull, Self::JsonNull, Self::EmptyObject, Self::Object, Self::Array, Self::Scalar];
}

/// The word for what happens to the old document. Ordered from worst to best; the first that holds is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Sibling keys go, in some branch.
    Lost,
    /// The whole column can become SQL NULL.
    MayBeNull,
    /// Keys inside a nested object go.
    NestedLost,
    /// Siblings come from an earlier read.
    Stale,
    /// The new value does not arrive: in no state, only where the key is missing, only where the parent is there, or
    /// only where a column that is known to be nullable is not NULL. Also what the database always rejects.
    WriteLost,
    /// Not decided.
    Unknown,
    /// All survives.
    Kept,
}

/// What makes the whole column SQL NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NullWhen {
    /// This input is SQL NULL.
    Input {
        /// Its name.
        id: String,
        /// Whether it can be, as far as that is known.
        null: Nullability,
    },
    /// A key that is read is missing, or JSON null.
    KeyMissing,
    /// The old document is an empty object.
    EmptyObject,
    /// An undecided condition turns out so, in words.
    Condition(String),
    /// It is NULL whatever the state: certain.
    Always,
}

/// When the new value arrives in the stored document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lands {
    /// In every state that the edit is meant for.
    Always,
    /// In none.
    Never,
    /// Only when the key was missing before.
    OnlyIfMissing,
    /// Only when the key was present before.
    OnlyIfPresent,
    /// Only when the parent object is there.
    OnlyIfParent,
    /// Only when the column is not SQL NULL.
    OnlyIfNotNull,
    /// Only when the column is SQL NULL: `COALESCE(data, $1)`.
    OnlyIfNull,
    /// There is no payload to land.
    NoPayload,
}

/// What survives a write, read off by running its document.
#[derive(Debug, Clone, PartialEq)]
pub struct Survival {
    /// The worst facet, in one word.
    pub word: Word,
    /// Paths that the write sets, outermost key first; `?` for a key that comes from outside. (The keys of a patch
    /// from outside on the whole document are not listed: see the label `touches-unknown-keys`.)
    pub touched: Vec<Vec<String>>,
    /// Paths that the write removes on purpose; `?` for a key that comes from outside.
    pub removed: Vec<Vec<String>>,
    /// Paths of nested objects whose other keys go.
    pub nested_lost: Vec<Vec<String>>,
    /// Paths that are replaced by a value from outside whose keys are not known: keys below them go, if there are any.
    pub nested_opaque: Vec<Vec<String>>,
    /// Top-level keys of the new document where it replaces the old one and its keys are known.
    pub new_keys: Option<Vec<String>>,
    /// In which branch the old document is lost, in words, where another branch keeps it: `` `$1` is given ``.
    pub lost_when: Option<String>,
    /// What makes the column NULL. Empty on a column that rejects NULL.
    pub null_when: Vec<NullWhen>,
    /// When the payload arrives.
    pub lands: Lands,
    /// The siblings that survive come from an earlier read (also when the word is a worse one).
    pub stale: bool,
    /// The write fails in these states.
    pub fails_when: Vec<State>,
    /// An object column turns into an array, or keys land in one, in these states.
    pub array_when: Vec<State>,
    /// Short facts in kebab-case, sorted:
    /// * `always-fails`: the database rejects it in every state
    /// * `array-literal-as-key`: `data - '{a,b}'` takes the literal for one key
    /// * `conditional`: the old document is lost in one branch and kept in another
    /// * `constant`: a literal object, without input and without the old document
    /// * `default-for-missing`, `default-for-undecoded`: a constant stands in for a value that is missing or did not
    ///   decode
    /// * `fails-if-missing`, `fails-if-present`: an error where the key is (not) there
    /// * `malformed-text`: text that is no JSON is stored
    /// * `moved`: the old document, or a part of it, survives at another place
    /// * `nested-array`: a named key turns into an array that holds the old value
    /// * `nested-reset`: a nested object is replaced by `{}`
    /// * `nulls-dropped`: keys whose value is null go
    /// * `opaque-value`: what is put at a path could not be read
    /// * `removes-unknown-keys`, `touches-unknown-keys`: a key, or the keys of a patch, come from outside
    /// * `replaces-non-objects`: objects are kept, arrays and scalars are replaced
    /// * `reset`: a constant without keys (NULL, `{}`, `[]`, a scalar), without input and without the old document
    /// * `retyped`: it goes through a type that does not know every key
    /// * `scalars-pile-up`: `JSON_MERGE_PRESERVE` joins the old and the new value to an array
    /// * `shrinks-to-part`: the document is replaced by a part of itself
    /// * `stale-part`: a value that is put in comes from an earlier read
    pub labels: Vec<&'static str>,
    /// Why it is unknown, or why it fails.
    pub why: Option<String>,
}

/// What the caller knows of the column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// How the stored value is kept.
    pub storage: super::run::Storage,
    /// Whether SQL NULL is rejected; `None` when not known (taken as nullable).
    pub not_null: Option<bool>,
    /// The states that the old value can be in; others are not run.
    pub states: Vec<State>,
}

/// Runs `document` on the witness states and reads off what survives.
pub fn survival(document: &Document, column: &Column) -> Survival {
    if names::too_deep(document) {
        return Survival { why: Some("the expression is nested too deeply".into()), ..Survival::unknown() };
    }
    read_off::read_off(document, column)
}

impl Survival {
    /// Nothing is known.
    fn unknown() -> Self {
        Self {
            word: Word::Unknown,
            touched: vec![],
            removed: vec![],
            nested_lost: vec![],
            nested_opaque: vec![],
            new_keys: None,
            lost_when: None,
            null_when: vec![],
            lands: Lands::NoPayload,
            stale: false,
            fails_when: vec![],
            array_when: vec![],
            labels: vec![],
            why: None,
        }
    }
}

#[cfg(test)]
mod tests;
