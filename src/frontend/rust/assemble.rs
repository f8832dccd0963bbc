//! Rust expressions to SQL texts: literals, constants, locals, `format!` and its relatives, strings that are pushed to.
//!
//! Follows one function at a time, in the order of the text. What it cannot follow becomes a hole.

mod made;

use super::collect::{FoundConstant, Tree};
use super::literal::{self, Literal};
use super::macros::Macros;
use super::place::{self, Source};
use super::scope::{Chain, Change, Scope};
use super::text::Text;
use super::wrappers::{is_empty_string, is_wrapper_method, last_expr, wrapped};
use crate::source::{FileId, Span};
use std::cell::Cell;
use syn::{Expr, Lit, Macro};

/// How many names one text may follow, so that locals that double each other stay cheap.
const BUDGET: usize = 500;

/// How deep expressions are followed.
const MAX_DEPTH: usize = 64;

/// A file that is being read, and what was collected of it.
pub(super) struct Reader<'a, 's> {
    pub(super) file: FileId,
    pub(super) source: Source<'s>,
    pub(super) tree: &'a Tree<'a>,
    pub(super) macros: &'a Macros<'s>,
    budget: Cell<usize>,
    depth: Cell<usize>,
}

impl<'a, 's> Reader<'a, 's> {
    /// A reader of a file.
    pub(super) fn new(file: FileId, source: Source<'s>, tree: &'a Tree<'a>, macros: &'a Macros<'s>) -> Self {
        Self { file, source, tree, macros, budget: Cell::new(BUDGET), depth: Cell::new(0) }
    }

    /// Starts a new text: its budget is full.
    pub(super) fn refill(&self) {
        self.budget.set(BUDGET);
    }

    /// The texts that an expression can be: one for each arm of an `if` or `match`.
    pub(super) fn texts(&self, expr: &Expr, scope: &Scope<'a>) -> Vec<Text> {
        self.refill();
        let mut found = vec![];
        self.alternatives(expr, scope, &mut found, 0);
        found
    }

