//! What survives a write: read off by running the document on a few witness states.

use super::Document;

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

/// The word for what happens to the old document. Ordered from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Sibling keys go, in some branch with all inputs given.
    Lost,
    /// The whole column can become SQL NULL.
    MayBeNull,
    /// Keys inside a nested object go.
    NestedLost,
    /// Siblings come from an earlier read.
    Stale,
    /// The new value does not arrive.
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
        null: super::Nullability,
    },
    /// A key that is read is missing.
    KeyMissing,
    /// The old document is an empty object.
    EmptyObject,
    /// It is NULL whatever the state: certain.
    Always,
}

/// When the new value arrives in the stored document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lands {
    /// In every state that was run.
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
    /// There is no payload to land.
    NoPayload,
}

/// What survives a write, read off by running its document.
#[derive(Debug, Clone, PartialEq)]
pub struct Survival {
    /// The worst facet, in one word.
    pub word: Word,
    /// Paths that the write sets, outermost key first.
    pub touched: Vec<Vec<String>>,
    /// Paths that the write removes on purpose.
    pub removed: Vec<Vec<String>>,
    /// Paths of nested objects whose other keys go.
    pub nested_lost: Vec<Vec<String>>,
    /// Top-level keys of the new document where it replaces the old one and its keys are known.
    pub new_keys: Option<Vec<String>>,
    /// What makes the column NULL.
    pub null_when: Vec<NullWhen>,
    /// When the payload arrives.
    pub lands: Lands,
    /// The write fails in these states.
    pub fails_when: Vec<State>,
    /// An object column turns into an array, or keys land in one, in these states.
    pub array_when: Vec<State>,
    /// Short facts in kebab-case: `reset`, `moved`, `always-fails`, `nulls-dropped`, `conditional`, ..
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
pub fn survival(_document: &Document, _column: &Column) -> Survival {
    Survival {
        word: Word::Unknown,
        touched: vec![],
        removed: vec![],
        nested_lost: vec![],
        new_keys: None,
        null_when: vec![],
        lands: Lands::NoPayload,
        fails_when: vec![],
        array_when: vec![],
        labels: vec![],
        why: None,
    }
}
