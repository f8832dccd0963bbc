//! What a write would come to if its statement were spelled in another way: whether a suggestion does what it is for.

use super::environment::Answers;
use super::kinds::sql_type;
use super::predicate;
use super::writes::{ColumnWrite, Guard, of_column, target};
use crate::document::survival::{self, Survival};
use crate::frontend::facts::{Bind, Route, SqlText};
use crate::frontend::sql::value::{SqlType, evaluate};
use crate::frontend::sql::{self, Assigned, SqlWrite, TableName};
use crate::source::{Span, SpanMap};

/// What would survive if `write`'s statement were spelled `statement`; `None` when that does not parse or does not
/// write the column any more. `binds` are the statement's after the change.
pub fn reevaluate(write: &ColumnWrite, statement: &str, binds: &[Bind]) -> Option<Survival> {
    let changed = &reread(write, statement, binds)?;
    let column = &write.column;
    let own = sql_type(column.kind, &column.sql_type, write.dialect);
    let types =
        |_: &TableName, name: &str| -> Option<SqlType> { name.eq_ignore_ascii_case(&column.name).then_some(own) };
    let (dialect, storage) = (write.dialect, column.storage(write.dialect));
    let value = evaluate(changed, &Answers { dialect, storage, binds, types: &types, given: &|value, _| value });
    Some(survival::survival(&value, &of_column(column, dialect, &write.states)))
}

/// What would protect the row if `write`'s statement were spelled `statement`; `None` when nothing would, or when that does
/// not parse or does not write the column any more.
pub fn reguarded(write: &ColumnWrite, statement: &str) -> Option<Guard> {
    let changed = reread(write, statement, &[])?;
    let value = if let Assigned::Value(value) = &changed.value { Some(value) } else { None };
    let column = &write.column;
    predicate::guard(&target(&changed, column), changed.predicate.as_deref(), value, &changed.together)
}

/// The write of the same column by the statement `statement`.
fn reread(write: &ColumnWrite, statement: &str, binds: &[Bind]) -> Option<SqlWrite> {
    let text = SqlText {
        sql: statement.to_owned(),
        map: SpanMap::identity(0, statement.len()),
        span: Span::new(0..statement.len()),
        route: Route::Call("query".into()),
        dialect: Some(write.dialect),
        holes: vec![],
        binds: binds.to_vec(),
        function: None,
        test: write.test,
    };
    let facts = sql::read(&text, Some(write.dialect));
    let same = |other: &&SqlWrite| {
        let table = other.table.name.eq_ignore_ascii_case(&write.sql.table.name);
        let column = other.target.last().is_some_and(|last| last.text.eq_ignore_ascii_case(&write.column.name));
        table && column && other.verb == write.verb
    };
    let changed = facts.writes.iter().find(same)?;
    (!matches!(changed.value, Assigned::Unparsed(_) | Assigned::Rejected(_))).then(|| changed.clone())
}
