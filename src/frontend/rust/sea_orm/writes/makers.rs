//! Models that a function makes and another one writes: conversions and functions that return an active model.
//!
//! Both sides are noted; the project joins them, since they often stand in different files.

use super::Writer;
use super::sinks::End;
use crate::frontend::facts::{MadeEnd, Maker};
use crate::frontend::rust::peel::{Off, peel_also};
use crate::frontend::rust::sea_orm::typing::{Kind, Place, parts};
use crate::frontend::rust::sea_orm::{columns, names};
use syn::Expr;

/// How many locals are followed back to the function.
const MAX_HOPS: usize = 6;

impl<'a> Writer<'_, 'a, '_> {
    /// The function of a place, if it returns an active model.
    pub(super) fn maker(place: Place<'_, 'a, '_>) -> Option<Maker> {
        let returned = place.returned()?;
        place.of_type(returned, place.scope.range.0).filter(|typed| typed.kind == Kind::ActiveModel)?;
        let last = |ty: &syn::Type| names::last_segment(ty).map(|segment| segment.ident.to_string());
        let name = place.scope.name.clone();
        let (name, from) = match name.as_str() {
            "from" | "try_from" if place.own.from.is_some() => ("from".to_owned(), place.own.from.and_then(last)),
            "into" | "try_into" => ("from".to_owned(), place.own.ty.and_then(last)),
            "into_active_model" => (name, place.own.ty.and_then(last)),
            _ => (name, None),
        };
        Some(Maker { name, from })
    }

    /// Notes the function that made what may be a model: only its name says so.
    pub(super) fn made_elsewhere(&mut self, expr: &'a Expr, end: End<'a>, place: Place<'_, 'a, '_>) {
        let (root, links) = columns::chain(expr);
        let called = |expr: &Expr| matches!(expr, Expr::Call(_));
        let bound = place.binding(root).and_then(|id| place.scope.bindings.get(id)).and_then(|binding| binding.init);
        let by_function = called(root) || bound.is_some_and(|init| called(columns::chain(init).0));
        if links.is_empty() && by_function {
            self.made_here(expr, end, place);
        }
    }

    /// Notes the function that made what is written here.
    pub(super) fn made_here(&mut self, expr: &'a Expr, end: End<'a>, place: Place<'_, 'a, '_>) {
        if !matches!(end, End::Update | End::Save) {
            return;
        }
        let Some(maker) = made_by(expr, place) else { return };
        let entity = place.of(expr).filter(|typed| typed.kind == Kind::ActiveModel).map(|typed| typed.entity);
        self.ends.push(MadeEnd { maker, entity });
    }
}

/// The function whose result an expression is.
fn made_by<'a>(expr: &'a Expr, place: Place<'_, 'a, '_>) -> Option<Maker> {
    let converted = |value: &Expr| place.named_type(value).and_then(|path| path.last().cloned());
    // What an entity gives is converted by the code that derives it.
    let of_entity = |value: &Expr| place.of(value).is_some();
    let mut expr: &'a Expr = expr;
    for _ in 0..MAX_HOPS {
        expr = match peel_also(expr, &[Off::Copies, Off::Results, Off::Iterates]) {
            path @ Expr::Path(_) => {
                let binding = place.scope.bindings.get(place.binding(path)?)?;
                binding.init.or(binding.part_of)?
            }
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                let name = parts(&path.path).pop()?;
                return Some(match name.as_str() {
                    "Some" | "Ok" | "default" | "new" => return None,
                    "from" | "try_from" if of_entity(call.args.first()?) => return None,
                    "from" | "try_from" => Maker { name: "from".into(), from: converted(call.args.first()?) },
                    _ => Maker { name, from: None },
                });
            }
            Expr::MethodCall(call) => match call.method.to_string().as_str() {
                "reset_all" => &call.receiver,
                "into" | "try_into" if of_entity(&call.receiver) => return None,
                "into" | "try_into" => {
                    return Some(Maker { name: "from".into(), from: converted(&call.receiver) });
                }
                "into_active_model" => {
                    return Some(Maker { name: "into_active_model".into(), from: converted(&call.receiver) });
                }
                name => return Some(Maker { name: name.to_owned(), from: None }),
            },
            _ => return None,
        };
    }
    None
}
