//! Strict functions: SQL NULL in, SQL NULL out, and which of two arguments is heard first when one of them fails.

use super::value::{Stop, Value};
use super::{Document, Family, MAX_DEPTH, MergeHow, OnNull, Path, Removal, Runner};

impl Runner<'_> {
    /// Both arguments of a strict function or operator. A type error counts before all; then a constant SQL NULL,
    /// because a planner folds a strict function of it before it evaluates the other argument; then errors.
    pub(super) fn both(&self, left: &Document, right: &Document, depth: usize) -> Result<(Value, Value), Stop> {
        match (self.eval(left, depth), self.eval(right, depth)) {
            (Ok(Value::Null), Err(stop @ Stop::Error(_))) if !self.is_constant_null(left, depth) => Err(stop),
            (Err(stop @ Stop::Error(_)), Ok(Value::Null)) if !self.is_constant_null(right, depth) => Err(stop),
            (Ok(left), Ok(right)) => Ok((left, right)),
            (Err(left), Err(right)) => Err(left.min(right)),
            (Ok(Value::Null), Err(Stop::Error(_) | Stop::Unknown(_)))
            | (Err(Stop::Error(_) | Stop::Unknown(_)), Ok(Value::Null)) => Ok((Value::Null, Value::Null)),
            (Err(stop), Ok(_)) | (Ok(_), Err(stop)) => Err(stop),
        }
    }

    /// Whether the value is SQL NULL whatever the row holds, so that a planner sees it.
    fn is_constant_null(&self, document: &Document, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let null = |document: &Document| self.is_constant_null(document, depth + 1);
        match document {
            Document::Null
            | Document::Set { path: Path::Null, family: Family::PgFunction, .. }
            | Document::Remove {
                what: Removal::Null | Removal::Path(Path::Null), family: Family::PgFunction, ..
            } => true,
            document if is_closed(document) => self.eval(document, depth) == Ok(Value::Null),
            Document::Set { of, value, on_null, family: Family::PgFunction, .. } => {
                null(of) || (*on_null == OnNull::Wipe && null(value))
            }
            Document::Merge { left, right, how: MergeHow::Concat } => null(left) || null(right),
            Document::Remove { of, family: Family::PgFunction, .. }
            | Document::Get { of, .. }
            | Document::Cast { of, .. }
            | Document::StripNulls(of) => null(of),
            Document::First(items) => items.iter().all(null),
            _ => false,
        }
    }
}

/// Whether nothing of the row and nothing from outside stands in it, so that a planner computes it.
fn is_closed(document: &Document) -> bool {
    let mut closed = true;
    document.visit(&mut |part| {
        closed &= !matches!(
            part,
            Document::Old
                | Document::Read(_)
                | Document::Input(_)
                | Document::Computed { .. }
                | Document::Choose { .. }
                | Document::Through { .. }
                | Document::Unknown(_)
        );
    });
    closed
}
