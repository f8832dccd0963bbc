//! Which paths the tree sets and removes, read off the tree itself, and what its form tells.

use super::Survival;
use super::names::{Trail, base_of, is_of_old, join, param_key, parts, told, trail_in};
use crate::document::{CastTo, Document, Family, Form, Key, MergeHow, Path, Removal, Rest, SetMode, Step};
use serde_json::Value as Json;

/// What the tree sets and removes.
#[derive(Debug, Default)]
struct Edits {
    touched: Vec<Trail>,
    removed: Vec<Trail>,
    unknown_touched: bool,
    unknown_removed: bool,
}

/// Writes touched and removed paths, and the labels that the form of the tree gives, into `survival`.
pub(super) fn read_form(document: &Document, survival: &mut Survival) {
    let mut edits = Edits::default();
    edits.document(document, &[]);
    survival.touched = unique(&edits.touched);
    survival.removed = unique(&edits.removed);
    let mut label = |holds: bool, label| {
        if holds {
            survival.labels.push(label);
        }
    };
    label(edits.unknown_touched, "touches-unknown-keys");
    label(edits.unknown_removed, "removes-unknown-keys");
    let (mut piles, mut literal, mut missing, mut undecoded) = (false, false, false, false);
    document.visit(&mut |part| match part {
        Document::Merge { how: MergeHow::Preserve, .. } => piles = true,
        Document::Remove { what: Removal::Keys(keys), family: Family::PgFunction, .. } => {
            literal |= keys.iter().any(|key| key.starts_with('{') && key.ends_with('}'));
        }
        Document::First(items) => {
            if let Some((last, before)) = items.split_last()
                && matches!(last, Document::Known(_) | Document::Null)
                && !before.is_empty()
            {
                missing |= before.iter().all(|part| !part.holds_old() && has_input(part));
                undecoded |= before.iter().any(|part| matches!(part, Document::Retype { .. }));
            }
        }
        _ => {}
    });
    label(piles, "scalars-pile-up");
    label(literal, "array-literal-as-key");
    label(missing && !document.holds_old(), "default-for-missing");
    label(undecoded, "default-for-undecoded");
}

fn unique(trails: &[Trail]) -> Vec<Trail> {
    let mut seen: Vec<Trail> = Vec::new();
    for trail in trails {
        let trail = told(trail);
        if !seen.contains(&trail) {
            seen.push(trail);
        }
    }
    seen
}

fn has_input(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |part| found |= matches!(part, Document::Input(_)));
    found
}

/// Whether the cast of `of` makes something else of a part of the old document: all do but reading its text as JSON.
fn is_rendered(of: &Document, to: CastTo) -> bool {
    match of {
        Document::Get { of, form, .. } => {
            of.holds_old() && *form != Form::Json && !(*form == Form::Text && to == CastTo::Json)
        }
        _ => false,
    }
}

/// Whether a path means the whole of an object: MySQL and MariaDB take anything but an array for its own first element.
fn is_root(path: &Path, family: Family) -> bool {
    let first = |step: &Step| matches!(family, Family::MySql | Family::MariaDb) && *step == Step::Index(0);
    matches!(path, Path::Steps(steps) if steps.iter().all(first))
}

/// An empty object, built or literal.
fn empty_object() -> Document {
    Document::Known(Json::Object(serde_json::Map::new()))
}

