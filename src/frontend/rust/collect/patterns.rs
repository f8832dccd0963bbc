//! Names that patterns bind.

use super::Collector;
use crate::frontend::rust::scope::{Alias, AliasStep, Binding};
use syn::{Expr, GenericArgument, Pat, Path, PathArguments, Type};

/// How a name is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Let,
    Param,
    Closure,
    /// By the pattern of a `match` or `if let`.
    Match,
    Part,
}

impl Kind {
    /// Whether a name is bound to a part, or may be.
    fn is_part(self) -> bool {
        matches!(self, Self::Part | Self::Match)
    }

    /// A part of what is bound. A part of a parameter stays a parameter.
    fn part(self) -> Self {
        if matches!(self, Self::Param | Self::Closure) { self } else { Self::Part }
    }
}

impl<'a> Collector<'a, '_> {
    /// Binds the names of a pattern; returns the first name's binding.
    pub(super) fn pattern(
        &mut self,
        pattern: &'a Pat,
        ty: Option<&'a Type>,
        init: Option<&'a Expr>,
        visible: usize,
        kind: Kind,
    ) -> Option<usize> {
        match pattern {
            Pat::Ident(ident) => {
                let binding = Binding {
                    name: ident.ident.to_string(),
                    visible,
                    end: self.end(),
                    init: if kind.is_part() { None } else { init },
                    part_of: if kind.is_part() { init } else { None },
                    whole: kind == Kind::Match,
                    inside: self.inside.filter(|_| kind == Kind::Part),
                    ty,
                    of_tuple: None,
                    element: None,
                    is_closure_param: kind == Kind::Closure,
                    mutable: ident.mutability.is_some(),
                    branch: self.branch.clone(),
                };
                let alias = init.and_then(part_of).map(|part| {
                    let at = self.source.start(part.whole.span());
                    (part.whole.to_string(), at, part.path, part.borrow)
                });
                if let Some((.., Some(borrow))) = &alias {
                    self.renamed = Some(std::ptr::from_ref(*borrow));
                }
                let scope = self.scope()?;
                let whole = alias.and_then(|(name, at, path, _)| Some((scope.resolve(&name, at)?, path)));
                let id = scope.bind(binding);
                if let Some((whole, path)) = whole {
                    scope.aliases_of.entry(whole).or_default().push(Alias { binding: id, path });
                }
                Some(id)
            }
            Pat::Type(typed) => self.pattern(&typed.pat, Some(&typed.ty), init, visible, kind),
            Pat::Reference(inner) => self.pattern(&inner.pat, ty, init, visible, kind),
            Pat::Paren(inner) => self.pattern(&inner.pat, ty, init, visible, kind),
            Pat::Tuple(tuple) => {
                let values = init.and_then(elements).filter(|values| values.len() == tuple.elems.len());
                let types = match ty {
                    Some(Type::Tuple(types)) if types.elems.len() == tuple.elems.len() => Some(&types.elems),
                    _ => None,
                };
                for (i, element) in tuple.elems.iter().enumerate() {
                    let of_element = types.and_then(|t| t.get(i));
                    let first = self.scope().map_or(0, |scope| scope.bindings.len());
                    let bound = match values.as_ref().and_then(|v| v.get(i)) {
                        Some(value) => self.pattern(element, of_element, *value, visible, kind),
                        None => self.pattern(element, of_element, init, visible, kind.part()),
                    };
                    if values.is_none()
                        && let (Some(id), Some(scope)) = (bound, self.scope())
                        && let Some(binding) = scope.bindings.get_mut(id)
                    {
                        binding.element = Some(i);
                    }
                    // `Json(data)` in `(id, Json(data))`
                    if values.is_none()
                        && matches!(element, Pat::TupleStruct(inner) if matches!(inner.elems.first(), Some(Pat::Ident(_))))
                        && let Some(scope) = self.scope()
                    {
                        for binding in scope.bindings.iter_mut().skip(first) {
                            binding.element = Some(i);
                        }
                    }
                    let whole = ty.filter(|_| types.is_none());
                    if let (Some(id), Some(whole), Some(scope)) = (bound, whole, self.scope())
                        && let Some(binding) = scope.bindings.get_mut(id)
                    {
                        binding.of_tuple = Some((whole, i));
                    }
                }
                None
            }
            Pat::TupleStruct(inner) if inner.elems.len() == 1 => {
                let before = self.inside.replace(&inner.path);
                let of_inner = ty.and_then(|ty| held_by(ty, &inner.path));
                inner.elems.iter().for_each(|p| {
                    self.pattern(p, of_inner, init, visible, kind.part());
                });
                self.inside = before;
                None
            }
            // Of `Some(Payment { details, .. })` the names are parts of what is in it.
            Pat::TupleStruct(inner) => {
                let before = self.inside.replace(&inner.path);
                inner.elems.iter().for_each(|p| {
                    self.pattern(p, None, init, visible, kind.part());
                });
                self.inside = before;
                None
            }
            Pat::Struct(inner) => {
                let before = self.inside.replace(&inner.path);
                inner.fields.iter().for_each(|p| {
                    self.pattern(&p.pat, None, init, visible, kind.part());
                });
                self.inside = before;
                None
            }
            Pat::Slice(inner) => {
                inner.elems.iter().for_each(|p| {
                    self.pattern(p, None, init, visible, kind.part());
                });
                None
            }
            Pat::Or(inner) => inner.cases.first().and_then(|p| self.pattern(p, None, init, visible, kind.part())),
            Pat::Guard(inner) => self.pattern(&inner.pat, ty, init, visible, kind),
            _ => None,
        }
    }
}

