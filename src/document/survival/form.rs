//! What the form of a tree tells, without a run: whether it is a constant, a part, retyped, made from an earlier read.

use super::names::{parts, trail_in};
use crate::document::{Document, Rest};
use serde_json::Value as Json;

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
