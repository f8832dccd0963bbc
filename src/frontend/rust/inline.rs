//! Calls of functions of the same file, followed into their bodies.
//!
//! A body is evaluated with its arguments in the place of its parameters, at most [`MAX_CALLS`] calls deep. What stands
//! in other files is left to the project.

use super::types::Ty;
use super::values::{Val, Values, choose, input};
use crate::document::{Cond, Document};
use crate::frontend::facts::{PendingCall, PendingType, Receiver, Summary, TypeUse};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, FnArg, Pat, ReturnType, Signature, Stmt, Type};

/// How many calls are followed into each other.
const MAX_CALLS: usize = 2;

/// How many early returns of a function are told apart.
const MAX_RETURNS: usize = 6;

/// How many calls into other files are noted for one value.
const MAX_PENDING: usize = 40;

/// What is asked of a call.
#[derive(Debug, Clone, Copy)]
enum Asked {
    /// What it returns.
    Returned,
    /// An element of the tuple that it returns.
    Element(usize),
    /// What its argument holds afterwards.
    Argument(usize),
}

impl<'r, 'a: 'r> Values<'r, 'a, '_> {
    /// What a call of a function of this file returns; `None` when it is not followed.
    pub(super) fn returned_by(&self, call: &ExprCall) -> Option<Val> {
        let function = self.function(call)?;
        let arguments = call.args.iter().map(|argument| self.value(argument)).collect();
        self.inlined(function, None, arguments, Asked::Returned)
    }

    /// An element of a tuple: spelled, or returned by a function of this file; `None` where it does not show.
    pub(super) fn element_of(&self, expr: &Expr, number: usize) -> Option<Val> {
        match super::peel::peel(expr) {
            Expr::Tuple(tuple) => Some(self.value(tuple.elems.iter().nth(number)?)),
            Expr::Call(call) => {
                let function = self.function(call)?;
                let arguments = call.args.iter().map(|argument| self.value(argument)).collect();
                self.inlined(function, None, arguments, Asked::Element(number))
            }
            Expr::MethodCall(call) => {
                let arguments = || call.args.iter().map(|argument| self.value(argument)).collect();
                self.by_method(call, arguments, Asked::Element(number))
            }
            _ => None,
        }
    }

    /// What a function of this file makes of its parameters, each an input with the name of [`Summary::parameter`]: what it
    /// returns, or what an argument that it is lent holds afterwards.
    pub(super) fn summarised(&self, function: usize, types: &[Option<Ty>], lent: Option<usize>) -> Option<Val> {
        let parameter = |(index, ty): (usize, &Option<Ty>)| input(Summary::parameter(index), ty.clone());
        let arguments = types.iter().enumerate().map(parameter).collect();
        let asked = lent.map_or(Asked::Returned, Asked::Argument);
        self.inlined(function, None, arguments, asked)
    }

    /// What an argument that is lent to a call holds afterwards.
    pub(super) fn after_call(&self, call: &ExprCall, index: usize, before: &Val) -> Option<Val> {
        let function = self.function(call)?;
        let given = |(i, argument): (usize, &Expr)| if i == index { before.clone() } else { self.value(argument) };
        let arguments = call.args.iter().enumerate().map(given).collect();
        self.inlined(function, None, arguments, Asked::Argument(index))
    }

    /// What a call of a method of this file returns.
    pub(super) fn returned_by_method(&self, call: &ExprMethodCall) -> Option<Val> {
        let arguments = || call.args.iter().map(|argument| self.value(argument)).collect();
        self.by_method(call, arguments, Asked::Returned)
    }

    /// What an argument that is lent to a method holds afterwards.
    pub(super) fn after_method(&self, call: &ExprMethodCall, index: usize, before: &Val) -> Option<Val> {
        let given = |(i, argument): (usize, &Expr)| if i == index { before.clone() } else { self.value(argument) };
        let arguments = || call.args.iter().enumerate().map(given).collect();
        self.by_method(call, arguments, Asked::Argument(index))
    }

