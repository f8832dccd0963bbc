//! Which paths a document names, and where in the column a part of the tree stands.

use std::collections::BTreeMap;

use crate::document::{Cond, Document, Family, Key, Path, Removal, Step};
use serde_json::Value as Json;

/// A path of keys, outermost first.
pub(super) type Trail = Vec<String>;

/// Deeper trees are not analysed; what builds them bounds its own recursion far below this.
const MAX_DEPTH: usize = 150;
/// Deeper literals are named only so far.
const MAX_NAMED_DEPTH: usize = 8;
/// More named paths do not tell more.
const MAX_NAMED: usize = 400;

const PARAM: &str = "~param:";

/// The key that stands for a key from outside.
pub(super) fn param_key(id: &str) -> String {
    format!("{PARAM}{id}~")
}

/// A trail as it is told: a key from outside is `?`.
pub(super) fn told(trail: &[String]) -> Trail {
    trail.iter().map(|key| if key.starts_with(PARAM) { "?".to_owned() } else { key.clone() }).collect()
}

/// The documents directly inside, and the conditions.
pub(super) fn parts(document: &Document) -> (Vec<&Document>, Vec<&Cond>) {
    let mut conditions = Vec::new();
    let documents = match document {
        Document::Old
        | Document::Read(_)
        | Document::Input(_)
        | Document::Known(_)
        | Document::Text(_)
        | Document::Null
        | Document::Fails(_)
        | Document::Unknown(_) => vec![],
        Document::Object { entries, .. } => entries.iter().map(|(_, part)| part).collect(),
        Document::Array(items)
        | Document::First(items)
        | Document::Through { of: items, .. }
        | Document::Computed { of: items, .. } => items.iter().collect(),
        Document::Set { of, value, .. } => vec![&**of, &**value],
        Document::Merge { left, right, .. } => vec![&**left, &**right],
        Document::Remove { of, .. }
        | Document::Get { of, .. }
        | Document::Retype { of, .. }
        | Document::Cast { of, .. }
        | Document::StripNulls(of) => vec![&**of],
        Document::Entries { of, replace, .. } => {
            std::iter::once(&**of).chain(replace.iter().map(|(_, part)| part)).collect()
        }
        Document::Choose { branches, otherwise } => {
            conditions.extend(branches.iter().map(|(condition, _)| condition));
            branches.iter().map(|(_, branch)| branch).chain(std::iter::once(&**otherwise)).collect()
        }
    };
    (documents, conditions)
}

/// The documents and conditions directly inside a condition.
pub(super) fn parts_of_condition(condition: &Cond) -> (Vec<&Document>, Vec<&Cond>) {
    match condition {
        Cond::IsNull(document) | Cond::TypeIs(document, _) | Cond::HasKey(document, _) => (vec![&**document], vec![]),
        Cond::Equal(a, b) => (vec![&**a, &**b], vec![]),
        Cond::Not(inner) => (vec![], vec![&**inner]),
        Cond::And(parts) | Cond::Or(parts) => (vec![], parts.iter().collect()),
        Cond::Unknown(_) => (vec![], vec![]),
    }
}

/// Whether the tree is deeper than can be analysed.
pub(super) fn too_deep(document: &Document) -> bool {
    fn document_too_deep(document: &Document, left: usize) -> bool {
        let Some(left) = left.checked_sub(1) else { return true };
        let (documents, conditions) = parts(document);
        documents.into_iter().any(|part| document_too_deep(part, left))
            || conditions.into_iter().any(|part| condition_too_deep(part, left))
    }
    fn condition_too_deep(condition: &Cond, left: usize) -> bool {
        let Some(left) = left.checked_sub(1) else { return true };
        let (documents, conditions) = parts_of_condition(condition);
        documents.into_iter().any(|part| document_too_deep(part, left))
            || conditions.into_iter().any(|part| condition_too_deep(part, left))
    }
    document_too_deep(document, MAX_DEPTH)
}

/// The keys of a path as far as they are keys.
pub(super) fn trail(path: &Path) -> Trail {
    match path {
        Path::Steps(steps) => steps
            .iter()
            .map_while(|step| match step {
                Step::Name(key) | Step::Key(key) => Some(key.clone()),
                Step::Param(id) | Step::KeyParam(id) => Some(param_key(id)),
                Step::Index(_) | Step::End | Step::Null => None,
            })
            .collect(),
        Path::Dynamic(id) => vec![param_key(id)],
        Path::Null | Path::Invalid(_) => vec![],
    }
}

/// Whether a path of keys ends behind the last element of an array: `$.tags[#]`.
fn ends(path: &Path) -> bool {
    let Path::Steps(steps) = path else { return false };
    matches!(steps.as_slice(), [keys @ .., Step::End] if keys.iter().all(|key| matches!(key, Step::Key(_) | Step::Name(_))))
}

/// The keys of a path that a function of `family` follows on an object: MySQL takes an object for an array of one, so
/// `$[0]` is the object itself; a subscript of PostgreSQL is a key there, whatever it looks like.
pub(super) fn trail_in(path: &Path, family: Family) -> Trail {
    let Path::Steps(steps) = path else { return trail(path) };
    let steps = steps
        .iter()
        .filter(|step| !(matches!(family, Family::MySql | Family::MariaDb) && **step == Step::Index(0)))
        .map(|step| match step {
            Step::Index(index) if family == Family::PgSubscript => Step::Key(index.to_string()),
            step => step.clone(),
        })
        .collect();
    trail(&Path::Steps(steps))
}

/// `base` and `more`, one after the other.
pub(super) fn join(base: &[String], more: &[String]) -> Trail {
    base.iter().chain(more).cloned().collect()
}

