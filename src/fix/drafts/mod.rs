//! What an assignment could be instead, best first. Nothing here is checked: a draft that is wrong is refused later.

mod overwrite;
mod part;
mod stale;

use super::suggestion::Applicability;
use super::{Draft, Fixer, Rebound, Target, bound_text, folded, rebind, target, text};
use crate::document::survival::Word;
use crate::document::{Document, Input, Nullability, Shape};
use crate::frontend::facts::Bind;
use crate::project::writes::ColumnWrite;
use crate::source::Site;

/// The drafts for a write that `rule` speaks of.
pub(super) fn of(write: &ColumnWrite, rule: &str, fixer: &Fixer<'_>) -> Vec<Draft> {
    let (Some(target), Some(value)) = (target(write), text::value_of(write)) else { return vec![] };
    let case = Case { write, target, value, fixer };
    if write.dotted.is_some() {
        return part::dotted_target(&case);
    }
    match write.survival.word {
        Word::Lost if write.survival.labels.contains(&"reset") => vec![],
        Word::Lost => {
            let mut drafts = overwrite::drafts(&case);
            // What a type does not know no lock keeps; who loses only what changed in between is told to lock.
            drafts.extend((rule != "json-lost-update").then(|| overwrite::through_type(&case)).flatten());
            drafts
        }
        Word::MayBeNull if write.value.is_emptied_by_hand() => vec![],
        Word::MayBeNull => part::null_wipe(&case),
        // What a program put at a key, the database can put there just as well.
        Word::NestedLost => part::nested(&case).into_iter().chain(stale::drafts(&case)).collect(),
        Word::WriteLost => part::lost_write(&case),
        Word::Stale => stale::drafts(&case),
        Word::Kept if rule == "json-dotted-path" => part::dotted_key(&case),
        Word::Unknown | Word::Kept => vec![],
    }
}

/// A write that is to be changed.
struct Case<'a> {
    write: &'a ColumnWrite,
    target: Target<'a>,
    /// The assigned value as it is spelled.
    value: &'a str,
    fixer: &'a Fixer<'a>,
}

impl Case<'_> {
    /// A draft that assigns `value` and leaves the binds as they are.
    fn assigns(&self, title: &'static str, applicability: Applicability, value: &str) -> Draft {
        Draft { title, applicability, assignment: self.target.assignment(value), bind: None }
    }

    /// The placeholder and its bind when the value is nothing else (a cast aside).
    fn sole_bind(&self) -> Option<(String, &Bind)> {
        let placeholder = text::placeholder(self.value)?;
        let index = match placeholder.strip_prefix('$').or_else(|| placeholder.strip_prefix('?')) {
            Some("") => {
                let before = self.write.sql.statement_sql.get(..self.write.sql.assignment_in_statement.start)?;
                text::bare_marks(before) + 1
            }
            Some(digits) => digits.parse().ok()?,
            None => return None,
        };
        self.write.binds.iter().find(|bind| bind.index == index).map(|bind| (placeholder.to_owned(), bind))
    }

    /// Whether the statement uses the placeholder for nothing but this value.
    fn is_used_once(&self, placeholder: &str) -> bool {
        placeholder == "?" || text::mentions(&self.write.sql.statement_sql, placeholder) == 1
    }

    /// A bind that is changed in its file, if the change parses.
    fn rebound(&self, bind: &Bind, change: &rebind::Rebind, value: Document) -> Option<Rebound> {
        let (site, expression) = bound_text(self.write, bind, self.fixer.files);
        let after = change.of(expression)?;
        let at = |byte: usize| site.span.start + byte as u32;
        let span = crate::source::Span { start: at(change.range.start), end: at(change.range.end) };
        Some(Rebound {
            index: bind.index,
            before: folded(expression),
            after: folded(&after),
            value,
            edit: Some(super::suggestion::Edit { site: Site { span, ..site }, text: change.text.clone() }),
        })
    }
}

/// A value from outside that is JSON and not NULL.
fn json_input(id: &str) -> Document {
    Document::Input(Input { id: id.to_owned(), shape: Shape::Any, null: Nullability::Never })
}