    fn by_method(&self, call: &ExprMethodCall, arguments: impl FnOnce() -> Vec<Val>, asked: Asked) -> Option<Val> {
        let candidates = self.reader.tree.functions.get(&call.method.to_string())?;
        if self.calls >= MAX_CALLS {
            return None;
        }
        let of_self = matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self"));
        let mut receiver = None;
        let owner = if of_self {
            self.scope.self_type.clone()
        } else {
            let found = self.value(&call.receiver);
            let owner = found.ty.as_ref().map(|ty| ty.unwrapped().name().to_owned());
            receiver = Some(found);
            owner
        };
        let mut fitting = candidates.iter().copied().filter(|index| {
            let Some(scope) = self.reader.tree.scopes.get(*index) else { return false };
            let takes_self = scope.item.is_some_and(|(signature, ..)| signature.receiver().is_some());
            takes_self && (owner.is_none() || owner == scope.self_type)
        });
        let function = fitting.next().filter(|_| fitting.next().is_none())?;
        let receiver = if of_self { self.me.clone() } else { receiver };
        self.inlined(function, receiver, arguments(), asked)
    }

    /// The function of this file that a call means.
    fn function(&self, call: &ExprCall) -> Option<usize> {
        let Expr::Path(path) = &*call.func else { return None };
        if self.calls >= MAX_CALLS || path.qself.is_some() {
            return None;
        }
        let mut segments = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
        let candidates = self.reader.tree.functions.get(&segments.next()?)?;
        let qualifier = segments.next();
        let fits = |index: &&usize| {
            let Some(scope) = self.reader.tree.scopes.get(**index) else { return false };
            match qualifier.as_deref() {
                None | Some("self" | "super" | "crate") => scope.self_type.is_none(),
                Some("Self") => scope.self_type == self.scope.self_type,
                Some(name) if name.starts_with(char::is_uppercase) => scope.self_type.as_deref() == Some(name),
                Some(name) => scope.self_type.is_none() && scope.module.last().is_some_and(|module| module == name),
            }
        };
        let fitting: Vec<usize> = candidates.iter().filter(fits).copied().collect();
        match fitting.as_slice() {
            [one] => Some(*one),
            several => {
                let here = |index: &&usize| {
                    self.reader.tree.scopes.get(**index).is_some_and(|scope| scope.module == self.scope.module)
                };
                let mut near = several.iter().filter(here);
                near.next().copied().filter(|_| near.next().is_none())
            }
        }
    }

    /// What a call comes to that is not followed: it holds what it is given of the old document. The project may know
    /// the function from another file.
    pub(super) fn foreign(
        &self,
        expr: &Expr,
        path: &str,
        arguments: &[Val],
        lent: Option<usize>,
        ty: Option<Ty>,
    ) -> Val {
        let name = path.rsplit("::").next().unwrap_or(path);
        let held: Vec<Document> = arguments.iter().map(|val| &val.doc).filter(|doc| may_hold(doc)).cloned().collect();
        let found = if held.is_empty() {
            self.input(expr, ty)
        } else {
            let why = format!("`{name}` may change it");
            Val { doc: Document::Through { of: held, why }, ty, json: false }
        };
        let tag = match &found.doc {
            Document::Input(input) => input.id.clone(),
            Document::Through { why, .. } => why.clone(),
            _ => return found,
        };
        let mut pending = self.pending.borrow_mut();
        let arguments: Vec<Document> = arguments.iter().map(|val| val.doc.clone()).collect();
        let room = pending.len() < MAX_PENDING;
        match pending.iter_mut().find(|call| call.tag == tag) {
            // Two calls that go by one tag are not told apart: neither is followed.
            Some(call) if call.arguments != arguments || call.lent != lent => call.path.clear(),
            None if room => {
                let (path, field, edits) = (path.to_owned(), None, false);
                pending.push(PendingCall { tag, path, receiver: self.receiver(expr), arguments, lent, field, edits });
            }
            _ => {}
        }
        found
    }

    /// What a call that is not followed is a method of.
    fn receiver(&self, call: &Expr) -> Option<Receiver> {
        let Expr::MethodCall(call) = call else { return None };
        let name = super::handed::last_name(&call.receiver);
        Some(Receiver { name, ty: super::handed::type_of(self.reader, self.scope, &call.receiver) })
    }

    /// Notes that a value, which goes by `tag`, is a field of what a call returns, where the whole is.
    pub(super) fn await_field(&self, whole: &Document, field: &str, tag: &str) {
        let mut whole = whole;
        let whole = loop {
            whole = match whole {
                Document::Input(input) => break input,
                // Of what was done to it only this field's part matters, which is told apart elsewhere.
                Document::Set { of, .. } => of,
                Document::Choose { otherwise, .. } => otherwise,
                _ => return,
            };
        };
        let mut pending = self.pending.borrow_mut();
        let call = pending.iter().find(|call| call.tag == whole.id && call.lent.is_none() && call.field.is_none());
        let Some(call) = call.filter(|call| !call.path.is_empty()).cloned() else { return };
        let found = PendingCall { tag: tag.to_owned(), field: Some(field.to_owned()), ..call };
        let room = pending.len() < MAX_PENDING;
        match pending.iter_mut().find(|call| call.tag == tag) {
            Some(known) if *known != found => known.path.clear(),
            None if room => pending.push(found),
            _ => {}
        }
    }