/// Where the part of the old document stands that `document` is made from; `at` when it is made from none.
pub(super) fn base_of(document: &Document, at: &[String]) -> Trail {
    match document {
        Document::Old | Document::Read(_) => vec![],
        Document::Get { of, path, family, .. } if is_of_old(of) => join(&base_of(of, &[]), &trail_in(path, *family)),
        Document::Set { of, .. }
        | Document::Remove { of, .. }
        | Document::Retype { of, .. }
        | Document::Cast { of, .. }
        | Document::StripNulls(of)
        | Document::Entries { of, .. }
            if of.holds_old() =>
        {
            base_of(of, at)
        }
        Document::Merge { left, right, .. } => {
            if left.holds_old() {
                base_of(left, at)
            } else {
                base_of(right, at)
            }
        }
        Document::First(_) | Document::Choose { .. } => parts(document)
            .0
            .into_iter()
            .filter(|part| part.holds_old())
            .map(|part| base_of(part, at))
            // One branch may be a part and another the whole.
            .min_by_key(Vec::len)
            .unwrap_or_else(|| at.to_vec()),
        _ => at.to_vec(),
    }
}

/// Whether the document is the old one, or a part of it, with edits; not one that is built around it.
pub(super) fn is_of_old(document: &Document) -> bool {
    match document {
        Document::Old | Document::Read(_) => true,
        Document::Get { of, .. }
        | Document::Set { of, .. }
        | Document::Remove { of, .. }
        | Document::Retype { of, .. }
        | Document::Cast { of, .. }
        | Document::StripNulls(of)
        | Document::Entries { of, .. } => is_of_old(of),
        Document::Merge { .. } | Document::First(_) | Document::Choose { .. } => {
            parts(document).0.into_iter().any(is_of_old)
        }
        _ => false,
    }
}

/// A named key with the named keys below it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Named {
    /// Below it.
    pub(super) keys: BTreeMap<String, Named>,
    /// Something is put behind the last element of what is there: it is an array.
    pub(super) list: bool,
}

/// All paths that the document names.
pub(super) fn named(document: &Document) -> Named {
    let mut names = Names { root: Named::default(), count: 0 };
    names.document(document, &[]);
    names.root
}

struct Names {
    root: Named,
    count: usize,
}

impl Names {
    fn record(&mut self, trail: &[String]) {
        self.node(trail);
    }

    /// Records a path, and gives what it names; `None` where there are too many.
    fn node(&mut self, trail: &[String]) -> Option<&mut Named> {
        let mut node = &mut self.root;
        for key in trail.iter().take(MAX_NAMED_DEPTH) {
            if !node.keys.contains_key(key) {
                if self.count >= MAX_NAMED {
                    return None;
                }
                self.count += 1;
            }
            node = node.keys.entry(key.clone()).or_default();
        }
        Some(node)
    }

    fn known(&mut self, json: &Json, at: &[String]) {
        if let Json::Object(map) = json
            && at.len() < MAX_NAMED_DEPTH
        {
            for (key, value) in map {
                let here = join(at, std::slice::from_ref(key));
                self.record(&here);
                self.known(value, &here);
            }
        }
    }

    fn document(&mut self, document: &Document, at: &[String]) {
        match document {
            Document::Known(json) => self.known(json, at),
            Document::Object { entries, .. } => {
                for (key, part) in entries {
                    let key = match key {
                        Key::Name(name) => name.clone(),
                        Key::Param(id) => param_key(id),
                    };
                    let here = join(at, &[key]);
                    self.record(&here);
                    self.document(part, &here);
                }
            }
            Document::Set { of, path, value, family, .. } => {
                let here = join(&base_of(of, at), &trail_in(path, *family));
                let list = *family == Family::Sqlite && ends(path);
                if let Some(node) = self.node(&here)
                    && !here.is_empty()
                {
                    node.list |= list;
                }
                self.document(of, at);
                self.document(value, &here);
            }
            Document::Remove { of, what, family } => {
                let base = base_of(of, at);
                match what {
                    Removal::Keys(keys) => {
                        for key in keys {
                            self.record(&join(&base, std::slice::from_ref(key)));
                        }
                    }
                    Removal::Path(path) => self.record(&join(&base, &trail_in(path, *family))),
                    Removal::Dynamic(input) => self.record(&join(&base, &[param_key(&input.id)])),
                    Removal::Index(_) | Removal::Null => {}
                }
                self.document(of, at);
            }
            Document::Merge { left, right, .. } => {
                let base = base_of(document, at);
                self.document(left, &base);
                self.document(right, &base);
            }
            Document::Get { of, path, family, .. } => {
                self.record(&join(&base_of(of, &[]), &trail_in(path, *family)));
                self.document(of, &[]);
            }
            Document::Entries { of, drop, replace, .. } => {
                let base = base_of(of, at);
                for key in drop {
                    self.record(&join(&base, std::slice::from_ref(key)));
                }
                for (key, part) in replace {
                    let here = join(&base, std::slice::from_ref(key));
                    self.record(&here);
                    self.document(part, &here);
                }
                self.document(of, at);
            }
            Document::Retype { of, fields, .. } => {
                let base = base_of(of, at);
                for field in fields.iter().flatten() {
                    self.record(&join(&base, std::slice::from_ref(field)));
                }
                self.document(of, at);
            }
            other => {
                let (documents, conditions) = parts(other);
                for part in documents {
                    self.document(part, at);
                }
                for part in conditions {
                    self.condition(part);
                }
            }
        }
    }

    fn condition(&mut self, condition: &Cond) {
        if let Cond::HasKey(document, path) = condition {
            self.record(&join(&base_of(document, &[]), &trail(path)));
        }
        let (documents, conditions) = parts_of_condition(condition);
        for part in documents {
            self.document(part, &[]);
        }
        for part in conditions {
            self.condition(part);
        }
    }
}
