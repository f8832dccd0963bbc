//! Values as serde writes them: structs field by field, arrays, literals.

use super::json;
use super::macros;
use super::names::plain;
use super::peel::{SAME, peel_also};
use super::scope::Change;
use super::types::Ty;
use super::values::{Val, Values, input};
use crate::document::{Document, Input, Key, Nullability, Rest, Shape};
use crate::frontend::facts::{SignKind, TypeUse};
use crate::source::Span;
use syn::{Expr, Lit, Member};

/// How deep fields of structs in structs are listed.
const MAX_STRUCTS: usize = 4;

impl Values<'_, '_, '_> {
    /// A value as serde writes it.
    pub(super) fn encoded_inner(&self, expr: &Expr) -> Val {
        let peeled = peel_also(expr, SAME);
        if let Some(found) = self.variant(peeled) {
            return found;
        }
        match peeled {
            Expr::Struct(literal) => self.struct_literal(literal),
            Expr::Array(array) => {
                let items = array.elems.iter().map(|e| self.member(e)).collect();
                Val { doc: json::fold_array(items), ty: Some(Ty::of("Vec", Ty::named("_"))), json: false }
            }
            Expr::Tuple(tuple) if !tuple.elems.is_empty() => {
                let items = tuple.elems.iter().map(|e| self.member(e)).collect();
                Val { doc: json::fold_array(items), ty: None, json: false }
            }
            Expr::Macro(mac) if macros::name(&mac.mac) == "vec" => {
                match self.reader.macros.get(&mac.mac).filter(|p| p.is_list) {
                    Some(parsed) => {
                        let items = parsed.exprs.iter().map(|e| self.member(e)).collect();
                        Val { doc: json::fold_array(items), ty: Some(Ty::of("Vec", Ty::named("_"))), json: false }
                    }
                    None => with_json_shape(self.value(expr)),
                }
            }
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) => {
                    Val { doc: Document::Known(text.value().into()), ty: Some(Ty::named("&str")), json: false }
                }
                _ => self.value(expr),
            },
            Expr::Path(path) => {
                if let Some(ident) = path.path.get_ident()
                    && let at = self.reader.source.start(ident.span())
                    && let Some(id) = self.scope.resolve(&ident.to_string(), at)
                    && let Some(init) = self.scope.bindings.get(id).and_then(|b| b.init)
                {
                    self.note_default_start(init, id, at);
                }
                if let Some(ident) = path.path.get_ident()
                    && let Some(id) = self.scope.resolve(&ident.to_string(), self.reader.source.start(ident.span()))
                    && let Some(init) = self.scope.bindings.get(id).and_then(|b| b.init)
                    && matches!(
                        peel_also(init, SAME),
                        Expr::Struct(_) | Expr::Array(_) | Expr::Macro(_) | Expr::Tuple(_)
                    )
                    && self.scope.changes_on(id).is_empty()
                    && !matches!(peel_also(init, SAME), Expr::Macro(m) if macros::name(&m.mac) == "json")
                {
                    return self.encoded(init);
                }
                self.by_type(expr)
            }
            _ => self.by_type(expr),
        }
    }

    fn by_type(&self, expr: &Expr) -> Val {
        // What is chosen from is written as serde writes it too.
        let before = self.encoding.replace(true);
        let found = self.value(expr);
        self.encoding.set(before);
        if found.json || !matches!(found.doc, Document::Input(_)) {
            return found;
        }
        match &found.ty {
            Some(ty) if !ty.is_option() => {
                if let Some(doc) = self.object_of(ty, &self.source(peel_also(expr, SAME)), 0) {
                    return Val { doc, ..found };
                }
                if let Document::Input(input) = &found.doc {
                    self.awaits(&input.id, ty, TypeUse::Encoded);
                }
                with_json_shape(found)
            }
            _ => with_json_shape(found),
        }
    }

    /// A value of a struct of this file, field by field.
    fn object_of(&self, ty: &Ty, source: &str, depth: usize) -> Option<Document> {
        if depth >= MAX_STRUCTS || self.reader.tree.encoded_by_hand.contains(ty.unwrapped().name()) {
            return None;
        }
        let read = self.reader.own_struct(ty.unwrapped().name())?;
        let mut entries = vec![];
        let mut rest = Rest::Closed;
        for field in read.fields.iter().filter(|f| !f.skip) {
            let id = format!("{source}.{}", field.name);
            let nested =
                field.ty.as_ref().filter(|ty| !ty.is_option()).and_then(|ty| self.object_of(ty, &id, depth + 1));
            if field.flatten {
                match nested {
                    Some(Document::Object { entries: inner, rest: inner_rest }) => {
                        entries.extend(inner);
                        if inner_rest == Rest::Open {
                            rest = Rest::Open;
                        }
                    }
                    _ => rest = Rest::Open,
                }
                continue;
            }
            let document = nested.unwrap_or_else(|| {
                Document::Input(Input {
                    id,
                    shape: field.ty.as_ref().map_or(Shape::Any, Ty::json_shape),
                    null: field.ty.as_ref().map_or(Nullability::Maybe, Ty::nullability),
                })
            });
            entries.push((Key::Name(field.key.clone()), document));
        }
        Some(Document::Object { entries, rest })
    }

    /// A literal of a type that is not declared here: how it names its keys is for the project to say.
    fn foreign_literal(&self, literal: &syn::ExprStruct, name: &str) -> Document {
        let spelled: Vec<String> = literal.path.segments.iter().map(|segment| plain(&segment.ident)).collect();
        let path = if spelled.len() > 1 { spelled.join("::") } else { name.to_owned() };
        let fields = literal.fields.iter().filter_map(|field| match &field.member {
            Member::Named(member) => Some((plain(member), self.member(&field.expr))),
            Member::Unnamed(_) => None,
        });
        let fields = fields.collect();
        let base = literal.rest.as_ref().map(|base| (self.value(base).doc, self.source(base)));
        let held = base.as_ref().map(|(held, _)| held).filter(|held| super::inline::may_hold(held)).cloned();
        let (tag, doc) = if let Some(held) = held {
            let why = format!("fields of `{name}` are set");
            (why.clone(), Document::Through { of: vec![held], why })
        } else {
            let id = format!("{name} {{ .. }}");
            (id.clone(), input(id, None).unwrapped().doc)
        };
        self.awaits(&tag, &Ty::named(&path), TypeUse::Literal { fields, base });
        doc
    }

    /// Notes that a local starts as a default of which some fields are set: the others go back to their defaults.
    fn note_default_start(&self, init: &Expr, id: usize, at: usize) {
        let plain = peel_also(init, SAME);
        let Some(binding) = self.scope.bindings.get(id).filter(|_| is_default(plain)) else { return };
        let declared = binding.ty.and_then(Ty::read).or_else(|| match plain {
            Expr::Call(call) => Some(Ty::named(&super::wrappers::call_type(call))),
            _ => None,
        });
        let Some(read) = declared.and_then(|ty| self.reader.own_struct(ty.unwrapped().name())) else { return };
        let mut set: Vec<String> = vec![];
        for event in self.scope.changes_on(id).iter().filter(|event| event.at < at) {
            let Change::Part(Expr::Field(field), _) = event.what else { continue };
            set.extend(match &field.member {
                Member::Named(member) => Some(super::names::plain(member)),
                Member::Unnamed(_) => None,
            });
        }
        set.sort();
        set.dedup();
        if !set.is_empty() && set.len() < read.fields.len() {
            self.note_defaults(self.reader.source.expr(plain));
        }
    }

    fn note_defaults(&self, span: Span) {
        self.note(SignKind::DefaultFields, span, || "fields that are not given go back to their defaults".to_owned());
    }

    fn struct_literal(&self, literal: &syn::ExprStruct) -> Val {
        let name = literal.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let name = if name == "Self" { self.scope.self_type.clone().unwrap_or(name) } else { name };
        let ty = Some(Ty::named(&name));
        let by_hand = self.reader.tree.encoded_by_hand.contains(&name);
        let read = self.reader.own_struct(&name).filter(|_| !by_hand);
        let all = read.as_ref().is_some_and(|read| read.fields.len() <= literal.fields.len());
        if let Some(base) = literal.rest.as_deref().filter(|base| !all && is_default(base)) {
            let span = self.reader.source.expr(base);
            self.note_defaults(span);
        }
        if read.is_none() {
            return Val { doc: self.foreign_literal(literal, &name), ty, json: false };
        }
        let mut entries: Vec<(Key, Document)> = vec![];
        let mut rest = Rest::Closed;
        // The tag that serde adds.
        let tag = read.iter().flat_map(|read| &read.fields).find(|field| field.name.is_empty());
        entries.extend(tag.map(|tag| (Key::Name(tag.key.clone()), Document::Known(name.clone().into()))));
        for field in &literal.fields {
            let Member::Named(member) = &field.member else { continue };
            let member = &plain(member);
            let known = read.as_ref().and_then(|r| r.fields.iter().find(|f| f.name == *member));
            if known.is_some_and(|f| f.skip) {
                continue;
            }
            let document = self.member(&field.expr);
            if known.is_some_and(|f| f.flatten) {
                match document {
                    Document::Object { entries: inner, .. } => entries.extend(inner),
                    _ => rest = Rest::Open,
                }
                continue;
            }
            entries.push((Key::Name(known.map_or_else(|| member.clone(), |f| f.key.clone())), document));
        }
        if let Some(base) = &literal.rest {
            let held = self.value(base).doc;
            if super::inline::may_hold(&held) {
                // `Settings { theme, ..old }`: the old document with these fields set.
                let doc = entries.into_iter().fold(held, |of, (key, value)| match key {
                    Key::Name(key) => super::edits::set_key(of, key, value),
                    Key::Param(_) => of,
                });
                return Val { doc, ty, json: false };
            }
        }
        match (&literal.rest, &read) {
            (Some(base), Some(read)) => {
                for field in read.fields.iter().filter(|f| !f.skip) {
                    if !entries.iter().any(|(k, _)| *k == Key::Name(field.key.clone())) {
                        let id = format!("{}.{}", self.source(base), field.name);
                        entries.push((Key::Name(field.key.clone()), input(id, field.ty.clone()).doc));
                    }
                }
            }
            (Some(_), None) => rest = Rest::Open,
            (None, _) => {}
        }
        let doc = if rest == Rest::Closed { json::fold_object(entries) } else { Document::Object { entries, rest } };
        Val { doc, ty, json: false }
    }
}

/// `Default::default()`, `Settings::default()`
fn is_default(base: &Expr) -> bool {
    let Expr::Call(call) = base else { return false };
    let Expr::Path(path) = &*call.func else { return false };
    call.args.is_empty() && path.path.segments.last().is_some_and(|last| last.ident == "default")
}

fn with_json_shape(found: Val) -> Val {
    let shape = found.ty.as_ref().map_or(Shape::Any, Ty::json_shape);
    match found.doc {
        Document::Input(input) => Val { doc: Document::Input(Input { shape, ..input }), ..found },
        doc => Val { doc, ..found },
    }
}