impl Edits {
    /// The edits of a document that stands at `at` of the column.
    fn document(&mut self, document: &Document, at: &[String]) {
        match document {
            Document::Known(Json::Object(map)) => {
                self.touched.extend(map.keys().map(|key| join(at, std::slice::from_ref(key))));
            }
            Document::Object { entries, .. } => self.entries(entries, at),
            Document::Set { of, path, value, mode, family, .. } => {
                self.document_unless_constant(of, at);
                if *mode == SetMode::Insert && **value == empty_object() {
                    // A missing parent is made; nothing that is there is touched.
                    return;
                }
                let here = join(&base_of(of, at), &trail_in(path, *family));
                if here.is_empty() && is_root(path, *family) && *mode != SetMode::Append {
                    // What is put at the root is the document; what is appended is one of its items.
                    self.document_unless_constant(value, at);
                }
                self.value(value, &here);
            }
            // The root of a document is the document.
            Document::Get { of, path: path @ Path::Steps(_), family, .. } if trail_in(path, *family).is_empty() => {
                self.document(of, at);
            }
            Document::Remove { of, what, family } => {
                self.document_unless_constant(of, at);
                let base = base_of(of, at);
                match what {
                    Removal::Keys(keys) => {
                        self.removed.extend(keys.iter().map(|key| join(&base, std::slice::from_ref(key))));
                    }
                    Removal::Path(path @ (Path::Steps(_) | Path::Dynamic(_))) => {
                        let keys = trail_in(path, *family);
                        if !keys.is_empty() {
                            self.removed.push(join(&base, &keys));
                        }
                    }
                    Removal::Dynamic(input) => {
                        self.unknown_removed = true;
                        self.removed.push(join(&base, &[param_key(&input.id)]));
                    }
                    Removal::Path(_) | Removal::Index(_) | Removal::Null => {}
                }
            }
            Document::Merge { left, right, how } => {
                let base = base_of(document, at);
                let deep = matches!(how, MergeHow::Patch(_));
                if left.holds_old() {
                    self.document(left, at);
                    self.patch(right, &base, deep);
                    if right.holds_old() {
                        // A branch without the old document has it on the other side.
                        self.other_branches(left, &base, deep);
                    }
                } else if right.holds_old() {
                    self.patch(left, &base, deep);
                    self.document(right, at);
                } else {
                    self.document(left, at);
                    self.document(right, at);
                }
            }
            Document::Entries { of, drop, replace, .. } => {
                self.document(of, at);
                let base = base_of(of, at);
                self.removed.extend(drop.iter().map(|key| join(&base, std::slice::from_ref(key))));
                for (key, part) in replace {
                    self.value(part, &join(&base, std::slice::from_ref(key)));
                }
            }
            Document::First(_)
            | Document::Choose { .. }
            | Document::StripNulls(_)
            | Document::Cast { .. }
            | Document::Retype { .. } => {
                for part in parts(document).0 {
                    self.document_unless_constant(part, at);
                }
            }
            _ => {}
        }
    }

    /// The branches of the left side of a merge that hold nothing of the old document: there, they are the patch.
    fn other_branches(&mut self, document: &Document, base: &[String], deep: bool) {
        let Document::Choose { .. } = document else { return };
        for part in parts(document).0 {
            if part.holds_old() {
                self.other_branches(part, base, deep);
            } else {
                self.patch(part, base, deep);
            }
        }
    }

    /// A base that is only a fallback (`COALESCE(data, '{\"a\": 1}')`) sets no key of a document that is there.
    fn document_unless_constant(&mut self, document: &Document, at: &[String]) {
        if !matches!(document, Document::Known(_)) {
            self.document(document, at);
        }
    }

    fn entries(&mut self, entries: &[(Key, Document)], at: &[String]) {
        for (key, part) in entries {
            let key = match key {
                Key::Name(name) => name.clone(),
                Key::Param(id) => {
                    self.unknown_touched = true;
                    param_key(id)
                }
            };
            self.value(part, &join(at, &[key]));
        }
    }

