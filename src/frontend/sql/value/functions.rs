//! Functions that all databases have, and what the JSON functions of MySQL and SQLite have in common.

use super::super::Dialect;
use super::typed::{Ty, Typed, as_json, as_part, carries_document, is_malformed};
use super::{Evaluator, path};
use crate::document::{Cond, Document, Family, Key, OnNull, Path, Removal, Rest, SetMode, Shape};
use serde_json::Value as Json;
use sqlparser::ast::Expr;

/// Whose rules the functions of a dialect follow. MySQL is treated as MariaDB, which was measured and is stricter.
pub(super) fn family(dialect: Dialect) -> Family {
    match dialect {
        Dialect::Postgres => Family::PgFunction,
        Dialect::Mysql => Family::MariaDb,
        Dialect::Sqlite => Family::Sqlite,
    }
}

/// Functions that give a scalar, SQL NULL only when an argument is; without arguments never.
const SCALARS: &[&str] = &[
    "abs",
    "age",
    "array_length",
    "ascii",
    "bit_length",
    "cardinality",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "clock_timestamp",
    "count",
    "curdate",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "curtime",
    "date",
    "date_part",
    "date_trunc",
    "datetime",
    "exp",
    "extract",
    "floor",
    "from_unixtime",
    "gen_random_uuid",
    "gen_random_uuid_v7",
    "hex",
    "json_array_length",
    "json_depth",
    "json_length",
    "json_typeof",
    "json_valid",
    "jsonb_array_length",
    "jsonb_typeof",
    "julianday",
    "last_insert_rowid",
    "length",
    "ln",
    "localtime",
    "localtimestamp",
    "log",
    "md5",
    "mod",
    "now",
    "octet_length",
    "pg_typeof",
    "pi",
    "position",
    "power",
    "random",
    "round",
    "sha256",
    "sign",
    "sqrt",
    "statement_timestamp",
    "strftime",
    "strpos",
    "sysdate",
    "time",
    "to_timestamp",
    "transaction_timestamp",
    "trunc",
    "unix_timestamp",
    "unixepoch",
    "utc_timestamp",
    "uuid",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// Those of them that give text.
const NAMES: &[&str] =
    &["current_user", "date", "datetime", "hex", "json_typeof", "jsonb_typeof", "md5", "strftime", "time"];

/// Functions that give text made from their arguments, SQL NULL when an argument is.
const TEXTS: &[&str] = &[
    "btrim",
    "chr",
    "encode",
    "initcap",
    "insert",
    "lcase",
    "left",
    "lower",
    "lpad",
    "ltrim",
    "overlay",
    "quote_ident",
    "quote_literal",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "split_part",
    "substr",
    "substring",
    "to_char",
    "to_hex",
    "translate",
    "trim",
    "ucase",
    "upper",
    "json_quote",
];

impl Evaluator<'_> {
    /// Functions that behave alike everywhere; `None` when it is none of them.
    pub(super) fn common_function(&mut self, name: &str, args: &[&Expr], expr: &Expr) -> Option<Typed> {
        if !super::server::is_built_in(self.dialect, name) {
            return None;
        }
        Some(match (name, args) {
            ("coalesce" | "ifnull", [_, ..]) => {
                let mut values = args.iter().map(|arg| self.eval(arg)).collect::<Vec<_>>();
                let ty = self.unify(&mut values, "COALESCE");
                Typed::new(first(values.into_iter().map(|v| v.doc).collect()), ty)
            }
            ("nullif", [a, b]) => self.nullif(a, b),
            ("if" | "iif", [condition, then]) if self.dialect != Dialect::Postgres => {
                let branch = (self.condition(condition), self.eval(then));
                self.choose(vec![branch], Typed::new(Document::Null, Ty::Any), "IF")
            }
            ("if" | "iif", [condition, then, otherwise]) if self.dialect != Dialect::Postgres => {
                let branch = (self.condition(condition), self.eval(then));
                let otherwise = self.eval(otherwise);
                self.choose(vec![branch], otherwise, "IF")
            }
            ("greatest" | "least", [_, _, ..]) => self.extreme(name, args, expr),
            ("max" | "min", [_, _, ..]) if self.dialect == Dialect::Sqlite => self.extreme(name, args, expr),
            (name, _) if SCALARS.contains(&name) => {
                let docs = args.iter().map(|arg| self.eval(arg).doc).collect::<Vec<_>>();
                let value = super::expression::scalar(docs, expr);
                if NAMES.contains(&name) { Typed::new(value.doc, Ty::Text) } else { value }
            }
            ("concat", [_, ..]) if self.dialect == Dialect::Mysql => {
                let mut parts = args.iter().map(|arg| self.eval(arg)).collect::<Vec<_>>().into_iter();
                let first = parts.next()?;
                let doc = parts.fold(first, |left, right| {
                    let how = crate::document::MergeHow::Text;
                    let (left, right) = (super::typed::as_text(left, false), super::typed::as_text(right, false));
                    let doc = match (left, right) {
                        (Document::Text(a), Document::Text(b)) => Document::Text(a + &b),
                        (left, right) => Document::Merge { left: Box::new(left), right: Box::new(right), how },
                    };
                    Typed::new(doc, Ty::Text)
                });
                Typed::new(doc.doc, Ty::Text)
            }
            ("concat" | "concat_ws" | "format" | "printf", _) => {
                let docs = args.iter().map(|arg| self.eval(arg).doc).collect::<Vec<_>>();
                let held = docs.iter().filter(|d| carries_document(d)).cloned().collect::<Vec<_>>();
                let doc = if held.is_empty() {
                    Document::Computed { of: docs, strict: false, what: expr.to_string() }
                } else {
                    Document::Through { of: held, why: format!("`{expr}` edits it as text") }
                };
                Typed::new(doc, Ty::Text)
            }
            (name, _) if TEXTS.contains(&name) && name != "json_quote" => self.text_function(args.to_vec(), expr),
            _ => return None,
        })
    }

    fn nullif(&mut self, a: &Expr, b: &Expr) -> Typed {
        let mut values = [self.eval(a), self.eval(b)];
        if self.is_postgres() && values.iter().any(|v| v.ty == Ty::Json) {
            return self.reject("operator does not exist: json = json");
        }
        // MySQL and SQLite give the first value as it is.
        let ty = if self.is_postgres() { self.unify(&mut values, "NULLIF") } else { values[0].ty };
        let [left, right] = values;
        if right.doc == Document::Null || left.doc == Document::Null {
            return Typed::new(left.doc, ty);
        }
        let condition = self.equal(left.clone(), right).unwrap_or_else(|| Cond::Unknown(format!("{a} = {b}")));
        self.choose(vec![(condition, Typed::new(Document::Null, ty))], left, "NULLIF")
    }

    /// `GREATEST`, `LEAST`: one of them, which is not known. PostgreSQL ignores NULLs.
    fn extreme(&mut self, name: &str, args: &[&Expr], expr: &Expr) -> Typed {
        let mut values = args.iter().map(|arg| self.eval(arg)).collect::<Vec<_>>();
        let ty = self.unify(&mut values, "GREATEST");
        if self.is_postgres() {
            values.retain(|v| v.doc != Document::Null);
        } else if values.iter().any(|v| v.doc == Document::Null) {
            return Typed::new(Document::Null, ty);
        }
        let Some(mut result) = values.pop().map(|v| v.doc) else { return Typed::new(Document::Null, ty) };
        for value in values.into_iter().rev() {
            let (value, other) = (value.doc, result);
            let mut branches = vec![];
            if self.is_postgres() {
                branches.push((Cond::IsNull(Box::new(value.clone())), other.clone()));
                branches.push((Cond::IsNull(Box::new(other.clone())), value.clone()));
            } else {
                let either = vec![Cond::IsNull(Box::new(value.clone())), Cond::IsNull(Box::new(other.clone()))];
                branches.push((Cond::Or(either), Document::Null));
            }
            branches.push((Cond::Unknown(format!("{name} is the first of {expr}")), value));
            result = Document::Choose { branches, otherwise: Box::new(other) };
        }
        Typed::new(result, ty)
    }

    /// An object from keys and values in turn.
    pub(super) fn object(&mut self, args: &[&Expr]) -> Document {
        if !args.len().is_multiple_of(2) {
            return self.reject("the argument list must have an even number of elements").doc;
        }
        let mut entries = vec![];
        for pair in args.chunks(2) {
            let [key, value] = pair else { continue };
            let key_doc = self.eval(key).doc;
            let value = self.eval(value);
            let Some(key) = key_of(key_doc, key) else {
                return Document::Fails("the key of an object must not be NULL".into());
            };
            entries.push((key, self.part(value)));
        }
        Document::Object { entries, rest: Rest::Closed }
    }

    /// The value as it is put into a document.
    pub(super) fn part(&mut self, value: Typed) -> Document {
        if !self.is_postgres()
            && let Document::Input(input) = &value.doc
            && matches!(input.shape, Shape::Object | Shape::Array)
        {
            // MySQL and SQLite get a document as text: it becomes a string.
            return super::typed::cast(
                super::typed::cast(value.doc, crate::document::CastTo::Text),
                crate::document::CastTo::JsonScalar,
            );
        }
        as_part(value, self.old_is_text())
    }

    /// A document that a function of MySQL or SQLite reads: text is parsed.
    pub(super) fn document(&mut self, arg: &Expr) -> Document {
        let value = self.eval(arg);
        match value.doc {
            Document::Old | Document::Read(_) => value.doc,
            doc => as_json(doc, false),
        }
    }

    /// `JSON_SET(e, p, v, p, v ..)` and relatives.
    pub(super) fn set_paths(&mut self, args: &[&Expr], mode: SetMode) -> Option<Document> {
        let (of, pairs) = args.split_first()?;
        if !pairs.len().is_multiple_of(2) {
            return Some(self.reject("the function needs a value for every path").doc);
        }
        let mut result = self.document(of);
        for pair in pairs.chunks(2) {
            let [path, value] = pair else { continue };
            let path = self.dollar_path(path)?;
            let value = self.eval(value);
            result = Document::Set {
                of: Box::new(result),
                path,
                value: Box::new(self.part(value)),
                mode,
                on_null: OnNull::JsonNull,
                family: family(self.dialect),
            };
        }
        Some(result)
    }

    /// `JSON_REMOVE(e, p, p ..)`.
    pub(super) fn remove_paths(&mut self, args: &[&Expr]) -> Option<Document> {
        let (of, paths) = args.split_first()?;
        let mut result = self.document(of);
        for path in paths {
            let what = Removal::Path(self.dollar_path(path)?);
            result = Document::Remove { of: Box::new(result), what, family: family(self.dialect) };
        }
        Some(result)
    }

    /// A `$.a` path argument; `None` for one that names several places.
    pub(super) fn dollar_path(&mut self, arg: &Expr) -> Option<Path> {
        if let Some(path) = path::past_the_end(arg) {
            return Some(path);
        }
        let value = self.eval(arg);
        Some(match value.doc {
            Document::Null => Path::Null,
            Document::Text(text) => path::dollar(&text)?,
            Document::Input(input) => Path::Dynamic(input.id),
            Document::Computed { what, .. } => Path::Dynamic(what),
            _ => Path::Dynamic(arg.to_string()),
        })
    }

    /// A document that a function wants to be JSON; an invalid constant is an error when it is reached.
    pub(super) fn read_json(&mut self, arg: &Expr) -> Document {
        let doc = as_json(self.eval(arg).doc, self.old_is_text());
        if is_malformed(&doc) { super::typed::cast(doc, crate::document::CastTo::Json) } else { doc }
    }
}

