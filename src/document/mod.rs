//! What a write stores in a JSON column, as a value that can be run.
//!
//! A [`Document`] is a function of the old document and the inputs. Nothing about verdicts or hazards is stored in it:
//! they are read off by running it on witness states ([`survival`]). This module knows no SQL and no Rust.

pub mod run;
mod settle;
pub mod survival;

use crate::source::Site;
use serde_json::Value as Json;

/// What will be stored, as a function of the old document and the inputs. Values inside edits are documents too.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// This row's column, as the database holds it while it writes.
    ///
    /// In a [`run::Storage::Text`] column it is SQL text: functions of SQLite and MySQL read it as JSON, as a *value* of
    /// an edit it is a string, and PostgreSQL's functions reject it without a [`CastTo::Json`]. In every other column it
    /// is JSON. (That `jsonb_set` does not take a `json` column is for the one who builds the tree to know: [`Self::Fails`].)
    Old,
    /// This row's column, but read earlier (by the program, or by a same-table subselect on PostgreSQL).
    Read(ReadSite),
    /// Does not hold the old document: a bind, `EXCLUDED.c`, another column, a function parameter.
    Input(Input),
    /// A literal document, array, scalar or JSON null.
    Known(Json),
    /// A literal SQL text that nothing has read as JSON yet: a string as the value of an edit, parsed by `json()` and by
    /// the first argument of SQLite's and MySQL's functions, rejected by PostgreSQL's.
    Text(String),
    /// SQL NULL, or `DEFAULT` of a column without a default.
    Null,
    /// An object built from parts; an SQL NULL inside becomes JSON null.
    Object {
        /// Keys in order; a later equal key wins.
        entries: Vec<(Key, Document)>,
        /// Whether other keys may be there too.
        rest: Rest,
    },
    /// An array built from parts.
    Array(Vec<Document>),
    /// A value put at a path.
    Set {
        /// The document that is edited.
        of: Box<Document>,
        /// Where.
        path: Path,
        /// What is put there.
        value: Box<Document>,
        /// Whether a missing or present key is touched.
        mode: SetMode,
        /// What an SQL NULL value does.
        on_null: OnNull,
        /// Whose rules hold for missing parents, non-objects and arrays.
        family: Family,
    },
    /// Keys, an index or a path taken out.
    Remove {
        /// The document that is edited.
        of: Box<Document>,
        /// What goes.
        what: Removal,
        /// Whose rules hold.
        family: Family,
    },
    /// Two documents merged; the right one wins.
    Merge {
        /// The base.
        left: Box<Document>,
        /// What is merged into it.
        right: Box<Document>,
        /// By which rules.
        how: MergeHow,
    },
    /// A part of a document; everything outside is gone.
    Get {
        /// The document that is read.
        of: Box<Document>,
        /// Which part.
        path: Path,
        /// As JSON (`->`) or as text (`->>`).
        form: Form,
        /// Whose rules hold.
        family: Family,
    },
    /// The first that is not SQL NULL: `COALESCE`, `unwrap_or`.
    First(Vec<Document>),
    /// `CASE`, `IF`, `NULLIF`, `if`/`match`: the first branch whose condition is true.
    Choose {
        /// Branches in order.
        branches: Vec<(Cond, Document)>,
        /// When none holds.
        otherwise: Box<Document>,
    },
    /// `jsonb_strip_nulls`: null-valued keys go, at every depth.
    StripNulls(Box<Document>),
    /// Taken apart into entries and put together again (`jsonb_each` + `jsonb_object_agg`).
    Entries {
        /// The document taken apart.
        of: Box<Document>,
        /// Keys left out.
        drop: Vec<String>,
        /// Keys whose value is replaced when they are present.
        replace: Vec<(String, Document)>,
        /// Whether an empty result is SQL NULL (PostgreSQL) or `{}`.
        empty_is_null: bool,
    },
    /// Through a record or a Rust type: keys that it does not know go, missing ones become null or a default.
    Retype {
        /// The document that is decoded.
        of: Box<Document>,
        /// The keys the type knows; `None` when the type could not be read.
        fields: Option<Vec<String>>,
        /// Whether other keys are carried along (`#[serde(flatten)]` into a map).
        rest: Rest,
    },
    /// A change of SQL type.
    Cast {
        /// What is cast.
        of: Box<Document>,
        /// To what.
        to: CastTo,
    },
    /// Holds these somehow; which edits were made is not known (a helper call, `replace()`, a jsonpath).
    Through {
        /// What it holds.
        of: Vec<Document>,
        /// Why the edits are unknown.
        why: String,
    },
    /// A scalar computed from these (arithmetic, `lower()`, `now()`): it holds no document. A `strict` one is SQL NULL
    /// when an operand is.
    Computed {
        /// The operands.
        of: Vec<Document>,
        /// Whether an SQL NULL operand makes it SQL NULL.
        strict: bool,
        /// The expression in the words of the source; also the name under which a value is asked for.
        what: String,
    },
    /// The database rejects it wherever it is evaluated: a type mismatch, a target mistake, an invalid path.
    Fails(String),
    /// Not decided.
    Unknown(String),
}

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

impl Document {
    /// Whether the old document stands in the tree, as it is now or as it was read earlier.
    pub fn holds_old(&self) -> bool {
        let mut found = false;
        self.visit(&mut |d| found |= matches!(d, Self::Old | Self::Read(_)));
        found
    }

    /// Calls `f` on this document and on every document inside it, conditions not included.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Self)) {
        f(self);
        match self {
            Self::Old
            | Self::Read(_)
            | Self::Input(_)
            | Self::Known(_)
            | Self::Text(_)
            | Self::Null
            | Self::Fails(_)
            | Self::Unknown(_) => {}
            Self::Object { entries, .. } => {
                for (_, d) in entries {
                    d.visit(f);
                }
            }
            Self::Array(items)
            | Self::First(items)
            | Self::Through { of: items, .. }
            | Self::Computed { of: items, .. } => {
                for d in items {
                    d.visit(f);
                }
            }
            Self::Set { of, value, .. } => {
                of.visit(f);
                value.visit(f);
            }
            Self::Merge { left, right, .. } => {
                left.visit(f);
                right.visit(f);
            }
            Self::Remove { of, .. }
            | Self::Get { of, .. }
            | Self::Retype { of, .. }
            | Self::Cast { of, .. }
            | Self::StripNulls(of) => {
                of.visit(f);
            }
            Self::Entries { of, replace, .. } => {
                of.visit(f);
                for (_, d) in replace {
                    d.visit(f);
                }
            }
            Self::Choose { branches, otherwise } => {
                for (_, d) in branches {
                    d.visit(f);
                }
                otherwise.visit(f);
            }
        }
    }
}
