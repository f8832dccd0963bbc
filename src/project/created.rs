//! Rows that are inserted: which documents a column begins with, which keys they have, and whose rows begin without one.
//!
//! Nothing is lost by an `INSERT`; what it stores is there to be lost by others.

use super::Paths;
use super::catalog::{Catalog, Column, Hint, Lookup};
use super::environment::Answers;
use super::kinds::sql_type;
use super::place::is_migration;
use super::profile::{ColumnId, column_id};
use super::writes::of_column;
use crate::document::survival::{self, NullWhen, State};
use crate::document::{Document, Nullability};
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

/// A statement after which rows hold SQL NULL in the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// The column.
    pub column: ColumnId,
    /// Where that shows.
    pub site: Site,
    /// What is done there.
    pub words: &'static str,
    /// The column is not among those that the statement gives a value.
    pub left_out: bool,
}

/// What the statements of a file create rows with, but those of tests.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The documents.
    pub created: Vec<Created>,
    /// The columns that are left NULL.
    pub unfilled: Vec<Unfilled>,
}

/// The rows that the statements of a file create, but those of tests.
pub(super) fn of_file(
    facts: &Facts,
    catalog: &Catalog,
    paths: Paths<'_>,
    dialect: impl Fn(&TextFacts) -> Dialect,
) -> Rows {
    let mut found = Rows::default();
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
            // A builder's text has the documents only.
            if !matches!(text.text.route, Route::Builder(_)) {
                found.unfilled.extend(left_out(insert, catalog, &hint));
            }
            for inserted in &insert.columns {
                let Lookup::Found(column) = catalog.column(&insert.table, &inserted.name, &hint) else { continue };
                if !column.kind.is_json() || column.generated {
                    continue;
                }
                for value in &inserted.values {
                    let value = document(insert, column, value, text, dialect, catalog, &hint);
                    let column_of = of_column(column, dialect, &State::ALL);
                    let survival = survival::survival(&value, &column_of);
                    let site = Site { file: facts.file, span: inserted.span };
                    if column.nullable != Some(false) && may_be_null(&value, &survival) {
                        let words = "rows are created here with a value that can be NULL";
                        found.unfilled.push(Unfilled { column: column_id(column), site, words, left_out: false });
                    }
                    let keys = survival.new_keys.unwrap_or_default();
                    let (column, function) = (column_id(column), function.clone());
                    found.created.push(Created { column, value, keys, site, function, migration });
                }
            }
        }
    }
    found
}

/// The columns that may be NULL and that an `INSERT` gives no value.
fn left_out<'a>(
    insert: &'a SqlInsert,
    catalog: &'a Catalog,
    hint: &Hint<'a>,
) -> impl Iterator<Item = Unfilled> + use<'a> {
    let columns = insert.given.as_ref().map_or_else(Vec::new, |_| catalog.table_columns(&insert.table, hint));
    let site = hint.file.map(|file| Site { file, span: insert.span });
    columns.into_iter().filter_map(move |column| {
        let given = insert.given.iter().flatten().any(|name| name.eq_ignore_ascii_case(&column.name));
        let left = !given && column.kind.is_json() && begins_null(column);
        left.then_some(())?;
        let words = "rows are created here without it";
        Some(Unfilled { column: column_id(column), site: site?, words, left_out: true })
    })
}

/// Whether a row that gives the column no value holds NULL there.
pub(crate) fn begins_null(column: &Column) -> bool {
    let default = column.default.as_deref().is_some_and(|default| !default.trim().eq_ignore_ascii_case("null"));
    column.nullable != Some(false) && !default && !column.generated
}

/// Whether a stored value is NULL, or of a type that says that it can be.
pub(crate) fn may_be_null(value: &Document, survival: &survival::Survival) -> bool {
    let shown = |when: &NullWhen| matches!(when, NullWhen::Always | NullWhen::Input { null: Nullability::Yes, .. });
    *value == Document::Null || survival.null_when.iter().any(shown)
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
