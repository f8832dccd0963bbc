//! What the stored value shows by itself.

use crate::document::{CastTo, Document, Key, Nullability, Path, Rest, SetMode, Shape};

/// An array is stored.
pub(in crate::rules) fn is_array(value: &Document) -> bool {
    match value {
        Document::Array(_) => true,
        Document::Known(json) => json.is_array(),
        Document::Input(input) => input.shape == Shape::Array,
        Document::Cast { of, .. } => is_array(of),
        Document::First(items) => items.iter().any(is_array),
        Document::Set { of, path: Path::Steps(steps), mode: SetMode::Append, .. } => steps.is_empty() && is_array(of),
        Document::Choose { branches, otherwise } => {
            let mut parts = branches.iter().map(|(_, part)| part).chain(std::iter::once(&**otherwise));
            parts.clone().any(is_array) && parts.all(|part| is_array(part) || *part == Document::Null)
        }
        _ => false,
    }
}

/// A bare string, number or boolean is stored.
pub(in crate::rules) fn is_scalar(value: &Document) -> bool {
    match value {
        Document::Known(json) => json.is_string() || json.is_number() || json.is_boolean(),
        Document::Input(input) => input.shape == Shape::Scalar,
        Document::Cast { of, to: CastTo::JsonScalar } => {
            matches!(&**of, Document::Input(input) if matches!(input.shape, Shape::Text | Shape::SqlScalar | Shape::Scalar))
        }
        _ => false,
    }
}

/// The Rust type that an earlier read was decoded into before it was changed and written back.
pub(in crate::rules) fn read_as(value: &Document) -> Option<&str> {
    match value {
        Document::Retype { of, rest: Rest::Closed, ty, .. } if of.holds_old() => ty.as_deref(),
        Document::Set { of, .. } | Document::Remove { of, .. } | Document::Cast { of, .. } => read_as(of),
        Document::Merge { left, right, .. } => read_as(left).or_else(|| read_as(right)),
        Document::First(items) => items.iter().find_map(read_as),
        Document::Choose { branches, otherwise } => {
            branches.iter().map(|(_, part)| part).chain([&**otherwise]).find_map(read_as)
        }
        _ => None,
    }
}

/// The database computes a number or a text from the old value: `counter + 1`.
pub(super) fn is_computed(value: &Document) -> bool {
    match value {
        Document::Cast { of, .. } => is_computed(of),
        Document::Computed { of, .. } => {
            let mut old = false;
            for part in of {
                part.visit(&mut |document| old |= *document == Document::Old);
            }
            old
        }
        _ => false,
    }
}

/// More forms are not held against each other.
const MOST_FORMS: usize = 40;

/// The objects of a value that has one of several forms: each has a key of the same name, with another constant, or keys
/// that the others do not have.
pub(in crate::rules) fn tagged_forms(value: &Document) -> Option<Vec<&[(Key, Document)]>> {
    let forms: Vec<&[(Key, Document)]> = match value {
        Document::Cast { of, .. } => return tagged_forms(of),
        Document::Choose { branches, otherwise } => branches
            .iter()
            .map(|(_, part)| part)
            .chain(std::iter::once(&**otherwise))
            .map(|part| match part {
                Document::Object { entries, rest: Rest::Closed } => Some(entries.as_slice()),
                Document::Known(json) if json.as_object().is_some_and(serde_json::Map::is_empty) => Some(&[][..]),
                _ => None,
            })
            .collect::<Option<_>>()?,
        _ => return None,
    };
    let first = forms.first().filter(|_| forms.len() > 1)?;
    let mut names = first.iter().filter_map(|(key, _)| match key {
        Key::Name(name) => Some(name),
        Key::Param(_) => None,
    });
    let tells_apart = |name: &String| {
        let tags =
            forms.iter().map(|form| match form.iter().find(|(key, _)| matches!(key, Key::Name(n) if n == name)) {
                Some((_, Document::Known(serde_json::Value::String(tag)))) => Some(tag),
                _ => None,
            });
        let Some(mut tags) = tags.collect::<Option<Vec<&String>>>() else { return false };
        tags.sort_unstable();
        tags.windows(2).all(|pair| pair.first() != pair.last())
    };
    (names.any(tells_apart) || each_has_its_own(&forms)).then_some(forms)
}

