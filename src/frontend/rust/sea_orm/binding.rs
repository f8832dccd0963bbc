//! Values that are bound: what they hold, and whether the old document is in them.

use super::names;
use super::typing::{Kind, Place, peel};
use crate::document::{Cond, Document, Nullability, ReadSite};
use crate::frontend::facts::{Bind, SignKind};
use crate::frontend::rust::scope::{Arm, Change, Root};
use crate::frontend::rust::{signs, values};
use crate::source::{Site, Span};
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::{Expr, Member};

/// How many bindings are followed from one to the next.
const MAX_HOPS: usize = 8;

impl Place<'_, '_, '_> {
    /// Binds a value for a column; `field` is the model's field for it, where it is known.
    pub(super) fn bind(&self, expr: &Expr, field: Option<&str>) -> Bind {
        let source = self.file.reader.source;
        let span = source.expr(expr);
        let live = self.live(expr);
        let dead = live.as_ref().and_then(|live| live.dead).map(|dead| {
            let words = "this arm never runs: a model that was made from a row holds `Unchanged`, never `Set`";
            signs::sign(self.file.reader.file, SignKind::DeadMerge, source.expr(dead), words.to_owned())
        });
        let expr = live.map_or(expr, |live| live.value);
        let evaluated = values::evaluate_field(self.file.reader, self.scope, &self.branch(span.start as usize), expr);
        let (mut value, mut calls) = (evaluated.value, evaluated.calls);
        if let Some(field) = field {
            self.mark_reads(&mut value, field, span.start as usize);
            // Another column of the row is a value from outside, in what is given to a function as well.
            let is_own = |read: &ReadSite| read.column.as_ref().is_none_or(|column| column == field);
            value = value.settled(&is_own);
            for argument in calls.iter_mut().flat_map(|call| &mut call.arguments) {
                *argument = std::mem::replace(argument, Document::Null).settled(&is_own);
            }
            if !value.holds_old() && self.is_derived(expr, field) {
                let what = format!("`{field}` of a model");
                let why = format!("what `{}` does to the document is not followed", shorten(&source.folded(span)));
                let base = Document::Through { of: vec![Document::Read(self.model_read(what, field, span))], why };
                value = rebased(value, &base);
            }
        }
        Bind {
            index: 0,
            name: None,
            file: None,
            span,
            source: source.folded(span),
            value,
            rust_type: evaluated.rust_type,
            is_json: evaluated.is_json,
            signs: dead.into_iter().chain(evaluated.signs).collect(),
            calls,
            types: evaluated.types,
        }
    }

    /// The branches that a byte stands in, as far as a call at or just before it shows.
    fn branch(&self, at: usize) -> Vec<Arm> {
        let before = self.scope.chains.iter().filter(|chain| chain.at <= at);
        let near = before.max_by_key(|chain| chain.at).filter(|chain| {
            let wraps =
                matches!(&chain.root, Root::Expr(Expr::Call(call)) if call.args.iter().any(|a| self.at(a) == at));
            chain.at == at || wraps
        });
        near.map(|chain| chain.branch.clone()).unwrap_or_default()
    }

    /// A read of a field of a model.
    pub(super) fn model_read(&self, what: String, field: &str, span: Span) -> ReadSite {
        let site = Some(Site { file: self.file.reader.file, span });
        ReadSite { what, column: Some(field.to_owned()), site, handed_in: false }
    }

    /// Where a model was read: what it is bound to.
    fn model_site(&self, binding: usize) -> Span {
        let init = self.scope.bindings.get(binding).and_then(|binding| binding.init.or(binding.part_of));
        init.map(|init| self.file.reader.source.expr(init)).unwrap_or_default()
    }

    /// Turns inputs that are the model's own field into reads.
    fn mark_reads(&self, value: &mut Document, field: &str, at: usize) {
        rewrite(value, &|id: &str| {
            let (base, rest) = id.split_once('.')?;
            let name: String =
                rest.trim_start_matches("r#").chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let binding = self.scope.resolve(base, at)?;
            let typed = self.of_binding(binding)?;
            (name == field && typed.kind != Kind::Query).then(|| {
                Document::Read(self.model_read(
                    format!("`{field}` of the model `{base}`"),
                    field,
                    self.model_site(binding),
                ))
            })
        });
    }

    /// Whether the model's own field is read on the way to the value.
    fn is_derived(&self, expr: &Expr, field: &str) -> bool {
        let mut seen = BTreeSet::new();
        self.reads_field(expr, field, &mut seen, 0)
    }

    fn reads_field(&self, expr: &Expr, field: &str, seen: &mut BTreeSet<usize>, hops: usize) -> bool {
        if hops > MAX_HOPS {
            return false;
        }
        let mut mentions = Mentions { field, bases: vec![], paths: vec![] };
        mentions.visit_expr(expr);
        let own = mentions.bases.iter().any(|base| match peel(base) {
            Expr::Path(path) if path.path.is_ident("self") => {
                self.scope.self_type.as_deref().is_some_and(|own| own.ends_with("Model"))
            }
            _ => self.of(base).is_some_and(|typed| typed.kind != Kind::Query),
        });
        own || mentions.paths.iter().any(|path| {
            let Some(id) = self.binding(path).filter(|id| seen.insert(*id)) else { return false };
            let Some(binding) = self.scope.bindings.get(id) else { return false };
            let of_init =
                binding.init.or(binding.part_of).is_some_and(|init| self.reads_field(init, field, seen, hops + 1));
            of_init
                || self.scope.changes_on(id).iter().any(|event| match &event.what {
                    Change::Assign(value) | Change::Append(value) | Change::Part(_, value) => {
                        self.reads_field(value, field, seen, hops + 1)
                    }
                    _ => false,
                })
                || self.scope.chains_on(id).any(|chain| {
                    matches!(chain.root, Root::Binding(_))
                        && chain.links.iter().any(|link| {
                            matches!(link.method.to_string().as_str(), "extend" | "append" | "insert" | "push")
                                && link.args.iter().any(|argument| self.reads_field(argument, field, seen, hops + 1))
                        })
                })
        })
    }
}

