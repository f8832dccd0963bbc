//! Rust types as far as they say something about a bound value: JSON or not, NULL or not, which form.

use crate::document::{Nullability, Shape};
pub(super) use crate::frontend::facts::RustType as Ty;
use std::fmt;
use syn::{GenericArgument, PathArguments, Type};

/// What stands for the path of a tuple, whose elements are the arguments.
const TUPLE: &str = "()";

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = match self.path.as_str() {
            TUPLE => ("(", ")"),
            "[]" => ("[", "]"),
            path => {
                f.write_str(path)?;
                ("<", ">")
            }
        };
        if !self.args.is_empty() {
            f.write_str(open)?;
            for (i, arg) in self.args.iter().enumerate() {
                write!(f, "{}{arg}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(close)?;
        }
        Ok(())
    }
}

impl Ty {
    /// A type by its name.
    pub(super) fn named(path: &str) -> Self {
        Self { path: path.to_owned(), args: vec![] }
    }

    /// `path<arg>`.
    pub(super) fn of(path: &str, arg: Self) -> Self {
        Self { path: path.to_owned(), args: vec![arg] }
    }

    /// The type that is written there; `None` for `_`, `impl Trait` and the like.
    pub(super) fn read(ty: &Type) -> Option<Self> {
        match ty {
            Type::Reference(r) => Self::read(&r.elem),
            Type::Paren(p) => Self::read(&p.elem),
            Type::Group(g) => Self::read(&g.elem),
            Type::Slice(s) => Some(Self::of("[]", Self::read(&s.elem)?)),
            Type::Array(a) => Some(Self::of("[]", Self::read(&a.elem)?)),
            Type::Tuple(tuple) if !tuple.elems.is_empty() => {
                let args = tuple.elems.iter().map(|ty| Self::read(ty).unwrap_or_else(|| Self::named("_")));
                Some(Self { path: TUPLE.to_owned(), args: args.collect() })
            }
            Type::Path(path) => {
                let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
                let mut args = vec![];
                if let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments {
                    for arg in &list.args {
                        if let GenericArgument::Type(ty) = arg {
                            args.push(Self::read(ty).unwrap_or_else(|| Self::named("_")));
                        }
                    }
                }
                Some(Self { path: names.join("::"), args })
            }
            _ => None,
        }
    }

