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
    /// An enum, as serde writes it.
    Enum(DeclaredEnum),
    /// Another name for a type, or a type that is written as another one.
    Alias(RustType),
    /// How it is written as JSON is not known: a struct without names, a type that is encoded by hand.
    Opaque,
}

/// An enum as serde writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredEnum {
    /// Its variants, without those that are never written.
    pub variants: Vec<DeclaredVariant>,
    /// How values say which variant they are.
    pub tagging: Tagging,
    /// It derives `Serialize`.
    pub encoded: bool,
    /// It derives `Deserialize`.
    pub decoded: bool,
    /// A document with other keys is not read.
    pub strict: bool,
}

/// How a value says which variant of its enum it is (serde's "enum representations").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagging {
    /// `"Idle"`, or `{"Running": ..}`: the variant's name is the value, or its only key.
    External,
    /// `{"kind": "Running", ..}`: a key beside those of the variant.
    Internal(String),
    /// `{"kind": "Running", "with": ..}`: one key for the name, one for what the variant holds.
    Adjacent(String, String),
    /// Not at all.
    Untagged,
}

/// A variant of an enum as serde writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredVariant {
    /// Its name in Rust.
    pub name: String,
    /// Its name in JSON.
    pub key: String,
    /// It is written without its name, whatever the enum does.
    pub untagged: bool,
    /// What it holds.
    pub form: VariantForm,
    /// The place of its name.
    pub span: Span,
}

/// What a variant holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariantForm {
    /// Nothing.
    Unit,
    /// One value, as it is written itself: `Failed(Error)`; `None` where its type is not known.
    Value(Option<RustType>),
    /// Several values, as an array.
    List,
    /// Named fields.
    Fields(Vec<DeclaredField>),
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
    /// A variant of it is, which is an enum.
    Variant {
        /// Its name in Rust.
        name: String,
        /// What it holds, by names or numbers.
        fields: Vec<(String, Document)>,
    },
    /// A document is decoded into it.
    Decoded,
    /// The value is the field of that name; a document is decoded into it, as rows are.
    Field(String),
}

/// Whether a value is the default of a type as code spells it: `Settings::default()`, as it is or field by field.
pub fn is_default(value: &Document) -> bool {
    let is_field = |part: &Document| matches!(part, Document::Input(input) if input.id.contains("::default()."));
    match value.without_casts() {
        Document::Input(input) => input.id.ends_with("::default()"),
        Document::Object { entries, .. } => !entries.is_empty() && entries.iter().all(|(_, part)| is_field(part)),
        _ => false,
    }
}
