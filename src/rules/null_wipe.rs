//! `json-null-wipe`.

use super::evidence::Reason;
use super::judgement::Fact;
use super::{Case, Draft, rule, wording};
use crate::document::Nullability;
use crate::document::survival::{NullWhen, Word};
use crate::frontend::facts::is_numbered_by_program;

rule! {
    /// Reports an edit that can turn the whole column into SQL NULL.
    ///
    /// ## What it does
    ///
    /// Finds `jsonb_set(data, '{k}', $1)`, `data || $1`, `data - $1` and the like on a nullable column, where an
    /// argument can be NULL: an `Option`, a key that may be missing, a subselect that may find no row.
    ///
    /// ## Why is this bad?
    ///
    /// These functions are strict: one NULL argument makes the result NULL, and the UPDATE stores it. The document
    /// is gone, and one row is reported as updated.
    ///
    /// ## Example
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(data, '{phone}', to_jsonb($1::text)) WHERE id = $2   -- $1 is None
    /// ```
    ///
    /// Give NULL a meaning. To store JSON null:
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(data, '{phone}', COALESCE(to_jsonb($1::text), 'null')) WHERE id = $2
    /// ```
    ///
    /// or keep the old document with `COALESCE(jsonb_set(..), data)`. A `NOT NULL` constraint turns the loss into an
    /// error.
    "json-null-wipe", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    let survival = &write.survival;
    let may = survival.word == Word::MayBeNull || (survival.word == Word::NestedLost && !survival.null_when.is_empty());
    if !may || !write.value.holds_old() || write.column.nullable == Some(false) {
        return None;
    }
    let reason = survival.null_when.first()?;
    // A value of which nothing shows may just as well be one that is always there.
    let bound = |id: &str| write.binds.iter().any(|bind| format!("${}", bind.index) == id);
    let (why, fact) = match reason {
        NullWhen::Input { id, null: Nullability::Yes } => (format!("`{id}` can be NULL"), Some(Fact::NullProven)),
        NullWhen::Input { id, .. } if is_numbered_by_program(id) && !bound(id) => {
            ("what is bound may be NULL (it does not show from here)".to_owned(), None)
        }
        NullWhen::Input { id, .. } => (format!("`{id}` may be NULL"), Some(Fact::NullPossible)),
        NullWhen::KeyMissing => ("a key that it reads may be missing".into(), Some(Fact::NullPossible)),
        NullWhen::EmptyObject => ("the document may be empty".into(), Some(Fact::NullPossible)),
        NullWhen::Condition(words) => (format!("it can be that {words}"), Some(Fact::NullPossible)),
        NullWhen::Always => ("an argument is NULL".into(), Some(Fact::NullProven)),
    };
    let mut reasons: Vec<Reason> = fact.into_iter().map(Reason::from).collect();
    if write.value.is_emptied_by_hand() {
        reasons.push(Reason::note(Fact::Reset, "NULL is spelled out: in that case the column is emptied on purpose"));
    }
    let when = if *reason == NullWhen::Always { "becomes NULL" } else { "becomes NULL when that happens" };
    Some(Draft {
        message: format!(
            "{} can wipe {}: {why}, and the whole column {when}",
            wording::subject(write.verb),
            case.column()
        ),
        label: "NULL here makes the whole column NULL".into(),
        reasons,
        lost_keys: None,
        notes: vec![],
    })
}
