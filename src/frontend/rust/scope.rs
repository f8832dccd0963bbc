//! What one function holds: its bindings, and its calls as chains of methods, in the order of the text.
//!
//! Plain tables over the syntax tree; deciding what they mean is left to the rooms that read them.

use syn::{Attribute, Block, Expr, ExprMethodCall, FnArg, Macro, Pat, Signature, Type};

/// A branch or loop that a place stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arm {
    /// The place of the `if`, `match` or loop.
    pub(super) node: usize,
    /// Which arm.
    pub(super) number: usize,
    /// How many there are; 1 for a loop, and for an `if` without `else`.
    pub(super) of: usize,
    /// It is a loop.
    pub(super) is_loop: bool,
}

/// A name that is bound.
#[derive(Debug)]
pub(super) struct Binding<'a> {
    pub(super) name: String,
    /// The binding is seen from this byte of the file ..
    pub(super) visible: usize,
    /// .. up to this one.
    pub(super) end: usize,
    /// What it is bound to, when the whole of it is.
    pub(super) init: Option<&'a Expr>,
    /// What it is a part of, when it is bound by a pattern.
    pub(super) part_of: Option<&'a Expr>,
    /// It is the whole of `part_of` after all: `x` in `match y { x => .. }`.
    pub(super) whole: bool,
    /// The pattern that it is the one part of: `Some` in `Some(x)`, `Object` in `Value::Object(x)`.
    pub(super) inside: Option<&'a syn::Path>,
    /// The declared type.
    pub(super) ty: Option<&'a Type>,
    /// The type of the tuple that it is an element of, where that is not spelled as one, and the element's number.
    pub(super) of_tuple: Option<(&'a Type, usize)>,
    /// The element's number, where the pattern is a tuple and `part_of` is not spelled as one.
    pub(super) element: Option<usize>,
    /// The parameter of a closure.
    pub(super) is_closure_param: bool,
    pub(super) mutable: bool,
    pub(super) branch: Vec<Arm>,
}

/// At what a chain of method calls starts.
#[derive(Debug, Clone)]
pub(super) enum Root<'a> {
    /// A binding of the function.
    Binding(usize),
    /// A field or a name from outside, by its source: `self.builder`.
    Place(String),
    /// A macro call.
    Macro(&'a Macro),
    /// Anything else.
    Expr(&'a Expr),
}

/// `root.a(..).b(..)`, as long as it is.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    /// First byte.
    pub(super) at: usize,
    pub(super) root: Root<'a>,
    /// The method calls, first call first.
    pub(super) links: Vec<&'a ExprMethodCall>,
    /// The binding that it is bound to, or assigned to.
    pub(super) bound: Option<usize>,
    pub(super) branch: Vec<Arm>,
}

