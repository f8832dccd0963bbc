//! What is read off one file: plain owned data, so that it can leave the thread that parsed the file.

use crate::document::Document;
use crate::frontend::comments::Comment;
use crate::frontend::sql::{Dialect, SchemaChange, SqlFacts, TableName};
use crate::source::{FileId, Site, Span, SpanMap};

/// Everything read off one file.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The file.
    pub file: FileId,
    /// Every text that is, or may be, SQL, with what was read in it.
    pub texts: Vec<TextFacts>,
    /// SQL texts with parts spelled by constants of other files; resolved when all files are read.
    pub deferred: Vec<DeferredText>,
    /// Values bound to statements that a constant of another file spells as a whole.
    pub constant_queries: Vec<ConstantQuery>,
    /// Uses of `.sql` files by path: `query_file!`, `include_str!`.
    pub file_queries: Vec<FileQuery>,
    /// String constants of this file, for the deferred texts of others.
    pub constants: Vec<Constant>,
    /// Places where a column that was read as text is decoded as JSON (`serde_json::from_str(&row.data)`).
    pub decodes: Vec<JsonDecode>,
    /// Fields of structs that stand between a column and the JSON in it.
    pub fields: FieldFacts,
    /// Columns whose type is said outside SQL: sqlx's offline cache, an entity, a `table!` macro.
    pub columns: Vec<DeclaredColumn>,
    /// Changes to the schema that are spelled in Rust: sea-query, SeaORM's and loco's migration helpers.
    pub schema: Vec<SchemaFact>,
    /// SeaORM entities.
    pub entities: Vec<Entity>,
    /// What the file says of Rust types that are kept as JSON.
    pub json_types: JsonTypes,
    /// Writes that are built in Rust; they become SQL texts when all entities are known.
    pub built: Vec<BuiltWrite>,
    /// Names under which the file passes on entities and models of others: `pub use super::users::Entity as Users`.
    pub reexports: Vec<(String, Vec<String>)>,
    /// What the file says of models that are made or changed in other files.
    pub models: ModelFacts,
    /// Functions that hold SQL, by index.
    pub functions: Vec<Function>,
    /// Functions that make documents of documents, for the calls of other files.
    pub summaries: Vec<Summary>,
    /// Functions that are registered for PATCH requests, by the path that names them, each with its place.
    pub patch_handlers: Vec<(String, Span)>,
    /// Comments that speak to noclobber, by place.
    pub comments: Vec<Comment>,
    /// What went wrong with the file as a whole (read at token level, not UTF-8, ..), with the place if known.
    pub problems: Vec<Problem>,
}

impl Facts {
    /// No facts yet.
    pub fn new(file: FileId) -> Self {
        Self {
            file,
            texts: vec![],
            deferred: vec![],
            constant_queries: vec![],
            file_queries: vec![],
            constants: vec![],
            decodes: vec![],
            fields: FieldFacts::default(),
            columns: vec![],
            schema: vec![],
            entities: vec![],
            json_types: JsonTypes::default(),
            built: vec![],
            reexports: vec![],
            models: ModelFacts::default(),
            functions: vec![],
            summaries: vec![],
            patch_handlers: vec![],
            comments: vec![],
            problems: vec![],
        }
    }
}

/// An SQL text and what was read in it.
#[derive(Debug, Clone)]
pub struct TextFacts {
    /// The text.
    pub text: SqlText,
    /// What it holds.
    pub facts: SqlFacts,
}

/// A text that is, or may be, SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlText {
    /// The text as the database gets it; holes are replaced by identifiers ([`Hole::token`]).
    pub sql: String,
    /// From bytes of `sql` to bytes of the file.
    pub map: SpanMap,
    /// The whole literal (or the calls that build the text) in the file.
    pub span: Span,
    /// How the text reaches the database, as far as it shows.
    pub route: Route,
    /// The dialect, where the call says it (`Statement::from_string(DbBackend::MySql, ..)`, `QueryBuilder<Sqlite>`).
    pub dialect: Option<Dialect>,
    /// Parts that are not known, in order.
    pub holes: Vec<Hole>,
    /// Values bound to placeholders.
    pub binds: Vec<Bind>,
    /// The function it stands in: index into [`Facts::functions`].
    pub function: Option<usize>,
    /// Stands in test code: `#[cfg(test)]`, `#[test]`, or a file under `tests/`, `benches/`, `examples/`.
    pub test: bool,
}

/// How an SQL text reaches the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// An argument that is SQL for certain, with the name of the function or macro: `query!`, `execute`.
    Call(String),
    /// A string literal that is handed to nothing we know.
    Literal,
    /// An `.sql` file.
    SqlFile,
    /// An entry of sqlx's offline cache.
    Cache,
    /// Calls of a query builder: the text is what they would send.
    Builder,
}

