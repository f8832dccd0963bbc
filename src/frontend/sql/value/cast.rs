//! Casts: `v::jsonb`, `CAST(v AS text)`, and which type a type's name means.

use super::super::Dialect;
use super::typed::{Ty, Typed, as_json, as_part, as_text, input, is_malformed};
use super::{Evaluator, path};
use crate::document::{Document, Nullability, Shape};
use sqlparser::ast::{ArrayElemTypeDef, DataType, Expr};

impl Evaluator<'_> {
    /// `v::type`, `CAST(v AS type)`.
    pub(super) fn cast_to(&mut self, value: Typed, data_type: &DataType, expr: &Expr) -> Typed {
        match named_type(data_type) {
            Named::Jsonb => self.json_cast(value, Ty::Jsonb),
            Named::Json => self.json_cast(value, Ty::Json),
            Named::Text => Typed::new(as_text(value, self.old_is_text()), Ty::Text),
            Named::TextArray => self.text_array(value),
            Named::Scalar => {
                let doc = match value.doc {
                    Document::Null => Document::Null,
                    Document::Input(i) => input(i.id, Shape::SqlScalar, i.null),
                    doc => Document::Computed { of: vec![doc], strict: true, what: expr.to_string() },
                };
                Typed::new(doc, Ty::Scalar)
            }
            Named::Other => match value.doc {
                Document::Null => Typed::any(Document::Null),
                doc => Typed::any(doc),
            },
        }
    }

    /// `v::jsonb`, `v::json`, `CAST(v AS JSON)`.
    pub(super) fn json_cast(&mut self, value: Typed, ty: Ty) -> Typed {
        if self.dialect == Dialect::Sqlite {
            // Not a JSON type there: a cast by NUMERIC affinity. A document stays as it is.
            return Typed::new(value.doc, Ty::Text);
        }
        match value.ty {
            Ty::TextArray | Ty::Record if self.is_postgres() => {
                return self.reject("cannot cast this type to jsonb");
            }
            Ty::Jsonb | Ty::Json => return Typed::new(value.doc, ty),
            Ty::Scalar => return Typed::new(as_part(value, false), ty),
            _ => {}
        }
        let literal = value.is_untyped_constant();
        let doc = as_json(value.doc, self.old_is_text());
        if literal && is_malformed(&doc) {
            return self.reject("invalid input syntax for type json");
        }
        Typed::new(doc, ty)
    }

    fn text_array(&mut self, value: Typed) -> Typed {
        let doc = match value.doc {
            Document::Text(text) => match path::array_literal(&text) {
                Ok(items) => {
                    Document::Array(items.into_iter().map(|i| i.map_or(Document::Null, Document::Text)).collect())
                }
                Err(why) if value.ty == Ty::Untyped && !super::typed::has_hole(&text) => return self.reject(why),
                Err(_) => input(text, Shape::Any, Nullability::Never),
            },
            doc => doc,
        };
        Typed::new(doc, Ty::TextArray)
    }
}

/// A type as far as it matters here.
enum Named {
    Jsonb,
    Json,
    Text,
    TextArray,
    Scalar,
    Other,
}

fn named_type(data_type: &DataType) -> Named {
    match data_type {
        DataType::JSONB => Named::Jsonb,
        DataType::JSON => Named::Json,
        DataType::Array(ArrayElemTypeDef::SquareBracket(inner, _)) => match named_type(inner) {
            Named::Text => Named::TextArray,
            _ => Named::Other,
        },
        DataType::Text
        | DataType::TinyText
        | DataType::MediumText
        | DataType::LongText
        | DataType::String(_)
        | DataType::Char(_)
        | DataType::Character(_)
        | DataType::Varchar(_)
        | DataType::CharVarying(_)
        | DataType::CharacterVarying(_)
        | DataType::Nvarchar(_) => Named::Text,
        DataType::Custom(name, _) => {
            let name = name.0.last().and_then(|part| part.as_ident()).map(|i| i.value.to_ascii_lowercase());
            match name.as_deref() {
                Some("jsonb") => Named::Jsonb,
                Some("json") => Named::Json,
                Some("text" | "varchar" | "bpchar" | "citext" | "name") => Named::Text,
                Some("int2" | "int4" | "int8" | "float4" | "float8" | "bool" | "timestamptz" | "uuid" | "numeric") => {
                    Named::Scalar
                }
                _ => Named::Other,
            }
        }
        DataType::Array(_) | DataType::Blob(_) | DataType::Binary(_) | DataType::Varbinary(_) | DataType::Bytea => {
            Named::Other
        }
        _ => Named::Scalar,
    }
}
