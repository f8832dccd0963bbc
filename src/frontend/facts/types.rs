//! Rust types: how a place spells one, what a file declares of its own, and values that are known better once the type
//! of another file is.

use super::Imports;
use crate::document::{Document, ReadSite};
use crate::source::Span;

/// A type as a place spells it, references taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustType {
    /// The path without arguments: `serde_json::Value`.
    pub path: String,
    /// Its type arguments.
    pub args: Vec<RustType>,
}

/// What a file says of types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeFacts {
    /// Types that it declares, in the order of the text.
    pub declared: Vec<DeclaredType>,
    /// What its names mean.
    pub imports: Imports,
}

/// A type that is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredType {
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub span: Span,
    /// What it is.
    pub form: TypeForm,
}

/// What a declared type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeForm {
    /// A struct with named fields, as serde writes it.
    Struct {
        /// Its fields.
        fields: Vec<DeclaredField>,
        /// It derives `Serialize`.
        encoded: bool,
        /// It derives `Deserialize`.
        decoded: bool,
        /// A document with other keys is not read.
        strict: bool,
    },
    /// Another name for a type.
    Alias(RustType),
    /// How it is written as JSON is not known: an enum, a struct without names, one that is encoded by hand.
    Opaque,
}

/// A field as serde writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredField {
    /// Its name in Rust; empty for the tag that serde adds.
    pub name: String,
    /// Its key in JSON.
    pub key: String,
    /// Its type, where serde writes it as such.
    pub ty: Option<RustType>,
    /// It is never written.
    pub skip: bool,
    /// Its own fields stand beside the others.
    pub flatten: bool,
    /// A document without it is decoded all the same.
    pub optional: bool,
    /// The place of its name.
    pub span: Span,
}

/// A type that a value depends on, and that another file may declare.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingType {
    /// What stands for the value until the type is known: the name of an input, the reason of a
    /// [`Document::Through`], the type of a [`Document::Retype`], [`PendingType::of_read`] of a [`Document::Read`].
    pub tag: String,
    /// The type.
    pub ty: RustType,
    /// A byte of the place that spells it.
    pub at: usize,
    /// What is done with it.
    pub how: TypeUse,
}

impl PendingType {
    /// What stands for an earlier read.
    pub fn of_read(read: &ReadSite) -> String {
        format!("{} at {}", read.what, read.site.map_or(0, |site| site.span.start))
    }
}

/// What a value has to do with a type.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeUse {
    /// A value of the type is encoded.
    Encoded,
    /// A literal of the type is.
    Literal {
        /// Its fields, by their names in Rust.
        fields: Vec<(String, Document)>,
        /// Where the other fields come from, and how that is spelled.
        base: Option<(Document, String)>,
    },
    /// A document is decoded into it.
    Decoded,
    /// A document is decoded into the field of that name, as rows are.
    Field(String),
}