/// What the elements of a tuple are taken from, where that shows: the tuple is spelled out, or an iterator counts or pairs
/// what others give. The number that an iterator counts is taken from nothing.
fn elements(mut whole: &Expr) -> Option<Vec<Option<&Expr>>> {
    while let Expr::MethodCall(call) = whole
        && ["rev", "skip", "take", "filter", "step_by", "peekable"].iter().any(|name| call.method == name)
    {
        whole = &call.receiver;
    }
    match whole {
        Expr::Tuple(values) => Some(values.elems.iter().map(Some).collect()),
        Expr::MethodCall(call) => match call.args.first() {
            None if call.method == "enumerate" => Some(vec![None, Some(&call.receiver)]),
            Some(other) if call.method == "zip" => Some(vec![Some(&call.receiver), Some(other)]),
            _ => None,
        },
        _ => None,
    }
}

/// The type inside a wrapper that a pattern takes off by its name: `Settings` of `Json(settings): Json<Settings>`.
fn held_by<'a>(ty: &'a Type, pattern: &Path) -> Option<&'a Type> {
    let Type::Path(whole) = ty else { return None };
    let last =
        whole.path.segments.last().filter(|last| pattern.segments.last().is_some_and(|s| s.ident == last.ident))?;
    let PathArguments::AngleBracketed(types) = &last.arguments else { return None };
    types.args.iter().find_map(|ty| if let GenericArgument::Type(ty) = ty { Some(ty) } else { None })
}

/// A part of a named value.
struct Part<'a> {
    whole: &'a syn::Ident,
    path: Vec<AliasStep<'a>>,
    /// The `&mut` that takes it.
    borrow: Option<&'a Expr>,
}

/// The part that an expression gives another name to: `d.as_object_mut().unwrap()`, `&mut d["address"]`,
/// `d.entry("address").or_insert_with(..)`.
fn part_of(init: &Expr) -> Option<Part<'_>> {
    let mut path = vec![];
    let mut entry: Option<&syn::ExprMethodCall> = None;
    let (mut is_part, mut borrow) = (false, None);
    let mut expr = init;
    loop {
        expr = match expr {
            Expr::MethodCall(call) => {
                let first = call.args.first();
                match (call.method.to_string().as_str(), first) {
                    ("as_object_mut", None) => is_part = true,
                    ("get_mut", Some(key)) => path.push(AliasStep::Key(key)),
                    ("pointer_mut", Some(pointer)) => path.push(AliasStep::Pointer(pointer)),
                    ("or_insert" | "or_insert_with" | "or_default", _) => entry = Some(call),
                    ("entry", Some(key)) if entry.is_some() => path.push(AliasStep::Entry(key)),
                    ("unwrap" | "as_mut", None) | ("expect" | "ok_or" | "ok_or_else" | "context", Some(_)) => {}
                    _ => return None,
                }
                &call.receiver
            }
            Expr::Index(index) if borrow.is_some() || is_part || !path.is_empty() => {
                path.push(AliasStep::Key(&index.index));
                &index.expr
            }
            Expr::Try(e) => &e.expr,
            Expr::Paren(e) => &e.expr,
            Expr::Reference(e) => {
                if e.mutability.is_some() && borrow.is_none() {
                    borrow = Some(expr);
                }
                &e.expr
            }
            Expr::Path(whole) if is_part || borrow.is_some() || !path.is_empty() => {
                path.reverse();
                return Some(Part { whole: whole.path.get_ident()?, path, borrow });
            }
            _ => return None,
        }
    }
}