    fn alternatives(&self, expr: &Expr, scope: &Scope<'a>, found: &mut Vec<Text>, depth: usize) {
        /// More alternatives than this are not told apart.
        const MAX_ALTERNATIVES: usize = 32;
        if depth > MAX_DEPTH || found.len() >= MAX_ALTERNATIVES {
            return;
        }
        if let Some(text) = self.text(expr, scope) {
            found.push(text);
            return;
        }
        match expr {
            Expr::If(branch) => {
                if let Some(last) = last_expr(&branch.then_branch) {
                    self.alternatives(last, scope, found, depth + 1);
                }
                if let Some((_, other)) = &branch.else_branch {
                    self.alternatives(other, scope, found, depth + 1);
                }
            }
            Expr::Match(branches) => {
                branches.arms.iter().for_each(|arm| self.alternatives(&arm.body, scope, found, depth + 1));
            }
            Expr::Block(block) => {
                if let Some(last) = last_expr(&block.block) {
                    self.alternatives(last, scope, found, depth + 1);
                }
            }
            Expr::Reference(e) => self.alternatives(&e.expr, scope, found, depth + 1),
            Expr::Paren(e) => self.alternatives(&e.expr, scope, found, depth + 1),
            Expr::MethodCall(call) if is_wrapper_method(call) => {
                self.alternatives(&call.receiver, scope, found, depth + 1);
            }
            Expr::Call(call) => {
                if let Some(inner) = wrapped(call) {
                    self.alternatives(inner, scope, found, depth + 1);
                }
            }
            Expr::Path(path) => {
                let Some(ident) = path.path.get_ident() else { return };
                let at = self.source.start(ident.span());
                let Some(id) = scope.resolve(&ident.to_string(), at) else { return };
                if let Some(init) = scope.bindings.get(id).and_then(|b| b.init) {
                    self.alternatives(init, scope, found, depth + 1);
                }
                for event in scope.changes_on(id) {
                    if let Change::Assign(value) = event.what
                        && event.at < at
                    {
                        self.alternatives(value, scope, found, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// The text that an expression is; `None` when nothing is known of it.
    pub(super) fn text(&self, expr: &Expr, scope: &Scope<'a>) -> Option<Text> {
        let depth = self.depth.get();
        if depth > MAX_DEPTH {
            return None;
        }
        self.depth.set(depth + 1);
        let text = self.text_inner(expr, scope);
        self.depth.set(depth);
        text
    }

    fn text_inner(&self, expr: &Expr, scope: &Scope<'a>) -> Option<Text> {
        match expr {
            Expr::Lit(lit) => self.literal_text(&lit.lit),
            Expr::Paren(e) => self.text(&e.expr, scope),
            Expr::Group(e) => self.text(&e.expr, scope),
            Expr::Reference(e) => self.text(&e.expr, scope),
            Expr::Try(e) => self.text(&e.expr, scope),
            Expr::Await(e) => self.text(&e.base, scope),
            Expr::Unary(e) if matches!(e.op, syn::UnOp::Deref(_)) => self.text(&e.expr, scope),
            Expr::Block(e) => match e.block.stmts.as_slice() {
                [syn::Stmt::Expr(last, None)] => self.text(last, scope),
                _ => None,
            },
            Expr::Call(call) => {
                if is_empty_string(call) {
                    return Some(Text::default());
                }
                self.text(wrapped(call)?, scope)
            }
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                match method.as_str() {
                    "join" | "concat" => self.joined(call, scope),
                    "replace" if call.args.len() == 2 => self.replaced(call, scope),
                    _ if is_wrapper_method(call) => self.text(&call.receiver, scope),
                    _ => None,
                }
            }
            Expr::Macro(mac) => self.macro_text(&mac.mac, scope),
            Expr::Binary(binary) if matches!(binary.op, syn::BinOp::Add(_)) => self.sum(expr, scope),
            Expr::Path(path) if path.qself.is_none() => {
                if let Some(ident) = path.path.get_ident() {
                    self.named(&ident.to_string(), self.source.span(ident.span()), scope)
                } else {
                    self.constant(&path.path, self.source.expr(expr), scope)
                }
            }
            _ => None,
        }
    }

    /// Takes one name off the budget.
    fn follow(&self) -> Option<()> {
        self.budget.set(self.budget.get().checked_sub(1)?);
        Some(())
    }

    /// The text of an expression, or a hole.
    pub(super) fn text_or_hole(&self, expr: &Expr, span: Span, scope: &Scope<'a>) -> Text {
        self.text(expr, scope).unwrap_or_else(|| Text::hole(self.source.folded(self.source.expr(expr)), span))
    }

    fn literal_text(&self, lit: &Lit) -> Option<Text> {
        let span = self.source.span(lit.span());
        match lit {
            Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_) => {
                let token = self.source.text.get(span.range())?;
                Some(Text::of(literal::read(token, span.start as usize)?, span))
            }
            Lit::Int(number) => Some(words(number.base10_digits(), span)),
            Lit::Float(number) => Some(words(number.base10_digits(), span)),
            Lit::Char(c) => Some(words(&c.value().to_string(), span)),
            Lit::Bool(b) => Some(words(if b.value { "true" } else { "false" }, span)),
            _ => None,
        }
    }

    /// `a + b + c`, left to right, without recursion on the left.
    fn sum(&self, expr: &Expr, scope: &Scope<'a>) -> Option<Text> {
        let mut operands = vec![];
        let mut left = expr;
        while let Expr::Binary(binary) = left {
            if !matches!(binary.op, syn::BinOp::Add(_)) {
                return None;
            }
            operands.push(&*binary.right);
            left = &binary.left;
        }
        let mut text = self.text(left, scope)?;
        for operand in operands.into_iter().rev() {
            let span = self.source.expr(operand);
            text.append(self.text_or_hole(operand, span, scope), span);
        }
        Some(text)
    }

    /// What a name stands for: a local that is a text, or a constant.
    fn named(&self, name: &str, span: Span, scope: &Scope<'a>) -> Option<Text> {
        let at = span.start as usize;
        match scope.resolve(name, at) {
            Some(id) => self.local(id, at, scope),
            None => self.constant_named(&[name.to_owned()], span, scope),
        }
    }

    /// A local with everything that was pushed to it before `at`.
    fn local(&self, id: usize, at: usize, scope: &Scope<'a>) -> Option<Text> {
        let binding = scope.bindings.get(id)?;
        self.follow()?;
        if binding.mutable && matches!(binding.init, Some(Expr::Lit(lit)) if !matches!(lit.lit, Lit::Str(_))) {
            // A counter: its value where it is used is not known.
            return None;
        }
        let mut text = match binding.init {
            Some(init) => self.text(init, scope),
            None => None,
        };
        let pushes = pushes(id, at, scope);
        if pushes.is_empty() {
            return text;
        }
        for push in pushes {
            match push {
                Push::Text(expr) => {
                    let span = self.source.expr(expr);
                    text.as_mut()?.append(self.text_or_hole(expr, span, scope), span);
                }
                Push::Format(mac) => {
                    let arguments = self.macros.get(mac)?.exprs.get(1..)?;
                    if let Some(more) = self.formatted(arguments, false, scope) {
                        text.as_mut()?.append(more, self.source.span(place::path_start(&mac.path)));
                    }
                }
                Push::Whole(expr) => text = self.text(expr, scope),
                Push::Clear => text = Some(Text::default()),
            }
        }
        text
    }

    /// A string local with everything that is pushed to it; `None` when nothing is.
    pub(super) fn pushed_string(&self, id: usize, scope: &Scope<'a>) -> Option<Text> {
        if scope.bindings.get(id).is_none_or(|b| !b.mutable) || pushes(id, usize::MAX, scope).is_empty() {
            return None;
        }
        self.local(id, usize::MAX, scope)
    }

    /// A constant of this file by its path, or one of another file.
    fn constant(&self, path: &syn::Path, span: Span, scope: &Scope<'a>) -> Option<Text> {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.constant_named(&segments, span, scope)
    }

    fn constant_named(&self, path: &[String], span: Span, scope: &Scope<'a>) -> Option<Text> {
        let name = path.last()?;
        if !name.chars().any(|c| c.is_ascii_uppercase()) || name.chars().any(char::is_lowercase) {
            return None;
        }
        match self.find_constant(path, span, scope) {
            Some(constant) => {
                self.follow()?;
                self.text(constant.value, self.tree.scopes.first()?)
            }
            None => Some(Text::constant(path.join("::"), span)),
        }
    }

    /// The constant of this file that a path at `span` means.
    pub(super) fn find_constant(
        &self,
        path: &[String],
        span: Span,
        scope: &Scope<'a>,
    ) -> Option<&'a FoundConstant<'a>> {
        let (name, qualifiers) = path.split_last()?;
        let qualifier = match qualifiers.last().map(String::as_str) {
            Some("Self") => scope.self_type.as_deref(),
            Some("self" | "super" | "crate") | None => None,
            other => other,
        };
        let known_place = qualifier.is_none_or(|q| self.tree.defined.contains(q));
        let at = span.start as usize;
        self.tree
            .constants_by_name
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|index| self.tree.constants.get(*index))
            .filter(|_| known_place)
            .filter(|c| c.block.is_none_or(|(start, end)| start <= at && at < end))
            .filter(|c| qualifier.is_none_or(|q| c.module.last().is_some_and(|m| m == q)))
            // The nearest one: the innermost block, then the longest common module path.
            .max_by_key(|c| {
                let common = c.module.iter().zip(&scope.module).take_while(|(a, b)| a == b).count();
                (c.block.map_or(0, |b| b.0), common, std::cmp::Reverse(c.module.len()))
            })
    }

    /// The span of a chain's calls in the file, from its root to its last argument list.
    pub(super) fn chain_span(&self, chain: &Chain<'a>) -> Span {
        let end = match (chain.links.last(), &chain.root) {
            (Some(link), _) => self.source.end(link.paren_token.span.close()),
            (None, super::scope::Root::Macro(mac)) => self.source.end(mac.delimiter.span().close()),
            (None, super::scope::Root::Expr(expr)) => self.source.end(place::last(expr)),
            (None, _) => chain.at,
        };
        Span::new(chain.at..end.max(chain.at))
    }
}

/// What is pushed to a string.
enum Push<'a> {
    Text(&'a Expr),
    Format(&'a Macro),
    Whole(&'a Expr),
    Clear,
}

/// What is pushed to a string local before `at`, in order.
fn pushes<'a>(id: usize, at: usize, scope: &Scope<'a>) -> Vec<Push<'a>> {
    let mut pushes: Vec<(usize, Push<'a>)> = vec![];
    for event in scope.changes_on(id) {
        let push = match event.what {
            Change::Assign(value) => Push::Whole(value),
            Change::Append(value) => Push::Text(value),
            Change::Write(mac) => Push::Format(mac),
            Change::Part(..) | Change::Lent | Change::LentTo(..) => continue,
        };
        pushes.push((event.at, push));
    }
    for chain in scope.chains_on(id) {
        for link in &chain.links {
            match (link.method.to_string().as_str(), link.args.first()) {
                ("push_str" | "push" | "write_str" | "append", Some(argument)) => {
                    pushes.push((chain.at, Push::Text(argument)));
                }
                ("clear", None) => pushes.push((chain.at, Push::Clear)),
                _ => {}
            }
        }
    }
    pushes.retain(|(place, _)| *place < at);
    pushes.sort_by_key(|(place, _)| *place);
    pushes.into_iter().map(|(_, push)| push).collect()
}

fn words(words: &str, span: Span) -> Text {
    let mut map = crate::source::SpanMap::default();
    map.push(words.len(), span);
    let mut text = Text::default();
    text.sql(Literal { value: words.to_owned(), map });
    text
}
