//! Locals: what a name holds at a place, after everything that was done to it before.
//!
//! One pass in the order of the text. What happens under a condition may or may not have happened; a loop's body is
//! taken once.

use super::branches::Truth;
use super::edits::Edit;
use super::scope::{Alias, Arm, Chain, Change};
use super::types::Ty;
use super::values::{Val, Values, choose, input};
use crate::document::{Cond, Document, Shape};
use crate::frontend::facts::Summary;
use serde_json::Value as Json;
use syn::ExprMethodCall;

/// A value of more parts is not followed any further: it holds what it holds.
const MOST_PARTS: usize = 1500;

impl<'a> Values<'_, 'a, '_> {
    /// What a binding holds at byte `at`.
    pub(super) fn local(&self, id: usize, at: usize) -> Val {
        let Some(binding) = self.scope.bindings.get(id) else {
            return input("?".to_owned(), None);
        };
        let declared = binding.ty.and_then(Ty::read);
        let mut found = match (self.given(id), binding.init, binding.part_of) {
            (Some(given), ..) => given,
            (None, Some(init), _) => self.value(init),
            (None, None, Some(whole)) => self.part_of(binding, whole),
            (None, None, None) => input(binding.name.clone(), declared.clone()),
        };
        if let Some(ty) = declared.filter(|ty| ty.name() != "_") {
            let is_document = ty.wraps_document() || binding.inside.is_some_and(is_json);
            if let Some(init) = binding.init.or(binding.part_of).filter(|_| is_document) {
                self.note_declared(init, &ty);
            }
            found = match found.doc {
                // The only column of a row.
                doc @ Document::Read(_) if is_document => self.retyped(doc, ty),
                // The same, with a default where it does not decode.
                Document::First(items) if is_document => {
                    let items = items.into_iter().map(|item| match item {
                        read @ Document::Read(_) => self.retyped(read, ty.clone()).doc,
                        other => other,
                    });
                    let doc = Document::First(items.collect());
                    self.declared(Val { doc, ..found }, ty)
                }
                doc => self.declared(Val { doc, ..found }, ty),
            };
        }
        for (branch, edit) in self.edits(id, at) {
            if branch.iter().any(|arm| self.in_other_arm(arm)) {
                continue;
            }
            let conditional =
                branch.iter().rev().find(|arm| !arm.is_loop && !binding.branch.contains(arm) && !self.is_inside(arm));
            found = match conditional {
                Some(arm) => {
                    let before = found.clone();
                    match self.decided(arm) {
                        Truth::Asks(condition) => choose(vec![(condition, self.edited(found, &edit))], before),
                        Truth::Holds => self.edited(found, &edit),
                        Truth::Unknown => {
                            let condition = Cond::Unknown(self.words(arm.node));
                            choose(vec![(condition, self.edited(found, &edit))], before)
                        }
                    }
                }
                None => self.edited(found, &edit),
            };
            if parts(&found.doc) > MOST_PARTS {
                // Each condition doubles what it may come to.
                return Val { doc: forgotten(&found.doc, &binding.name), ..found };
            }
        }
        found
    }

    /// What a pattern takes out of a value: `Some(x)`, `Ok(x)`, `Json(x)`, `Value::Object(x)`.
    fn part_of(&self, binding: &super::scope::Binding<'a>, whole: &syn::Expr) -> Val {
        if let Some(number) = binding.element
            && let Some(found) = self.element_of(whole, number)
        {
            return found;
        }
        let inside = binding.inside.and_then(|path| path.segments.last()).map(|segment| segment.ident.to_string());
        let whole = self.value(whole);
        // A column of a row that is a tuple.
        if let Some(found) = binding.element.and_then(|number| self.at_position(&whole, number, true)) {
            let wrapped = matches!(inside.as_deref(), Some("Json" | "Jsonb"));
            let ty = found.ty.as_ref().filter(|_| wrapped).and_then(|ty| ty.unwrapped().arg().cloned());
            return match ty {
                Some(ty) => Val { json: ty.is_json_value(), ty: Some(ty), doc: found.doc },
                None => found,
            };
        }
        let inner = whole.ty.as_ref().filter(|ty| ty.is_option()).map(|ty| ty.unwrapped().clone());
        match (inside.as_deref(), &whole.doc) {
            _ if binding.whole => whole,
            (Some("Some" | "Ok"), _) => whole.unwrapped(),
            (Some("Json" | "Jsonb"), _) => {
                let ty = whole.ty.as_ref().and_then(|ty| ty.unwrapped().arg().cloned());
                Val { json: ty.as_ref().is_none_or(Ty::is_json_value), ty, doc: whole.doc }
            }
            (Some("Object" | "Array"), _) => Val { json: true, ..whole.unwrapped() },
            // One of several rows.
            (_, Document::Read(row)) if row.column.is_none() && inner.is_none() && binding.element.is_none() => whole,
            (_, Document::Read(_)) => Val { json: inner.as_ref().is_some_and(Ty::is_json_value), ty: inner, ..whole },
            // A field of what is in it is of a type of its own.
            _ => input(binding.name.clone(), inner.filter(|_| inside.is_none())),
        }
    }

