//! One walk over a file: functions with their bindings and call chains, constants, structs, string literals.
//!
//! Decides nothing; [`super::calls`] and its neighbours read the tables.

mod patterns;
mod walk;

use super::macros::{self, Macros, Parsed};
use super::names::{is_test, makes_text, takes_message};
use super::place::{self, Source};
use super::scope::{Arm, Chain, Change, Event, Head, Lender, Root, Scope};
use super::wrappers;
use crate::source::Span;
use patterns::Kind;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;
use syn::{Attribute, Block, Expr, FnArg, Lit, Macro, Signature};

/// A string literal of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoundLiteral {
    pub(super) span: Span,
    pub(super) scope: usize,
    pub(super) test: bool,
    /// It is a message: the argument of a log or panic macro, of `expect`, or of an attribute.
    pub(super) quiet: bool,
}

/// An expression that may make a text: `format!`, `concat!`, `"a" + b`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) what: Made<'a>,
    pub(super) at: usize,
    pub(super) scope: usize,
    pub(super) test: bool,
    pub(super) quiet: bool,
}

/// How a text is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Made<'a> {
    /// By a macro.
    Macro(&'a Macro),
    /// By `+`.
    Expr(&'a Expr),
}

/// A constant or static with a value.
#[derive(Debug, Clone)]
pub(super) struct FoundConstant<'a> {
    pub(super) name: String,
    pub(super) module: Vec<String>,
    pub(super) value: &'a Expr,
    /// The block in which alone it is seen.
    pub(super) block: Option<(usize, usize)>,
}

/// All that is read off the tree in one walk.
#[derive(Debug, Default)]
pub(super) struct Tree<'a> {
    /// Index 0 is the file outside of functions.
    pub(super) scopes: Vec<Scope<'a>>,
    /// Whether the scope is test code.
    pub(super) test: Vec<bool>,
    pub(super) literals: Vec<FoundLiteral>,
    pub(super) candidates: Vec<Candidate<'a>>,
    pub(super) constants: Vec<FoundConstant<'a>>,
    /// Indexes of `constants`.
    pub(super) constants_by_name: BTreeMap<String, Vec<usize>>,
    pub(super) structs: BTreeMap<String, &'a syn::ItemStruct>,
    /// Scopes of functions, by the function's name.
    pub(super) functions: BTreeMap<String, Vec<usize>>,
    /// Struct literals, each with its scope.
    pub(super) made: Vec<(usize, &'a syn::ExprStruct)>,
    /// Types whose values are written by hand: `impl Serialize for Settings`.
    pub(super) encoded_by_hand: BTreeSet<String>,
    /// Types that are read by hand.
    pub(super) decoded_by_hand: BTreeSet<String>,
    /// Names of the modules and types that the file defines.
    pub(super) defined: BTreeSet<String>,
}

/// The walker.
pub(super) struct Collector<'a, 's> {
    source: Source<'s>,
    macros: &'a Macros<'s>,
    tree: Tree<'a>,
    /// Scopes that are open, innermost last.
    open: Vec<usize>,
    /// Where the blocks that are open end.
    ends: Vec<usize>,
    /// Blocks that are open.
    blocks: Vec<(usize, usize)>,
    branch: Vec<Arm>,
    module: Vec<String>,
    self_type: Option<String>,
    trait_name: Option<String>,
    test: bool,
    quiet: bool,
    /// The expression that is being bound, and to what.
    bound: Option<(*const Expr, usize)>,
    /// A `&mut` that only gives another name to a part.
    renamed: Option<*const Expr>,
    /// The pattern around the one that is read, where it has this one part only.
    inside: Option<&'a syn::Path>,
}

impl<'a, 's> Collector<'a, 's> {
    /// A walker over a file with these macros.
    pub(super) fn new(source: Source<'s>, macros: &'a Macros<'s>, test: bool) -> Self {
        let file = Scope { is_file: true, range: (0, source.text.len()), ..Scope::default() };
        Self {
            source,
            macros,
            tree: Tree { scopes: vec![file], test: vec![test], ..Tree::default() },
            open: vec![0],
            ends: vec![source.text.len()],
            blocks: vec![],
            branch: vec![],
            module: vec![],
            self_type: None,
            trait_name: None,
            test,
            quiet: false,
            bound: None,
            renamed: None,
            inside: None,
        }
    }

