//! One walk over a file for the places of its models.

use super::{Assign, Block, Code, Field, Let, Literal, Module, Sink, Statement, Written};
use crate::frontend::rust::stripped;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, Pat, Stmt, UseTree};

/// Methods that hand on what a database call returns, or say what it means that it failed.
const HANDING_ON: [&str; 7] =
    ["map_err", "context", "with_context", "wrap_err", "wrap_err_with", "change_context", "attach_printable"];

/// Reads a file; nothing of one that does not parse.
pub(super) fn read(text: &str) -> Code {
    let shift = stripped(text);
    let mut walker = Walker { shift, code: Code::default(), block: None, statement: None, looped: false, module: 0 };
    if let Ok(file) = syn::parse_file(text.get(shift..).unwrap_or_default()) {
        walker.module(0..text.len(), &file.items);
    }
    // Places are bytes by now; the thread's copy of the text can go.
    proc_macro2::extra::invalidate_current_thread_spans();
    walker.code
}

struct Walker {
    shift: usize,
    code: Code,
    block: Option<usize>,
    statement: Option<usize>,
    /// The next block is the body of a loop.
    looped: bool,
    module: usize,
}

impl Walker {
    fn bytes(&self, node: &impl Spanned) -> Range<usize> {
        let bytes = node.span().byte_range();
        bytes.start + self.shift..bytes.end + self.shift
    }

    fn module(&mut self, bytes: Range<usize>, items: &[syn::Item]) {
        let before = std::mem::replace(&mut self.module, self.code.modules.len());
        let place = |item: &syn::Item| matches!(item, syn::Item::Use(_));
        let first = items.iter().find(|item| place(item)).or(items.first()).map(|item| self.bytes(item).start);
        self.code.modules.push(Module { bytes, names: vec![], first });
        for item in items {
            self.visit_item(item);
        }
        self.module = before;
    }

    /// A body of its own: what stands in it runs at another time, or returns to another place.
    fn body(&mut self, walk: impl FnOnce(&mut Self)) {
        let before = (self.block.take(), self.statement.take(), std::mem::take(&mut self.looped));
        walk(self);
        (self.block, self.statement, self.looped) = before;
    }

    fn import(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        let name = match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.import(&inner.tree, path);
                path.pop();
                return;
            }
            UseTree::Group(group) => return group.items.iter().for_each(|item| self.import(item, path)),
            UseTree::Name(name) => name.ident.to_string(),
            UseTree::Rename(rename) if rename.rename == "_" => rename.ident.to_string(),
            UseTree::Rename(rename) => rename.rename.to_string(),
            UseTree::Glob(_) => format!("{}::*", path.join("::")),
        };
        if let Some(module) = self.code.modules.get_mut(self.module) {
            module.names.push(name);
        }
    }

    /// `model.update(db).await?`, `Entity::update(model).exec(db).await?`: from the whole of a chain to its call.
    fn sink(&self, expr: &Expr) -> Option<Sink> {
        let mut links: Vec<&Expr> = vec![];
        let mut at = expr;
        let (of, call, connection) = loop {
            if let Expr::MethodCall(call) = at
                && let (Some(connection), 1) = (call.args.first(), call.args.len())
                && let Some(of) = self.written(call)
            {
                break (of, at, connection);
            }
            links.push(at);
            at = match at {
                Expr::Try(inner) => &inner.expr,
                Expr::Await(inner) => &inner.base,
                Expr::MethodCall(call) => &call.receiver,
                _ => return None,
            };
        };
        let start = self.bytes(call).end;
        let mut behind = start..start;
        let mut open = true;
        for link in links.iter().rev() {
            let goes_on = match link {
                Expr::Await(_) => true,
                Expr::Try(_) => {
                    open = false;
                    true
                }
                Expr::MethodCall(call) => {
                    let name = call.method.to_string();
                    let moves =
                        call.args.iter().any(|argument| matches!(argument, Expr::Closure(c) if c.capture.is_some()));
                    open = !["unwrap", "expect"].contains(&name.as_str());
                    !moves && (!open || HANDING_ON.contains(&name.as_str()))
                }
                _ => false,
            };
            if !goes_on {
                return None;
            }
            behind.end = self.bytes(*link).end;
            if !open {
                break;
            }
        }
        let bytes = self.bytes(expr);
        let whole = behind.end == bytes.end;
        let returned = self.statement.and_then(|id| self.code.statements.get(id)).is_some_and(|s| s.returned);
        let waits = links.last().is_some_and(|link| matches!(link, Expr::Await(_)));
        let sink = Sink { of, bytes, connection: self.bytes(connection), behind, open, statement: self.statement };
        (waits && (!open || (whole && returned))).then_some(sink)
    }

    /// What a call writes, if it writes a model.
    fn written(&self, call: &syn::ExprMethodCall) -> Option<Written> {
        let model = match call.method.to_string().as_str() {
            "update" | "update_without_returning" => &*call.receiver,
            "exec" => match &*call.receiver {
                Expr::Call(inner) if inner.args.len() == 1 => {
                    let Expr::Path(path) = &*inner.func else { return None };
                    let last = path.path.segments.last()?;
                    if last.ident != "update" {
                        return None;
                    }
                    inner.args.first()?
                }
                _ => return None,
            },
            _ => return None,
        };
        match model {
            Expr::Path(path) => path.path.get_ident().map(|name| Written::Variable(name.to_string())),
            Expr::Struct(literal) => Some(Written::Literal(self.bytes(literal))),
            _ => None,
        }
    }

    fn literal(&mut self, literal: &syn::ExprStruct) {
        let fields = literal.fields.iter().filter_map(|field| {
            let syn::Member::Named(name) = &field.member else { return None };
            field.colon_token?;
            let inner = match &field.expr {
                Expr::Call(call) if call.args.len() == 1 => call.args.first().map(|inner| self.bytes(inner)),
                _ => None,
            };
            let (bytes, value) = (self.bytes(field), self.bytes(&field.expr));
            Some(Field { name: plain(name), bytes, value, inner })
        });
        let literal = Literal {
            bytes: self.bytes(literal),
            fields: fields.collect(),
            rest: literal.rest.is_some(),
            statement: self.statement,
            variable: None,
        };
        self.code.literals.push(literal);
    }
}

