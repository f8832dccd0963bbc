//! What documents are made of besides documents: where a value comes from, paths, the rules of an edit, conditions.

use super::Document;
use crate::source::Site;

/// Where an earlier read of the column stands, in words for a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadSite {
    /// For example `a subselect on users` or `find_by_id at src/a.rs:12`.
    pub what: String,
    /// The column, field or key under which it was read, where the program names one.
    pub column: Option<String>,
    /// The statement that read it, or the parameter that handed it in.
    pub site: Option<Site>,
    /// It was handed in: which row it is, and what protects it, is for the caller to say.
    pub handed_in: bool,
}

/// A value that comes from outside and does not hold the old document.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name, equal for equal inputs: `$1`, `EXCLUDED.data`, `users.other`, `phone`.
    pub id: String,
    /// What is known of its form.
    pub shape: Shape,
    /// Whether it can be SQL NULL.
    pub null: Nullability,
}

/// What is known of an input's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Nothing.
    #[default]
    Any,
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A JSON string, number or boolean.
    Scalar,
    /// SQL text, not JSON.
    Text,
    /// An SQL number, boolean or other scalar, not JSON.
    SqlScalar,
}

/// Whether a value can be SQL NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nullability {
    /// Never: `Json<T>`, `serde_json::Value`, `&T`.
    Never,
    /// Not known.
    #[default]
    Maybe,
    /// It can: `Option<T>`.
    Yes,
}

/// A key of a built object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A key that is known.
    Name(String),
    /// A key that comes from outside, by the name of its input.
    Param(String),
}

/// Whether an object holds keys besides those listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rest {
    /// No others.
    #[default]
    Closed,
    /// Possibly others.
    Open,
}

/// A path into a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Path {
    /// Known steps; empty means the root.
    Steps(Vec<Step>),
    /// The path argument is SQL NULL.
    Null,
    /// Not known, by the name of its input.
    Dynamic(String),
    /// Malformed: the database rejects it.
    Invalid(String),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// PostgreSQL path text: a key, or an index when it meets an array.
    Name(String),
    /// A key.
    Key(String),
    /// An array index; negative counts from the end.
    Index(i64),
    /// One past the last element (`$[#]`).
    End,
    /// An SQL NULL inside a path array.
    Null,
    /// A step that comes from outside, by the name of its input.
    Param(String),
    /// A key that comes from outside, by the name of its input; never an index, whatever it looks like.
    KeyParam(String),
}

/// Whether `Set` touches missing and present keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetMode {
    /// Both.
    Set,
    /// Missing only; present is a no-op.
    Insert,
    /// Missing only; present is an error (`jsonb_insert`). On arrays it inserts before, or after when `true`.
    InsertOrFail {
        /// Insert after the element.
        after: bool,
    },
    /// Present only.
    Replace,
    /// Appends to the array at the path (`JSON_ARRAY_APPEND`).
    Append,
}

/// What an SQL NULL value does to the document that is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnNull {
    /// The whole result is SQL NULL.
    Wipe,
    /// JSON null is put.
    JsonNull,
    /// The key is removed.
    Remove,
    /// Nothing happens.
    Keep,
    /// The statement fails.
    Fail,
}

/// Whose rules hold for missing parents, non-objects and arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `jsonb_set` and relatives.
    PgFunction,
    /// `c['k'] = v`.
    PgSubscript,
    /// MySQL functions.
    MySql,
    /// MariaDB functions.
    MariaDb,
    /// SQLite functions.
    Sqlite,
    /// `serde_json`'s `d["k"] = v`.
    SerdeIndex,
    /// `Map::insert`.
    SerdeInsert,
}

impl Family {
    /// Whether the program edits, and not the database.
    pub fn is_rust(self) -> bool {
        matches!(self, Self::SerdeIndex | Self::SerdeInsert)
    }
}

/// What a `Remove` takes out.
#[derive(Debug, Clone, PartialEq)]
pub enum Removal {
    /// Top-level keys (or equal string elements of an array).
    Keys(Vec<String>),
    /// An array index.
    Index(i64),
    /// A path.
    Path(Path),
    /// Not known, by the name of the input; it may be SQL NULL.
    Dynamic(Input),
    /// SQL NULL: the result is SQL NULL.
    Null,
}

/// By which rules documents are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeHow {
    /// PostgreSQL `||`: shallow; non-objects make arrays.
    Concat,
    /// RFC 7396.
    Patch(Family),
    /// `JSON_MERGE_PRESERVE`.
    Preserve,
    /// Text concatenation (`||` on SQLite and on text columns).
    Text,
}

/// As what a part is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `->`, `#>`, `JSON_EXTRACT`.
    Json,
    /// `->>`, `#>>`, `JSON_UNQUOTE`: SQL text; JSON null is SQL NULL (not on MySQL: the text `null`).
    Text,
    /// `JSON_VALUE`: a scalar as SQL text; objects, arrays and JSON null are SQL NULL.
    ScalarText,
    /// SQLite's `json_extract`: objects and arrays stay JSON, scalars become SQL values, JSON null becomes SQL NULL.
    Unwrapped,
}

/// The target of a cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastTo {
    /// Text is parsed as JSON (`::jsonb`, `json()`); JSON stays.
    Json,
    /// JSON is rendered as text (`::text`, `serde_json::to_string`).
    Text,
    /// A text or scalar becomes a JSON string or scalar (`to_jsonb`).
    JsonScalar,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Cond {
    /// The document is SQL NULL.
    IsNull(Box<Document>),
    /// Its JSON type is one of these, as `jsonb_typeof` spells them; `integer` and `real` are the two sorts of numbers.
    TypeIs(Box<Document>, Vec<String>),
    /// A key or path is present.
    HasKey(Box<Document>, Path),
    /// Both are equal and not NULL.
    Equal(Box<Document>, Box<Document>),
    /// Not so. (Three-valued: unknown stays unknown.)
    Not(Box<Cond>),
    /// All hold.
    And(Vec<Cond>),
    /// One holds.
    Or(Vec<Cond>),
    /// Not decided, in the words of the source; both outcomes are possible.
    Unknown(String),
}
