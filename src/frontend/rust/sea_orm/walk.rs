//! One walk over a file for everything that may write through a model or a builder.
//!
//! Collects; [`super::writes`] decides what it comes to.

use super::names;
use super::typing::parts;
use crate::frontend::rust::assemble::Reader;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, ExprStruct, Member, Type};

/// A struct literal whose type may be an active model.
pub(super) struct Literal<'a> {
    pub(super) expr: &'a Expr,
    pub(super) fields: &'a ExprStruct,
    pub(super) scope: usize,
    pub(super) self_model: Option<&'a Type>,
}

/// `base.field = value`.
pub(super) struct Assign<'a> {
    pub(super) base: &'a Expr,
    pub(super) field: String,
    pub(super) left: &'a Expr,
    pub(super) value: &'a Expr,
    pub(super) scope: usize,
    pub(super) self_model: Option<&'a Type>,
}

/// A chain of method calls, from its root outwards.
pub(super) struct Chain<'a> {
    pub(super) expr: &'a Expr,
    pub(super) root: &'a Expr,
    pub(super) links: Vec<&'a ExprMethodCall>,
    pub(super) scope: usize,
    pub(super) self_model: Option<&'a Type>,
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
    pub(super) self_model: Option<&'a Type>,
}

/// Everything that was found, in the order of the text.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) literals: Vec<Literal<'a>>,
    pub(super) assigns: Vec<Assign<'a>>,
    pub(super) chains: Vec<Chain<'a>>,
    pub(super) pairs: Vec<Pair<'a>>,
}

/// Walks a file.
pub(super) fn walk<'a>(file: &'a syn::File, reader: &Reader<'a, '_>) -> Found<'a> {
    let mut walker = Walker { reader, scope: 0, self_model: None, found: Found::default() };
    walker.visit_file(file);
    walker.found
}

struct Walker<'r, 'a, 's> {
    reader: &'r Reader<'a, 's>,
    scope: usize,
    self_model: Option<&'a Type>,
    found: Found<'a>,
}

impl Walker<'_, '_, '_> {
    fn in_function(&mut self, at: usize, f: impl FnOnce(&mut Self)) {
        let before = self.scope;
        let scopes = self.reader.tree.scopes.iter().enumerate().skip(1);
        self.scope = scopes.into_iter().find(|(_, scope)| scope.range.0 == at).map_or(before, |(index, _)| index);
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
        let before = self.self_model;
        self.self_model = item.items.iter().find_map(|item| match item {
            syn::ImplItem::Type(ty) if ty.ident == "ActiveModel" => Some(&ty.ty),
            _ => None,
        });
        visit::visit_item_impl(self, item);
        self.self_model = before;
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        let macros = self.reader.macros;
        if let Some(parsed) = macros.get(mac) {
            parsed.exprs.iter().for_each(|expr| self.visit_expr(expr));
            parsed.stmts.iter().for_each(|stmt| self.visit_stmt(stmt));
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let (scope, self_model) = (self.scope, self.self_model);
        match expr {
            Expr::MethodCall(_) | Expr::Call(_) => {
                let (root, links) = super::columns::chain(expr);
                for link in &links {
                    link.args.iter().for_each(|argument| self.visit_expr(argument));
                }
                if let Expr::Call(call) = root {
                    call.args.iter().for_each(|argument| self.visit_expr(argument));
                } else {
                    self.visit_expr(root);
                }
                self.found.chains.push(Chain { expr, root, links, scope, self_model });
            }
            Expr::Struct(literal) => {
                self.found.literals.push(Literal { expr, fields: literal, scope, self_model });
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
                        self_model,
                    });
                }
                visit::visit_expr_assign(self, assign);
            }
            Expr::Tuple(tuple) => {
                if let (Some(column), Some(value), 2) = (tuple.elems.first(), tuple.elems.get(1), tuple.elems.len()) {
                    self.found.pairs.push(Pair { column, value, scope, self_model });
                }
                visit::visit_expr_tuple(self, tuple);
            }
            _ => visit::visit_expr(self, expr),
        }
    }
}
