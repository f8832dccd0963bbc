//! MySQL's and MariaDB's JSON functions.
//!
//! Measured on MariaDB 10.11; where MySQL is known to differ it is the kinder one.

use super::Evaluator;
use super::typed::{Ty, Typed, as_part};
use crate::document::{Cond, Document, Family, Form, MergeHow, Path, SetMode};
use sqlparser::ast::Expr;

const FAMILY: Family = Family::MariaDb;

impl Evaluator<'_> {
    pub(super) fn mysql_function(&mut self, name: &str, args: &[&Expr], expr: &Expr) -> Option<Typed> {
        let doc = match (name, args) {
            ("json_set", args) => self.set_paths(args, SetMode::Set)?,
            ("json_insert", args) => self.set_paths(args, SetMode::Insert)?,
            ("json_replace", args) => self.set_paths(args, SetMode::Replace)?,
            ("json_array_append", args) => self.set_paths(args, SetMode::Append)?,
            ("json_array_insert", args) => self.set_paths(args, SetMode::InsertOrFail { after: false })?,
            ("json_remove", args) => self.remove_paths(args)?,
            ("json_merge_patch", [_, _, ..]) => self.merged(args, MergeHow::Patch(FAMILY)),
            ("json_merge_preserve" | "json_merge", [_, _, ..]) => self.merged(args, MergeHow::Preserve),
            // Measured: MariaDB's JSON_QUERY gives objects and arrays only.
            ("json_query", [of, path]) => {
                let of = self.document(of);
                let path = self.dollar_path(path)?;
                let part = Document::Get { of: Box::new(of), path, form: Form::Json, family: FAMILY };
                let holds = Cond::TypeIs(Box::new(part.clone()), vec!["object".into(), "array".into()]);
                Document::Choose { branches: vec![(holds, part)], otherwise: Box::new(Document::Null) }
            }
            ("json_extract", [of, path]) => {
                let of = self.document(of);
                match self.dollar_path(path)? {
                    Path::Steps(steps) if steps.is_empty() && !matches!(of, Document::Text(_)) => of,
                    path => Document::Get { of: Box::new(of), path, form: Form::Json, family: FAMILY },
                }
            }
            ("json_value", [of, path]) => {
                let of = self.document(of);
                let path = self.dollar_path(path)?;
                let doc = Document::Get { of: Box::new(of), path, form: Form::ScalarText, family: FAMILY };
                return Some(Typed::new(doc, Ty::Text));
            }
            ("json_unquote", [of]) => {
                let value = self.eval(of);
                let doc = match value.doc {
                    Document::Get { of, path, form: Form::Json, family } => {
                        Document::Get { of, path, form: Form::Text, family }
                    }
                    // A text that is no JSON string stays as it is.
                    Document::Text(text) => Document::Text(text),
                    doc if value.ty == Ty::Json => super::scope::get(doc, vec![], Form::Text, FAMILY),
                    doc => Document::Computed { of: vec![doc], strict: true, what: expr.to_string() },
                };
                return Some(Typed::new(doc, Ty::Text));
            }
            ("json_compact" | "json_loose" | "json_detailed" | "json_pretty" | "json_normalize", [of]) => {
                self.read_json(of)
            }
            ("json_object", args) => self.object(args),
            ("json_array", args) => Document::Array(self.parts(args)),
            ("json_quote", [value]) => {
                let value = self.eval(value);
                Document::Cast {
                    of: Box::new(as_part(Typed::new(value.doc, Ty::Text), self.old_is_text())),
                    to: crate::document::CastTo::JsonScalar,
                }
            }
            // `VALUES(c)` in ON DUPLICATE KEY UPDATE.
            ("values" | "value", [Expr::Identifier(column)]) => return Some(self.inserted(&column.value)),
            ("values" | "value", [Expr::CompoundIdentifier(parts)]) => {
                return parts.last().map(|column| self.inserted(&column.value));
            }
            _ => return None,
        };
        Some(Typed::new(doc, Ty::Json))
    }

    /// Documents merged from left to right.
    pub(super) fn merged(&mut self, args: &[&Expr], how: MergeHow) -> Document {
        let mut docs = args.iter().map(|arg| self.document(arg)).collect::<Vec<_>>().into_iter();
        let Some(first) = docs.next() else { return Document::Null };
        docs.fold(first, |left, right| Document::Merge { left: Box::new(left), right: Box::new(right), how })
    }

    /// Arguments as parts of a document.
    pub(super) fn parts(&mut self, args: &[&Expr]) -> Vec<Document> {
        args.iter()
            .map(|arg| {
                let value = self.eval(arg);
                self.part(value)
            })
            .collect()
    }
}
