//! Values of enums that are spelled out: `Status::Idle`, `Status::Failed(error)`, `Status::Running { started }`.
//!
//! How serde writes them is for the project to say, which knows the declaration.

use super::inline::may_hold;
use super::names::plain;
use super::types::Ty;
use super::values::{Val, Values, input};
use crate::document::Document;
use crate::frontend::facts::TypeUse;
use syn::{Expr, Member};

impl Values<'_, '_, '_> {
    /// The value of an enum that an expression spells out, as serde writes it; `None` for any other expression.
    pub(super) fn variant(&self, expr: &Expr) -> Option<Val> {
        let (path, after) = match expr {
            Expr::Path(path) => (&path.path, ""),
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => (&path.path, "(..)"),
                _ => return None,
            },
            Expr::Struct(literal) if literal.rest.is_none() => (&literal.path, " { .. }"),
            _ => return None,
        };
        let (ty, name) = self.variant_of(path)?;
        // `Limits::MAX` is a constant.
        if after.is_empty() && name.len() > 1 && !name.contains(|c: char| c.is_lowercase()) {
            return None;
        }
        let fields: Vec<(String, Document)> = match expr {
            Expr::Call(call) => {
                call.args.iter().enumerate().map(|(at, value)| (at.to_string(), self.member(value))).collect()
            }
            Expr::Struct(literal) => {
                let named = literal.fields.iter().filter_map(|field| match &field.member {
                    Member::Named(member) => Some((plain(member), self.member(&field.expr))),
                    Member::Unnamed(_) => None,
                });
                named.collect()
            }
            _ => vec![],
        };
        let spelled = format!("{}::{name}{after}", ty.name());
        let held: Vec<Document> = fields.iter().map(|(_, value)| value).filter(|v| may_hold(v)).cloned().collect();
        let (tag, doc) = if held.is_empty() {
            (spelled.clone(), input(spelled, None).unwrapped().doc)
        } else {
            let why = format!("`{spelled}` is made of it");
            (why.clone(), Document::Through { of: held, why })
        };
        self.awaits(&tag, &ty, TypeUse::Variant { name, fields });
        Some(Val { doc, ty: Some(ty), json: false })
    }

    /// The enum and the variant that a path names.
    pub(super) fn variant_of(&self, path: &syn::Path) -> Option<(Ty, String)> {
        let mut names: Vec<String> = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
        let name = names.pop().filter(|name| is_type(name))?;
        let outer = names.last().filter(|outer| is_type(outer))?;
        let ty = match outer.as_str() {
            "Self" if names.len() == 1 => Ty::named(self.scope.self_type.as_deref()?),
            _ => Ty::named(&names.join("::")),
        };
        ty.may_be_declared().then_some((ty, name))
    }
}

/// Whether a name is spelled as types and variants are.
fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_uppercase())
}
