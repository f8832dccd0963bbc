//! `json-unscoped-write`.

use super::evidence::{Reason, has, loses};
use super::judgement::Fact;
use super::{Case, Draft, column_overwrite, replaces, rule, wording};
use crate::frontend::sql::RowScope;

rule! {
    /// Reports a write without `WHERE` that loses JSON data in every row.
    ///
    /// ## What it does
    ///
    /// Finds `UPDATE` statements without a `WHERE` clause whose new value does not keep the old document.
    ///
    /// ## Why is this bad?
    ///
    /// One forgotten line overwrites the documents of all users with the document of one.
    ///
    /// ## Example
    ///
    /// ```sql
    /// UPDATE users SET data = $1
    /// ```
    ///
    /// Say which row is meant, and keep the rest of its document:
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(COALESCE(data, '{}'), '{phone}', $1::jsonb) WHERE id = $2
    /// ```
    ///
    /// ## When it is meant
    ///
    /// A table with one row, a reset to a constant, a one-off migration: the last two are reported below the gate.
    "json-unscoped-write", check
}

/// So many columns of all rows are not given the same values.
const MANY_COLUMNS: usize = 5;

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    if write.scope != RowScope::All || !loses(write.survival.word) {
        return None;
    }
    let subject = wording::subject(write.verb);
    let column = case.column();
    let mut draft = if replaces(case) {
        column_overwrite::draft(case)
    } else {
        Draft {
            message: String::new(),
            label: "every row is written".into(),
            reasons: vec![],
            lost_keys: None,
            notes: vec![],
        }
    };
    draft.message = if has(&draft.reasons, Fact::Reset) {
        format!("{subject} has no WHERE: it resets {column} in every row")
    } else {
        format!("{subject} has no WHERE: it writes {column} in every row, and what the documents held is lost")
    };
    draft.reasons.push(Fact::EveryRow.into());
    if write.sql.together.len() >= MANY_COLUMNS {
        let words = "so many columns are set in every row: the table has one";
        draft.reasons.push(Reason::note(Fact::OneRow, words));
    }
    Some(draft)
}
