//! How a value or a write is meant, as far as the Rust around it shows.

use crate::source::Site;

/// A sign of how a value or a write is meant, which only the Rust around it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sign {
    /// What it shows.
    pub kind: SignKind,
    /// Its place.
    pub site: Site,
    /// A phrase for a label, without a full stop: ``"`unwrap_or_default` stands in for a missing value"``.
    pub words: String,
}

/// What a [`Sign`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignKind {
    /// The function is called `patch_..`, `partial_..`, `merge_..`, or has such a word in its name.
    PartialName,
    /// The function's documentation speaks of a patch, a merge or a partial update.
    PartialDoc,
    /// The function's documentation says that what is there is replaced or overwritten.
    ReplacesDoc,
    /// The function answers PATCH requests: a route attribute, or its registration with a router.
    PatchRoute,
    /// The write stands under `if let Some(v) = request.field` and stores that value.
    IfGiven,
    /// The value is an `Option` field of a struct: a request that may leave it out.
    OptionField,
    /// Another column of the same `SET` is protected by `COALESCE($n, column)`.
    SiblingProtected,
    /// A default stands in for a value that is missing: `unwrap_or_default()`, `unwrap_or(json!({}))`.
    DefaultForMissing,
    /// A default stands in for a document that could not be decoded: `from_value(x).unwrap_or_default()`. What could
    /// not be decoded is wiped.
    DefaultForUndecoded,
    /// A default stands in for a value that could not be encoded: `to_value(x).unwrap_or_default()`.
    DefaultForUnencoded,
    /// `..Default::default()` fills the fields that are not given.
    DefaultFields,
    /// An arm that looks like a merge never runs: it matches `Set` on a model that was made from a row, each of whose
    /// fields is `Unchanged`.
    DeadMerge,
}

/// Whether a word, in lower case, speaks of a part that is changed.
pub fn speaks_of_part(word: &str) -> bool {
    matches!(word, "patch" | "patches" | "patched" | "partial" | "partially" | "merge" | "merges" | "merged")
}
