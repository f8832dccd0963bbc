//! A suggested change: what it does, how far it can be trusted, and what changes where.

use crate::source::Site;

/// How far a fix can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Cannot change what a correct program stores.
    Safe,
    /// Right when the finding is right.
    Unsafe,
    /// Has something to fill in.
    Display,
}

/// A replacement of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub site: Site,
    /// What comes instead, as it is spelled in the file.
    pub text: String,
}

/// A suggested change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// How far it can be trusted.
    pub applicability: Applicability,
    /// What it does, in the imperative: `set the one key and keep the rest`.
    pub title: String,
    /// The edits; empty when the fix is only shown.
    pub edits: Vec<Edit>,
    /// Lines before and after, for the rendered patch: `(removed, added)`.
    pub patch: Vec<(String, String)>,
}
