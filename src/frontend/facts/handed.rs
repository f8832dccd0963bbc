//! Values that a function hands to another one, which may write them.

use super::{Bind, Function, TypeFacts};
use crate::source::{FileId, Span};

/// A function whose calls are asked for, because it stores what it is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WantedCall {
    /// Its name.
    pub name: String,
    /// How many parameters it has, `self` left out.
    pub parameters: usize,
    /// The parameter that is stored, counted from 0.
    pub parameter: usize,
    /// The field of it that is stored, where it is not the whole.
    pub field: Option<String>,
    /// It belongs to a type or a trait, and is called by a method call or a path that names one.
    pub is_method: bool,
    /// Modules and crates that a path to it may name last, where its own name does not say enough. Empty where any may.
    pub modules: Vec<String>,
    /// A file can only mean this function if it spells one of these: its type, its trait, what a variable of it is
    /// called. Empty where the name says enough by itself.
    pub near: Vec<String>,
    /// Its own file, which means it without spelling any of these.
    pub home: FileId,
}

/// The calls of wanted functions in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HandedOver {
    /// The calls, in the order of the text.
    pub calls: Vec<HandedOn>,
    /// What the file says of types, where a value depends on one that is not its own.
    pub types: Option<TypeFacts>,
}

/// A call of a wanted function.
#[derive(Debug, Clone, PartialEq)]
pub struct HandedOn {
    /// The name that is called.
    pub name: String,
    /// What stands before the name in a path: `Self`, a type, a module.
    pub qualifier: Option<String>,
    /// It is a method call.
    pub is_method: bool,
    /// The last name of a method's receiver: `users` in `self.users.save(..)`.
    pub receiver: Option<String>,
    /// The receiver's type without pointers around it, where it shows.
    pub receiver_type: Option<String>,
    /// How many arguments there are.
    pub arguments: usize,
    /// The file itself has a free function of that name.
    pub defined_here: bool,
    /// The file of the call.
    pub file: FileId,
    /// The call, from the name to the closing parenthesis.
    pub span: Span,
    /// What is handed over.
    pub given: Vec<GivenArgument>,
    /// The function that calls.
    pub function: Function,
    /// It is test code.
    pub test: bool,
}

/// A value that is handed over.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenArgument {
    /// The number of the parameter.
    pub parameter: usize,
    /// The field of the argument that is meant.
    pub field: Option<String>,
    /// The value; its index and name say nothing.
    pub bind: Bind,
}
