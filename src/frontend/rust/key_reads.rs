//! Keys that Rust reads of documents: `user.data["phone"]`, `row.get::<Value, _>("data").get("phone")`, `pointer`.
//!
//! Finds the places, and what they read from; which column that is shows when all files are known.

mod typed;

use super::assemble::Reader;
use super::emit::Emitter;
use super::peel::{Off, peel, peel_also};
use super::types::Ty;
use super::values;
use crate::document::{Document, Path, ReadSite, Step};
use crate::frontend::facts::{KeyRead, KeyReadOf, TypedRead};
use crate::source::Span;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{Expr, Lit, Type};

/// How many locals are followed from the key back to the document.
const MAX_HOPS: usize = 4;

/// More places of one file are not looked at.
const MOST: usize = 2000;

/// A place that reads a key.
pub(super) struct KeyUse<'a> {
    /// What the keys are read of.
    pub(super) base: &'a Expr,
    /// The keys, outermost first; fields where it is read as a type.
    pub(super) path: Vec<String>,
    /// How it is read as a type.
    pub(super) typed: Option<AsType<'a>>,
    pub(super) span: Span,
    pub(super) scope: usize,
    /// The type of the `impl` around it.
    pub(super) own: Option<&'a Type>,
}

/// How a document is read as a Rust type.
#[derive(Clone, Copy)]
pub(super) enum AsType<'a> {
    /// It was decoded: `from_value::<Settings>(..)`; perhaps with the type that is declared for it.
    Decoded(Option<&'a Type>),
    /// Its fields are taken of a row; with the first of them: `row.settings`.
    OfRow(&'a Expr),
}

/// The places of a file that read keys, but those of tests.
pub(super) fn find<'a>(file: &'a syn::File, reader: &Reader<'a, '_>) -> Vec<KeyUse<'a>> {
    let scopes = reader.tree.scopes.iter().enumerate().skip(1).map(|(index, scope)| (scope.range.0, index)).collect();
    // Fields are everywhere: they are looked at only where a document can have come from.
    let typed = typed::may_be_in(reader.source.text);
    let mut walker = Walker { reader, scopes, scope: 0, own: None, typed, found: vec![] };
    walker.visit_file(file);
    walker.found
}

/// Notes the keys that are read of fetched rows. The texts of the file must have been read.
pub(super) fn of_rows<'a>(reader: &Reader<'a, '_>, uses: &[KeyUse<'a>], emitter: &mut Emitter) {
    for used in uses {
        let Some(scope) = reader.tree.scopes.get(used.scope).filter(|_| emitter.function_of(used.scope).is_some())
        else {
            continue;
        };
        let found = values::Values::new(reader, scope, vec![]).value(used.base);
        let Some((read, mut path)) = read_of(&found.doc) else { continue };
        let typed = match used.typed {
            None => {
                path.extend(used.path.iter().cloned());
                None
            }
            Some(how) => {
                let said = if let AsType::Decoded(Some(ty)) = how { Ty::read(ty) } else { None };
                let Some(ty) = said.or(found.ty).filter(|ty| ty.document().may_be_declared()) else { continue };
                Some(TypedRead { ty: Some(ty), at: scope.range.0, fields: used.path.clone() })
            }
        };
        emitter.facts.key_reads.push(KeyRead { of: KeyReadOf::Row(read), path, span: used.span, typed });
    }
}

/// The read that a value is, and the keys that were taken of it before.
fn read_of(value: &Document) -> Option<(ReadSite, Vec<String>)> {
    match value {
        Document::Read(read) if !read.handed_in && read.site.is_some() => Some((read.clone(), vec![])),
        Document::Cast { of, .. } | Document::Retype { of, .. } => read_of(of),
        // What is there, or a default.
        Document::First(items) => read_of(items.first()?),
        Document::Choose { branches, otherwise } if branches.iter().all(|(_, part)| *part == Document::Null) => {
            read_of(otherwise)
        }
        Document::Get { of, path: Path::Steps(steps), .. } => {
            let (read, mut path) = read_of(of)?;
            for step in steps {
                let Step::Key(key) = step else { return None };
                path.push(key.clone());
            }
            Some((read, path))
        }
        _ => None,
    }
}

/// What an expression reads, with its keys taken off, outermost first; through locals.
pub(super) fn document<'e, 'a: 'e>(reader: &Reader<'a, '_>, used: &KeyUse<'a>) -> Option<(&'e Expr, Vec<String>)> {
    let scope = reader.tree.scopes.get(used.scope)?;
    let (mut base, mut path) = (used.base, used.path.clone());
    for _ in 0..MAX_HOPS {
        let Expr::Path(local) = base else { break };
        let Some(ident) = local.path.get_ident() else { break };
        let binding = scope.resolve(&ident.to_string(), reader.source.start(ident.span()));
        let Some(init) = binding.and_then(|id| scope.bindings.get(id)).and_then(|binding| binding.init) else { break };
        let (next, mut before) = keys(init);
        before.extend(path);
        (base, path) = (next, before);
    }
    Some((base, path))
}

/// What is decoded where a document is read as a type; through locals.
pub(super) fn decoded<'e, 'a: 'e>(reader: &Reader<'a, '_>, used: &KeyUse<'a>) -> Option<&'e Expr> {
    decoder(reader, used)?.args.first().map(peel)
}

