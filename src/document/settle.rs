//! Reads that turn out to be of something else: they become values from outside.

use super::{CastTo, Document, Input, Nullability, ReadSite, Shape};

impl Document {
    /// The same document with every earlier read that `is_own` denies turned into a value from outside, and with what
    /// only took such a value apart.
    #[must_use]
    pub fn settled(self, is_own: &dyn Fn(&ReadSite) -> bool) -> Self {
        let mut foreign = false;
        self.visit(&mut |part| foreign |= matches!(part, Self::Read(read) if !is_own(read)));
        if foreign { settled(self, is_own) } else { self }
    }
}

fn outside(id: String) -> Document {
    Document::Input(Input { id, shape: Shape::Any, null: Nullability::Maybe })
}

fn settled(document: Document, is_own: &dyn Fn(&ReadSite) -> bool) -> Document {
    let next = |document: Document| settled(document, is_own);
    let boxed = |document: Box<Document>| Box::new(settled(*document, is_own));
    let list = |items: Vec<Document>| items.into_iter().map(next).collect::<Vec<_>>();
    match document {
        Document::Read(read) if !is_own(&read) => outside(read.what),
        Document::Through { of, why } => {
            let of = list(of);
            if of.iter().any(Document::holds_old) { Document::Through { of, why } } else { outside(why) }
        }
        Document::Get { of, path, form, family } => match boxed(of) {
            of if matches!(*of, Document::Input(_)) => *of,
            of => Document::Get { of, path, form, family },
        },
        Document::Cast { of, to } => match boxed(of) {
            of if to == CastTo::Json && matches!(*of, Document::Input(_)) => *of,
            of => Document::Cast { of, to },
        },
        Document::Retype { of, fields, rest } => Document::Retype { of: boxed(of), fields, rest },
        Document::Object { entries, rest } => {
            let entries = entries.into_iter().map(|(key, value)| (key, next(value))).collect();
            Document::Object { entries, rest }
        }
        Document::Array(items) => Document::Array(list(items)),
        Document::First(items) => Document::First(list(items)),
        Document::Set { of, path, value, mode, on_null, family } => {
            Document::Set { of: boxed(of), path, value: boxed(value), mode, on_null, family }
        }
        Document::Remove { of, what, family } => Document::Remove { of: boxed(of), what, family },
        Document::Merge { left, right, how } => Document::Merge { left: boxed(left), right: boxed(right), how },
        Document::Choose { branches, otherwise } => {
            let branches = branches.into_iter().map(|(condition, branch)| (condition, next(branch))).collect();
            Document::Choose { branches, otherwise: boxed(otherwise) }
        }
        Document::StripNulls(of) => Document::StripNulls(boxed(of)),
        Document::Entries { of, drop, replace, empty_is_null } => {
            let replace = replace.into_iter().map(|(key, value)| (key, next(value))).collect();
            Document::Entries { of: boxed(of), drop, replace, empty_is_null }
        }
        Document::Computed { of, strict, what } => Document::Computed { of: list(of), strict, what },
        Document::Old
        | Document::Read(_)
        | Document::Input(_)
        | Document::Known(_)
        | Document::Text(_)
        | Document::Null
        | Document::Fails(_)
        | Document::Unknown(_) => document,
    }
}
