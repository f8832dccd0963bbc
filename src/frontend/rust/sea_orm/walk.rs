//! One walk over a file for everything that may write through a model or a builder.
//!
//! Collects; [`mod@super::writes`] decides what it comes to.

use super::columns::chain;
use super::names;
use super::typing::parts;
use crate::frontend::rust::assemble::Reader;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, ExprStruct, Member, Type};

/// The `impl` that a place stands in.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own<'a> {
    /// What it is for: `Self`.
    pub(super) ty: Option<&'a Type>,
    /// What `Self::ActiveModel` means in it.
    pub(super) model: Option<&'a Type>,
    /// The type that `impl From<..>` converts.
    pub(super) from: Option<&'a Type>,
}

/// A struct literal whose type may be an active model.
pub(super) struct Literal<'a> {
    pub(super) expr: &'a Expr,
    pub(super) fields: &'a ExprStruct,
    pub(super) scope: usize,
    pub(super) own: Own<'a>,
}

/// `base.field = value`.
pub(super) struct Assign<'a> {
    pub(super) base: &'a Expr,
    pub(super) field: String,
    pub(super) left: &'a Expr,
    pub(super) value: &'a Expr,
    pub(super) scope: usize,
    pub(super) own: Own<'a>,
}

/// A chain of method calls, from its root outwards.
pub(super) struct Chain<'a> {
    pub(super) expr: &'a Expr,
    pub(super) root: &'a Expr,
    pub(super) links: Vec<&'a ExprMethodCall>,
    pub(super) scope: usize,
    pub(super) own: Own<'a>,
}

impl<'a> Chain<'a> {
    /// The call at the root, with the names of its path.
    pub(super) fn call(&self) -> Option<(&'a ExprCall, Vec<String>)> {
        let Expr::Call(call) = self.root else { return None };
        let Expr::Path(path) = &*call.func else { return None };
        Some((call, parts(&path.path)))
    }
}

/// `(Column::Settings, value)`.
pub(super) struct Pair<'a> {
    pub(super) column: &'a Expr,
    pub(super) value: &'a Expr,
    pub(super) scope: usize,
    pub(super) own: Own<'a>,
}

/// A macro call with plain arguments, as one that sets a field has them.
pub(super) struct MacroCall<'a> {
    pub(super) mac: &'a syn::Macro,
    pub(super) arguments: Vec<&'a Expr>,
    pub(super) scope: usize,
    pub(super) own: Own<'a>,
}

/// Everything that was found, in the order of the text.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) literals: Vec<Literal<'a>>,
    pub(super) assigns: Vec<Assign<'a>>,
    pub(super) chains: Vec<Chain<'a>>,
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) macros: Vec<MacroCall<'a>>,
}

/// Walks a file.
pub(super) fn walk<'a>(file: &'a syn::File, reader: &Reader<'a, '_>) -> Found<'a> {
    let scopes = reader.tree.scopes.iter().enumerate().skip(1).map(|(index, scope)| (scope.range.0, index)).collect();
    let mut walker = Walker { reader, scopes, scope: 0, own: Own::default(), found: Found::default() };
    walker.visit_file(file);
    walker.found
}

struct Walker<'r, 'a, 's> {
    reader: &'r Reader<'a, 's>,
    /// Scopes by their first byte.
    scopes: BTreeMap<usize, usize>,
    scope: usize,
    own: Own<'a>,
    found: Found<'a>,
}

impl Walker<'_, '_, '_> {
    fn in_function(&mut self, at: usize, f: impl FnOnce(&mut Self)) {
        let before = self.scope;
        self.scope = self.scopes.get(&at).copied().unwrap_or(before);
        f(self);
        self.scope = before;
    }
}

impl<'a> Visit<'a> for Walker<'_, 'a, '_> {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        let at = self.reader.source.start(item.sig.fn_token.span);
        self.in_function(at, |this| visit::visit_block(this, &item.block));
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        let at = self.reader.source.start(item.sig.fn_token.span);
        self.in_function(at, |this| visit::visit_block(this, &item.block));
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        if let Some(block) = &item.default {
            let at = self.reader.source.start(item.sig.fn_token.span);
            self.in_function(at, |this| visit::visit_block(this, block));
        }
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        let model = item.items.iter().find_map(|item| match item {
            syn::ImplItem::Type(ty) if ty.ident == "ActiveModel" => Some(&ty.ty),
            _ => None,
        });
        let conversion = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
        let from = conversion.filter(|s| s.ident == "From" || s.ident == "TryFrom").and_then(names::argument);
        let before = std::mem::replace(&mut self.own, Own { ty: Some(&item.self_ty), model, from });
        visit::visit_item_impl(self, item);
        self.own = before;
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        let macros = self.reader.macros;
        if let Some(parsed) = macros.get(mac) {
            let plain = |expr: &Expr| matches!(expr, Expr::Path(path) if path.path.get_ident().is_some());
            if parsed.is_list && parsed.exprs.len() > 1 && parsed.exprs.iter().any(plain) {
                let arguments = parsed.exprs.iter().collect();
                self.found.macros.push(MacroCall { mac, arguments, scope: self.scope, own: self.own });
            }
            parsed.exprs.iter().for_each(|expr| self.visit_expr(expr));
            parsed.stmts.iter().for_each(|stmt| self.visit_stmt(stmt));
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let (scope, own) = (self.scope, self.own);
        match expr {
            Expr::MethodCall(_) | Expr::Call(_) => {
                let (root, links) = chain(expr);
                for link in &links {
                    link.args.iter().for_each(|argument| self.visit_expr(argument));
                }
                if let Expr::Call(call) = root {
                    call.args.iter().for_each(|argument| self.visit_expr(argument));
                } else {
                    self.visit_expr(root);
                }
                self.found.chains.push(Chain { expr, root, links, scope, own });
            }
            Expr::Struct(literal) => {
                self.found.literals.push(Literal { expr, fields: literal, scope, own });
                visit::visit_expr_struct(self, literal);
            }
            Expr::Assign(assign) => {
                if let Expr::Field(field) = &*assign.left
                    && let Member::Named(name) = &field.member
                {
                    self.found.assigns.push(Assign {
                        base: &field.base,
                        field: names::plain(name),
                        left: &assign.left,
                        value: &assign.right,
                        scope,
                        own,
                    });
                }
                visit::visit_expr_assign(self, assign);
            }
            Expr::Tuple(tuple) => {
                if let (Some(column), Some(value), 2) = (tuple.elems.first(), tuple.elems.get(1), tuple.elems.len()) {
                    self.found.pairs.push(Pair { column, value, scope, own });
                }
                visit::visit_expr_tuple(self, tuple);
            }
            _ => visit::visit_expr(self, expr),
        }
    }
}
