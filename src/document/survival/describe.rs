//! Conditions and documents in a few words, for messages.

use crate::document::{Cond, Document, Path, Step};

/// Longer literals are cut.
const MAX_LITERAL: usize = 40;

/// A condition in words.
pub(super) fn condition(condition: &Cond) -> String {
    match condition {
        Cond::IsNull(of) => format!("{} is NULL", document(of)),
        Cond::TypeIs(of, kinds) => format!("{} is of type {}", document(of), kinds.join(" or ")),
        Cond::HasKey(of, path) => format!("{} has {}", document(of), path_words(path)),
        Cond::Equal(a, b) => format!("{} = {}", document(a), document(b)),
        Cond::Not(inner) => format!("not ({})", self::condition(inner)),
        Cond::And(parts) => parts.iter().map(self::condition).collect::<Vec<_>>().join(" and "),
        Cond::Or(parts) => parts.iter().map(self::condition).collect::<Vec<_>>().join(" or "),
        Cond::Unknown(words) => words.clone(),
    }
}

fn document(of: &Document) -> String {
    match of {
        Document::Old => "the column".into(),
        Document::Read(_) => "the value that was read".into(),
        Document::Input(input) => format!("`{}`", input.id),
        Document::Known(json) => format!("`{}`", cut(&json.to_string())),
        Document::Text(text) => format!("`{}`", cut(text)),
        Document::Null => "NULL".into(),
        Document::Get { path, .. } => path_words(path),
        Document::Cast { of, .. } | Document::StripNulls(of) => document(of),
        Document::Computed { what, .. } => format!("`{}`", cut(what)),
        _ => "an expression".into(),
    }
}

fn path_words(path: &Path) -> String {
    match path {
        Path::Steps(steps) => {
            let keys: Vec<String> = steps
                .iter()
                .map(|step| match step {
                    Step::Name(key) | Step::Key(key) => key.clone(),
                    Step::Index(index) => index.to_string(),
                    Step::End => "#".into(),
                    Step::Null => "NULL".into(),
                    Step::Param(id) | Step::KeyParam(id) => id.clone(),
                })
                .collect();
            format!("`{}`", cut(&keys.join(".")))
        }
        Path::Dynamic(id) => format!("`{id}`"),
        Path::Null | Path::Invalid(_) => "a path".into(),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_LITERAL {
        return text.to_owned();
    }
    text.chars().take(MAX_LITERAL).chain("..".chars()).collect()
}
