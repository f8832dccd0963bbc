//! Locals: what a name holds at a place, after everything that was done to it before.
//!
//! One pass in the order of the text. What happens under a condition may or may not have happened; a loop's body is
//! taken once.

use super::scope::{Arm, Chain, Change};
use super::types::Ty;
use super::values::{Val, Values, choose, input};
use crate::document::{Cond, Document, Family, Key, MergeHow, OnNull, Path, Removal, Rest, SetMode, Step};
use serde_json::Value as Json;
use syn::{Expr, ExprMethodCall};

/// One edit of a local.
enum Edit<'e, 'a> {
    Whole(&'e Expr),
    Part(&'e Expr, &'e Expr),
    Method(Vec<&'a ExprMethodCall>),
    Lent,
}

impl<'a> Values<'_, 'a, '_> {
    /// What a binding holds at byte `at`.
    pub(super) fn local(&self, id: usize, at: usize) -> Val {
        let Some(binding) = self.scope.bindings.get(id) else {
            return input("?".to_owned(), None);
        };
        let declared = binding.ty.and_then(Ty::read);
        let mut found = match (binding.init, binding.part_of) {
            (Some(init), _) => self.value(init),
            (None, Some(whole)) => {
                // `if let Some(x) = whole`: what is inside.
                let whole = self.value(whole);
                let inner = whole.ty.as_ref().filter(|ty| ty.is_option()).map(|ty| ty.unwrapped().clone());
                match whole.doc {
                    read @ Document::Read(_) => {
                        Val { doc: read, json: inner.as_ref().is_some_and(Ty::is_json_value), ty: inner }
                    }
                    _ => input(binding.name.clone(), inner),
                }
            }
            (None, None) => input(binding.name.clone(), declared.clone()),
        };
        if let Some(ty) = declared.filter(|ty| ty.name() != "_") {
            found = self.declared(found, ty);
        }
        for (branch, edit) in self.edits(id, at) {
            if branch
                .iter()
                .any(|arm| self.branch.iter().any(|used| used.node == arm.node && used.number != arm.number))
            {
                // It happens in the other arm.
                continue;
            }
            let conditional = branch
                .iter()
                .rev()
                .find(|arm| !arm.is_loop && !binding.branch.contains(arm) && !self.branch.contains(arm));
            found = match conditional {
                Some(arm) => {
                    let before = found.clone();
                    choose(vec![(Cond::Unknown(self.words(arm.node)), self.edited(found, &edit))], before)
                }
                None => self.edited(found, &edit),
            };
        }
        found
    }

    /// A value whose type is declared.
    fn declared(&self, found: Val, ty: Ty) -> Val {
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
            doc @ (Document::Cast { .. } | Document::Read(_))
                if !ty.is_json_value() && ty.unwrapped().shape() == crate::document::Shape::Any =>
            {
                self.retyped(doc, ty)
            }
            doc => Val { doc, json: found.json || ty.is_json_value(), ty: Some(ty) },
        }
    }

    /// All edits of a binding before `at`, in order.
    fn edits<'e>(&'e self, id: usize, at: usize) -> Vec<(Vec<Arm>, Edit<'e, 'a>)> {
        let mut edits: Vec<(usize, Vec<Arm>, Edit<'e, 'a>)> = vec![];
        for event in self.scope.changes_on(id).iter().filter(|e| e.at < at) {
            let edit = match event.what {
                Change::Assign(value) => Edit::Whole(value),
                Change::Part(target, value) => Edit::Part(target, value),
                Change::Lent => Edit::Lent,
                Change::Append(_) | Change::Write(_) => continue,
            };
            edits.push((event.at, event.branch.clone(), edit));
        }
        let method =
            |chain: &Chain<'a>, links: Vec<&'a ExprMethodCall>| (chain.at, chain.branch.clone(), Edit::Method(links));
        for chain in self.scope.chains_on(id).filter(|c| c.at < at) {
            edits.push(method(chain, chain.links.clone()));
        }
        // `let o = d.as_object_mut()..`, `if let Some(o) = d.as_object_mut()`: the same object by another name.
        for alias in self.scope.objects_of.get(&id).into_iter().flatten() {
            for chain in self.scope.chains_on(*alias).filter(|c| c.at < at) {
                edits.push(method(chain, chain.links.clone()));
            }
        }
        edits.sort_by_key(|(at, ..)| *at);
        edits.into_iter().map(|(_, branch, edit)| (branch, edit)).collect()
    }

    fn edited(&self, found: Val, edit: &Edit<'_, 'a>) -> Val {
        match edit {
            Edit::Whole(value) => {
                let new = self.value(value);
                Val { ty: new.ty.or(found.ty), ..new }
            }
            Edit::Part(target, value) => self.part(found, target, value),
            Edit::Method(links) => self.edited_by(found, links),
            Edit::Lent => {
                let doc = Document::Through { of: vec![found.doc], why: "it is lent to another function".to_owned() };
                Val { doc, ..found }
            }
        }
    }