/// A part of an SQL text that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The identifier that stands for it in the text: `noclobber_hole_0`. Unique in the text.
    pub token: String,
    /// The source of the expression: `table`, `self.schema`, `jobs`.
    pub source: String,
    /// Its place in the file.
    pub span: Span,
}

/// A value bound to a placeholder.
#[derive(Debug, Clone, PartialEq)]
pub struct Bind {
    /// Which: 1 is `$1` or the first `?`.
    pub index: usize,
    /// The name, for `:name` placeholders.
    pub name: Option<String>,
    /// The bound expression in the file.
    pub span: Span,
    /// The file, where it is another one than the text's (`query_file!`).
    pub file: Option<FileId>,
    /// Its source text, white space folded.
    pub source: String,
    /// Its value, as far as the function shows it. `serde_json::to_string(&v)` is `Cast { to: Text }`.
    pub value: Document,
    /// The Rust type, where it shows: `Json<Settings>`, `Option<String>`, `serde_json::Value`.
    pub rust_type: Option<String>,
    /// The value is bound as JSON for certain: `Json(..)`, `json!(..)`, a `serde_json::Value`.
    pub is_json: bool,
    /// What the Rust around says of how the value is meant.
    pub signs: Vec<Sign>,
    /// Calls in the value of functions that stand in other files; until they are followed, the value says so.
    pub calls: Vec<PendingCall>,
}

/// A call of a function that stands in another file, as it stands in a value.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingCall {
    /// What stands for it in the value: the name of an input, or the reason of a [`Document::Through`].
    pub tag: String,
    /// The called function's path as it is spelled: `metadata::merge`, `Self::merge`; the bare name of a method.
    pub path: String,
    /// What is handed to it, in order, the receiver left out.
    pub arguments: Vec<Document>,
    /// The argument that is lent and looked at afterwards; else what it returns is.
    pub lent: Option<usize>,
}

/// What a function that knows no database makes of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// The type whose method it is.
    pub self_type: Option<String>,
    /// Modules around it inside the file.
    pub module: Vec<String>,
    /// How many parameters it has, `self` left out.
    pub parameters: usize,
    /// What it returns; the parameters stand in it as inputs with the names of [`Summary::parameter`].
    pub returned: Option<Document>,
    /// What parameters that it is lent hold afterwards, by their number.
    pub lent: Vec<(usize, Document)>,
    /// Calls of functions in other files.
    pub calls: Vec<PendingCall>,
    /// Defaults that stand in for a value.
    pub signs: Vec<Sign>,
}

impl Summary {
    /// The name of the input that stands for a parameter, counted from 0.
    pub fn parameter(index: usize) -> String {
        format!("<{index}>")
    }

    /// Whether an input stands for a parameter of a summary.
    pub fn is_parameter(id: &str) -> bool {
        id.starts_with('<') && id.ends_with('>')
    }
}

/// A sign of how a value or a write is meant, which only the Rust around it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sign {
    /// What it shows.
    pub kind: SignKind,
    /// Its place.
    pub site: Site,
    /// A phrase for a label, without a full stop: ``"`unwrap_or_default` stands in for a missing value"``.
    pub words: String,
}

/// What a [`Sign`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignKind {
    /// The function is called `patch_..`, `partial_..`, `merge_..`, or has such a word in its name.
    PartialName,
    /// The function's documentation speaks of a patch, a merge or a partial update.
    PartialDoc,
    /// The function's documentation says that what is there is replaced or overwritten.
    ReplacesDoc,
    /// The function answers PATCH requests: a route attribute, or its registration with a router.
    PatchRoute,
    /// The write stands under `if let Some(v) = request.field` and stores that value.
    IfGiven,
    /// The value is an `Option` field of a struct: a request that may leave it out.
    OptionField,
    /// Another column of the same `SET` is protected by `COALESCE($n, column)`.
    SiblingProtected,
    /// A default stands in for a value that is missing: `unwrap_or_default()`, `unwrap_or(json!({}))`.
    DefaultForMissing,
    /// A default stands in for a document that could not be decoded: `from_value(x).unwrap_or_default()`. What could
    /// not be decoded is wiped.
    DefaultForUndecoded,
    /// A default stands in for a value that could not be encoded: `to_value(x).unwrap_or_default()`.
    DefaultForUnencoded,
    /// `..Default::default()` fills the fields that are not given.
    DefaultFields,
    /// An arm that looks like a merge never runs: it matches `Set` on a model that was made from a row, each of whose
    /// fields is `Unchanged`.
    DeadMerge,
}

/// An SQL text whose parts are not all in this file.
#[derive(Debug, Clone, PartialEq)]
pub struct DeferredText {
    /// The text, with a [`Hole`] for each constant.
    pub text: SqlText,
    /// For each such hole, by its token, the path of the constant: `queries::INSERT_HEAD`.
    pub constants: Vec<(String, String)>,
}