fn plain(ident: &syn::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// The variable that a pattern binds, its type aside.
fn variable(pattern: &Pat) -> Option<&syn::PatIdent> {
    match pattern {
        Pat::Ident(ident) if ident.subpat.is_none() && ident.by_ref.is_none() => Some(ident),
        Pat::Type(typed) => variable(&typed.pat),
        _ => None,
    }
}

impl<'a> Visit<'a> for Walker {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if let Some((_, items)) = &item.content {
            let bytes = self.bytes(item);
            self.body(|this| this.module(bytes, items));
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        // What is imported in a function is seen in other places of it at most; to import it again does no harm.
        if self.block.is_none() {
            self.import(&item.tree, &mut vec![]);
        }
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.body(|this| visit::visit_item_fn(this, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.body(|this| visit::visit_impl_item_fn(this, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        self.body(|this| visit::visit_trait_item_fn(this, item));
    }

    fn visit_expr_closure(&mut self, closure: &'a syn::ExprClosure) {
        self.body(|this| visit::visit_expr_closure(this, closure));
    }

    fn visit_expr_async(&mut self, block: &'a syn::ExprAsync) {
        self.body(|this| visit::visit_expr_async(this, block));
    }

    fn visit_expr_for_loop(&mut self, looped: &'a syn::ExprForLoop) {
        self.visit_expr(&looped.expr);
        self.looped = true;
        self.visit_block(&looped.body);
    }

    fn visit_expr_while(&mut self, looped: &'a syn::ExprWhile) {
        self.visit_expr(&looped.cond);
        self.looped = true;
        self.visit_block(&looped.body);
    }

    fn visit_expr_loop(&mut self, looped: &'a syn::ExprLoop) {
        self.looped = true;
        self.visit_block(&looped.body);
    }

    fn visit_block(&mut self, block: &'a syn::Block) {
        let id = self.code.blocks.len();
        let (parent, looped) = (self.block, std::mem::take(&mut self.looped));
        self.code.blocks.push(Block { bytes: self.bytes(block), parent, looped });
        let before = (self.block.replace(id), self.statement);
        let count = block.stmts.len();
        for (number, statement) in block.stmts.iter().enumerate() {
            let returned = match statement {
                Stmt::Expr(Expr::Return(_), _) => true,
                Stmt::Expr(_, None) => parent.is_none() && number + 1 == count,
                _ => false,
            };
            self.statement = Some(self.code.statements.len());
            let bytes = self.bytes(statement);
            self.code.statements.push(Statement { bytes, block: id, returned });
            self.visit_stmt(statement);
        }
        (self.block, self.statement) = before;
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        if let (Some(ident), Some(statement)) = (variable(&local.pat), self.statement)
            && let Some(mutable) = &ident.mutability
        {
            let mutable = self.bytes(mutable).start..self.bytes(&ident.ident).start;
            self.code.lets.push(Let { name: plain(&ident.ident), mutable, statement });
        }
        let first = self.code.literals.len();
        visit::visit_local(self, local);
        let own = self.code.literals.get_mut(first);
        if let (Some(ident), Some(syn::LocalInit { expr, diverge: None, .. }), Some(own)) =
            (variable(&local.pat), &local.init, own)
            && matches!(&**expr, Expr::Struct(_))
        {
            own.variable = Some(plain(&ident.ident));
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Try(_) | Expr::Await(_) | Expr::MethodCall(_) => {
                if let Some(sink) = self.sink(expr)
                    && !self.code.sinks.iter().any(|known| known.connection == sink.connection)
                {
                    self.code.sinks.push(sink);
                }
            }
            Expr::Struct(literal) => self.literal(literal),
            Expr::Assign(assign) => {
                let bytes = self.bytes(assign);
                let alone = self.statement.filter(|id| {
                    let statement = self.code.statements.get(*id);
                    statement.is_some_and(|statement| {
                        statement.bytes.start == bytes.start && statement.bytes.end == bytes.end + 1
                    })
                });
                if let (Expr::Field(left), Some(statement)) = (&*assign.left, alone)
                    && let (Expr::Path(base), syn::Member::Named(field)) = (&*left.base, &left.member)
                    && let Some(base) = base.path.get_ident()
                {
                    self.code.assigns.push(Assign { bytes, base: plain(base), field: plain(field), statement });
                }
            }
            _ => {}
        }
        visit::visit_expr(self, expr);
    }
}