/// A change to a place that is no method call.
#[derive(Debug)]
pub(super) enum Change<'a> {
    /// `x = value`.
    Assign(&'a Expr),
    /// `x += value`.
    Append(&'a Expr),
    /// `write!(x, ..)`: the macro.
    Write(&'a Macro),
    /// `x["k"] = value`, `x.f = value`: the target and the value.
    Part(&'a Expr, &'a Expr),
    /// `&mut x` goes somewhere.
    Lent,
    /// `&mut x` is an argument of a call; counted from 0, the receiver left out.
    LentTo(Lender<'a>, usize),
}

/// A call that is lent something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lender<'a> {
    /// A function.
    Call(&'a syn::ExprCall),
    /// A method.
    Method(&'a ExprMethodCall),
}

/// What decides about an arm.
#[derive(Debug, Clone, Copy)]
pub(super) enum Head<'a> {
    /// The condition of an `if`.
    If(&'a Expr),
    /// The subject of a `match`, and the arm's pattern.
    Arm(&'a Expr, &'a Pat),
}

/// A binding that stands for a part of another: `let address = &mut d["address"]`.
#[derive(Debug, Clone)]
pub(super) struct Alias<'a> {
    pub(super) binding: usize,
    /// How the part is reached from the whole.
    pub(super) path: Vec<AliasStep<'a>>,
}

/// A step from a whole to its part.
#[derive(Debug, Clone, Copy)]
pub(super) enum AliasStep<'a> {
    /// `d[key]`, `d.get_mut(key)`.
    Key(&'a Expr),
    /// `d.pointer_mut(pointer)`.
    Pointer(&'a Expr),
    /// `d.entry(key).or_insert(..)`: the part is there afterwards.
    Entry(&'a Expr),
}

/// A change, with its place.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) at: usize,
    pub(super) what: Change<'a>,
    pub(super) branch: Vec<Arm>,
}

/// One function, or the file outside of functions.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    pub(super) name: String,
    /// First and one past the last byte.
    pub(super) range: (usize, usize),
    /// It is no function.
    pub(super) is_file: bool,
    /// The type of `self`.
    pub(super) self_type: Option<String>,
    /// The trait that it is a method of.
    pub(super) trait_name: Option<String>,
    /// Modules around it.
    pub(super) module: Vec<String>,
    /// The function's signature, body and attributes.
    pub(super) item: Option<(&'a Signature, &'a Block, &'a [Attribute])>,
    pub(super) bindings: Vec<Binding<'a>>,
    /// Bindings by name, in the order in which they become visible.
    pub(super) names: std::collections::BTreeMap<String, Vec<usize>>,
    pub(super) chains: Vec<Chain<'a>>,
    /// Chains that start at a binding.
    pub(super) chains_of: std::collections::BTreeMap<usize, Vec<usize>>,
    /// Chains that start at a place, by its source.
    pub(super) chains_at: std::collections::BTreeMap<String, Vec<usize>>,
    /// Bindings that are a part of another, or the object inside it: `let o = d.as_object_mut()`.
    pub(super) aliases_of: std::collections::BTreeMap<usize, Vec<Alias<'a>>>,
    /// What decides about arms, by the place of their branch and their number.
    pub(super) heads: std::collections::BTreeMap<(usize, usize), Head<'a>>,
    /// Other changes to a binding.
    pub(super) changes_of: std::collections::BTreeMap<usize, Vec<Event<'a>>>,
}

impl<'a> Scope<'a> {
    /// The names of the parameters in order, `self` left out; empty where a pattern stands.
    pub(super) fn parameters(&self) -> impl Iterator<Item = String> {
        let inputs = self.item.map(|(signature, ..)| signature.inputs.iter());
        inputs.into_iter().flatten().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(parameter_name(&typed.pat)),
        })
    }

    /// Adds a binding.
    pub(super) fn bind(&mut self, binding: Binding<'a>) -> usize {
        let id = self.bindings.len();
        self.names.entry(binding.name.clone()).or_default().push(id);
        self.bindings.push(binding);
        id
    }

    /// The binding that `name` means at byte `at`.
    pub(super) fn resolve(&self, name: &str, at: usize) -> Option<usize> {
        self.names
            .get(name)?
            .iter()
            .rev()
            .copied()
            .find(|id| self.bindings.get(*id).is_some_and(|b| b.visible <= at && at < b.end))
    }

    /// Adds a chain.
    pub(super) fn chain(&mut self, chain: Chain<'a>) {
        let index = self.chains.len();
        match &chain.root {
            Root::Binding(id) => self.chains_of.entry(*id).or_default().push(index),
            Root::Place(place) => self.chains_at.entry(place.clone()).or_default().push(index),
            Root::Macro(_) | Root::Expr(_) => {}
        }
        self.chains.push(chain);
    }

    /// Chains at a binding, in the order of the text.
    pub(super) fn chains_on(&self, binding: usize) -> impl Iterator<Item = &Chain<'a>> {
        let mut found: Vec<&Chain<'a>> =
            self.chains_of.get(&binding).into_iter().flatten().filter_map(|i| self.chains.get(*i)).collect();
        found.sort_by_key(|c| c.at);
        found.into_iter()
    }

    /// Adds a change to a binding.
    pub(super) fn change(&mut self, binding: usize, event: Event<'a>) {
        self.changes_of.entry(binding).or_default().push(event);
    }

    /// Changes to a binding that are no method calls.
    pub(super) fn changes_on(&self, binding: usize) -> &[Event<'a>] {
        self.changes_of.get(&binding).map_or(&[], Vec::as_slice)
    }
}

/// The name that a parameter's pattern binds: also the one inside `Json(body)`.
fn parameter_name(pattern: &Pat) -> String {
    match pattern {
        Pat::Ident(ident) => ident.ident.to_string(),
        Pat::TupleStruct(inner) if inner.elems.len() == 1 => {
            inner.elems.first().map(parameter_name).unwrap_or_default()
        }
        Pat::Reference(inner) => parameter_name(&inner.pat),
        Pat::Paren(inner) => parameter_name(&inner.pat),
        _ => String::new(),
    }
}