/// Where an expression names a field, and which names it holds.
struct Mentions<'e, 'f> {
    field: &'f str,
    bases: Vec<&'e Expr>,
    paths: Vec<&'e Expr>,
}

impl<'e> Visit<'e> for Mentions<'e, '_> {
    fn visit_expr(&mut self, expr: &'e Expr) {
        match expr {
            Expr::Field(field) => {
                if matches!(&field.member, Member::Named(name) if names::plain(name) == self.field) {
                    self.bases.push(&field.base);
                }
                // `req.settings` says nothing of how `req` came to be.
                if !matches!(peel(&field.base), Expr::Path(_)) {
                    visit::visit_expr(self, expr);
                }
            }
            Expr::Path(path) if path.path.get_ident().is_some() => self.paths.push(expr),
            _ => visit::visit_expr(self, expr),
        }
    }
}

/// Replaces inputs by what `f` makes of their names.
fn rewrite(document: &mut Document, f: &dyn Fn(&str) -> Option<Document>) {
    if let Document::Input(input) = document {
        if let Some(found) = f(&input.id) {
            *document = found;
        }
        return;
    }
    match document {
        Document::Object { entries, .. } => entries.iter_mut().for_each(|(_, d)| rewrite(d, f)),
        Document::Array(items) | Document::First(items) | Document::Through { of: items, .. } => {
            for item in items {
                rewrite(item, f);
            }
        }
        Document::Set { of, value, .. } => {
            rewrite(of, f);
            rewrite(value, f);
        }
        Document::Merge { left, right, .. } => {
            rewrite(left, f);
            rewrite(right, f);
        }
        Document::Remove { of, .. }
        | Document::Get { of, .. }
        | Document::Retype { of, .. }
        | Document::Cast { of, .. }
        | Document::StripNulls(of) => rewrite(of, f),
        Document::Choose { branches, otherwise } => {
            for (_, branch) in branches {
                rewrite(branch, f);
            }
            rewrite(otherwise, f);
        }
        _ => {}
    }
}

/// The edits of a value on another base.
fn rebased(value: Document, base: &Document) -> Document {
    match value {
        Document::Set { of, path, value, mode, on_null, family } => {
            let of = Box::new(rebased(*of, base));
            Document::Set { of, path, value, mode, on_null, family }
        }
        Document::Choose { branches, otherwise } => {
            let branches = branches.into_iter().map(|(condition, part)| (condition, rebased(part, base)));
            let mut all: Vec<(Cond, Document)> = branches.collect();
            let otherwise = rebased(*otherwise, base);
            all.retain(|(_, part)| *part != otherwise);
            if all.is_empty() { otherwise } else { Document::Choose { branches: all, otherwise: Box::new(otherwise) } }
        }
        _ => base.clone(),
    }
}

/// A bind of which nothing is known but its name.
pub(super) fn opaque(source: &str, span: crate::source::Span) -> Bind {
    let input =
        crate::document::Input { id: source.to_owned(), shape: crate::document::Shape::Any, null: Nullability::Maybe };
    Bind {
        index: 0,
        name: None,
        file: None,
        span,
        source: source.to_owned(),
        value: Document::Input(input),
        rust_type: None,
        is_json: false,
        signs: vec![],
        calls: vec![],
        types: vec![],
    }
}

fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain("..".chars()).collect() }
}
