//! Which expressions are of type text whatever their value: PostgreSQL rejects those for a JSON column, NULL or not.

use super::MAX_DEPTH;
use crate::document::{CastTo, Document, Family, Form, Input, MergeHow, Shape};

/// Whether `document` is of an SQL text type on PostgreSQL.
pub(super) fn is_text(document: &Document, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let depth = depth + 1;
    match document {
        Document::Text(_)
        | Document::Cast { to: CastTo::Text, .. }
        | Document::Input(Input { shape: Shape::Text, .. })
        | Document::Merge { how: MergeHow::Text, .. }
        | Document::Get { form: Form::Text, family: Family::PgFunction | Family::PgSubscript, .. } => true,
        Document::First(items) => items.iter().any(|item| is_text(item, depth)),
        Document::Choose { branches, otherwise } => {
            branches.iter().any(|(_, branch)| is_text(branch, depth)) || is_text(otherwise, depth)
        }
        _ => false,
    }
}
