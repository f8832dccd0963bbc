//! What functions make of their parameters, so that calls from other files can be followed.

use super::{PendingType, RustType, Sign};
use crate::document::Document;

/// A call of a function that stands in another file, as it stands in a value.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingCall {
    /// What stands for it in the value: the name of an input, or the reason of a [`Document::Through`].
    pub tag: String,
    /// The called function's path as it is spelled: `metadata::merge`, `Self::merge`; the bare name of a method.
    pub path: String,
    /// What a method is called on.
    pub receiver: Option<Receiver>,
    /// What is handed to it, in order, the receiver left out.
    pub arguments: Vec<Document>,
    /// The argument that is lent and looked at afterwards; else what it returns is.
    pub lent: Option<usize>,
    /// The field that is taken of what it returns.
    pub field: Option<String>,
    /// What it is given it edits for certain, in ways that are not known.
    pub edits: bool,
}

/// What a method is called on, as far as it shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receiver {
    /// The last name: `users` in `self.users.find(..)`.
    pub name: Option<String>,
    /// The type, pointers taken off, or the trait.
    pub ty: Option<String>,
}

/// What a function makes of its parameters, or of what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// The type whose method it is.
    pub self_type: Option<String>,
    /// The trait that the method is one of.
    pub trait_name: Option<String>,
    /// Modules around it inside the file.
    pub module: Vec<String>,
    /// How many parameters it has, `self` left out.
    pub parameters: usize,
    /// What it returns; the parameters stand in it as inputs with the names of [`Summary::parameter`].
    pub returned: Option<Document>,
    /// The type of that, where it is a row that was read, and a byte of the place that spells it.
    pub row: Option<(RustType, usize)>,
    /// It is a method that gives a document with every field of its type.
    pub encodes: bool,
    /// What parameters that it is lent hold afterwards, by their number.
    pub lent: Vec<(usize, Document)>,
    /// Calls of functions in other files.
    pub calls: Vec<PendingCall>,
    /// Types that other files may declare.
    pub types: Vec<PendingType>,
    /// Defaults that stand in for a value.
    pub signs: Vec<Sign>,
}

impl Summary {
    /// Whether it returns what it reads of a database.
    pub fn reads(&self) -> bool {
        let mut found = false;
        if let Some(returned) = &self.returned {
            returned.visit(&mut |part| found |= matches!(part, Document::Read(read) if read.site.is_some()));
        }
        found
    }

    /// The name of the input that stands for a parameter, counted from 0.
    pub fn parameter(index: usize) -> String {
        format!("<{index}>")
    }

    /// Whether an input stands for a parameter of a summary.
    pub fn is_parameter(id: &str) -> bool {
        id.starts_with('<') && id.ends_with('>')
    }
}