    /// Walks a file.
    pub(super) fn file(mut self, file: &'a syn::File) -> Tree<'a> {
        self.visit_file(file);
        self.tree
    }

    /// Walks what was recovered of a file.
    pub(super) fn recovered(mut self, parsed: &'a Parsed) -> Tree<'a> {
        self.parsed(parsed);
        self.tree
    }

    fn parsed(&mut self, parsed: &'a Parsed) {
        parsed.exprs.iter().for_each(|e| self.visit_expr(e));
        parsed.named.iter().for_each(|(_, e)| self.visit_expr(e));
        parsed.stmts.iter().for_each(|s| self.visit_stmt(s));
        for literal in &parsed.loose {
            let span = self.source.span(literal.span());
            self.literal(span);
        }
    }

    fn scope_index(&self) -> usize {
        self.open.last().copied().unwrap_or(0)
    }

    fn scope(&mut self) -> Option<&mut Scope<'a>> {
        let index = self.scope_index();
        self.tree.scopes.get_mut(index)
    }

    fn end(&self) -> usize {
        self.ends.last().copied().unwrap_or(usize::MAX)
    }

    fn literal(&mut self, span: Span) {
        let (scope, test, quiet) = (self.scope_index(), self.test, self.quiet);
        self.tree.literals.push(FoundLiteral { span, scope, test, quiet });
    }

    fn candidate(&mut self, what: Made<'a>, at: usize) {
        let (scope, test, quiet) = (self.scope_index(), self.test, self.quiet);
        self.tree.candidates.push(Candidate { what, at, scope, test, quiet });
    }

    /// Runs `f` with `test` set when the attributes say so.
    fn with_attributes(&mut self, attributes: &[Attribute], f: impl FnOnce(&mut Self)) {
        let before = self.test;
        self.test |= attributes.iter().any(is_test);
        f(self);
        self.test = before;
    }

    fn in_arm(&mut self, arm: Arm, f: impl FnOnce(&mut Self)) {
        self.branch.push(arm);
        f(self);
        self.branch.pop();
    }

    /// Notes what decides about an arm.
    fn head(&mut self, node: usize, number: usize, head: Head<'a>) {
        if let Some(scope) = self.scope() {
            scope.heads.insert((node, number), head);
        }
    }

    fn until(&mut self, end: usize, f: impl FnOnce(&mut Self)) {
        self.ends.push(end);
        f(self);
        self.ends.pop();
    }

    fn function(&mut self, signature: &'a Signature, block: &'a Block, attributes: &'a [Attribute], start: usize) {
        let open = self.source.start(block.brace_token.span.open());
        let end = self.source.end(block.brace_token.span.close());
        let scope = Scope {
            name: signature.ident.to_string(),
            range: (start, end),
            self_type: self.self_type.clone(),
            trait_name: self.trait_name.clone(),
            module: self.module.clone(),
            item: Some((signature, block, attributes)),
            ..Scope::default()
        };
        self.with_attributes(attributes, |this| {
            this.tree.scopes.push(scope);
            this.tree.test.push(this.test);
            let index = this.tree.scopes.len() - 1;
            this.tree.functions.entry(signature.ident.to_string()).or_default().push(index);
            this.open.push(index);
            let branch = std::mem::take(&mut this.branch);
            let quiet = std::mem::take(&mut this.quiet);
            this.until(end, |this| {
                for input in &signature.inputs {
                    if let FnArg::Typed(argument) = input {
                        this.pattern(&argument.pat, Some(&argument.ty), None, open, Kind::Param);
                    }
                }
                this.visit_block(block);
            });
            this.branch = branch;
            this.quiet = quiet;
            this.open.pop();
        });
    }

    /// Notes a chain of method calls and walks its parts.
    fn chain(&mut self, expr: &'a Expr) {
        let (root, links) = wrappers::chain(expr);
        let at = self.source.start(place::first(root));
        let bound = self.bound.filter(|(bound, _)| std::ptr::eq(*bound, expr)).map(|(_, id)| id);
        let branch = self.branch.clone();
        let place = match root {
            Expr::Macro(mac) => Root::Macro(&mac.mac),
            _ => self.place_of(root, at).unwrap_or(Root::Expr(root)),
        };
        if let Some(scope) = self.scope() {
            scope.chain(Chain { at, root: place, links: links.clone(), bound, branch });
        }
        match root {
            Expr::Call(call) => {
                self.visit_expr(&call.func);
                for (index, argument) in call.args.iter().enumerate() {
                    self.argument(argument, Lender::Call(call), index);
                }
            }
            Expr::Macro(mac) => self.visit_macro(&mac.mac),
            other => self.visit_expr(other),
        }
        for link in links {
            let before = self.quiet;
            self.quiet |= takes_message(&link.method.to_string());
            for (index, argument) in link.args.iter().enumerate() {
                self.argument(argument, Lender::Method(link), index);
            }
            self.quiet = before;
        }
    }

    /// Walks what a pattern takes apart: a `&mut` there only gives its parts other names.
    fn subject(&mut self, subject: &'a Expr) {
        match subject {
            Expr::Reference(reference) => self.visit_expr(&reference.expr),
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|element| match element {
                Expr::Reference(reference) => self.visit_expr(&reference.expr),
                other => self.visit_expr(other),
            }),
            other => self.visit_expr(other),
        }
    }

