//! Which paths the tree sets and removes, read off the tree itself, and what its form tells.

use super::Survival;
use super::names::{Trail, base_of, join, param_key, parts, told, trail_in};
use crate::document::{Document, Family, Form, Key, MergeHow, Path, Removal, Rest, SetMode};
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

/// An empty object, built or literal.
fn empty_object() -> Document {
    Document::Known(Json::Object(serde_json::Map::new()))
}

/// A constant: no input, nothing computed or undecided, not the old document.
pub(super) fn is_constant(document: &Document) -> bool {
    let mut constant = true;
    document.visit(&mut |part| {
        constant &= !matches!(
            part,
            Document::Old
                | Document::Read(_)
                | Document::Input(_)
                | Document::Through { .. }
                | Document::Computed { .. }
                | Document::Unknown(_)
                | Document::Fails(_)
                | Document::Object { rest: Rest::Open, .. }
        );
    });
    constant
}

/// Whether a constant that says something is put anywhere.
pub(super) fn puts_constant(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |part| {
        found |= match part {
            Document::Known(Json::Object(map)) => !map.is_empty(),
            Document::Known(Json::Array(items)) => !items.is_empty(),
            Document::Known(_) | Document::Text(_) => true,
            _ => false,
        };
    });
    found
}

/// Whether the tree takes a part of the old document for the whole, in some branch.
pub(super) fn is_part(document: &Document) -> bool {
    match document {
        Document::Get { of, path, family, .. } => of.holds_old() && !trail_in(path, *family).is_empty(),
        Document::Cast { of, .. } => is_part(of),
        Document::First(_) | Document::Choose { .. } => parts(document).0.into_iter().any(is_part),
        _ => false,
    }
}

/// Whether nulls of the old document are dropped in some branch.
pub(super) fn strips_nulls(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |part| found |= matches!(part, Document::StripNulls(of) if of.holds_old()));
    found
}

/// Whether some branch goes through a type.
pub(super) fn is_retyped(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |part| found |= matches!(part, Document::Retype { rest: Rest::Closed, .. }));
    found
}

/// Whether what is undecided is the earlier read itself, through edits that are not known.
pub(super) fn base_is_read(document: &Document) -> bool {
    match document {
        Document::Read(_) => true,
        Document::Merge { .. } | Document::First(_) | Document::Choose { .. } | Document::Through { .. } => {
            parts(document).0.into_iter().any(base_is_read)
        }
        Document::Set { of, .. }
        | Document::Remove { of, .. }
        | Document::Retype { of, .. }
        | Document::Cast { of, .. }
        | Document::StripNulls(of)
        | Document::Entries { of, .. } => base_is_read(of),
        _ => false,
    }
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
                self.value(value, &join(&base_of(of, at), &trail_in(path, *family)));
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
                if of.holds_old() && join(&base_of(of, &[]), &trail_in(path, *family)) == here =>
            {
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
        if value.holds_old() && !here.is_empty() && base_of(value, &[]) == here {
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
