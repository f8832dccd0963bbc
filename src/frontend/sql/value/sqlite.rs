//! SQLite's JSON functions. The `jsonb_*` ones (since 3.45) give the same documents in binary form.

use super::Evaluator;
use super::typed::{Ty, Typed, as_part, cast};
use crate::document::{CastTo, Document, Family, Form, MergeHow, SetMode};
use sqlparser::ast::Expr;

const FAMILY: Family = Family::Sqlite;

impl Evaluator<'_> {
    pub(super) fn sqlite_function(&mut self, name: &str, args: &[&Expr], expr: &Expr) -> Option<Typed> {
        let plain = match name.strip_prefix("jsonb") {
            Some("") => "json".to_owned(),
            Some(rest) => format!("json{rest}"),
            None => name.to_owned(),
        };
        let doc = match (plain.as_str(), args) {
            ("json" | "json_set" | "json_insert" | "json_replace" | "json_remove", [of]) => self.read_json(of),
            ("json_set", args) => self.set_paths(args, SetMode::Set)?,
            ("json_insert", args) => self.set_paths(args, SetMode::Insert)?,
            ("json_replace", args) => self.set_paths(args, SetMode::Replace)?,
            ("json_remove", args) => self.remove_paths(args)?,
            ("json_patch", [_, _]) => self.merged(args, MergeHow::Patch(FAMILY)),
            ("json_extract", [of, path]) => {
                let of = self.document(of);
                let path = self.dollar_path(path)?;
                Document::Get { of: Box::new(of), path, form: Form::Unwrapped, family: FAMILY }
            }
            ("json_extract", [of, paths @ ..]) => {
                let of = self.document(of);
                let mut items = vec![];
                for path in paths {
                    let path = self.dollar_path(path)?;
                    items.push(Document::Get { of: Box::new(of.clone()), path, form: Form::Json, family: FAMILY });
                }
                Document::Array(items)
            }
            ("json_object", args) => self.object(args),
            ("json_array", args) => Document::Array(self.parts(args)),
            ("json_quote", [value]) => {
                let value = self.eval(value);
                as_part(value, self.old_is_text())
            }
            ("json_pretty", [of, ..]) => {
                let of = self.read_json(of);
                return Some(Typed::new(cast(of, CastTo::Text), Ty::Text));
            }
            ("json_type" | "json_error_position", args) => {
                let docs = args.iter().map(|arg| self.eval(arg).doc).collect();
                return Some(super::expression::scalar(docs, expr));
            }
            _ => return None,
        };
        Some(Typed::new(doc, Ty::Json))
    }
}