/// Whether none of several forms is another one without some of its keys: such keys are optional, and may well be lost.
fn each_has_its_own(forms: &[&[(Key, Document)]]) -> bool {
    let keys = |form: &&[(Key, Document)]| -> Option<Vec<String>> {
        let names = form.iter().map(|(key, _)| match key {
            Key::Name(name) => Some(name.clone()),
            Key::Param(_) => None,
        });
        names.collect()
    };
    let Some(all) = forms.iter().map(keys).collect::<Option<Vec<_>>>() else { return false };
    // A form without keys says that there is nothing to say.
    let all: Vec<&Vec<String>> = all.iter().filter(|keys| !keys.is_empty()).collect();
    let within = |a: &[String], b: &[String]| a.iter().all(|key| b.contains(key));
    let apart = |(at, a): (usize, &&Vec<String>)| all.iter().skip(at + 1).all(|b| !within(a, b) && !within(b, a));
    all.len() > 1 && all.len() <= MOST_FORMS && all.iter().enumerate().all(apart)
}

/// Whether an object is put together here, and not all of it comes from one value that somebody else has filled.
pub(super) fn is_spelled_out(value: &Document) -> bool {
    let entries = match value {
        Document::Cast { of, .. } => return is_spelled_out(of),
        Document::Object { entries, .. } => entries,
        _ => return false,
    };
    let source = |(_, value): &(Key, Document)| {
        let mut found = None;
        value.visit(&mut |part| {
            if let (Document::Input(input), None) = (part, &found) {
                found = input.id.split('.').next().map(str::to_owned);
            }
        });
        found
    };
    let first = entries.first().and_then(source);
    first.is_none() || !entries.iter().all(|entry| source(entry) == first)
}

/// Whether SQL NULL may be stored: a value that is optional.
pub(super) fn may_be_null(value: &Document) -> bool {
    match value {
        Document::Null => true,
        Document::Input(input) => input.null == Nullability::Yes,
        Document::Cast { of, .. } => may_be_null(of),
        Document::Choose { branches, otherwise } => {
            branches.iter().any(|(_, part)| may_be_null(part)) || may_be_null(otherwise)
        }
        _ => false,
    }
}

/// The constant that stands in for a missing value; JSON null for SQL NULL.
pub(super) fn fallback(value: &Document) -> Option<&serde_json::Value> {
    const NULL: &serde_json::Value = &serde_json::Value::Null;
    let mut found = None;
    value.visit(&mut |part| {
        if let (Document::First(items), None) = (part, found) {
            found = match items.last() {
                Some(Document::Known(json)) => Some(json),
                Some(Document::Null) => Some(NULL),
                _ => None,
            };
        }
    });
    found
}

/// Whether a value is the old document or, where that is not there, one without it; with changes.
pub(super) fn may_be_default(value: &Document) -> bool {
    match value {
        Document::First(items) => items.split_last().is_some_and(|(last, before)| {
            (!last.holds_old() && before.iter().any(Document::holds_old)) || items.iter().any(may_be_default)
        }),
        Document::Set { of, .. }
        | Document::Remove { of, .. }
        | Document::Cast { of, .. }
        | Document::Retype { of, .. }
        | Document::Merge { left: of, .. } => may_be_default(of),
        Document::Through { of, .. } => of.iter().any(may_be_default),
        Document::Choose { branches, otherwise } => {
            branches.iter().map(|(_, part)| part).chain([&**otherwise]).any(may_be_default)
        }
        _ => false,
    }
}
