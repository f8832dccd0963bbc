//! PostgreSQL's JSON functions.

use super::functions::{Flag, first, flag};
use super::scope::get;
use super::typed::{Ty, Typed, as_json, as_part, has_hole};
use super::{Evaluator, path};
use crate::document::{Cond, Document, Family, Form, Key, MergeHow, OnNull, Path, Removal, Rest, SetMode, Step};
use serde_json::Value as Json;
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, JsonNullClause,
};

const FAMILY: Family = Family::PgFunction;

/// Built-in functions of one document that must be `jsonb`, beside those that are evaluated.
pub(super) const TAKES_JSONB: &[&str] = &[
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_contained",
    "jsonb_contains",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_exists",
    "jsonb_exists_all",
    "jsonb_exists_any",
    "jsonb_object_keys",
    "jsonb_path_exists",
    "jsonb_path_match",
    "jsonb_path_query",
    "jsonb_path_query_array",
    "jsonb_path_query_first",
    "jsonb_populate_recordset",
    "jsonb_to_record",
    "jsonb_to_recordset",
];

impl Evaluator<'_> {
    pub(super) fn postgres_function(&mut self, name: &str, args: &[&Expr]) -> Option<Typed> {
        let wrong = format!("function {name} does not exist for these argument types");
        let doc = match (name, args) {
            ("jsonb_set" | "jsonb_set_lax" | "jsonb_insert", [of, path, value, rest @ ..]) => {
                self.jsonb_set(name, of, path, value, rest)
            }
            ("jsonb_concat", [a, b]) => {
                let (a, b) = (self.eval(a), self.eval(b));
                let (left, right) = (self.jsonb(a, &wrong), self.jsonb(b, &wrong));
                Document::Merge { left: Box::new(left), right: Box::new(right), how: MergeHow::Concat }
            }
            ("jsonb_delete", [of, what]) => {
                let of_value = self.eval(of);
                let of = self.jsonb(of_value, &wrong);
                let value = self.eval(what);
                return Some(self.minus(of, value, what));
            }
            ("jsonb_delete_path", [of, path]) => {
                let of = self.eval(of);
                let of = self.jsonb(of, &wrong);
                let path = self.eval(path);
                let path = self.text_path(path);
                Document::Remove { of: Box::new(of), what: Removal::Path(path), family: FAMILY }
            }
            ("jsonb_strip_nulls", [of]) => {
                let of = self.eval(of);
                Document::StripNulls(Box::new(self.jsonb(of, &wrong)))
            }
            ("json_strip_nulls", [of]) => {
                let of = self.eval(of);
                let of = as_json(of.doc, self.old_is_text());
                return Some(Typed::new(Document::StripNulls(Box::new(of)), Ty::Json));
            }
            ("jsonb_build_object", args) => self.object(args),
            ("json_build_object", args) => return Some(Typed::new(self.object(args), Ty::Json)),
            ("jsonb_build_array" | "json_build_array", args) => {
                let items = args
                    .iter()
                    .map(|arg| {
                        let value = self.eval(arg);
                        self.part(value)
                    })
                    .collect();
                let ty = if name == "jsonb_build_array" { Ty::Jsonb } else { Ty::Json };
                return Some(Typed::new(Document::Array(items), ty));
            }
            ("to_jsonb" | "to_json" | "row_to_json" | "array_to_json", [value, ..]) => {
                let value = self.eval(value);
                if value.is_untyped_constant() {
                    return Some(self.reject("could not determine polymorphic type because input has type unknown"));
                }
                let ty = if name == "to_jsonb" { Ty::Jsonb } else { Ty::Json };
                return Some(Typed::new(as_part(value, self.old_is_text()), ty));
            }
            ("jsonb_object", args) => self.object_from_array(args)?,
            ("jsonb_path_query_first" | "jsonb_path_query", [of, path]) => {
                let of = self.eval(of);
                let of = self.jsonb(of, &wrong);
                match self.simple_jsonpath(path)? {
                    steps if steps.is_empty() => of,
                    steps => get(of, steps, Form::Json, FAMILY),
                }
            }
            ("jsonb_path_query_array", [of, path]) => {
                let of = self.eval(of);
                let of = self.jsonb(of, &wrong);
                if !self.simple_jsonpath(path)?.is_empty() {
                    return None;
                }
                let null = Cond::IsNull(Box::new(of.clone()));
                Document::Choose {
                    branches: vec![(null, Document::Null)],
                    otherwise: Box::new(Document::Array(vec![of])),
                }
            }
            (
                "jsonb_extract_path" | "jsonb_extract_path_text" | "json_extract_path" | "json_extract_path_text",
                [of, keys @ ..],
            ) => {
                let value = self.eval(of);
                let of = if name.starts_with("jsonb") {
                    self.jsonb(value, &wrong)
                } else {
                    as_json(value.doc, self.old_is_text())
                };
                let mut steps = vec![];
                for key in keys {
                    steps.push(match self.eval(key).doc {
                        Document::Text(key) if !has_hole(&key) => Step::Name(key),
                        Document::Null => return Some(Typed::new(Document::Null, Ty::Jsonb)),
                        Document::Input(i) => Step::Param(i.id),
                        _ => Step::Param(key.to_string()),
                    });
                }
                let (form, ty) = match name {
                    "jsonb_extract_path" => (Form::Json, Ty::Jsonb),
                    "json_extract_path" => (Form::Json, Ty::Json),
                    _ => (Form::Text, Ty::Text),
                };
                return Some(Typed::new(get(of, steps, form, FAMILY), ty));
            }
            ("jsonb_pretty", [of]) => {
                let of = self.eval(of);
                let of = self.jsonb(of, &wrong);
                return Some(Typed::new(super::typed::cast(of, crate::document::CastTo::Text), Ty::Text));
            }
            ("jsonb_populate_record" | "json_populate_record", [_, from]) => {
                let from = self.eval(from);
                let from = if name.starts_with("jsonb") {
                    self.jsonb(from, &wrong)
                } else {
                    as_json(from.doc, self.old_is_text())
                };
                let doc = Document::Retype { of: Box::new(from), fields: None, rest: Rest::Closed, ty: None };
                return Some(Typed::new(doc, Ty::Record));
            }
            // A type's name as a function is a cast.
            ("jsonb", [value]) => {
                let value = self.eval(value);
                return Some(self.json_cast(value, Ty::Jsonb));
            }
            ("json", [value]) => {
                let value = self.eval(value);
                return Some(self.json_cast(value, Ty::Json));
            }
            _ => return None,
        };
        Some(Typed::new(doc, Ty::Jsonb))
    }

    fn jsonb_set(&mut self, name: &str, of: &Expr, path: &Expr, value: &Expr, rest: &[&Expr]) -> Document {
        let wrong = format!("function {name} does not exist for these argument types");
        let of_value = self.eval(of);
        let of = self.jsonb(of_value, &wrong);
        let path = self.eval(path);
        let mut path = self.text_path(path);
        let value = self.eval(value);
        let value = self.jsonb(value, &wrong);
        let mut on_null = OnNull::Wipe;
        if name == "jsonb_set_lax" {
            on_null = OnNull::JsonNull;
            if let Some(treatment) = rest.get(1) {
                on_null = match self.eval(treatment).doc {
                    Document::Text(t) => match t.as_str() {
                        "use_json_null" => OnNull::JsonNull,
                        "delete_key" => OnNull::Remove,
                        "return_target" => OnNull::Keep,
                        // raise_exception, and what is none of them.
                        _ => OnNull::Fail,
                    },
                    Document::Null => {
                        // Measured: fails unless the document is NULL.
                        let null = Cond::IsNull(Box::new(of));
                        let fails = Document::Fails("null_value_treatment must not be NULL".into());
                        return Document::Choose { branches: vec![(null, Document::Null)], otherwise: Box::new(fails) };
                    }
                    _ => return Document::Unknown("the treatment of NULL values is not known".into()),
                };
            }
        }
        let (yes, no) = if name == "jsonb_insert" {
            (SetMode::InsertOrFail { after: true }, SetMode::InsertOrFail { after: false })
        } else {
            (SetMode::Set, SetMode::Replace)
        };
        let default = if name == "jsonb_insert" { no } else { yes };
        let set = |mode: SetMode, path: Path| Document::Set {
            of: Box::new(of.clone()),
            path,
            value: Box::new(value.clone()),
            mode,
            on_null,
            family: FAMILY,
        };
        let Some(given) = rest.first() else { return set(default, path) };
        let doc = self.eval(given).doc;
        match flag(&doc, given) {
            Flag::Yes => set(yes, path),
            Flag::No => set(no, path),
            Flag::Null => {
                // A NULL flag does what a NULL path does: the result is NULL.
                path = Path::Null;
                set(default, path)
            }
            Flag::Unknown(words) => Document::Choose {
                branches: vec![(Cond::Unknown(words), set(yes, path.clone()))],
                otherwise: Box::new(set(no, path)),
            },
        }
    }

    /// `jsonb_object('{k,v}')`, `jsonb_object(ARRAY['k', v])`, `jsonb_object(keys, values)`.
    fn object_from_array(&mut self, args: &[&Expr]) -> Option<Document> {
        let mut lists = vec![];
        for arg in args {
            let value = self.eval(arg);
            lists.push(match (value.doc, value.ty) {
                (Document::Array(items), _) => items,
                (Document::Text(text), Ty::Untyped) => path::array_literal(&text)
                    .ok()?
                    .into_iter()
                    .map(|i| i.map_or(Document::Null, Document::Text))
                    .collect(),
                (Document::Null, _) => return Some(Document::Null),
                _ => return None,
            });
        }
        let pairs: Vec<(Document, Document)> = match lists.as_slice() {
            [items] if items.len().is_multiple_of(2) => {
                items.chunks(2).filter_map(|p| Some((p.first()?.clone(), p.get(1)?.clone()))).collect()
            }
            [keys, values] if keys.len() == values.len() => keys.iter().cloned().zip(values.iter().cloned()).collect(),
            _ => return Some(self.reject("array must have an even number of elements").doc),
        };
        let mut entries = vec![];
        for (key, value) in pairs {
            let key = match key {
                Document::Text(name) => Key::Name(name),
                Document::Input(input) => Key::Param(input.id),
                _ => return None,
            };
            entries.push((key, as_part(Typed::new(value, Ty::Text), false)));
        }
        Some(Document::Object { entries, rest: Rest::Closed })
    }

    /// `$`, `$.a.b`: the paths of jsonpath that name one place.
    fn simple_jsonpath(&mut self, path: &Expr) -> Option<Vec<Step>> {
        let Document::Text(text) = self.eval(path).doc else { return None };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '$' | '.' | '_' | '"');
        if !text.chars().all(plain) {
            return None;
        }
        match path::dollar(&text)? {
            Path::Steps(steps) => Some(steps),
            _ => None,
        }
    }

    /// `JSON_OBJECT('k': v RETURNING jsonb)` and the older `json_object('{k,v}')`.
    pub(super) fn json_object_constructor(&mut self, function: &Function, expr: &Expr) -> Typed {
        if let Some(args) = super::call::arguments(function) {
            return match self.object_from_array(&args) {
                Some(doc) => Typed::new(doc, Ty::Json),
                None => self.opaque(expr),
            };
        }
        let FunctionArguments::List(list) = &function.args else { return self.opaque(expr) };
        let mut ty = Ty::Json;
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::JsonReturningClause(returning) => {
                    let jsonb = returning.data_type.to_string().eq_ignore_ascii_case("jsonb");
                    ty = if jsonb { Ty::Jsonb } else { Ty::Json };
                }
                FunctionArgumentClause::JsonNullClause(JsonNullClause::NullOnNull) => {}
                _ => return self.opaque(expr),
            }
        }
        let mut entries = vec![];
        for arg in &list.args {
            let (key, value) = match arg {
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => {
                    (Some(Key::Name(name.value.clone())), value)
                }
                FunctionArg::ExprNamed { name, arg: FunctionArgExpr::Expr(value), .. } => {
                    let doc = self.eval(name).doc;
                    (super::functions::key_of(doc, name), value)
                }
                _ => return self.opaque(expr),
            };
            let Some(key) = key else { return Typed::any(Document::Fails("the key must not be NULL".into())) };
            let value = self.eval(value);
            entries.push((key, as_part(value, self.old_is_text())));
        }
        Typed::new(Document::Object { entries, rest: Rest::Closed }, ty)
    }
}

/// Two documents merged entry by entry, as `jsonb_object_agg` over a `UNION ALL` of their entries does.
pub(super) fn entries_merged(parts: Vec<Document>) -> Document {
    let empty = || Document::Known(Json::Object(serde_json::Map::new()));
    let mut merged: Option<Document> = None;
    for part in parts {
        let entries = Document::Entries { of: Box::new(part), drop: vec![], replace: vec![], empty_is_null: true };
        let entries = first(vec![entries, empty()]);
        merged = Some(match merged {
            None => entries,
            Some(left) => Document::Merge { left: Box::new(left), right: Box::new(entries), how: MergeHow::Concat },
        });
    }
    let merged = merged.unwrap_or_else(empty);
    Document::Choose {
        branches: vec![(Cond::Equal(Box::new(merged.clone()), Box::new(empty())), Document::Null)],
        otherwise: Box::new(merged),
    }
}