/// The type that the decoder names.
pub(super) fn decoded_type(reader: &Reader<'_, '_>, used: &KeyUse<'_>) -> Option<Ty> {
    let Expr::Path(path) = &*decoder(reader, used)?.func else { return None };
    let syn::PathArguments::AngleBracketed(types) = &path.path.segments.last()?.arguments else { return None };
    types.args.iter().find_map(|ty| if let syn::GenericArgument::Type(ty) = ty { Ty::read(ty) } else { None })
}

/// The call that decodes.
fn decoder<'e, 'a: 'e>(reader: &Reader<'a, '_>, used: &KeyUse<'a>) -> Option<&'e syn::ExprCall> {
    let scope = reader.tree.scopes.get(used.scope)?;
    let mut base = used.base;
    for _ in 0..MAX_HOPS {
        base = match peel_also(base, typed::READ) {
            Expr::Call(call) => return typed::is_decoder(call).then_some(call),
            Expr::Path(local) => {
                let ident = local.path.get_ident()?;
                let id = scope.resolve(&ident.to_string(), reader.source.start(ident.span()))?;
                scope.bindings.get(id)?.init?
            }
            _ => return None,
        };
    }
    None
}

/// What an expression reads keys of, and the keys; none where it reads none.
fn keys(expr: &Expr) -> (&Expr, Vec<String>) {
    let off = &[Off::Copies, Off::Results, Off::Defaults, Off::Iterates];
    let mut expr = peel_also(expr, off);
    let mut path = vec![];
    loop {
        let next = match expr {
            Expr::Index(index) => match text(&index.index) {
                Some(key) => {
                    path.push(key);
                    &index.expr
                }
                None => break,
            },
            Expr::MethodCall(call) => match (call.method.to_string().as_str(), call.args.first().and_then(text)) {
                ("get", Some(key)) if call.turbofish.is_none() => {
                    path.push(key);
                    &call.receiver
                }
                ("pointer", Some(pointer)) if pointer.starts_with('/') => {
                    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
                    path.extend(parts.iter().rev().map(|key| key.replace("~1", "/").replace("~0", "~")));
                    &call.receiver
                }
                ("as_object", None) => &call.receiver,
                _ => break,
            },
            _ => break,
        };
        expr = peel_also(next, off);
    }
    path.reverse();
    (expr, path)
}

fn text(expr: &Expr) -> Option<String> {
    match peel(expr) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

struct Walker<'r, 'a, 's> {
    reader: &'r Reader<'a, 's>,
    /// Scopes by their first byte.
    scopes: BTreeMap<usize, usize>,
    scope: usize,
    own: Option<&'a Type>,
    /// Whether the file may read documents as types.
    typed: bool,
    found: Vec<KeyUse<'a>>,
}

impl<'a> Walker<'_, 'a, '_> {
    fn typed(&mut self, whole: &Expr, base: &'a Expr, path: Vec<String>, how: AsType<'a>) {
        if self.found.len() < MOST {
            let span = self.reader.source.expr(whole);
            self.found.push(KeyUse { base, path, typed: Some(how), span, scope: self.scope, own: self.own });
        }
    }

    fn in_function(&mut self, signature: &'a syn::Signature, f: impl FnOnce(&mut Self)) {
        let before = self.scope;
        let at = self.reader.source.start(signature.fn_token.span);
        self.scope = self.scopes.get(&at).copied().unwrap_or(before);
        if self.reader.tree.test.get(self.scope) != Some(&true) {
            f(self);
        }
        self.scope = before;
    }
}

impl<'a> Visit<'a> for Walker<'_, 'a, '_> {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.in_function(&item.sig, |this| visit::visit_block(this, &item.block));
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.in_function(&item.sig, |this| visit::visit_block(this, &item.block));
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.in_function(&item.sig, |this| visit::visit_block(this, block));
        }
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        let before = self.own.replace(&item.self_ty);
        visit::visit_item_impl(self, item);
        self.own = before;
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        let macros = self.reader.macros;
        if let Some(parsed) = macros.get(mac) {
            parsed.exprs.iter().for_each(|expr| self.visit_expr(expr));
            parsed.stmts.iter().for_each(|stmt| self.visit_stmt(stmt));
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            // `data["phone"] = ..` reads nothing.
            Expr::Assign(assign) => self.visit_expr(&assign.right),
            Expr::Index(_) | Expr::MethodCall(_) => {
                let (base, path) = keys(expr);
                if path.is_empty() || self.found.len() >= MOST {
                    return visit::visit_expr(self, expr);
                }
                let span = self.reader.source.expr(expr);
                self.found.push(KeyUse { base, path, typed: None, span, scope: self.scope, own: self.own });
                self.visit_expr(base);
            }
            Expr::Field(_) if self.typed => {
                if let Some((base, path, how)) = typed::fields(self.reader, self.scope, expr) {
                    self.typed(expr, base, path, how);
                }
                visit::visit_expr(self, expr);
            }
            Expr::Call(call) if self.typed && typed::decodes(call) => {
                self.typed(expr, expr, vec![], AsType::Decoded(None));
                visit::visit_expr(self, expr);
            }
            _ => visit::visit_expr(self, expr),
        }
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        if let (syn::Pat::Type(pattern), Some(init)) = (&local.pat, &local.init)
            && self.typed
            && typed::is_decoded(&init.expr)
        {
            self.typed(&init.expr, &init.expr, vec![], AsType::Decoded(Some(&pattern.ty)));
        }
        visit::visit_local(self, local);
    }
}