    /// Walks an argument of a call.
    fn argument(&mut self, argument: &'a Expr, call: Lender<'a>, index: usize) {
        match argument {
            Expr::Reference(reference) if reference.mutability.is_some() => {
                self.change(&reference.expr, |whole| if whole { Change::LentTo(call, index) } else { Change::Lent });
                self.visit_expr(&reference.expr);
            }
            other => self.visit_expr(other),
        }
    }

    /// A binding or field that an expression names.
    fn place_of(&self, expr: &'a Expr, at: usize) -> Option<Root<'a>> {
        match expr {
            Expr::Path(path) if path.qself.is_none() => {
                let Some(ident) = path.path.get_ident() else {
                    return Some(Root::Place(self.source.folded(self.source.expr(expr))));
                };
                let name = ident.to_string();
                let scope = self.tree.scopes.get(self.scope_index())?;
                Some(scope.resolve(&name, at).map_or(Root::Place(name), Root::Binding))
            }
            Expr::Field(_) => Some(Root::Place(self.source.folded(self.source.expr(expr)))),
            _ => None,
        }
    }

    /// Notes a change to the binding that `target` names or stands in.
    fn change(&mut self, target: &'a Expr, what: impl FnOnce(bool) -> Change<'a>) {
        let mut root = target;
        let mut whole = true;
        loop {
            root = match root {
                Expr::Index(e) => &e.expr,
                Expr::Field(e) => &e.base,
                Expr::Unary(e) if matches!(e.op, syn::UnOp::Deref(_)) => {
                    root = &e.expr;
                    continue;
                }
                Expr::Paren(e) => {
                    root = &e.expr;
                    continue;
                }
                _ => break,
            };
            whole = false;
        }
        let start = self.source.start(place::first(target));
        if let Some(Root::Binding(id)) = self.place_of(root, start) {
            let what = what(whole);
            // What is assigned is made before it is there.
            let at = match &what {
                Change::Assign(value) | Change::Append(value) | Change::Part(_, value) => {
                    self.source.end(place::last(value))
                }
                Change::Write(_) | Change::Lent | Change::LentTo(..) => start,
            };
            let event = Event { at, what, branch: self.branch.clone() };
            if let Some(scope) = self.scope() {
                scope.change(id, event);
            }
        }
    }

    fn constant(&mut self, name: String, value: &'a Expr) {
        let mut module = self.module.clone();
        module.extend(self.self_type.clone());
        self.tree.constants_by_name.entry(name.clone()).or_default().push(self.tree.constants.len());
        self.tree.constants.push(FoundConstant { name, module, value, block: self.blocks.last().copied() });
    }
}

/// Whether the leftmost operand of `+` is a string literal, perhaps made owned.
fn starts_with_text(mut expr: &Expr) -> bool {
    loop {
        expr = match expr {
            Expr::Binary(e) if matches!(e.op, syn::BinOp::Add(_)) => &e.left,
            Expr::Paren(e) => &e.expr,
            Expr::MethodCall(e) => &e.receiver,
            Expr::Call(e) => match e.args.first() {
                Some(argument) if e.args.len() == 1 => argument,
                _ => return false,
            },
            Expr::Macro(e) => return makes_text(&macros::name(&e.mac)),
            Expr::Lit(e) => return matches!(e.lit, Lit::Str(_)),
            _ => return false,
        }
    }
}