    /// `d["a"]["b"] = value`, `s.field = value`.
    fn part(&self, found: Val, target: &Expr, value: &Expr) -> Val {
        let mut steps = vec![];
        let mut target = target;
        loop {
            target = match target {
                Expr::Index(index) => {
                    let Some(step) = self.step(&index.index) else { return through(found, "it is changed") };
                    steps.push(step);
                    &index.expr
                }
                Expr::Field(field) => {
                    let syn::Member::Named(name) = &field.member else { return found };
                    steps.push(Step::Key(name.to_string()));
                    &field.base
                }
                Expr::Paren(e) => &e.expr,
                Expr::Unary(e) => &e.expr,
                _ => break,
            };
        }
        steps.reverse();
        if !found.json && !matches!(found.doc, Document::Retype { .. }) {
            // A field of a struct: its keys stay as they are.
            return found;
        }
        let value = self.member(value);
        Val { doc: set(found.doc, Path::Steps(steps), value, Family::SerdeIndex, SetMode::Set), ..found }
    }

    /// What a chain of methods does to its receiver.
    fn edited_by(&self, found: Val, links: &[&'a ExprMethodCall]) -> Val {
        let mut path = vec![];
        for link in links {
            let arguments: Vec<&Expr> = link.args.iter().collect();
            match (link.method.to_string().as_str(), arguments.as_slice()) {
                (
                    "as_object_mut" | "unwrap" | "as_mut" | "expect" | "unwrap_or_default" | "iter_mut"
                    | "as_array_mut",
                    _,
                ) => {}
                ("get_mut", [key]) => match self.step(key) {
                    Some(step) => path.push(step),
                    None => return through(found, "`get_mut` may change it"),
                },
                ("insert", [key, value]) => {
                    let Some(step) = self.step(key) else { return through(found, "`insert` may change it") };
                    path.push(step);
                    let value = self.member(value);
                    let doc = set(found.doc, Path::Steps(path), value, super::functions::EDITS, SetMode::Set);
                    return Val { doc, ..found };
                }
                ("remove", [key]) => {
                    let Some(step) = self.step(key) else { return through(found, "`remove` may change it") };
                    path.push(step);
                    let what = match path.as_slice() {
                        [Step::Key(key)] => Removal::Keys(vec![key.clone()]),
                        _ => Removal::Path(Path::Steps(path)),
                    };
                    let doc = Document::Remove { of: Box::new(found.doc), what, family: super::functions::EDITS };
                    return Val { doc, ..found };
                }
                ("extend" | "append", [other]) if path.is_empty() => {
                    let other = self.encoded(other);
                    let doc = Document::Merge {
                        left: Box::new(found.doc),
                        right: Box::new(other.doc),
                        how: MergeHow::Concat,
                    };
                    return Val { doc, ..found };
                }
                (
                    "entry" | "push" | "retain" | "clear" | "merge" | "merge_in" | "sort" | "dedup" | "apply" | "patch"
                    | "pointer_mut",
                    _,
                ) => {
                    return through(found, &format!("`{}` changes it", link.method));
                }
                _ => return found,
            }
        }
        found
    }

    /// The words of a condition: the source from `if` or `match` to its block.
    fn words(&self, node: usize) -> String {
        const MAX: usize = 120;
        let text = self.reader.source.text.get(node..).unwrap_or("");
        let head: String = text.chars().take(MAX).take_while(|c| *c != '{').collect();
        head.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn through(found: Val, why: &str) -> Val {
    let doc = match found.doc {
        Document::Input(_) | Document::Through { .. } => found.doc,
        other => Document::Through { of: vec![other], why: why.to_owned() },
    };
    Val { doc, ..found }
}

fn set(of: Document, path: Path, value: Document, family: Family, mode: SetMode) -> Document {
    let key = match &path {
        Path::Steps(steps) => match steps.as_slice() {
            [Step::Key(key)] => Some(key.clone()),
            _ => None,
        },
        _ => None,
    };
    match (of, key, value) {
        // Into a literal object: an object with that key.
        (Document::Known(Json::Object(mut map)), Some(key), Document::Known(value)) => {
            map.insert(key, value);
            Document::Known(Json::Object(map))
        }
        (Document::Known(Json::Object(map)), Some(key), value) => {
            let mut entries: Vec<(Key, Document)> =
                map.into_iter().filter(|(k, _)| *k != key).map(|(k, v)| (Key::Name(k), Document::Known(v))).collect();
            entries.push((Key::Name(key), value));
            Document::Object { entries, rest: Rest::Closed }
        }
        (Document::Object { mut entries, rest }, Some(key), value) => {
            let name = Key::Name(key);
            entries.retain(|(k, _)| *k != name);
            entries.push((name, value));
            Document::Object { entries, rest }
        }
        (of, _, value) => {
            Document::Set { of: Box::new(of), path, value: Box::new(value), mode, on_null: OnNull::JsonNull, family }
        }
    }
}
