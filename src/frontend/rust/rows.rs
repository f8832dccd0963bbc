//! Fields of values, and columns of rows that were fetched.

use super::types::Ty;
use super::values::{Val, Values};
use crate::document::{Document, ReadSite};
use crate::source::{Site, Span};
use syn::{Expr, Member};

impl Values<'_, '_, '_> {
    /// A field.
    pub(super) fn field(&self, expr: &Expr, field: &syn::ExprField) -> Val {
        match &field.member {
            Member::Unnamed(_) => {
                // The inside of `Json(..)`.
                let base = self.value(&field.base);
                match &base.ty {
                    Some(ty) if matches!(ty.unwrapped().name(), "Json" | "Jsonb") => {
                        let inner = ty.unwrapped().arg().cloned();
                        Val { json: inner.as_ref().is_some_and(Ty::is_json_value), ty: inner, doc: base.doc }
                    }
                    _ => self.input(expr, None),
                }
            }
            Member::Named(name) => {
                let name = name.to_string();
                let name = name.trim_start_matches("r#");
                if self.is_row(&field.base) {
                    return self.read(name, &field.base, None);
                }
                let ty = self.value(&field.base).ty.and_then(|ty| self.field_type(&ty, name));
                self.input(expr, ty)
            }
        }
    }

    /// The type of a field of a struct of this file.
    fn field_type(&self, ty: &Ty, field: &str) -> Option<Ty> {
        let item = self.reader.tree.structs.get(ty.unwrapped().name())?;
        item.fields.iter().find(|f| f.ident.as_ref().is_some_and(|i| i == field)).and_then(|f| Ty::read(&f.ty))
    }

    /// A column of a row that was fetched.
    pub(super) fn read(&self, column: &str, from: &Expr, ty: Option<Ty>) -> Val {
        self.reads.borrow_mut().push(column.to_owned());
        let what = format!("`{column}` of a row fetched in `{}`", self.scope.name);
        let json = ty.as_ref().is_some_and(Ty::is_json_value);
        let site = self.read_at(from).map(|span| Site { file: self.reader.file, span });
        let column = Some(column.to_owned());
        Val { doc: Document::Read(ReadSite { what, column, site, handed_in: false }), ty, json }
    }

    /// Whether an expression is a row that was fetched, or the rows.
    pub(super) fn is_row(&self, expr: &Expr) -> bool {
        self.read_at(expr).is_some()
    }

    /// The call that fetched the row that an expression is: the bytes of its whole chain.
    fn read_at(&self, expr: &Expr) -> Option<Span> {
        self.fetched(expr, 0)
    }

    fn fetched(&self, expr: &Expr, depth: usize) -> Option<Span> {
        if depth > 6 {
            return None;
        }
        let mut expr = expr;
        loop {
            expr = match expr {
                Expr::Paren(e) => &e.expr,
                Expr::Reference(e) => &e.expr,
                Expr::Try(e) => &e.expr,
                Expr::Await(e) => &e.base,
                Expr::Index(e) => &e.expr,
                Expr::MethodCall(call) => match call.method.to_string().as_str() {
                    "fetch_one" | "fetch_optional" | "fetch_all" | "query_one" | "query_opt" | "query_all" => {
                        return Some(self.reader.source.expr(expr));
                    }
                    "unwrap" | "expect" | "ok_or" | "ok_or_else" | "into_iter" | "iter" | "next" | "map_err"
                    | "context" | "with_context" | "clone" | "first" | "pop" | "as_ref" | "try_next" | "drain"
                    | "remove" => &call.receiver,
                    _ => return None,
                },
                Expr::Path(path) => {
                    let ident = path.path.get_ident()?;
                    let at = self.reader.source.start(ident.span());
                    let binding = self.scope.bindings.get(self.scope.resolve(&ident.to_string(), at)?)?;
                    return self.fetched(binding.init.or(binding.part_of)?, depth + 1);
                }
                _ => return None,
            }
        }
    }
}