    /// The last segment of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(&self.path)
    }

    /// The first type argument.
    pub(crate) fn arg(&self) -> Option<&Self> {
        self.args.first()
    }

    /// The type inside `Box`, `Arc`, `Cow` and the like.
    pub(crate) fn inner(&self) -> &Self {
        match (self.name(), self.args.last()) {
            ("Box" | "Arc" | "Rc" | "Cow", Some(inner)) => inner.inner(),
            _ => self,
        }
    }

    /// Whether it is an `Option`.
    pub(crate) fn is_option(&self) -> bool {
        self.inner().name() == "Option"
    }

    /// The type inside an `Option`, or itself.
    pub(crate) fn unwrapped(&self) -> &Self {
        let ty = self.inner();
        match ty.arg() {
            Some(inner) if ty.name() == "Option" => inner.inner(),
            _ => ty,
        }
    }

    /// The elements of a tuple, of an optional one, or of one of several.
    pub(super) fn elements(&self) -> Option<&[Self]> {
        let mut ty = self.unwrapped();
        while let ("Vec" | "VecDeque" | "[]" | "Result", Some(of)) = (ty.name(), ty.arg()) {
            ty = of.unwrapped();
        }
        (ty.path == TUPLE).then_some(ty.args.as_slice())
    }

    /// Whether a column of that type is JSON for certain: `Json<Settings>`.
    pub(crate) fn wraps_document(&self) -> bool {
        matches!(self.unwrapped().name(), "Json" | "Jsonb" | "PgJson")
    }

    /// The type inside what only wraps a document: `Json`, `Option`, `Box`.
    pub(crate) fn document(&self) -> &Self {
        let mut ty = self.unwrapped();
        while let ("Json" | "Jsonb" | "PgJson", Some(inner)) = (ty.name(), ty.arg()) {
            ty = inner.unwrapped();
        }
        ty
    }

    /// Whether the project may declare it: it is none of the standard library's or of serde's.
    pub(crate) fn may_be_declared(&self) -> bool {
        let name = self.name();
        let shape = self.shape() == Shape::Any && self.json_shape() == Shape::Any;
        let known = matches!(
            name,
            "Self"
                | "Json"
                | "Jsonb"
                | "PgJson"
                | "Value"
                | "JsonValue"
                | "RawValue"
                | "JsonRawValue"
                | "Option"
                | "Result"
                | "Cow"
                | "Bytes"
                | "IpAddr"
                | "Number"
        );
        shape && !known && name.len() > 1 && name.starts_with(|c: char| c.is_ascii_uppercase())
    }

    /// Whether a value of it is bound as JSON for certain.
    pub(super) fn is_json(&self) -> bool {
        let ty = self.unwrapped();
        match ty.name() {
            "Json" | "JsonValue" | "JsonRawValue" | "RawValue" | "Jsonb" => true,
            "Value" => ty.path == "Value" || ty.path.contains("json") || ty.path.contains("types::Value"),
            _ => false,
        }
    }

    /// Whether it is `serde_json::Value` or one of its names.
    pub(crate) fn is_json_value(&self) -> bool {
        self.is_json() && matches!(self.unwrapped().name(), "Value" | "JsonValue")
    }

    /// Whether a bound value of it can be SQL NULL.
    pub(crate) fn nullability(&self) -> Nullability {
        if self.is_option() {
            Nullability::Yes
        } else if self.name() == "_" {
            Nullability::Maybe
        } else {
            Nullability::Never
        }
    }

    /// What a bound value of it looks like to the database.
    pub(crate) fn shape(&self) -> Shape {
        let ty = self.unwrapped();
        match ty.name() {
            // A `Value` with an argument is what that type was encoded as.
            "Json" | "Jsonb" | "Value" => ty.arg().map_or(Shape::Any, Self::json_shape),
            "String" | "str" | "SmolStr" | "CompactString" | "PathBuf" | "Url" => Shape::Text,
            name if is_scalar(name) => Shape::SqlScalar,
            "Map" if ty.path.contains("json") => Shape::Object,
            _ => Shape::Any,
        }
    }

    /// What it looks like as JSON.
    pub(crate) fn json_shape(&self) -> Shape {
        let ty = self.unwrapped();
        match ty.name() {
            "Vec" | "[]" | "HashSet" | "BTreeSet" | "VecDeque" | "IndexSet" => Shape::Array,
            "HashMap" | "BTreeMap" | "IndexMap" | "Map" => Shape::Object,
            "String" | "str" | "Uuid" => Shape::Scalar,
            name if is_scalar(name) => Shape::Scalar,
            _ => Shape::Any,
        }
    }
}

fn is_scalar(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "isize"
            | "f32"
            | "f64"
            | "Uuid"
            | "DateTime"
            | "NaiveDateTime"
            | "NaiveDate"
            | "OffsetDateTime"
            | "Decimal"
            | "BigDecimal"
            | "PrimitiveDateTime"
            | "Date"
            | "Time"
            | "NaiveTime"
            | "Duration"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Ty {
        Ty::read(&syn::parse_str(text).unwrap()).unwrap()
    }

    #[test]
    fn types_say_whether_a_value_is_json_and_can_be_null() {
        for (text, json, null) in [
            ("Json<Settings>", true, Nullability::Never),
            ("&Option<sqlx::types::Json<T>>", true, Nullability::Yes),
            ("serde_json::Value", true, Nullability::Never),
            ("Option<&Value>", true, Nullability::Yes),
            ("&str", false, Nullability::Never),
            ("sea_orm::Value", false, Nullability::Never),
            ("Arc<JsonValue>", true, Nullability::Never),
        ] {
            assert_eq!((ty(text).is_json(), ty(text).nullability()), (json, null), "{text}");
        }
        assert_eq!(ty("Json<Vec<String>>").shape(), Shape::Array);
        assert_eq!(ty("Option<String>").shape(), Shape::Text);
        assert_eq!(ty("Json<HashMap<String, i32>>").to_string(), "Json<HashMap<String, i32>>");
    }
}
