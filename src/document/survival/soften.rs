//! Makes a tree runnable for its siblings: a value that could not be read, put at a path, hides only that path.

use crate::document::{CastTo, Cond, Document, Input, Key, MergeHow, Nullability, Rest, Shape};
use serde_json::Value as Json;

/// The key that stands for the keys that an open object may hold.
pub(super) const OPEN: &str = "~open~";

/// The tree with stand-ins for undecided values where they cannot hide what happens to the siblings.
/// The flag says whether there were any.
pub(super) fn soften(document: &Document) -> (Document, bool) {
    let mut softener = Softener { opaque: false };
    let document = softener.base(document);
    (document, softener.opaque)
}

struct Softener {
    opaque: bool,
}

impl Softener {
    /// A part whose own siblings matter: what is undecided stays so.
    fn base(&mut self, document: &Document) -> Document {
        self.rebuild(document, false)
    }

    /// A part that is put somewhere: what is undecided becomes an input.
    fn value(&mut self, document: &Document) -> Document {
        self.rebuild(document, true)
    }

    /// A part of a built object or array: the old document may survive in it as a whole, at another place.
    fn part(&mut self, document: &Document, value: bool) -> Document {
        self.rebuild(document, value || !holds_whole(document))
    }

    fn stand_in(&mut self, why: &str) -> Document {
        self.opaque = true;
        Document::Input(Input { id: format!("~{why}"), shape: Shape::Any, null: Nullability::Never })
    }

    fn rebuild(&mut self, document: &Document, value: bool) -> Document {
        let again = |this: &mut Self, part: &Document| this.rebuild(part, value);
        match document {
            Document::Unknown(why) if value => self.stand_in(why),
            Document::Through { of, why } if value || (!of.is_empty() && !document.holds_old()) => self.stand_in(why),
            Document::Retype { fields: None, rest: Rest::Closed, .. } if value => self.stand_in("a typed value"),
            Document::Cast { of, to: CastTo::Json } if matches!(**of, Document::Computed { .. }) => {
                self.stand_in("a computed document")
            }
            Document::Old
            | Document::Read(_)
            | Document::Input(_)
            | Document::Known(_)
            | Document::Text(_)
            | Document::Null
            | Document::Fails(_)
            | Document::Unknown(_)
            | Document::Through { .. } => document.clone(),
            Document::Object { entries, rest } => {
                let mut entries: Vec<_> =
                    entries.iter().map(|(key, part)| (key.clone(), self.part(part, value))).collect();
                if *rest == Rest::Open {
                    entries.push((Key::Name(OPEN.into()), Document::Known(Json::String(OPEN.into()))));
                }
                Document::Object { entries, rest: Rest::Closed }
            }
            Document::Array(items) => Document::Array(items.iter().map(|part| self.part(part, value)).collect()),
            Document::Set { of, path, value: put, mode, on_null, family } => Document::Set {
                of: Box::new(again(self, of)),
                path: path.clone(),
                value: Box::new(self.value(put)),
                mode: *mode,
                on_null: *on_null,
                family: *family,
            },
            Document::Remove { of, what, family } => {
                Document::Remove { of: Box::new(again(self, of)), what: what.clone(), family: *family }
            }
            Document::Merge { left, right, how } => {
                // The side without the old document is a patch, unless an unfit patch replaces everything.
                let (old_left, old_right) = (left.holds_old(), right.holds_old());
                let shallow = !matches!(how, MergeHow::Text);
                Document::Merge {
                    left: Box::new(self.rebuild(left, value || (shallow && old_right && !old_left))),
                    right: Box::new(self.rebuild(right, value || (shallow && old_left && !old_right))),
                    how: *how,
                }
            }
            Document::Get { of, path, form, family } => {
                Document::Get { of: Box::new(again(self, of)), path: path.clone(), form: *form, family: *family }
            }
            Document::First(items) => Document::First(items.iter().map(|part| again(self, part)).collect()),
            Document::Choose { branches, otherwise } => Document::Choose {
                branches: branches
                    .iter()
                    .map(|(condition, part)| (soft_condition(condition), again(self, part)))
                    .collect(),
                otherwise: Box::new(again(self, otherwise)),
            },
            Document::StripNulls(of) => Document::StripNulls(Box::new(again(self, of))),
            Document::Entries { of, drop, replace, empty_is_null } => Document::Entries {
                of: Box::new(again(self, of)),
                drop: drop.clone(),
                replace: replace.iter().map(|(key, part)| (key.clone(), self.value(part))).collect(),
                empty_is_null: *empty_is_null,
            },
            Document::Retype { of, fields, rest, ty } => {
                Document::Retype { of: Box::new(again(self, of)), fields: fields.clone(), rest: *rest, ty: ty.clone() }
            }
            Document::Cast { of, to } => Document::Cast { of: Box::new(again(self, of)), to: *to },
            Document::Computed { of, strict, what } => Document::Computed {
                of: of.iter().map(|part| self.value(part)).collect(),
                strict: *strict,
                what: what.clone(),
            },
        }
    }
}

/// A condition over something undecided is itself undecided.
fn soft_condition(condition: &Cond) -> Cond {
    match condition {
        Cond::IsNull(of) | Cond::TypeIs(of, _) | Cond::HasKey(of, _) if undecided(of) => {
            Cond::Unknown(super::describe::condition(condition))
        }
        Cond::Equal(a, b) if undecided(a) || undecided(b) => Cond::Unknown(super::describe::condition(condition)),
        Cond::Not(inner) => Cond::Not(Box::new(soft_condition(inner))),
        Cond::And(parts) => Cond::And(parts.iter().map(soft_condition).collect()),
        Cond::Or(parts) => Cond::Or(parts.iter().map(soft_condition).collect()),
        other => other.clone(),
    }
}

fn undecided(document: &Document) -> bool {
    let mut found = false;
    document.visit(&mut |part| {
        found |= matches!(
            part,
            Document::Unknown(_) | Document::Through { .. } | Document::Retype { fields: None, rest: Rest::Closed, .. }
        );
    });
    found
}

/// Whether the whole old document is in the tree, not only a part of it.
fn holds_whole(document: &Document) -> bool {
    match document {
        Document::Old | Document::Read(_) => true,
        Document::Get { path, .. } if !super::names::trail(path).is_empty() => false,
        other => super::names::parts(other).0.into_iter().any(holds_whole),
    }
}
