//! One walk over a file: functions with their bindings and call chains, constants, structs, string literals.
//!
//! Decides nothing; [`super::calls`] and its neighbours read the tables.

use super::macros::{self, Macros, Parsed};
use super::names::{is_message, is_test, makes_text, takes_message};
use super::place::{self, Source};
use super::scope::{Arm, Binding, Chain, Change, Event, Root, Scope};
use crate::source::Span;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprMatch, ExprWhile, FnArg, ItemImpl, ItemMod, Lit,
    LitStr, Local, Macro, Pat, Signature, Type,
};

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
    /// Names of the modules and types that the file defines.
    pub(super) defined: std::collections::BTreeSet<String>,
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
    test: bool,
    quiet: bool,
    /// The expression that is being bound, and to what.
    bound: Option<(*const Expr, usize)>,
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
            test,
            quiet: false,
            bound: None,
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
            module: self.module.clone(),
            ..Scope::default()
        };
        self.with_attributes(attributes, |this| {
            this.tree.scopes.push(scope);
            this.tree.test.push(this.test);
            let index = this.tree.scopes.len() - 1;
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

    /// Binds the names of a pattern; returns the first name's binding.
    fn pattern(
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
                    let ty = types.and_then(|t| t.get(i));
                    match values.and_then(|v| v.get(i)) {
                        Some(value) => self.pattern(element, ty, Some(value), visible, kind),
                        None => self.pattern(element, ty, init, visible, kind.part()),
                    };
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

    /// Notes a chain of method calls and walks its parts.
    fn chain(&mut self, expr: &'a Expr) {
        let mut links = vec![];
        let mut root = expr;
        loop {
            root = match root {
                Expr::MethodCall(call) => {
                    links.push(call);
                    &call.receiver
                }
                Expr::Await(e) => &e.base,
                Expr::Try(e) => &e.expr,
                Expr::Paren(e) => &e.expr,
                Expr::Group(e) => &e.expr,
                Expr::Reference(e) if !links.is_empty() => &e.expr,
                Expr::Unary(e) if !links.is_empty() && matches!(e.op, syn::UnOp::Deref(_)) => &e.expr,
                _ => break,
            };
        }
        links.reverse();
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
                call.args.iter().for_each(|a| self.visit_expr(a));
            }
            Expr::Macro(mac) => self.visit_macro(&mac.mac),
            other => self.visit_expr(other),
        }
        for link in links {
            let before = self.quiet;
            self.quiet |= takes_message(&link.method.to_string());
            link.args.iter().for_each(|a| self.visit_expr(a));
            self.quiet = before;
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
        let at = self.source.start(place::first(target));
        if let Some(Root::Binding(id)) = self.place_of(root, at) {
            let event = Event { at, what: what(whole), branch: self.branch.clone() };
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

/// How a name is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
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

impl<'a> Visit<'a> for Collector<'a, '_> {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        let start = self.source.start(item.sig.fn_token.span);
        let self_type = self.self_type.take();
        self.function(&item.sig, &item.block, &item.attrs, start);
        self.self_type = self_type;
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        let start = self.source.start(item.sig.fn_token.span);
        self.function(&item.sig, &item.block, &item.attrs, start);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        if let Some(block) = &item.default {
            let start = self.source.start(item.sig.fn_token.span);
            self.function(&item.sig, block, &item.attrs, start);
        }
    }

    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        self.with_attributes(&item.attrs, |this| {
            this.tree.defined.insert(item.ident.to_string());
            this.module.push(item.ident.to_string());
            visit::visit_item_mod(this, item);
            this.module.pop();
        });
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        self.with_attributes(&item.attrs, |this| {
            let name = match &*item.self_ty {
                Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
                _ => None,
            };
            if let Some(name) = &name {
                this.tree.defined.insert(name.clone());
            }
            let before = std::mem::replace(&mut this.self_type, name);
            visit::visit_item_impl(this, item);
            this.self_type = before;
        });
    }

    fn visit_item_const(&mut self, item: &'a syn::ItemConst) {
        self.with_attributes(&item.attrs, |this| {
            this.constant(item.ident.to_string(), &item.expr);
            visit::visit_item_const(this, item);
        });
    }

    fn visit_item_static(&mut self, item: &'a syn::ItemStatic) {
        self.with_attributes(&item.attrs, |this| {
            this.constant(item.ident.to_string(), &item.expr);
            visit::visit_item_static(this, item);
        });
    }

    fn visit_impl_item_const(&mut self, item: &'a syn::ImplItemConst) {
        self.constant(item.ident.to_string(), &item.expr);
        visit::visit_impl_item_const(self, item);
    }

    fn visit_trait_item_const(&mut self, item: &'a syn::TraitItemConst) {
        if let Some((_, value)) = &item.default {
            self.constant(item.ident.to_string(), value);
        }
        visit::visit_trait_item_const(self, item);
    }

    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.tree.defined.insert(item.ident.to_string());
        self.tree.structs.entry(item.ident.to_string()).or_insert(item);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        self.tree.defined.insert(item.ident.to_string());
        visit::visit_item_enum(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        // `#[sql_query("..")]`, `#[query(sql = "..")]`: some libraries take SQL in an attribute.
        let carries_sql = attribute.path().segments.last().is_some_and(|s| {
            let name = s.ident.to_string();
            name.contains("sql") || name.contains("query")
        });
        if carries_sql && let syn::Meta::List(list) = &attribute.meta {
            let mut found = vec![];
            macros::literals(list.tokens.clone(), &mut found);
            for literal in found {
                let span = self.source.span(literal.span());
                self.literal(span);
            }
        }
    }

    fn visit_block(&mut self, block: &'a Block) {
        let start = self.source.start(block.brace_token.span.open());
        let end = self.source.end(block.brace_token.span.close());
        self.blocks.push((start, end));
        self.until(end, |this| visit::visit_block(this, block));
        self.blocks.pop();
    }

    fn visit_local(&mut self, local: &'a Local) {
        let visible = self.source.start(local.semi_token.span);
        let init = local.init.as_ref().map(|i| &*i.expr);
        let (pattern, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            other => (other, None),
        };
        let id = self.pattern(pattern, ty, init, visible, Kind::Let);
        if let (Some(id), Some(init)) = (id, init) {
            self.bound = Some((std::ptr::from_ref(chain_of(init)), id));
        }
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            if let Some((_, diverge)) = &init.diverge {
                self.visit_expr(diverge);
            }
        }
    }

    fn visit_expr_if(&mut self, first: &'a ExprIf) {
        // `else if` is read in a loop, as one more arm of the same branch.
        let mut arms = 1;
        let mut walk = first;
        let node = self.source.start(first.if_token.span);
        let last = loop {
            match &walk.else_branch {
                Some((_, other)) => {
                    arms += 1;
                    match &**other {
                        Expr::If(next) => walk = next,
                        other => break Some(other),
                    }
                }
                None => break None,
            }
        };
        let mut walk = first;
        let mut arm = 0;
        loop {
            let end = self.source.end(walk.then_branch.brace_token.span.close());
            self.until(end, |this| {
                this.visit_expr(&walk.cond);
                this.in_arm(Arm { node, number: arm, of: arms, is_loop: false }, |this| {
                    this.visit_block(&walk.then_branch);
                });
            });
            arm += 1;
            match &walk.else_branch {
                Some((_, other)) => match &**other {
                    Expr::If(next) => walk = next,
                    _ => break,
                },
                None => break,
            }
        }
        if let Some(last) = last {
            self.in_arm(Arm { node, number: arm, of: arms, is_loop: false }, |this| this.visit_expr(last));
        }
    }

    fn visit_expr_let(&mut self, condition: &'a syn::ExprLet) {
        self.visit_expr(&condition.expr);
        let visible = self.source.end(place::last(&condition.expr));
        self.pattern(&condition.pat, None, Some(&condition.expr), visible, Kind::Part);
    }

    fn visit_expr_match(&mut self, expr: &'a ExprMatch) {
        self.visit_expr(&expr.expr);
        let node = self.source.start(expr.match_token.span);
        let arms = expr.arms.len();
        for (number, arm) in expr.arms.iter().enumerate() {
            let visible = self.source.start(arm.fat_arrow_token.spans[0]);
            let end = self.source.end(place::last(&arm.body));
            self.until(end, |this| {
                this.in_arm(Arm { node, number, of: arms, is_loop: false }, |this| {
                    this.pattern(&arm.pat, None, Some(&expr.expr), visible, Kind::Part);
                    if let Pat::Guard(guard) = &arm.pat {
                        this.visit_expr(&guard.guard);
                    }
                    this.visit_expr(&arm.body);
                });
            });
        }
    }

    fn visit_expr_for_loop(&mut self, expr: &'a ExprForLoop) {
        self.visit_expr(&expr.expr);
        let node = self.source.start(expr.for_token.span);
        let visible = self.source.start(expr.body.brace_token.span.open());
        let end = self.source.end(expr.body.brace_token.span.close());
        self.until(end, |this| {
            this.in_arm(Arm { node, number: 0, of: 1, is_loop: true }, |this| {
                this.pattern(&expr.pat, None, Some(&expr.expr), visible, Kind::Part);
                this.visit_block(&expr.body);
            });
        });
    }

    fn visit_expr_while(&mut self, expr: &'a ExprWhile) {
        let node = self.source.start(expr.while_token.span);
        let end = self.source.end(expr.body.brace_token.span.close());
        self.until(end, |this| {
            this.visit_expr(&expr.cond);
            this.in_arm(Arm { node, number: 0, of: 1, is_loop: true }, |this| this.visit_block(&expr.body));
        });
    }

    fn visit_expr_loop(&mut self, expr: &'a syn::ExprLoop) {
        let node = self.source.start(expr.loop_token.span);
        self.in_arm(Arm { node, number: 0, of: 1, is_loop: true }, |this| this.visit_block(&expr.body));
    }

    fn visit_expr_closure(&mut self, expr: &'a ExprClosure) {
        let visible = self.source.start(place::first(&expr.body));
        let end = self.source.end(place::last(&expr.body));
        self.until(end, |this| {
            for input in &expr.inputs {
                this.pattern(input, None, None, visible, Kind::Closure);
            }
            this.visit_expr(&expr.body);
        });
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::MethodCall(_) | Expr::Call(_) | Expr::Macro(_) => self.chain(expr),
            Expr::Assign(assign) => {
                let target = &*assign.left;
                self.change(target, |whole| {
                    if whole { Change::Assign(&assign.right) } else { Change::Part(target, &assign.right) }
                });
                if let Expr::Path(path) = target
                    && let Some(ident) = path.path.get_ident()
                {
                    let at = self.source.start(ident.span());
                    let name = ident.to_string();
                    if let Some(id) = self.scope().and_then(|s| s.resolve(&name, at)) {
                        self.bound = Some((std::ptr::from_ref(chain_of(&assign.right)), id));
                    }
                }
                self.visit_expr(target);
                self.visit_expr(&assign.right);
            }
            Expr::Binary(binary) => {
                if matches!(binary.op, syn::BinOp::AddAssign(_)) {
                    self.change(&binary.left, |whole| {
                        if whole { Change::Append(&binary.right) } else { Change::Part(&binary.left, &binary.right) }
                    });
                } else if matches!(binary.op, syn::BinOp::Add(_)) && starts_with_text(expr) {
                    let at = self.source.start(place::first(expr));
                    self.candidate(Made::Expr(expr), at);
                }
                visit::visit_expr_binary(self, binary);
            }
            Expr::Reference(reference) => {
                if reference.mutability.is_some() {
                    self.change(&reference.expr, |_| Change::Lent);
                }
                self.visit_expr(&reference.expr);
            }
            Expr::Const(_) | Expr::Verbatim(_) => visit::visit_expr(self, expr),
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_stmt_macro(&mut self, stmt: &'a syn::StmtMacro) {
        let at = self.source.start(place::path_start(&stmt.mac.path));
        let branch = self.branch.clone();
        if let Some(scope) = self.scope() {
            scope.chain(Chain { at, root: Root::Macro(&stmt.mac), links: vec![], bound: None, branch });
        }
        self.visit_macro(&stmt.mac);
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        let name = macros::name(mac);
        let at = self.source.start(place::path_start(&mac.path));
        let before = self.quiet;
        self.quiet |= is_message(&name);
        if makes_text(&name) {
            self.candidate(Made::Macro(mac), at);
        }
        let macros = self.macros;
        if let Some(parsed) = macros.get(mac) {
            if matches!(name.as_str(), "write" | "writeln")
                && parsed.is_list
                && let Some(target) = parsed.exprs.first()
            {
                let target = match target {
                    Expr::Reference(reference) => &*reference.expr,
                    other => other,
                };
                self.change(target, |_| Change::Write(mac));
            }
            self.parsed(parsed);
        }
        self.quiet = before;
    }

    fn visit_lit(&mut self, lit: &'a Lit) {
        if matches!(lit, Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_)) {
            let span = self.source.span(lit.span());
            self.literal(span);
        }
    }

    fn visit_lit_str(&mut self, lit: &'a LitStr) {
        let span = self.source.span(lit.span());
        self.literal(span);
    }
}

/// The method chain that an initialiser is, through `.await`, `?` and parentheses.
fn chain_of(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Await(e) => &e.base,
            Expr::Try(e) => &e.expr,
            Expr::Paren(e) => &e.expr,
            Expr::Group(e) => &e.expr,
            Expr::Reference(e) => &e.expr,
            other => return other,
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
