//! Changes of whole trees: reads that turn out to be of something else, calls that are followed.

use super::{CastTo, Cond, Document, Input, Nullability, ReadSite, Shape};

impl Document {
    /// The same document with every part changed by `f`, the innermost first; conditions included.
    #[must_use]
    pub fn transformed(self, f: &dyn Fn(Self) -> Self) -> Self {
        let next = |document: Self| document.transformed(f);
        let boxed = |document: Box<Self>| Box::new((*document).transformed(f));
        let list = |items: Vec<Self>| items.into_iter().map(next).collect::<Vec<_>>();
        let changed = match self {
            Self::Through { of, why } => Self::Through { of: list(of), why },
            Self::Get { of, path, form, family } => Self::Get { of: boxed(of), path, form, family },
            Self::Cast { of, to } => Self::Cast { of: boxed(of), to },
            Self::Retype { of, fields, rest, ty } => Self::Retype { of: boxed(of), fields, rest, ty },
            Self::Object { entries, rest } => {
                let entries = entries.into_iter().map(|(key, value)| (key, next(value))).collect();
                Self::Object { entries, rest }
            }
            Self::Array(items) => Self::Array(list(items)),
            Self::First(items) => Self::First(list(items)),
            Self::Set { of, path, value, mode, on_null, family } => {
                Self::Set { of: boxed(of), path, value: boxed(value), mode, on_null, family }
            }
            Self::Remove { of, what, family } => Self::Remove { of: boxed(of), what, family },
            Self::Merge { left, right, how } => Self::Merge { left: boxed(left), right: boxed(right), how },
            Self::Choose { branches, otherwise } => {
                let branches = branches.into_iter().map(|(c, branch)| (c.transformed(f), next(branch))).collect();
                Self::Choose { branches, otherwise: boxed(otherwise) }
            }
            Self::StripNulls(of) => Self::StripNulls(boxed(of)),
            Self::Entries { of, drop, replace, empty_is_null } => {
                let replace = replace.into_iter().map(|(key, value)| (key, next(value))).collect();
                Self::Entries { of: boxed(of), drop, replace, empty_is_null }
            }
            Self::Computed { of, strict, what } => Self::Computed { of: list(of), strict, what },
            Self::Old
            | Self::Read(_)
            | Self::Input(_)
            | Self::Known(_)
            | Self::Text(_)
            | Self::Null
            | Self::Fails(_)
            | Self::Unknown(_) => self,
        };
        f(changed)
    }

    /// The same document with every earlier read that `is_own` denies turned into a value from outside, and with what
    /// only took such a value apart.
    #[must_use]
    pub fn settled(self, is_own: &dyn Fn(&ReadSite) -> bool) -> Self {
        let mut foreign = false;
        self.visit(&mut |part| foreign |= matches!(part, Self::Read(read) if !is_own(read)));
        if !foreign {
            return self;
        }
        self.transformed(&|part| match part {
            Self::Read(read) if !is_own(&read) => outside(read.what),
            Self::Through { of, why } if !of.iter().any(Self::holds_old) => outside(why),
            Self::Get { of, .. } | Self::Cast { of, to: CastTo::Json } if matches!(*of, Self::Input(_)) => *of,
            other => other,
        })
    }
}

impl Cond {
    /// The same condition with every document in it changed by `f`, the innermost first.
    #[must_use]
    pub fn transformed(self, f: &dyn Fn(Document) -> Document) -> Self {
        let document = |document: Box<Document>| Box::new((*document).transformed(f));
        let list = |all: Vec<Self>| all.into_iter().map(|condition| condition.transformed(f)).collect();
        match self {
            Self::IsNull(of) => Self::IsNull(document(of)),
            Self::TypeIs(of, kinds) => Self::TypeIs(document(of), kinds),
            Self::HasKey(of, path) => Self::HasKey(document(of), path),
            Self::Equal(a, b) => Self::Equal(document(a), document(b)),
            Self::Not(inner) => Self::Not(Box::new((*inner).transformed(f))),
            Self::And(all) => Self::And(list(all)),
            Self::Or(any) => Self::Or(list(any)),
            Self::Unknown(words) => Self::Unknown(words),
        }
    }
}

fn outside(id: String) -> Document {
    Document::Input(Input { id, shape: Shape::Any, null: Nullability::Maybe })
}
