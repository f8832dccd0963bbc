//! Partial updates: statements that leave alone what is not given, and replace the whole document when it is.

use super::Reason;
use crate::document::Document;
use crate::frontend::facts::SignKind;
use crate::frontend::sql::Verb;
use crate::project::profile::WriterKind;
use crate::rules::Case;
use crate::rules::judgement::Fact;
use crate::rules::wording;

/// `COALESCE($n, column)` beside other columns: who gives part of the row replaces all of the document.
pub(super) fn when_given(case: &Case<'_>) -> Option<Reason> {
    let write = case.write;
    let mut of_the_row = false;
    write.value.visit(&mut |document| of_the_row |= *document == Document::Old);
    // Who inserts a row has all of it: `COALESCE` protects what is there from what this source does not know.
    if write.verb != Verb::Update || !of_the_row || write.sql.together.len() < 2 {
        return None;
    }
    let (site, words) = match write.protected_siblings.as_slice() {
        [] => {
            (None, "the row is written in any case, and its document replaced whole whenever one is given".to_owned())
        }
        [(column, site), rest @ ..] => {
            let words = match rest.len() {
                0 => format!("a partial update: `{column}` of the same row keeps its value unless one is given"),
                more => format!(
                    "a partial update: `{column}` and {more} more of the row's columns keep their values unless new ones \
                     are given"
                ),
            };
            (Some(*site), words)
        }
    };
    Some(filled_later(case).unwrap_or(Reason { fact: Fact::PartialUpdate, words, site }))
}

/// Rows are created without a document, and nobody edits the keys of one that is there.
pub(super) fn filled_later(case: &Case<'_>) -> Option<Reason> {
    let profile = case.profile;
    let site = profile.left_out.filter(|_| profile.creators.is_empty())?;
    let edited = profile.live().any(|writer| matches!(writer.kind, WriterKind::ByKey | WriterKind::ReadModifyWrite));
    (!edited)
        .then(|| Reason::at(Fact::FilledLater, site, "rows are created here without it: what comes later fills it"))
}

/// A partial update in Rust: this column and others are set only when they are given.
pub(super) fn given_only(case: &Case<'_>) -> Option<Reason> {
    let write = case.write;
    let own = write.signs.iter().find(|sign| sign.kind == SignKind::IfGiven)?;
    let all = write.given_only();
    let other = all.iter().find(|sign| sign.words != own.words)?;
    let more = all.len().saturating_sub(1);
    let words =
        format!("a partial update: {more} more of the row's columns {} set only when given", wording::are(more));
    let shape = case.profile.shape;
    let has_parts = shape.objects || !case.profile.keys.is_empty();
    let fact = if has_parts { Fact::PartialUpdate } else { Fact::PartialOfUnknown };
    Some(Reason::at(fact, other.site, words))
}