/// A key of a built object; `None` for NULL.
pub(super) fn key_of(doc: Document, expr: &Expr) -> Option<Key> {
    Some(match doc {
        Document::Null => return None,
        Document::Text(name) if super::typed::has_hole(&name) => Key::Param(name),
        Document::Text(name) => Key::Name(name),
        Document::Known(json) => Key::Name(json.as_str().map_or_else(|| json.to_string(), str::to_owned)),
        Document::Input(input) => Key::Param(input.id),
        Document::Computed { what, .. } => Key::Param(what),
        _ => Key::Param(expr.to_string()),
    })
}

/// The first that is not NULL; constants settle it.
pub(super) fn first(docs: Vec<Document>) -> Document {
    let mut kept = vec![];
    for doc in docs {
        if doc == Document::Null {
            continue;
        }
        let last = matches!(doc, Document::Known(_) | Document::Text(_) | Document::Object { .. });
        kept.push(doc);
        if last {
            break;
        }
    }
    match kept.len() {
        0 => Document::Null,
        1 => kept.pop().unwrap_or(Document::Null),
        _ => Document::First(kept),
    }
}

/// A flag argument.
pub(super) enum Flag {
    Yes,
    No,
    Null,
    Unknown(String),
}

/// Reads a boolean argument.
pub(super) fn flag(doc: &Document, expr: &Expr) -> Flag {
    match doc {
        Document::Known(Json::Bool(true)) => Flag::Yes,
        Document::Text(text) if matches!(text.to_ascii_lowercase().as_str(), "true" | "t" | "yes" | "on" | "1") => {
            Flag::Yes
        }
        Document::Known(Json::Bool(false)) | Document::Text(_) => Flag::No,
        Document::Null => Flag::Null,
        _ => Flag::Unknown(expr.to_string()),
    }
}
