//! What a program would notice of a model that is written without one of its columns.

use super::{Case, Reason};
use crate::fix::sea_orm::code::{Assign, Literal, Sink, Written};
use crate::fix::text;

/// What a hook calls that looks at all that is set.
const WHOLE: [&str; 6] = ["is_changed", "get", "try_into_model", "try_into", "to_json", "clone"];

/// How a model is made in which the column is not set: from a row, or from nothing.
const MADE: [&str; 6] = [".into()", "into_active_model()", "ActiveModel {", "::from(", "default()", "new()"];

impl Case<'_> {
    /// That no hook has to do with the column.
    pub(super) fn no_hook_sees(&self, column: &[&String]) -> Result<(), Reason> {
        if self.entity.hooks.iter().any(|name| column.contains(&name)) {
            return Err("a hook of the model has to do with the column");
        }
        if self.entity.hooks.iter().any(|name| WHOLE.contains(&name.as_str())) {
            return Err("a hook of the model looks at what is set");
        }
        Ok(())
    }

    /// That the call can be made without the column as it is made with it. A model in which nothing is set is not written
    /// but read: a row that is not there is an error of another kind then.
    pub(super) fn called_alike(&self, sink: &Sink, beside: bool) -> Result<(), Reason> {
        let connection = self.part(&sink.connection);
        if connection.contains(".await") || connection.contains('?') {
            return Err("the connection is made by the call");
        }
        if !beside && text::words(self.text).any(|word| word == "RecordNotUpdated") {
            return Err("the program looks at how an update fails");
        }
        Ok(())
    }

    /// Whether the model sets other columns too.
    pub(super) fn sets_others(&self, sink: &Sink, field: &str, literal: Option<&Literal>) -> bool {
        let is_key = |name: &str| self.keys().any(|key| key.field == name);
        let in_literal =
            literal.is_some_and(|literal| literal.fields.iter().any(|own| own.name != field && !is_key(&own.name)));
        let Written::Variable(model) = &sink.of else { return in_literal };
        let body = self.block_of(sink.statement).map(|block| self.body(block));
        let others = self.code.assigns.iter().filter(|assign| assign.base == *model && assign.field != field);
        let own = self.code.literals.iter().filter(|own| own.variable.as_ref() == Some(model));
        let mut own = own.filter(|own| self.block_of(own.statement).map(|block| self.body(block)) == body);
        in_literal
            || others.clone().any(|other| self.body_of(other) == body)
            || own.any(|own| own.fields.iter().any(|own| own.name != field && !is_key(&own.name)))
    }

    fn body_of(&self, assign: &Assign) -> Option<usize> {
        self.block_of(Some(assign.statement)).map(|block| self.body(block))
    }

    /// That nothing else sets the column, and that the row is known where it is set.
    pub(super) fn set_once(&self, assign: &Assign) -> Result<(), Reason> {
        let body = self.body_of(assign);
        let same = |other: &&Assign| other.base == assign.base && self.body_of(other) == body;
        for other in self.code.assigns.iter().filter(same) {
            if other.field == assign.field && other.bytes != assign.bytes {
                return Err("the column is set or read more than once");
            }
            if other.bytes.start > assign.bytes.start && self.keys().any(|key| key.field == other.field) {
                return Err("the key is set after the column");
            }
        }
        let made = self.code.statements.iter().filter(|statement| {
            let mut words = text::words(self.part(&statement.bytes)).filter(|word| *word != "mut");
            statement.bytes.end <= assign.bytes.start
                && Some(self.body(statement.block)) == body
                && words.next() == Some("let")
                && words.next() == Some(&assign.base)
        });
        let Some(made) = made.max_by_key(|statement| statement.bytes.start).map(|made| self.part(&made.bytes)) else {
            return Err("where the model comes from does not show");
        };
        if !MADE.iter().any(|way| made.contains(way)) {
            return Err("where the model comes from does not show");
        }
        let spelled = made.contains("ActiveModel {") && text::words(made).any(|word| word == assign.field);
        if spelled { Err("the column is set or read more than once") } else { Ok(()) }
    }
}