/// A statement that a constant of another file spells as a whole: it is read there, the binds stand here.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstantQuery {
    /// The path of the constant as it is spelled: `queries::SAVE`.
    pub constant: String,
    /// Values bound to placeholders.
    pub binds: Vec<Bind>,
}

/// SQL that stands in a file of its own and is handed over by its path. The file itself is read as an `.sql` file;
/// the binds stand here.
#[derive(Debug, Clone, PartialEq)]
pub struct FileQuery {
    /// The path as it is spelled.
    pub path: String,
    /// The path is relative to the file that names it (`include_str!`), not to the crate's root (`query_file!`).
    pub beside_file: bool,
    /// The name of the function or macro that takes it: `query_file_as`, `query`, `execute`.
    pub call: String,
    /// The literal that spells the path.
    pub span: Span,
    /// Values bound to placeholders.
    pub binds: Vec<Bind>,
    /// The function it stands in: index into [`Facts::functions`].
    pub function: Option<usize>,
    /// Stands in test code.
    pub test: bool,
}

/// A string constant: `const INSERT: &str = "..";`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// Its name, without the module path.
    pub name: String,
    /// Module path inside the file, for `mod a { const X }`.
    pub module: Vec<String>,
    /// The value.
    pub value: String,
    /// The place of the literal.
    pub span: Span,
}

/// A column that was read as text is decoded as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonDecode {
    /// The name of the field or column that is decoded.
    pub column: String,
    /// The tables that SQL texts of the same function name.
    pub tables: Vec<TableName>,
    /// The place.
    pub span: Span,
}

/// A field of a struct, as a place names it: `trigger.data`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldRef {
    /// The struct, by the last segment of its path, where the function shows it.
    pub owner: Option<String>,
    /// The variable or field that it is a field of: `trigger`; empty for a field of a literal.
    pub variable: String,
    /// The field, without `r#`.
    pub field: String,
}

/// A field that holds JSON as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonField {
    /// The field.
    pub field: FieldRef,
    /// It is read as JSON here; else JSON is put into it.
    pub decoded: bool,
    /// The place.
    pub span: Span,
}

/// What a file says of fields that stand between a column and the JSON in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldFacts {
    /// Structs outside of tests that have text fields, with these.
    pub structs: Vec<(String, Vec<String>)>,
    /// Fields that hold JSON as text.
    pub json: Vec<JsonField>,
    /// Fields that are bound to a placeholder, by the span of the [`Bind`].
    pub bound: Vec<(Span, FieldRef)>,
    /// Structs that rows are read into, with the tables that the SQL texts of the same function name.
    pub rows: Vec<(String, Vec<TableName>)>,
}

/// What says a column's type outside SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeclaredBy {
    /// sqlx's offline cache: what the database itself said of a statement.
    Cache,
    /// A SeaORM entity.
    Entity,
    /// diesel's `table!`.
    TableMacro,
    /// The user, in the configuration.
    Config,
}

/// A column whose type is said outside SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// The table; in the offline cache as the statement or the server spells it.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// The type as DDL would spell it, in lower case: `jsonb`, `json`, `text`, `int8`.
    pub sql_type: String,
    /// Whether NULL is allowed, where it is said.
    pub nullable: Option<bool>,
    /// The dialect, where it is said.
    pub dialect: Option<Dialect>,
    /// Who says so.
    pub by: DeclaredBy,
    /// The place.
    pub span: Span,
}

/// A change to the schema that is spelled in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFact {
    /// The change.
    pub change: SchemaChange,
    /// The place of the call, for the order among the SQL texts of the file.
    pub span: Span,
    /// Stands in test code.
    pub test: bool,
}

/// A SeaORM entity: a table and the struct that stands for its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Modules around it inside the file.
    pub module: Vec<String>,
    /// The table.
    pub table: TableName,
    /// Its columns, in order.
    pub columns: Vec<EntityColumn>,
    /// The place of the model, or of what names the table.
    pub span: Span,
    /// Stands in test code.
    pub test: bool,
}

/// A column as an entity declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityColumn {
    /// The field of the model, without `r#`; empty when only the column is declared.
    pub field: String,
    /// The variant of `Column`.
    pub variant: String,
    /// The column's name in the database.
    pub column: String,
    /// The type as DDL would spell it, as far as the attribute or the Rust type says it; else empty.
    pub sql_type: String,
    /// The Rust type without `Option`, by the last segment of its path: `Settings`.
    pub rust_type: String,
    /// Whether NULL is allowed, where it is said.
    pub nullable: Option<bool>,
    /// Part of the primary key.
    pub primary_key: bool,
    /// The place of the field.
    pub span: Span,
}

