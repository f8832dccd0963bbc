//! What is done to a local: assignments, methods that edit, calls that are lent it.

use super::peel::{Off, SAME, peel_also};
use super::scope::{Alias, AliasStep, Lender};
use super::values::{Val, Values};
use crate::document::{Document, Family, Key, MergeHow, OnNull, Path, Removal, Rest, SetMode, Shape, Step};
use serde_json::Value as Json;
use syn::{Expr, ExprMethodCall};

/// Whose rules hold for a method that edits a JSON value.
const EDITS: Family = Family::SerdeInsert;

/// One edit of a local, perhaps by way of another name for a part of it.
pub(super) enum Edit<'e, 'a> {
    Whole(Option<&'e Alias<'a>>, &'e Expr),
    Part(Option<&'e Alias<'a>>, &'e Expr, &'e Expr),
    Method(Option<&'e Alias<'a>>, Vec<&'a ExprMethodCall>),
    Lent,
    LentTo(Option<&'e Alias<'a>>, Lender<'a>, usize),
}

impl<'a> Values<'_, 'a, '_> {
    /// What is held after an edit.
    pub(super) fn edited(&self, found: Val, edit: &Edit<'_, 'a>) -> Val {
        let (alias, lent) = match edit {
            Edit::Whole(alias, _) | Edit::Part(alias, ..) | Edit::Method(alias, _) => (*alias, false),
            Edit::LentTo(alias, ..) => (*alias, true),
            Edit::Lent => return through(found, "it is lent to another function"),
        };
        let Some((found, prefix)) = self.prefix(found.clone(), alias) else {
            return through(found, "a part of it is changed");
        };
        if lent && !prefix.is_empty() {
            return through(found, "a part of it is lent to another function");
        }
        match edit {
            Edit::Whole(None, value) => {
                let new = self.value(value);
                Val { ty: new.ty.or(found.ty), ..new }
            }
            Edit::Whole(Some(_), value) if prefix.is_empty() => {
                let new = self.value(value);
                Val { ty: new.ty.or(found.ty), ..new }
            }
            Edit::Whole(_, value) => {
                let value = self.member(value);
                Val { doc: set(found.doc, Path::Steps(prefix), value, Family::SerdeIndex, SetMode::Set), ..found }
            }
            Edit::Part(_, target, value) => self.part(found, prefix, target, value),
            Edit::Method(_, links) => self.edited_by(found, prefix, links),
            Edit::LentTo(_, call, index) => self.lent_to(found, *call, *index),
            Edit::Lent => found,
        }
    }

    /// The path of an alias; a part that `entry` puts there is set first.
    fn prefix(&self, mut found: Val, alias: Option<&Alias<'a>>) -> Option<(Val, Vec<Step>)> {
        let mut path = vec![];
        for step in alias.iter().flat_map(|alias| &alias.path) {
            match step {
                AliasStep::Key(key) => path.push(self.step(key)?),
                AliasStep::Pointer(pointer) => {
                    let pointer = self.known_text(pointer)?;
                    path.extend(pointer.split('/').skip(1).map(|key| match key.parse() {
                        Ok(index) => Step::Index(index),
                        Err(_) => Step::Key(key.replace("~1", "/").replace("~0", "~")),
                    }));
                }
                AliasStep::Entry(key) => {
                    path.push(self.step(key)?);
                    let empty = Document::Known(Json::Object(serde_json::Map::new()));
                    found.doc = set(found.doc, Path::Steps(path.clone()), empty, EDITS, SetMode::Insert);
                }
            }
        }
        Some((found, path))
    }

    /// `d["a"]["b"] = value`, `s.field = value`.
    fn part(&self, found: Val, prefix: Vec<Step>, target: &Expr, value: &Expr) -> Val {
        let Some(path) = self.path_of(&found, target) else { return through(found, "it is changed") };
        let is_document = matches!(found.doc, Document::Retype { .. } | Document::Set { .. } | Document::Read(_));
        if !found.json && !is_document && !is_indexed_by_name(target) {
            // A field of a struct: its keys stay as they are.
            return found;
        }
        let path = prefix.into_iter().chain(path).collect();
        let value = self.member(value);
        Val { doc: set(found.doc, Path::Steps(path), value, Family::SerdeIndex, SetMode::Set), ..found }
    }

    /// The path from a local to the part of it that an expression names, in the words of JSON.
    pub(super) fn path_of(&self, found: &Val, target: &Expr) -> Option<Vec<Step>> {
        let mut steps = vec![];
        let mut target = target;
        loop {
            target = match target {
                Expr::Index(index) => {
                    steps.push(self.step(&index.index)?);
                    &index.expr
                }
                Expr::Field(field) => {
                    match &field.member {
                        syn::Member::Named(name) => {
                            steps.push(Step::Key(name.to_string().trim_start_matches("r#").to_owned()));
                        }
                        // `row.1` of a tuple; `.0` of `Json(..)` is the same document.
                        syn::Member::Unnamed(number)
                            if matches!(*field.base, Expr::Path(_))
                                && found.ty.as_ref().is_some_and(|ty| ty.elements().is_some()) =>
                        {
                            steps.push(Step::Key(number.index.to_string()));
                        }
                        syn::Member::Unnamed(_) => {}
                    }
                    &field.base
                }
                Expr::Paren(e) => &e.expr,
                Expr::Unary(e) => &e.expr,
                _ => break,
            };
        }
        steps.reverse();
        // The first field of a struct is written under the name that serde gives it.
        if let (Some(Step::Key(first)), Some(ty)) = (steps.first_mut(), &found.ty)
            && let Some(item) = self.reader.tree.structs.get(ty.unwrapped().name())
            && let Some(field) = super::structs::read_struct(item, self.reader.source)
                .fields
                .into_iter()
                .find(|field| field.name == *first)
        {
            *first = field.key;
        }
        Some(steps)
    }

    /// What a chain of methods does to its receiver, or to the part of it at a path.
    pub(super) fn edited_by(&self, mut found: Val, mut path: Vec<Step>, links: &[&'a ExprMethodCall]) -> Val {
        let mut entry = false;
        for link in links {
            let arguments: Vec<&Expr> = link.args.iter().collect();
            match (link.method.to_string().as_str(), arguments.as_slice()) {
                (
                    "as_object_mut" | "unwrap" | "as_mut" | "expect" | "unwrap_or_default" | "iter_mut"
                    | "as_array_mut" | "get_or_insert_with" | "ok_or" | "ok_or_else" | "context",
                    _,
                ) => {}
                ("get_mut", [key]) => match self.step(key) {
                    Some(step) => path.push(step),
                    None => return through(found, "`get_mut` may change it"),
                },
                ("entry", [key]) => {
                    let Some(step) = self.step(key) else { return through(found, "`entry` may change it") };
                    path.push(step);
                    entry = true;
                }
                ("or_insert" | "or_insert_with" | "or_default", given) if entry => {
                    let value = match given.first() {
                        Some(Expr::Closure(closure)) => self.member(&closure.body),
                        Some(Expr::Path(_)) if link.method == "or_insert_with" => Document::Known(Json::Null),
                        Some(value) => self.member(value),
                        None => Document::Known(Json::Null),
                    };
                    found.doc = set(found.doc, Path::Steps(path.clone()), value, EDITS, SetMode::Insert);
                    entry = false;
                }
                ("insert", [key, value]) => return self.inserted(found, path, key, value),
                ("remove" | "remove_entry" | "shift_remove" | "swap_remove", [key]) => {
                    let Some(step) = self.step(key) else { return through(found, "`remove` may change it") };
                    path.push(step);
                    let what = match path.as_slice() {
                        [Step::Key(key)] => Removal::Keys(vec![key.clone()]),
                        _ => Removal::Path(Path::Steps(path)),
                    };
                    let doc = Document::Remove { of: Box::new(found.doc), what, family: EDITS };
                    return Val { doc, ..found };
                }
                ("extend" | "append", [other]) if path.is_empty() => {
                    // Rust has no map that is NULL.
                    let other = super::functions::not_null(self.encoded(other).doc);
                    let (left, right) = (Box::new(found.doc), Box::new(other));
                    return Val { doc: Document::Merge { left, right, how: MergeHow::Concat }, ..found };
                }
                ("push", [value]) if found.json || super::inline::may_hold(&found.doc) || is_array(&found) => {
                    let value = self.member(value);
                    return Val { doc: set(found.doc, Path::Steps(path), value, EDITS, SetMode::Append), ..found };
                }
                ("clear", []) if path.is_empty() && (found.json || super::inline::may_hold(&found.doc)) => {
                    let array = found.ty.as_ref().is_some_and(|ty| ty.json_shape() == Shape::Array);
                    let empty = if array { Json::Array(vec![]) } else { Json::Object(serde_json::Map::new()) };
                    return Val { doc: Document::Known(empty), ..found };
                }
                (
                    "entry" | "push" | "retain" | "clear" | "merge" | "merge_in" | "sort" | "dedup" | "apply" | "patch"
                    | "pointer_mut" | "truncate" | "drain" | "and_modify" | "sort_by" | "sort_by_key" | "reverse",
                    _,
                ) => {
                    return through(found, &format!("`{}` changes the document", link.method));
                }
                _ => return found,
            }
        }
        found
    }

    /// `map.insert(key, value)`; in `for (k, v) in other { map.insert(k, v) }` the other map is merged.
    fn inserted(&self, found: Val, mut path: Vec<Step>, key: &Expr, value: &Expr) -> Val {
        if path.is_empty()
            && let (Some(keys), Some(values)) = (self.looped_over(key), self.looped_over(value))
            && std::ptr::eq(keys, values)
        {
            let right = super::functions::not_null(self.encoded(peel_also(keys, &[Off::Iterates])).doc);
            let (left, right) = (Box::new(found.doc), Box::new(right));
            return Val { doc: Document::Merge { left, right, how: MergeHow::Concat }, ..found };
        }
        let Some(step) = self.step(key) else { return through(found, "`insert` may change it") };
        if matches!(step, Step::Index(_)) {
            // Into a list: where in it is no matter.
            let value = self.member(value);
            return Val { doc: set(found.doc, Path::Steps(path), value, EDITS, SetMode::Append), ..found };
        }
        path.push(step);
        let value = self.member(value);
        Val { doc: set(found.doc, Path::Steps(path), value, EDITS, SetMode::Set), ..found }
    }

    /// What a loop goes over whose pattern binds this name.
    fn looped_over(&self, expr: &Expr) -> Option<&'a Expr> {
        let Expr::Path(path) = peel_also(expr, SAME) else { return None };
        let ident = path.path.get_ident()?;
        let id = self.scope.resolve(&ident.to_string(), self.reader.source.start(ident.span()))?;
        let binding = self.scope.bindings.get(id)?;
        binding.part_of.filter(|_| binding.branch.last().is_some_and(|arm| arm.is_loop))
    }

    /// `merge(&mut document, patch)`.
    fn lent_to(&self, found: Val, call: Lender<'a>, index: usize) -> Val {
        let call = match call {
            Lender::Call(call) => call,
            Lender::Method(method) => {
                return match self.after_method(method, index, &found) {
                    Some(after) => Val { ty: found.ty, json: found.json, ..after },
                    None => through(found, &format!("`{}` may change it", method.method)),
                };
            }
        };
        let name = super::wrappers::call_name(call);
        let module = super::wrappers::call_type(call);
        let other = call.args.iter().nth(1);
        match (module.as_str(), name.as_str(), index, other) {
            ("mem", "take", 0, _) => {
                let empty = match found.ty.as_ref().map(super::types::Ty::json_shape) {
                    Some(Shape::Object) => Json::Object(serde_json::Map::new()),
                    Some(Shape::Array) => Json::Array(vec![]),
                    _ => Json::Null,
                };
                Val { doc: Document::Known(empty), ..found }
            }
            ("mem", "replace", 0, Some(other)) => Val { ty: found.ty, ..self.value(other) },
            ("json_patch", "merge", 0, Some(other)) => {
                let (left, right) = (Box::new(found.doc), Box::new(self.encoded(other).doc));
                Val { doc: Document::Merge { left, right, how: MergeHow::Patch(Family::SerdeIndex) }, ..found }
            }
            _ => match self.after_call(call, index, &found) {
                Some(after) => Val { ty: found.ty, json: found.json, ..after },
                // The project may know the function from another file.
                None if super::inline::may_hold(&found.doc) || (found.json && is_input(&found.doc)) => {
                    let given = |(i, argument): (usize, &Expr)| {
                        if i == index { found.clone() } else { self.value(argument) }
                    };
                    let arguments: Vec<Val> = call.args.iter().enumerate().map(given).collect();
                    let path = match &*call.func {
                        Expr::Path(path) => super::wrappers::spelled(&path.path),
                        _ => name,
                    };
                    let after = self.foreign(&call.func, &path, &arguments, Some(index), found.ty);
                    Val { json: found.json, ..after }
                }
                None => through(found, &format!("`{name}` may change it")),
            },
        }
    }
}

/// Whether a part is named by a string: what is assigned to so is a JSON value, maps cannot be.
fn is_indexed_by_name(mut target: &Expr) -> bool {
    loop {
        target = match target {
            Expr::Index(index) => match &*index.index {
                Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(_), .. }) => return true,
                _ => &index.expr,
            },
            Expr::Field(field) => &field.base,
            Expr::Paren(e) => &e.expr,
            _ => return false,
        };
    }
}

fn is_input(document: &Document) -> bool {
    matches!(document, Document::Input(_))
}

fn is_array(found: &Val) -> bool {
    let by_type = || found.ty.as_ref().is_some_and(|ty| ty.json_shape() == Shape::Array);
    matches!(found.doc, Document::Array(_) | Document::Known(Json::Array(_))) || by_type()
}

fn through(found: Val, why: &str) -> Val {
    let doc = match found.doc {
        Document::Through { .. } => found.doc,
        Document::Input(_) if !super::inline::may_hold(&found.doc) => found.doc,
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
    let has = |name: &str| match &of {
        Document::Known(Json::Object(map)) => map.contains_key(name),
        Document::Object { entries, .. } => entries.iter().any(|(k, _)| *k == Key::Name(name.to_owned())),
        _ => false,
    };
    if mode == SetMode::Insert && key.as_deref().is_some_and(has) {
        return of;
    }
    let key = key.filter(|_| matches!(mode, SetMode::Set | SetMode::Insert));
    match (of, key, value) {
        (Document::Known(Json::Array(items)), None, value) if mode == SetMode::Append && is_root(&path) => {
            Document::Array(items.into_iter().map(Document::Known).chain([value]).collect())
        }
        (Document::Array(items), None, value) if mode == SetMode::Append && is_root(&path) => {
            Document::Array(items.into_iter().chain([value]).collect())
        }
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

/// A document with a value at a path, as an assignment puts it there.
pub(super) fn set_path(of: Document, path: Vec<Step>, value: Document) -> Document {
    set(of, Path::Steps(path), value, Family::SerdeIndex, SetMode::Set)
}

/// A document with one more key.
pub(super) fn set_key(of: Document, key: String, value: Document) -> Document {
    set(of, Path::Steps(vec![Step::Key(key)]), value, Family::SerdeIndex, SetMode::Set)
}

fn is_root(path: &Path) -> bool {
    matches!(path, Path::Steps(steps) if steps.is_empty())
}
