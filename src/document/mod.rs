//! What a write stores in a JSON column, as a value that can be run.
//!
//! A [`Document`] is a function of the old document and the inputs. Nothing about verdicts or hazards is stored in it:
//! they are read off by running it on witness states ([`survival`]). This module knows no SQL and no Rust.

mod parts;
pub mod run;
mod settle;
pub mod survival;

pub use parts::{
    CastTo, Cond, Family, Form, Input, Key, MergeHow, Nullability, OnNull, Path, ReadSite, Removal, Rest, SetMode,
    Shape, Step,
};

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
        /// The type as it is spelled, where it is a Rust type.
        ty: Option<String>,
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

impl Document {
    /// Whether the old document stands in the tree, as it is now or as it was read earlier.
    pub fn holds_old(&self) -> bool {
        let mut found = false;
        self.visit(&mut |d| found |= matches!(d, Self::Old | Self::Read(_)));
        found
    }

    /// The document without the casts around it.
    pub fn without_casts(&self) -> &Self {
        let mut document = self;
        while let Self::Cast { of, .. } = document {
            document = of;
        }
        document
    }

    /// `CASE WHEN .. THEN NULL ELSE data END`: the document stays as it is, or goes by a NULL that stands there.
    pub fn is_emptied_by_hand(&self) -> bool {
        let Self::Choose { branches, otherwise } = self else { return false };
        let mut parts = branches.iter().map(|(_, part)| part).chain([&**otherwise]);
        parts.clone().any(|part| *part == Self::Null)
            && parts.all(|part| matches!(part, Self::Null | Self::Old) || part.is_emptied_by_hand())
    }

    /// The value from outside that an object lists field by field: `settings` of `{theme: settings.theme}`.
    pub fn fields_of(&self) -> Option<&str> {
        let Self::Object { entries, .. } = self else { return None };
        let mut roots = entries.iter().map(|(_, value)| {
            let id = if let Self::Input(input) = value { input.id.as_str() } else { value.fields_of()? };
            Some(id.rsplit_once('.')?.0)
        });
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
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
