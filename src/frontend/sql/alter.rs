//! `ALTER TABLE`: each action by itself.

use super::column::{self, column_name, is_table_constraint, json_checked, type_end, type_text};
use super::reader::Reader;
use super::schema::if_exists;
use super::split::Statement;
use super::tokens::{is_word, table_name};
use super::{ColumnDef, SchemaChange, TableName};
use sqlparser::tokenizer::Token;
use std::ops::Range;

/// Reads the actions of the statement whose table's name stands at `from`.
pub(super) fn read(reader: &mut Reader, statement: &Statement, from: usize, end: usize) {
    let mut at = if_exists(statement, from);
    // A table may be called so.
    if statement.is(at, "ONLY") && !statement.any(at + 1, &["ADD", "ALTER", "DROP", "RENAME", "MODIFY", "CHANGE"]) {
        at += 1;
    }
    let Some((table, after)) = table_name(statement.tokens, at) else { return };
    let from = after + usize::from(statement.at(after, &Token::Mul));
    let mut action = Action { reader, statement, table };
    for part in statement.comma_parts(from..end) {
        action.read(part);
    }
}

struct Action<'r, 'a, 's, 't> {
    reader: &'r mut Reader<'a>,
    statement: &'s Statement<'t>,
    table: TableName,
}

impl Action<'_, '_, '_, '_> {
    fn push(&mut self, change: SchemaChange) {
        self.reader.facts.schema.push(change);
    }

    fn name(&self, at: usize) -> Option<String> {
        self.statement.get(at).and_then(column_name)
    }

    fn read(&mut self, part: Range<usize>) {
        let Some(first) = self.statement.get(part.start) else { return };
        if is_word(first, "ADD") {
            self.add(part);
        } else if is_word(first, "ALTER") {
            self.alter(part);
        } else if is_word(first, "MODIFY") {
            let at = self.after_column(part.start + 1);
            self.redefine(at..part.end);
        } else if is_word(first, "CHANGE") {
            let at = self.after_column(part.start + 1);
            let (old, new) = (self.name(at), self.name(at + 1));
            if let (Some(from), Some(to)) = (old, new)
                && from != to
            {
                self.push(SchemaChange::RenameColumn { table: self.table.clone(), from, to });
            }
            self.redefine(at + 1..part.end);
        } else if is_word(first, "RENAME") {
            self.rename(&part);
        } else if is_word(first, "DROP") {
            self.drop(&part);
        }
    }

    /// Skips `COLUMN` and `IF [NOT] EXISTS`.
    fn after_column(&self, at: usize) -> usize {
        if_exists(self.statement, at + usize::from(self.statement.is(at, "COLUMN")))
    }

    fn add(&mut self, part: Range<usize>) {
        let spelled = self.statement.is(part.start + 1, "COLUMN");
        let at = self.after_column(part.start + 1);
        if self.statement.at(at, &Token::LParen) {
            let close = self.statement.closing(at).min(part.end);
            for column in self.statement.comma_parts(at + 1..close) {
                self.add_column(column);
            }
        } else if !spelled && is_table_constraint(self.reader, self.statement, at) {
            let tokens = self.statement.slice(at..part.end);
            let span = self.reader.span(self.statement, at..part.end);
            for column in json_checked(tokens) {
                self.push(SchemaChange::JsonCheck { table: self.table.clone(), column, span });
            }
        } else {
            self.add_column(at..part.end);
        }
    }

    fn add_column(&mut self, range: Range<usize>) {
        if let Some(column) = column::read(self.reader, self.statement, range) {
            self.push(SchemaChange::AddColumn { table: self.table.clone(), column });
        }
    }

    /// `ALTER [COLUMN] c ..`.
    fn alter(&mut self, part: Range<usize>) {
        let at = self.after_column(part.start + 1);
        let Some(column) = self.name(at) else { return };
        let mut next = at + 1;
        if self.statement.any(next, &["SET", "DROP"]) && self.statement.is(next + 1, "NOT") {
            let nullable = self.statement.is(next, "DROP");
            self.push(SchemaChange::SetNullable { table: self.table.clone(), column, nullable });
            return;
        }
        if self.statement.is(next, "SET") && self.statement.is(next + 1, "DATA") {
            next += 2;
        }
        if !self.statement.is(next, "TYPE") {
            return;
        }
        let end = type_end(self.statement, next + 1, part.end);
        let sql_type = type_text(self.statement.slice(next + 1..end));
        let span = self.reader.span(self.statement, at..end);
        let column = ColumnDef {
            name: column,
            sql_type,
            nullable: None,
            default: None,
            json_check: false,
            generated: false,
            span,
        };
        self.push(SchemaChange::AlterType { table: self.table.clone(), column });
    }

    /// `MODIFY c type ..`: the column is declared anew, and allows NULL unless it says otherwise.
    fn redefine(&mut self, range: Range<usize>) {
        if let Some(mut column) = column::read(self.reader, self.statement, range) {
            column.nullable = column.nullable.or(Some(true));
            self.push(SchemaChange::AlterType { table: self.table.clone(), column });
        }
    }

    fn rename(&mut self, part: &Range<usize>) {
        let at = part.start + 1;
        if self.statement.any(at, &["TO", "AS"]) {
            if let Some((to, _)) = table_name(self.statement.tokens, at + 1) {
                self.push(SchemaChange::RenameTable { from: self.table.clone(), to });
            }
            return;
        }
        // `RENAME CONSTRAINT a TO b`; a column of that name would be followed by TO at once.
        if self.statement.any(at, &["CONSTRAINT", "INDEX", "KEY"]) && !self.statement.is(at + 1, "TO") {
            return;
        }
        let at = if self.statement.is(at + 1, "TO") { at } else { self.after_column(at) };
        if let (Some(from), Some(to)) = (self.name(at), self.name(at + 2)) {
            if self.statement.is(at + 1, "TO") {
                self.push(SchemaChange::RenameColumn { table: self.table.clone(), from, to });
            }
        } else if let (Some(to), true) = (self.name(at + 1), self.statement.is(at, "TO")) {
            self.push(SchemaChange::RenameTable { from: self.table.clone(), to: TableName { schema: None, name: to } });
        }
    }

    fn drop(&mut self, part: &Range<usize>) {
        let at = part.start + 1;
        let constraint = ["CONSTRAINT", "INDEX", "KEY", "PRIMARY", "FOREIGN", "CHECK", "PARTITION"];
        if self.statement.any(at, &constraint) && at + 1 < part.end {
            return;
        }
        if let Some(column) = self.name(self.after_column(at)) {
            self.push(SchemaChange::DropColumn { table: self.table.clone(), column });
        }
    }
}
