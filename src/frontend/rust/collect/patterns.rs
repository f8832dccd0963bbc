//! Names that patterns bind.

use super::Collector;
use crate::frontend::rust::scope::Binding;
use syn::{Expr, Pat, Type};

/// How a name is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Let,
    Param,
    Closure,
    Part,
}

impl Kind {
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
                    init: if kind == Kind::Part { None } else { init },
                    part_of: if kind == Kind::Part { init } else { None },
                    ty,
                    of_tuple: None,
                    is_closure_param: kind == Kind::Closure,
                    mutable: ident.mutability.is_some(),
                    branch: self.branch.clone(),
                };
                let owner = init.and_then(object_of).map(|ident| (ident.to_string(), self.source.start(ident.span())));
                let scope = self.scope()?;
                let owner = owner.and_then(|(name, at)| scope.resolve(&name, at));
                let id = scope.bind(binding);
                if let Some(owner) = owner {
                    scope.objects_of.entry(owner).or_default().push(id);
                }
                Some(id)
            }
            Pat::Type(typed) => self.pattern(&typed.pat, Some(&typed.ty), init, visible, kind),
            Pat::Reference(inner) => self.pattern(&inner.pat, ty, init, visible, kind),
            Pat::Paren(inner) => self.pattern(&inner.pat, ty, init, visible, kind),
            Pat::Tuple(tuple) => {
                let values = match init {
                    Some(Expr::Tuple(values)) if values.elems.len() == tuple.elems.len() => Some(&values.elems),
                    _ => None,
                };
                let types = match ty {
                    Some(Type::Tuple(types)) if types.elems.len() == tuple.elems.len() => Some(&types.elems),
                    _ => None,
                };
                for (i, element) in tuple.elems.iter().enumerate() {
                    let of_element = types.and_then(|t| t.get(i));
                    let bound = match values.and_then(|v| v.get(i)) {
                        Some(value) => self.pattern(element, of_element, Some(value), visible, kind),
                        None => self.pattern(element, of_element, init, visible, kind.part()),
                    };
                    let whole = ty.filter(|_| types.is_none());
                    if let (Some(id), Some(whole), Some(scope)) = (bound, whole, self.scope())
                        && let Some(binding) = scope.bindings.get_mut(id)
                    {
                        binding.of_tuple = Some((whole, i));
                    }
                }
                None
            }
            Pat::TupleStruct(inner) => {
                inner.elems.iter().for_each(|p| {
                    self.pattern(p, None, init, visible, kind.part());
                });
                None
            }
            Pat::Struct(inner) => {
                inner.fields.iter().for_each(|p| {
                    self.pattern(&p.pat, None, init, visible, kind.part());
                });
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

/// The name whose object an expression is: `d` in `d.as_object_mut().unwrap()`.
fn object_of(mut expr: &Expr) -> Option<&syn::Ident> {
    let mut object = false;
    loop {
        expr = match expr {
            Expr::MethodCall(call) => {
                object |= call.method == "as_object_mut";
                &call.receiver
            }
            Expr::Try(e) => &e.expr,
            Expr::Paren(e) => &e.expr,
            Expr::Reference(e) => &e.expr,
            Expr::Path(path) if object => return path.path.get_ident(),
            _ => return None,
        }
    }
}
