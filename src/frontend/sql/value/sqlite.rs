//! SQLite's JSON functions. The `jsonb_*` ones (since 3.45) give the same documents in binary form.

use super::Evaluator;
use super::typed::{Ty, Typed, as_part, cast};
use crate::document::{CastTo, Cond, Document, Family, Form, MergeHow, Path, SetMode};
use sqlparser::ast::Expr;

const FAMILY: Family = Family::Sqlite;

impl Evaluator<'_> {
    pub(super) fn sqlite_function(&mut self, name: &str, args: &[&Expr], expr: &Expr) -> Option<Typed> {
        let plain = match name.strip_prefix("jsonb") {
            Some("") => "json".to_owned(),
            Some(rest) => format!("json{rest}"),
            None => name.to_owned(),
        };
        if self.server.has_first_sqlite_json()
            && matches!(plain.as_str(), "json_set" | "json_replace")
            && let Some(value) = self.root_as_it_is(args)
        {
            return Some(value);
        }
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

    /// `json_set(d, '$', v)` before 3.45: `v` as it is, not as JSON, whatever else is set. `None` when no path is the
    /// root, or one is not known.
    fn root_as_it_is(&mut self, args: &[&Expr]) -> Option<Typed> {
        let (of, pairs) = args.split_first()?;
        let mut root = None;
        for pair in pairs.chunks(2) {
            let [path, value] = pair else { return None };
            match self.dollar_path(path)? {
                Path::Steps(steps) if steps.is_empty() => root = Some(*value),
                Path::Steps(_) => {}
                _ => return None,
            }
        }
        let value = self.eval(root?);
        // The document is still read, and SQL NULL stays.
        let null = Cond::IsNull(Box::new(cast(self.eval(of).doc, CastTo::Json)));
        let doc = Document::Choose { branches: vec![(null, Document::Null)], otherwise: Box::new(value.doc) };
        Some(Typed::new(doc, value.ty))
    }
}

/// The entries of a document gathered again, before 3.45: a scalar has one, whose key is NULL and was written as nothing
/// (measured), so that the text is no JSON.
pub(super) fn with_scalar_entry(of: Document, entries: Document) -> Document {
    let join = |left: Document, right: Document| Document::Merge {
        left: Box::new(left),
        right: Box::new(right),
        how: MergeHow::Text,
    };
    let text = |text: &str| Document::Text(text.to_owned());
    let scalar = ["null", "boolean", "number", "string"].map(str::to_owned).to_vec();
    let is_scalar = Cond::TypeIs(Box::new(cast(of.clone(), CastTo::Json)), scalar);
    let malformed = join(join(text("{:"), cast(of, CastTo::Text)), text("}"));
    Document::Choose { branches: vec![(is_scalar, malformed)], otherwise: Box::new(entries) }
}