    /// A value whose type is declared.
    pub(super) fn declared(&self, found: Val, ty: Ty) -> Val {
        match found.doc {
            Document::Input(old) => {
                let mut new = input(old.id, Some(ty));
                if let (Document::Input(new), true) = (&mut new.doc, found.json) {
                    new.null = old.null;
                    new.shape = old.shape;
                }
                new.json |= found.json;
                new
            }
            // A row as a whole is no document yet: its type says nothing of one.
            Document::Read(read) if read.column.is_none() => {
                Val { doc: Document::Read(read), json: false, ty: Some(ty) }
            }
            doc @ (Document::Cast { .. } | Document::Read(_) | Document::Get { .. })
                if !ty.is_json_value() && ty.unwrapped().shape() == Shape::Any =>
            {
                self.retyped(doc, ty)
            }
            Document::First(mut items) => {
                // `T::default()` of a type that only the declaration tells.
                if let Some(Document::Input(last)) = items.last()
                    && last.id.starts_with("the default of")
                {
                    let empty = match ty.json_shape() {
                        Shape::Array => Some(Json::Array(vec![])),
                        Shape::Object => Some(Json::Object(serde_json::Map::new())),
                        _ => ty.is_json_value().then_some(Json::Null),
                    };
                    if let Some(empty) = empty {
                        items.pop();
                        items.push(Document::Known(empty));
                    }
                }
                Val { doc: Document::First(items), json: found.json || ty.is_json_value(), ty: Some(ty) }
            }
            doc => Val { doc, json: found.json || ty.is_json_value(), ty: Some(ty) },
        }
    }

    /// All edits of a binding before `at`, in order.
    fn edits<'e>(&'e self, id: usize, at: usize) -> Vec<(Vec<Arm>, Edit<'e, 'a>)> {
        let mut edits: Vec<(usize, Vec<Arm>, Edit<'e, 'a>)> = vec![];
        self.edits_of(id, at, None, &mut edits);
        // `let o = d.as_object_mut()..`, `let part = &mut d["part"]`: the same document by another name.
        for alias in self.scope.aliases_of.get(&id).into_iter().flatten() {
            self.edits_of(alias.binding, at, Some(alias), &mut edits);
        }
        edits.sort_by_key(|(at, ..)| *at);
        edits.into_iter().map(|(_, branch, edit)| (branch, edit)).collect()
    }

    fn edits_of<'e>(
        &'e self,
        id: usize,
        at: usize,
        alias: Option<&'e Alias<'a>>,
        edits: &mut Vec<(usize, Vec<Arm>, Edit<'e, 'a>)>,
    ) {
        for event in self.scope.changes_on(id).iter().filter(|e| e.at < at) {
            let edit = match event.what {
                Change::Assign(value) => Edit::Whole(alias, value),
                Change::Part(target, value) => Edit::Part(alias, target, value),
                Change::Lent => Edit::Lent,
                Change::LentTo(call, index) => Edit::LentTo(alias, call, index),
                Change::Append(_) | Change::Write(_) => continue,
            };
            edits.push((event.at, event.branch.clone(), edit));
        }
        let method = |chain: &Chain<'a>, links: Vec<&'a ExprMethodCall>| {
            (chain.at, chain.branch.clone(), Edit::Method(alias, links))
        };
        // `let part = d.pointer_mut(..)` gives a part another name, and changes nothing by itself.
        let aliases = self.scope.aliases_of.get(&id).into_iter().flatten();
        let named: Vec<usize> = aliases
            .filter_map(|alias| self.scope.bindings.get(alias.binding))
            .filter_map(|binding| binding.init.or(binding.part_of))
            .map(|init| self.reader.source.expr(init).start as usize)
            .collect();
        let renames = |chain: &Chain<'a>| {
            named.contains(&chain.at)
                && chain.links.iter().any(|link| link.method == "pointer_mut" || link.method == "entry")
        };
        for chain in self.scope.chains_on(id).filter(|c| c.at < at && !renames(c)) {
            // What stands inside the call is read before the call changes anything.
            if self.reader.chain_span(chain).end as usize <= at {
                edits.push(method(chain, chain.links.clone()));
            }
        }
    }

    /// The words of a condition: the source from `if` or `match` to its block.
    pub(super) fn words(&self, node: usize) -> String {
        const MAX: usize = 120;
        let text = self.reader.source.text.get(node..).unwrap_or("");
        let head: String = text.chars().take(MAX).take_while(|c| *c != '{').collect();
        head.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Whether a pattern takes a document out of its wrapper: `Json(..)`.
fn is_json(pattern: &syn::Path) -> bool {
    pattern.segments.last().is_some_and(|last| last.ident == "Json" || last.ident == "Jsonb")
}

/// How many documents a document is made of.
fn parts(document: &Document) -> usize {
    let mut count = 0;
    document.visit(&mut |_| count += 1);
    count
}

/// What is left of a value that grew too large: whether the old document is in it.
fn forgotten(document: &Document, name: &str) -> Document {
    let mut held = None;
    document.visit(&mut |part| {
        let holds = match part {
            Document::Old | Document::Read(_) => true,
            Document::Input(input) => Summary::is_parameter(&input.id),
            _ => false,
        };
        if held.is_none() && holds {
            held = Some(part.clone());
        }
    });
    match held {
        Some(held) => Document::Through { of: vec![held], why: format!("`{name}` is changed in many places") },
        None => input(name.to_owned(), None).doc,
    }
}
