//! What is read off an SQL text: writes, schema changes, uses of columns, and what could not be analysed.

use crate::frontend::facts::Problem;
use crate::source::{Span, SpanMap};
use sqlparser::ast::Expr;

/// The database's language.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// SQLite.
    Sqlite,
}

/// A table's name as it is spelled, quotes taken off, case kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// Schema or database, where it is named.
    pub schema: Option<String>,
    /// The name. A hole's token where it is not known.
    pub name: String,
}

/// A name or text with `{..}` for the identifiers that stand for unknown parts of an SQL text.
pub fn without_holes(name: &str) -> String {
    let mut parts = name.split("noclobber_hole_");
    let mut shown = parts.next().unwrap_or("").to_owned();
    for part in parts {
        shown.push_str("{..}");
        shown.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    shown
}

/// What was read in one SQL text.
#[derive(Debug, Clone)]
pub struct SqlFacts {
    /// The dialect it was read in.
    pub dialect: Dialect,
    /// How many statements it holds.
    pub statements: usize,
    /// One entry per statement and column that is written over an existing row.
    pub writes: Vec<SqlWrite>,
    /// Rows that are created, as far as a cell may hold a document.
    pub inserts: Vec<SqlInsert>,
    /// Changes to the schema, in order.
    pub schema: Vec<SchemaChange>,
    /// Columns used as JSON.
    pub uses: Vec<ColumnUse>,
    /// Columns that take a bare placeholder, in `SET` and in the column list of an `INSERT`.
    pub placeholders: Vec<PlaceholderColumn>,
    /// What could not be analysed, with its reason.
    pub unanalysed: Vec<Problem>,
}

/// A column that takes a bare placeholder: `c = $1`, `INSERT INTO t (c) VALUES ($1)`, `c = COALESCE($1, c)`. A cast to
/// JSON around it does not count as an expression: `$1::jsonb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceholderColumn {
    /// The table.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// Which bind: 1 is `$1`, or the first `?` of the text. Of a `:name` it is the order of first use.
    pub index: usize,
    /// The place of the column's name.
    pub span: Span,
}

/// Which statement writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// `UPDATE`.
    Update,
    /// `ON CONFLICT .. DO UPDATE`, `ON DUPLICATE KEY UPDATE`.
    Upsert,
    /// `MERGE .. WHEN MATCHED THEN UPDATE`.
    Merge,
    /// `REPLACE INTO`, `INSERT OR REPLACE`: the old row is deleted.
    Replace,
}

/// One column written by one statement.
#[derive(Debug, Clone)]
pub struct SqlWrite {
    /// The statement kind.
    pub verb: Verb,
    /// The table that is written.
    pub table: TableName,
    /// Where the table is named, in the file.
    pub table_span: Span,
    /// The alias of the target, where it has one.
    pub alias: Option<String>,
    /// Parts of the assignment's target as spelled, quotes taken off: `["data"]`, `["t", "data"]`, `["data", "phone"]`.
    pub target: Vec<Ident>,
    /// Bytes of the whole assignment, `col = value`, in the file; of the column's name in a `REPLACE`.
    pub assignment: Span,
    /// Bytes of the target in the file.
    pub target_span: Span,
    /// Bytes of the value in the file.
    pub value_span: Span,
    /// Bytes of the statement in the file.
    pub statement: Span,
    /// The statement's text.
    pub statement_sql: String,
    /// The assignment's range in `statement_sql`.
    pub assignment_in_statement: std::ops::Range<usize>,
    /// From bytes of `statement_sql` to bytes of the file.
    pub map: SpanMap,
    /// What is assigned.
    pub value: Assigned,
    /// The columns assigned before this one in the same `SET`, in order.
    pub earlier: Vec<String>,
    /// All columns that the same statement assigns.
    pub together: Vec<String>,
    /// Which rows.
    pub scope: RowScope,
    /// The `WHERE` (or `DO UPDATE .. WHERE`, `WHEN MATCHED AND ..`).
    pub predicate: Option<Box<Expr>>,
    /// For upserts: the inserted columns, each with its value in every row of `VALUES`; the values are empty for
    /// `INSERT .. SELECT` whose item could not be matched.
    /// Without a column list the names are empty and the values stand by position. Very many rows have no values.
    pub inserted: Vec<(String, Vec<Expr>)>,
    /// The other relations in scope, by alias or name: `FROM`, `USING`, joins. Subqueries have no table.
    pub sources: Vec<(String, Option<TableName>)>,
    /// Stands inside a function body or `DO` block.
    pub in_routine: bool,
}

/// Rows that an `INSERT` creates.
#[derive(Debug, Clone)]
pub struct SqlInsert {
    /// The table.
    pub table: TableName,
    /// Bytes of the table's name in the file.
    pub span: Span,
    /// The columns that may be given a document.
    pub columns: Vec<InsertedColumn>,
    /// The columns that every row gives a value, which is neither `NULL` nor `DEFAULT`; `None` where the statement does
    /// not list them, or not all of them show.
    pub given: Option<Vec<String>>,
}

