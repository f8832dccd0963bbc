//! SQL texts as a file spells them, in one piece or in several, with what is bound to them.

use super::{EntityUse, PendingCall, PendingType, Sign};
use crate::document::Document;
use crate::frontend::sql::{Dialect, SqlFacts};
use crate::source::{FileId, Span, SpanMap};

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
    /// The function it stands in: index into [`Facts::functions`](super::Facts::functions).
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
    /// Calls of a query builder: the text is what they would send. With the entity that it writes, where that is known.
    Builder(Option<Box<EntityUse>>),
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
    /// Types in the value that other files may declare; until they are known, it says so.
    pub types: Vec<PendingType>,
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
    /// The function it stands in: index into [`Facts::functions`](super::Facts::functions).
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

/// The number of the first placeholder that stands for one whose number is put together: higher than any that programs
/// write.
pub(in crate::frontend) const FIRST_HOLE_PLACEHOLDER: usize = 9001;

/// Whether the number of a placeholder is put together by the program: which value is bound to it may not show.
pub fn is_numbered_by_program(placeholder: &str) -> bool {
    let number = placeholder.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
    number.is_some_and(|number| number >= FIRST_HOLE_PLACEHOLDER)
}
