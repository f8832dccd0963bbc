//! The values bound to the placeholders of a text.

use super::assemble::Reader;
use super::macros;
use super::scope::{Arm, Chain, Scope};
use super::values;
use crate::frontend::facts::Bind;
use syn::Expr;

/// How many bindings a query is followed through.
const MAX_HOPS: usize = 16;

/// Bound values in the order of their placeholders.
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    pub(super) binds: Vec<Bind>,
    /// The branches that the call stands in.
    pub(super) branch: Vec<Arm>,
}

impl List {
    /// Binds the next value.
    pub(super) fn push<'a>(&mut self, reader: &Reader<'a, '_>, scope: &Scope<'a>, expr: &Expr) {
        self.bind(reader, scope, None, expr);
    }

    /// Binds the next value, perhaps by name.
    pub(super) fn bind<'a>(&mut self, reader: &Reader<'a, '_>, scope: &Scope<'a>, name: Option<String>, expr: &Expr) {
        let expr = without_cast(expr);
        let span = reader.source.expr(expr);
        let source = reader.source.folded(span);
        let found = values::evaluate(reader, scope, &self.branch, expr);
        let index = self.binds.len() + 1;
        let values::Evaluated { value, rust_type, is_json, signs, calls, types } = found;
        let file = None;
        self.binds.push(Bind { index, name, span, file, source, value, rust_type, is_json, signs, calls, types });
    }

    /// Binds the values of a list: an array, a vector, a tuple, `params![..]`.
    pub(super) fn values<'a>(&mut self, reader: &Reader<'a, '_>, scope: &Scope<'a>, expr: &Expr) {
        match expr {
            Expr::Reference(e) => self.values(reader, scope, &e.expr),
            Expr::Paren(e) => self.values(reader, scope, &e.expr),
            Expr::Array(array) => array.elems.iter().for_each(|e| self.element(reader, scope, e)),
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|e| self.element(reader, scope, e)),
            Expr::Macro(mac) => {
                if matches!(macros::name(&mac.mac).as_str(), "vec" | "params" | "named_params")
                    && let Some(parsed) = reader.macros.get(&mac.mac)
                {
                    if parsed.is_list {
                        parsed.exprs.iter().for_each(|e| self.element(reader, scope, e));
                    }
                    for (name, value) in &parsed.named {
                        self.bind(reader, scope, Some(name.clone()), value);
                    }
                }
            }
            Expr::Path(path) => {
                if let Some(ident) = path.path.get_ident()
                    && let Some(id) = scope.resolve(&ident.to_string(), reader.source.start(ident.span()))
                    && let Some(init) = scope.bindings.get(id).and_then(|b| b.init)
                    && matches!(init, Expr::Array(_) | Expr::Reference(_) | Expr::Macro(_))
                {
                    self.values(reader, scope, init);
                }
            }
            _ => {}
        }
    }

    /// One element of a list; `(":name", value)` binds by name.
    fn element<'a>(&mut self, reader: &Reader<'a, '_>, scope: &Scope<'a>, expr: &Expr) {
        if let Expr::Tuple(pair) = expr
            && let (Some(Expr::Lit(name)), Some(value), 2) = (pair.elems.first(), pair.elems.get(1), pair.elems.len())
            && let syn::Lit::Str(name) = &name.lit
        {
            self.bind(reader, scope, Some(name.value()), value);
        } else {
            self.push(reader, scope, expr);
        }
    }

    /// Follows `.bind(..)` along a chain, and along the binding that holds the query.
    pub(super) fn chain<'a>(
        &mut self,
        reader: &Reader<'a, '_>,
        scope: &Scope<'a>,
        chain: &Chain<'a>,
        from: usize,
        hops: usize,
    ) {
        chain.branch.clone_into(&mut self.branch);
        for link in chain.links.iter().skip(from) {
            match link.method.to_string().as_str() {
                "bind" => {
                    if let Some(value) = link.args.last() {
                        self.push(reader, scope, value);
                    }
                }
                "execute" | "query" | "query_row" | "query_map" | "query_and_then" | "insert" | "exec"
                    if self.binds.is_empty() && hops > 0 =>
                {
                    if let Some(values) = link.args.first() {
                        self.values(reader, scope, values);
                    }
                }
                _ => {}
            }
        }
        if hops < MAX_HOPS
            && let Some(id) = chain.bound
        {
            for next in scope.chains_on(id).filter(|c| c.at > chain.at) {
                let hops = if next.bound == Some(id) { MAX_HOPS } else { hops + 1 };
                self.chain(reader, scope, next, 0, hops);
            }
            let prepares = |link: &&syn::ExprMethodCall| link.method.to_string().starts_with("prepare");
            if self.binds.is_empty() && chain.links.iter().any(prepares) {
                self.prepared(reader, scope, chain.at, id);
            }
        }
    }

    /// The values that a prepared statement is run with: `client.execute(&statement, &[&a, &b])`.
    fn prepared<'a>(&mut self, reader: &Reader<'a, '_>, scope: &Scope<'a>, from: usize, id: usize) {
        let is_statement = |expr: &Expr| {
            let expr = if let Expr::Reference(reference) = expr { &reference.expr } else { expr };
            let Expr::Path(path) = expr else { return false };
            let Some(ident) = path.path.get_ident() else { return false };
            scope.resolve(&ident.to_string(), reader.source.start(ident.span())) == Some(id)
        };
        for next in scope.chains.iter().filter(|next| next.at > from) {
            let run = next.links.iter().find(|link| {
                let name = link.method.to_string();
                (name.starts_with("execute") || name.starts_with("query") || name.starts_with("exec_"))
                    && link.args.first().is_some_and(is_statement)
            });
            if let Some(values) = run.and_then(|link| link.args.iter().nth(1)) {
                next.branch.clone_into(&mut self.branch);
                self.values(reader, scope, values);
                return;
            }
        }
    }
}

/// Takes `as _`, `as &(dyn ToSql + Sync)` and parentheses off.
fn without_cast(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Cast(cast) if matches!(*cast.ty, syn::Type::Infer(_) | syn::Type::Reference(_)) => &cast.expr,
            Expr::Paren(e) => &e.expr,
            Expr::Group(e) => &e.expr,
            other => return other,
        }
    }
}