/// A column that an `INSERT` gives values that may be documents.
#[derive(Debug, Clone)]
pub struct InsertedColumn {
    /// Its name.
    pub name: String,
    /// Its values in the first rows.
    pub values: Vec<Expr>,
    /// Bytes of the first of them in the file.
    pub span: Span,
}

/// An identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The text, quotes taken off.
    pub text: String,
    /// It was quoted.
    pub quoted: bool,
}

/// What is assigned to a column.
#[derive(Debug, Clone)]
pub enum Assigned {
    /// `col = expr`.
    Value(Expr),
    /// `col['a']['b'] = expr`.
    Subscript(Vec<Expr>, Expr),
    /// Item `index` of a subquery or row that is not spelled out: `(a, b) = (SELECT ..)`.
    RowItem(Expr, usize),
    /// The same column several times, in order.
    Several(Vec<Assigned>),
    /// `REPLACE`: the value of the inserted row stands in [`SqlWrite::inserted`].
    /// With an empty `target`: there is no column list, and every column is given a value.
    Inserted,
    /// `REPLACE` that leaves the column out: it becomes its default. (One such write per statement, with an empty
    /// `target`; which columns are meant is decided from the schema.)
    Omitted,
    /// `DEFAULT`.
    Default,
    /// The database rejects the target: `data->'k' = ..`.
    Rejected(String),
    /// The value could not be parsed.
    Unparsed(String),
}

/// Which rows a write touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowScope {
    /// A predicate that compares a column with a value.
    Predicate,
    /// The row in conflict.
    Conflict,
    /// No predicate: every row.
    All,
    /// No predicate so far, in a text that may go on elsewhere.
    Open,
}

/// A change to the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaChange {
    /// `CREATE TABLE`.
    CreateTable {
        /// Its name.
        table: TableName,
        /// Its columns.
        columns: Vec<ColumnDef>,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// Tables whose columns it takes over: `LIKE`, `INHERITS`, `PARTITION OF`.
        like: Vec<TableName>,
        /// The columns of its primary key, then those of each unique constraint, as far as they stand in the statement.
        keys: Vec<Vec<String>>,
        /// The place of the name.
        span: Span,
    },
    /// `ADD COLUMN`.
    AddColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: ColumnDef,
    },
    /// `ALTER COLUMN .. TYPE`, `MODIFY`, `CHANGE`.
    AlterType {
        /// The table.
        table: TableName,
        /// The column as it is after the change; `nullable` and `default` only where they are said.
        column: ColumnDef,
    },
    /// `SET NOT NULL`, `DROP NOT NULL`.
    SetNullable {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// Whether NULL is allowed afterwards.
        nullable: bool,
    },
    /// `RENAME TO`.
    RenameTable {
        /// The old name.
        from: TableName,
        /// The new name.
        to: TableName,
    },
    /// `RENAME COLUMN`, `CHANGE a b`.
    RenameColumn {
        /// The table.
        table: TableName,
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// `DROP TABLE`.
    DropTable {
        /// Its name.
        table: TableName,
    },
    /// `DROP COLUMN`.
    DropColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
    /// `CREATE DOMAIN`.
    CreateDomain {
        /// Its name.
        name: TableName,
        /// The type it stands for.
        sql_type: String,
        /// `NOT NULL`.
        not_null: bool,
    },
    /// A check that the column holds JSON: `CHECK (json_valid(c))`.
    JsonCheck {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// The place of the check.
        span: Span,
    },
}

/// A column as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDef {
    /// Its name.
    pub name: String,
    /// Its type as spelled, lower case, white space folded: `jsonb`, `varchar(20)`, `jsonb[]`. Empty when none is given.
    pub sql_type: String,
    /// Whether NULL is allowed, where it is said (`NOT NULL`, `NULL`, `PRIMARY KEY`).
    pub nullable: Option<bool>,
    /// The default's text.
    pub default: Option<String>,
    /// A check says that it holds JSON.
    pub json_check: bool,
    /// `GENERATED ALWAYS AS (..)`: cannot be written.
    pub generated: bool,
    /// The place of its name and type.
    pub span: Span,
}

/// A column used as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnUse {
    /// The table, where it is certain which.
    pub table: Option<TableName>,
    /// The column.
    pub column: String,
    /// How it is used.
    pub how: UseKind,
    /// The place.
    pub span: Span,
}

/// How a column is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseKind {
    /// `c::jsonb`, `CAST(c AS JSON)`: text that holds JSON, or JSON.
    JsonCast,
    /// A bound or written value is cast: `c = $1::jsonb`, or `to_jsonb(..)` is assigned.
    JsonValue,
    /// An argument of this JSON function, which takes JSON: `jsonb_set`, `json_extract`.
    JsonFunction(String),
    /// A key is read: `c->>'k'`, `c->'a'->'b'`, `c @> '{"k":..}'`, `JSON_EXTRACT(c, '$.k')`.
    KeyRead(Vec<String>),
}
