//! The expression on the right of `=` to a [`Document`].
//!
//! One [`Evaluator`] per write knows the row, the other relations in scope and what is bound; it infers SQL types as far
//! as they decide what an operator does. What the database rejects before it runs (a type mismatch, a target mistake)
//! makes the whole value [`Document::Fails`]. It never reads statements and never judges: that is for the rules.

mod aggregate;
mod call;
mod cast;
mod condition;
mod expression;
mod functions;
mod mysql;
mod operators;
mod path;
mod postgres;
mod row;
mod scope;
mod server;
mod sources;
mod sqlite;
mod subquery;
mod target;
mod typed;

use super::{Assigned, Dialect, Ident, RowScope, SqlInsert, SqlWrite, TableName, Verb};
use crate::document::Document;
use crate::document::run::Storage;
use crate::source::SpanMap;
use scope::Relation;
pub use server::Server;
use sqlparser::ast::{Expr, Statement};
use std::cell::OnceCell;
use typed::{Ty, Typed};

/// The type of a column, as far as evaluation needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlType {
    /// `jsonb`.
    Jsonb,
    /// `json` (PostgreSQL), `JSON` (MySQL, MariaDB, SQLite).
    Json,
    /// Text.
    Text,
    /// Something else.
    Other,
}

/// What an evaluation may ask.
pub trait Environment {
    /// The dialect.
    fn dialect(&self) -> Dialect;
    /// The release that runs the statement. When it is not known, the evaluation gives what the newest release does:
    /// on those that do not parse the statement, it fails and loses nothing.
    fn server(&self) -> Server {
        Server::NotKnown
    }
    /// How the written column is kept.
    fn storage(&self) -> Storage;
    /// The type of a column of a table; `None` when not known.
    fn column_type(&self, table: &TableName, column: &str) -> Option<SqlType>;
    /// The value bound to a placeholder as it is spelled (`$1`, `?`, `:name`); for bare `?` the caller counts:
    /// `ordinal` is its number in the whole text, from 1.
    fn bind(&self, placeholder: &str, ordinal: usize) -> Option<Document>;
}

/// Evaluates what `write` stores in its column.
pub fn evaluate(write: &SqlWrite, environment: &dyn Environment) -> Document {
    let mut evaluator = Evaluator::new(write, environment);
    evaluator.check_server(&write.value);
    let document = evaluator.assigned(&write.value, write);
    match evaluator.rejected {
        Some(why) => Document::Fails(why),
        None => document,
    }
}

/// Evaluates what an inserted row gives one of its columns: as an upsert's row, of which no old one is known.
pub fn evaluate_inserted(insert: &SqlInsert, column: &str, value: &Expr, environment: &dyn Environment) -> Document {
    let write = SqlWrite {
        verb: Verb::Replace,
        table: insert.table.clone(),
        table_span: insert.span,
        alias: None,
        target: vec![Ident { text: column.to_owned(), quoted: false }],
        assignment: insert.span,
        target_span: insert.span,
        value_span: insert.span,
        statement: insert.span,
        statement_sql: String::new(),
        assignment_in_statement: 0..0,
        map: SpanMap::default(),
        value: Assigned::Inserted,
        earlier: vec![],
        together: vec![],
        scope: RowScope::Conflict,
        predicate: None,
        inserted: vec![(column.to_owned(), vec![value.clone()])],
        sources: vec![],
        in_routine: false,
    };
    evaluate(&write, environment)
}

/// Expressions nested deeper than this are not evaluated: a thread's stack holds that many, and no real text comes near.
/// (Chains of `||` nest to the left, however long they are; they are taken apart without recursion.)
const MAX_DEPTH: usize = 64;

/// More expressions are not evaluated in one write: some forms evaluate an operand more than once.
const MAX_STEPS: usize = 20_000;

/// One evaluation.
struct Evaluator<'a> {
    write: &'a SqlWrite,
    environment: &'a dyn Environment,
    dialect: Dialect,
    /// The release that runs the statement.
    server: Server,
    /// The name of the written column.
    column: &'a str,
    /// What the written column stands for: the old document, or what an earlier assignment made of it (MySQL).
    own: Document,
    /// The type of the written column.
    own_ty: Ty,
    /// Relations of the subqueries around the expression, the innermost last.
    frames: Vec<Vec<(String, Relation)>>,
    /// Whether a value of the inserted row is being evaluated: there is no old row to refer to.
    inserting: bool,
    depth: usize,
    /// How many expressions have been evaluated.
    steps: usize,
    /// The whole statement, parsed when a subquery of its `FROM` is asked for; `None` inside when it cannot be.
    parsed: OnceCell<Option<Box<Statement>>>,
    /// Why the database rejects the statement before it runs.
    rejected: Option<String>,
}

impl<'a> Evaluator<'a> {
    fn new(write: &'a SqlWrite, environment: &'a dyn Environment) -> Self {
        let dialect = environment.dialect();
        let own_ty = match (dialect, environment.storage()) {
            (Dialect::Postgres, Storage::Jsonb) => Ty::Jsonb,
            (Dialect::Postgres | Dialect::Mysql, Storage::Json | Storage::CheckedText | Storage::Jsonb) => Ty::Json,
            _ => Ty::Text,
        };
        Self {
            write,
            environment,
            dialect,
            server: environment.server(),
            column: write.target.last().map_or("", |ident| ident.text.as_str()),
            own: Document::Old,
            own_ty,
            frames: vec![],
            inserting: false,
            depth: 0,
            steps: 0,
            parsed: OnceCell::new(),
            rejected: None,
        }
    }

    /// Notes that the database rejects the statement; the first reason counts.
    fn reject(&mut self, why: impl Into<String>) -> Typed {
        let why = why.into();
        self.rejected.get_or_insert_with(|| why.clone());
        Typed::any(Document::Fails(why))
    }

    /// Whether the written column itself is text: JSON must be read from it.
    fn old_is_text(&self) -> bool {
        self.own_ty == Ty::Text
    }

    fn is_postgres(&self) -> bool {
        self.dialect == Dialect::Postgres
    }
}

#[cfg(test)]
mod tests;
