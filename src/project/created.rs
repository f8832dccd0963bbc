//! Rows that are inserted: which documents a column begins with, and which keys they have.
//!
//! Nothing is lost by an `INSERT`; what it stores is there to be lost by others.

use super::Paths;
use super::catalog::{Catalog, Column, Hint, Lookup};
use super::environment::Answers;
use super::kinds::sql_type;
use super::place::is_migration;
use super::profile::{ColumnId, column_id};
use super::writes::of_column;
use crate::document::Document;
use crate::document::survival::{self, State};
use crate::frontend::facts::{Facts, Route, TextFacts};
use crate::frontend::sql::value::evaluate_inserted;
use crate::frontend::sql::{Dialect, SqlInsert, TableName};
use crate::source::Site;
use sqlparser::ast::Expr;

/// A document that rows are created with.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// The column.
    pub column: ColumnId,
    /// What is stored.
    pub value: Document,
    /// Its top-level keys; empty where they are not known.
    pub keys: Vec<String>,
    /// The value in the statement.
    pub site: Site,
    /// The function it stands in.
    pub function: Option<String>,
    /// A one-off statement.
    pub migration: bool,
}

/// The documents that the statements of a file create rows with, but those of tests.
pub(super) fn of_file(
    facts: &Facts,
    catalog: &Catalog,
    paths: Paths<'_>,
    dialect: impl Fn(&TextFacts) -> Dialect,
) -> Vec<Created> {
    let mut found = vec![];
    let in_migrations = is_migration(paths.get(facts.file));
    for text in facts.texts.iter().filter(|text| text.text.route != Route::Cache && !text.text.test) {
        if text.facts.inserts.is_empty() {
            continue;
        }
        let dialect = dialect(text);
        let hint = Hint { file: Some(facts.file), path: paths.get(facts.file), dialect: Some(dialect), test: false };
        let function = text.text.function.and_then(|index| facts.functions.get(index)).map(|f| f.name.clone());
        let migration = in_migrations || !text.facts.schema.is_empty();
        for insert in &text.facts.inserts {
            for inserted in &insert.columns {
                let Lookup::Found(column) = catalog.column(&insert.table, &inserted.name, &hint) else { continue };
                if !column.kind.is_json() || column.generated {
                    continue;
                }
                for value in &inserted.values {
                    let value = document(insert, column, value, text, dialect, catalog, &hint);
                    let column_of = of_column(column, dialect, &State::ALL);
                    let keys = survival::survival(&value, &column_of).new_keys.unwrap_or_default();
                    let site = Site { file: facts.file, span: inserted.span };
                    let (column, function) = (column_id(column), function.clone());
                    found.push(Created { column, value, keys, site, function, migration });
                }
            }
        }
    }
    found
}

/// What one cell stores.
fn document(
    insert: &SqlInsert,
    column: &Column,
    value: &Expr,
    text: &TextFacts,
    dialect: Dialect,
    catalog: &Catalog,
    hint: &Hint<'_>,
) -> Document {
    let types = |table: &TableName, name: &str| {
        if name.eq_ignore_ascii_case(&column.name) {
            return Some(sql_type(column.kind, &column.sql_type, dialect));
        }
        match catalog.column(table, name, hint) {
            Lookup::Found(found) => Some(sql_type(found.kind, &found.sql_type, dialect)),
            _ => None,
        }
    };
    let given = |value, _| value;
    let storage = column.storage(dialect);
    let answers = Answers { dialect, storage, binds: &text.text.binds, types: &types, given: &given };
    evaluate_inserted(insert, &column.name, value, &answers)
}