    /// A value that is, or may be, what a call gives that is not followed, as one that is not taken apart by its type:
    /// which document it is shows only when the function is known. `None` for any other.
    pub(super) fn as_given(&self, value: &Document) -> Option<Document> {
        let pending = self.pending.borrow();
        let is_call = |id: &str| pending.iter().any(|call| call.tag == id && call.lent.is_none());
        match value {
            Document::Input(_) => Some(value.clone()),
            Document::Object { .. } => {
                let id = value.fields_of().filter(|id| is_call(id))?.to_owned();
                self.types.borrow_mut().retain(|pending| pending.tag != id);
                Some(input(id, None).doc)
            }
            Document::First(items) => {
                let (first, rest) = items.split_first()?;
                let first = self.as_given(first)?;
                Some(Document::First(std::iter::once(first).chain(rest.iter().cloned()).collect()))
            }
            _ => None,
        }
    }

    fn inlined(&self, function: usize, receiver: Option<Val>, arguments: Vec<Val>, asked: Asked) -> Option<Val> {
        let scope = self.reader.tree.scopes.get(function)?;
        let (signature, block, _) = scope.item?;
        // An empty body may be one that was left out ([`super::Context::idle`]): nothing is known of it.
        if self.calls >= MAX_CALLS || block.stmts.is_empty() {
            return None;
        }
        let open = self.reader.source.start(block.brace_token.span.open());
        let mut given = vec![];
        let mut lent = None;
        let parameters = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        for (index, (parameter, value)) in parameters.zip(arguments).enumerate() {
            let (name, unwrapped) = parameter_name(&parameter.pat)?;
            let mut ids = scope.names.get(&name).into_iter().flatten().copied();
            let Some(id) = ids.find(|id| scope.bindings.get(*id).is_some_and(|b| b.visible == open)) else {
                continue;
            };
            if matches!(asked, Asked::Argument(wanted) if wanted == index) {
                lent = Some(id);
            }
            let value = if unwrapped { value.unwrapped() } else { value };
            given.push((id, self.as_parameter(value, &parameter.ty, signature)));
        }
        let mut inner = Self::new(self.reader, scope, vec![]);
        inner.given = RefCell::new(given);
        inner.me = receiver;
        inner.calls = self.calls + 1;
        inner.budget = Cell::new(self.budget.get());
        inner.inside = Cell::new(self.inside.get());
        let found = match asked {
            Asked::Returned => {
                let ty = match &signature.output {
                    ReturnType::Type(_, ty) => Ty::read(ty),
                    ReturnType::Default => None,
                };
                let ty = ty.map(|ty| if ty.name() == "Result" { ty.arg().cloned().unwrap_or(ty) } else { ty });
                let found = inner.result(&block.stmts, None);
                found.map(|found| match ty.filter(|ty| !matches!(ty.name(), "_" | "Self")) {
                    Some(ty) => inner.declared(found, ty),
                    None => found,
                })
            }
            Asked::Element(number) => inner.result(&block.stmts, Some(number)),
            Asked::Argument(_) => lent.map(|id| inner.local(id, scope.range.1)),
        };
        self.budget.set(inner.budget.get());
        self.signs.borrow_mut().append(&mut inner.signs.borrow_mut());
        self.pending.borrow_mut().append(&mut inner.pending.borrow_mut());
        inner.types.take().into_iter().for_each(|pending| self.await_type(pending));
        found
    }

    /// An argument as the parameter's type tells it, where its own does not show.
    fn as_parameter(&self, value: Val, ty: &Type, signature: &Signature) -> Val {
        let is_untyped = value.ty.is_none() && matches!(value.doc, Document::Input(_));
        let declared = Ty::read(ty).filter(|ty| {
            let is_generic = |name: &str| signature.generics.type_params().any(|own| own.ident == name);
            !is_generic(ty.name()) && !is_generic(ty.unwrapped().name())
        });
        match declared {
            Some(ty) if is_untyped => self.declared(value, ty),
            _ => value,
        }
    }