/// How an entity is named at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntityPath {
    /// The path with imports followed, down to `Entity`, `ActiveModel`, `Model` or `Column`, or to another name for one.
    pub path: Vec<String>,
    /// Modules of which everything is imported, where the path is a bare name.
    pub globs: Vec<Vec<String>>,
    /// Modules around the place inside its file.
    pub module: Vec<String>,
}

/// A statement that is built in Rust.
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltWrite {
    /// The entity that is written, where it is named.
    pub entity: Option<EntityPath>,
    /// The table, where that is named instead.
    pub table: Option<TableName>,
    /// Which statement.
    pub kind: BuiltKind,
    /// What another place must say for the statement to be sent; `None` when it is sent for all that shows.
    pub given: Option<Given>,
    /// What is assigned, in order.
    pub set: Vec<BuiltItem>,
    /// What is inserted, for upserts.
    pub inserted: Vec<BuiltItem>,
    /// The condition; empty when there is none.
    pub filter: Vec<SqlPiece>,
    /// Bytes of the whole.
    pub span: Span,
    /// The dialect of the crate.
    pub dialect: Option<Dialect>,
    /// The function it stands in: index into [`Facts::functions`].
    pub function: Option<usize>,
    /// Stands in test code.
    pub test: bool,
}

/// Which statement is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltKind {
    /// `UPDATE`.
    Update,
    /// `UPDATE` when the primary key is given, else `INSERT`.
    Save,
    /// `INSERT .. ON CONFLICT DO UPDATE`.
    Upsert,
    /// `REPLACE INTO`.
    Replace,
}

/// A column and what it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltItem {
    /// The column.
    pub column: BuiltColumn,
    /// Where it is named.
    pub name_span: Span,
    /// The value.
    pub value: Vec<SqlPiece>,
    /// Where that stands.
    pub value_span: Span,
}

/// How a builder names a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuiltColumn {
    /// By the field of a model.
    Field(String),
    /// By the variant of `Column`.
    Variant(String),
    /// As the database does.
    Name(String),
    /// Not one by one: every column that the statement does not name, or of those the fields of a struct.
    Rest(Option<String>),
}

/// What another place must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// The model is made by a function, and somebody who calls it updates the row.
    Made(Maker),
    /// A macro of the project sets a field of a model: the numbers of its arguments.
    Macro {
        /// The macro.
        name: String,
        /// The argument that is the model.
        model: usize,
        /// The argument that names the field.
        field: usize,
    },
}

/// A function that makes active models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// Its name; `from` for conversions.
    pub name: String,
    /// The type that it converts, where it is a conversion and the type shows.
    pub from: Option<String>,
}

/// What a file says of models that are made or changed in other files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// Rows that are updated with what a function made.
    pub ends: Vec<MadeEnd>,
    /// Macros that set a field of a model.
    pub setters: Vec<SetterMacro>,
    /// Structs that become active models, by name, with their fields.
    pub parts: Vec<(String, Vec<String>)>,
}

/// A row is updated with what a function made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeEnd {
    /// The function.
    pub maker: Maker,
    /// The entity, where it shows.
    pub entity: Option<EntityPath>,
}

/// A macro that sets a field of a model, one for each arm that does: `$model.$field = Set(..)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetterMacro {
    /// The macro.
    pub name: String,
    /// The number of the argument that is the model.
    pub model: usize,
    /// The number of the argument that names the field.
    pub field: usize,
}

/// A piece of SQL that is built.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlPiece {
    /// SQL as it is sent.
    Text(String),
    /// A column of the table.
    Column(BuiltColumn),
    /// The column of the row that was to be inserted.
    Excluded(BuiltColumn),
    /// The condition that picks the row by its primary key.
    Key,
    /// A bound value.
    Bind(Bind),
}

/// What a file says of Rust types that SeaORM keeps as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonTypes {
    /// Types that derive or implement it.
    pub types: Vec<String>,
    /// Macros of the project that implement it for the type they are given.
    pub macros: Vec<String>,
    /// Calls of macros at the level of items, each with the type it is given.
    pub calls: Vec<(String, String)>,
    /// Names for other types: `type Settings = Json`, `struct Settings(Json)`.
    pub aliases: Vec<(String, String)>,
}

/// A function that holds SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// The type whose method it is.
    pub self_type: Option<String>,
    /// Modules around it inside the file.
    pub module: Vec<String>,
    /// The names of its parameters in order, `self` left out; empty where a pattern stands.
    pub parameters: Vec<String>,
    /// What its name, its documentation and its attributes say of how its writes are meant.
    pub signs: Vec<Sign>,
}

/// Something that went wrong with a file, or a text that could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, if known.
    pub span: Option<Span>,
    /// One sentence.
    pub message: String,
}