    /// A value put at `here`: when it is what stood there with edits, only the edits count.
    fn value(&mut self, value: &Document, here: &[String]) {
        if here.is_empty() {
            return;
        }
        match value {
            Document::Get { of, path, form: Form::Json, family }
                if is_of_old(of) && join(&base_of(of, &[]), &trail_in(path, *family)) == here =>
            {
                return;
            }
            // Read as text or unwrapped, it is not what stood there.
            Document::Get { of, form, .. } if of.holds_old() && *form != Form::Json => {
                self.touched.push(here.to_vec());
                return;
            }
            Document::Cast { of, to } if is_rendered(of, *to) => {
                self.touched.push(here.to_vec());
                return;
            }
            // What stood there, or a constant where nothing did: only the other branches set something.
            Document::First(items) if value.holds_old() => {
                let mut filled = false;
                for part in items {
                    if !(filled && matches!(part, Document::Known(_))) {
                        self.value(part, here);
                    }
                    filled |= part.holds_old();
                }
                return;
            }
            Document::Choose { .. } if value.holds_old() => {
                for part in parts(value).0 {
                    self.value(part, here);
                }
                return;
            }
            _ => {}
        }
        if is_of_old(value) && base_of(value, &[]) == here {
            self.document(value, here);
        } else {
            self.touched.push(here.to_vec());
        }
    }

    /// The other side of a merge.
    fn patch(&mut self, patch: &Document, base: &[String], deep: bool) {
        match patch {
            Document::Known(json) => self.known_patch(json, base, deep),
            Document::Object { entries, rest } if deep => {
                if entries.is_empty() && !base.is_empty() {
                    self.touched.push(base.to_vec());
                }
                self.unknown_touched |= *rest == Rest::Open;
                for (key, part) in entries {
                    let here = join(
                        base,
                        &[match key {
                            Key::Name(name) => name.clone(),
                            Key::Param(id) => param_key(id),
                        }],
                    );
                    if matches!(part, Document::Object { .. } | Document::Known(_)) {
                        self.patch(part, &here, deep);
                    } else {
                        self.value(part, &here);
                    }
                }
            }
            Document::Object { entries, rest } => {
                self.unknown_touched |= *rest == Rest::Open;
                self.entries(entries, base);
            }
            Document::First(_) | Document::Choose { .. } | Document::StripNulls(_) | Document::Cast { .. } => {
                for part in parts(patch).0 {
                    self.patch(part, base, deep);
                }
            }
            Document::Entries { of, .. } | Document::Retype { of, .. } | Document::Remove { of, .. }
                if !of.holds_old() =>
            {
                self.patch(of, base, deep);
            }
            Document::Get { .. } if patch.holds_old() => self.document(patch, base),
            Document::Input(_)
            | Document::Get { .. }
            | Document::Through { .. }
            | Document::Unknown(_)
            | Document::Computed { .. } => {
                self.unknown_touched = true;
                if !base.is_empty() {
                    self.touched.push(join(base, &[param_key("?")]));
                }
            }
            Document::Set { of, path, value, family, .. } if !of.holds_old() => {
                self.patch(of, base, deep);
                self.value(value, &join(base, &trail_in(path, *family)));
            }
            Document::Merge { left, right, .. } if !patch.holds_old() => {
                self.patch(left, base, deep);
                self.patch(right, base, deep);
            }
            Document::Null => {}
            other => {
                self.document(other, base);
                // What it is made from may hold any key.
                self.unknown_touched = true;
                if !base.is_empty() {
                    self.touched.push(join(base, &[param_key("?")]));
                }
            }
        }
    }

    fn known_patch(&mut self, json: &Json, base: &[String], deep: bool) {
        let Json::Object(map) = json else {
            if deep && !base.is_empty() {
                if json.is_null() { self.removed.push(base.to_vec()) } else { self.touched.push(base.to_vec()) }
            }
            return;
        };
        if deep && map.is_empty() && !base.is_empty() {
            self.touched.push(base.to_vec());
        }
        for (key, value) in map {
            let here = join(base, std::slice::from_ref(key));
            // Literals nest no deeper than the parser lets them; the bound is for documents built by hand.
            if deep && here.len() < 64 {
                self.known_patch(value, &here, deep);
            } else {
                self.touched.push(here);
            }
        }
    }
}
