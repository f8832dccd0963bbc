//! The walk itself: what is noted at each node.

use super::patterns::Kind;
use super::{Collector, Made, starts_with_text};
use crate::frontend::rust::macros;
use crate::frontend::rust::names::{is_message, makes_text};
use crate::frontend::rust::peel::peel;
use crate::frontend::rust::place;
use crate::frontend::rust::scope::{Arm, Chain, Change, Head, Root};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprMatch, ExprWhile, ItemImpl, ItemMod, Lit, LitStr,
    Local, Macro, Pat, Type,
};

impl<'a> Visit<'a> for Collector<'a, '_> {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        let start = self.source.start(item.sig.fn_token.span);
        let (self_type, trait_name) = (self.self_type.take(), self.trait_name.take());
        self.function(&item.sig, &item.block, &item.attrs, start);
        (self.self_type, self.trait_name) = (self_type, trait_name);
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

    fn visit_item_trait(&mut self, item: &'a syn::ItemTrait) {
        self.with_attributes(&item.attrs, |this| {
            let name = Some(item.ident.to_string());
            let before = std::mem::replace(&mut this.trait_name, name.clone());
            let self_type = std::mem::replace(&mut this.self_type, name);
            visit::visit_item_trait(this, item);
            (this.trait_name, this.self_type) = (before, self_type);
        });
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
            let of_trait = item.trait_.as_ref().and_then(|(path, ..)| path.segments.last());
            if let Some(name) = &name {
                this.tree.defined.insert(name.clone());
                match of_trait {
                    Some(of) if of.ident == "Serialize" => this.tree.encoded_by_hand.insert(name.clone()),
                    Some(of) if of.ident == "Deserialize" => this.tree.decoded_by_hand.insert(name.clone()),
                    _ => false,
                };
            }
            let trait_name = std::mem::replace(&mut this.trait_name, of_trait.map(|segment| segment.ident.to_string()));
            let before = std::mem::replace(&mut this.self_type, name);
            visit::visit_item_impl(this, item);
            (this.self_type, this.trait_name) = (before, trait_name);
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
            self.bound = Some((std::ptr::from_ref(peel(init)), id));
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
            self.head(node, arm, Head::If(&walk.cond));
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
        let visible = self.source.end(place::last(&condition.expr));
        self.pattern(&condition.pat, None, Some(&condition.expr), visible, Kind::Match);
        self.subject(&condition.expr);
    }

    fn visit_expr_match(&mut self, expr: &'a ExprMatch) {
        self.subject(&expr.expr);
        let node = self.source.start(expr.match_token.span);
        let arms = expr.arms.len();
        for (number, arm) in expr.arms.iter().enumerate() {
            let visible = self.source.start(arm.fat_arrow_token.spans[0]);
            let end = self.source.end(place::last(&arm.body));
            self.head(node, number, Head::Arm(&expr.expr, &arm.pat));
            self.until(end, |this| {
                this.in_arm(Arm { node, number, of: arms, is_loop: false }, |this| {
                    this.pattern(&arm.pat, None, Some(&expr.expr), visible, Kind::Match);
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
                        self.bound = Some((std::ptr::from_ref(peel(&assign.right)), id));
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
                if reference.mutability.is_some() && self.renamed != Some(std::ptr::from_ref(expr)) {
                    self.change(&reference.expr, |_| Change::Lent);
                }
                self.visit_expr(&reference.expr);
            }
            Expr::Struct(made) => {
                let scope = self.scope_index();
                self.tree.made.push((scope, made));
                visit::visit_expr_struct(self, made);
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