    /// What a body gives back: its last expression, and what it returns before; of a tuple perhaps one element.
    fn result(&self, body: &[Stmt], element: Option<usize>) -> Option<Val> {
        let mut returns = Returns(vec![]);
        for statement in body {
            returns.visit_stmt(statement);
        }
        let mut early: Vec<Val> = vec![];
        let tail = match body.last() {
            Some(Stmt::Expr(Expr::Return(last), _)) => {
                returns.0.pop();
                last.expr.as_deref()
            }
            Some(Stmt::Expr(last, None)) => Some(last),
            _ => None,
        };
        if returns.0.len() > MAX_RETURNS {
            return None;
        }
        let picked = |expr| element.map_or(Some(expr), |number| element_spelled(expr, number));
        for returned in returns.0.into_iter().filter_map(picked) {
            let found = self.value(returned);
            if !early.iter().any(|other| other.doc == found.doc) {
                early.push(found);
            }
        }
        let tail = match tail.and_then(picked) {
            Some(tail) => self.value(tail),
            None => early.pop()?,
        };
        early.retain(|other| other.doc != tail.doc && other.doc != Document::Null);
        let branches = early.into_iter().enumerate();
        Some(choose(branches.map(|(i, val)| (Cond::Unknown(format!("return {}", i + 1)), val)).collect(), tail))
    }
}

/// An element of a tuple that an expression spells, perhaps inside `Ok(..)`.
fn element_spelled(expr: &Expr, number: usize) -> Option<&Expr> {
    match super::peel::peel(expr) {
        Expr::Tuple(tuple) => tuple.elems.iter().nth(number),
        Expr::Call(call)
            if call.args.len() == 1 && matches!(super::wrappers::call_name(call).as_str(), "Ok" | "Some") =>
        {
            element_spelled(call.args.first()?, number)
        }
        _ => None,
    }
}

/// Whether a value holds the old document, or a parameter of a summary, which may be one.
pub(super) fn may_hold(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |part| {
        found |= match part {
            Document::Old | Document::Read(_) => true,
            Document::Input(input) => Summary::is_parameter(&input.id),
            _ => false,
        };
    });
    found
}

/// The calls that these values depend on, by themselves or by way of what other calls are given; the others were only
/// looked at on the way.
pub(super) fn needed(values: &[&Document], types: &[PendingType], mut calls: Vec<PendingCall>) -> Vec<PendingCall> {
    if calls.is_empty() {
        return calls;
    }
    let mut tags: BTreeSet<String> = BTreeSet::new();
    for value in values {
        tags_of(value, &mut tags);
    }
    for pending in types {
        if let TypeUse::Literal { fields, base } = &pending.how {
            for (_, value) in fields {
                tags_of(value, &mut tags);
            }
            if let Some((value, _)) = base {
                tags_of(value, &mut tags);
            }
        }
    }
    // What a call is given stands before it.
    let mut needed = vec![false; calls.len()];
    for (call, needed) in calls.iter().zip(&mut needed).rev() {
        if tags.contains(&call.tag) {
            *needed = true;
            for given in &call.arguments {
                tags_of(given, &mut tags);
            }
        }
    }
    let mut needed = needed.into_iter();
    calls.retain(|_| needed.next().unwrap_or_default());
    calls
}

/// What parts of a value go by until other files are known.
fn tags_of(value: &Document, tags: &mut BTreeSet<String>) {
    value.visit(&mut |part| match part {
        Document::Input(input) => {
            tags.insert(input.id.clone());
        }
        Document::Through { why, .. } => {
            tags.insert(why.clone());
        }
        _ => {}
    });
}

/// What is returned early, errors left out.
struct Returns<'e>(Vec<&'e Expr>);

impl<'e> Visit<'e> for Returns<'e> {
    fn visit_expr_return(&mut self, expr: &'e syn::ExprReturn) {
        if let Some(value) = expr.expr.as_deref() {
            let is_error = matches!(value, Expr::Call(call) if super::wrappers::call_name(call) == "Err");
            if !is_error {
                self.0.push(value);
            }
        }
        visit::visit_expr_return(self, expr);
    }

    fn visit_expr_closure(&mut self, _: &'e syn::ExprClosure) {}

    fn visit_item(&mut self, _: &'e syn::Item) {}
}

/// The name of a parameter, and whether it stands inside `Json(..)` or the like.
fn parameter_name(pattern: &Pat) -> Option<(String, bool)> {
    match pattern {
        Pat::Ident(ident) => Some((ident.ident.to_string(), false)),
        Pat::TupleStruct(inner) if inner.elems.len() == 1 => Some((parameter_name(inner.elems.first()?)?.0, true)),
        Pat::Reference(inner) => parameter_name(&inner.pat),
        _ => Some((String::new(), false)),
    }
}
