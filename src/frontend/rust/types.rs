//! Rust types as far as they say something about a bound value: JSON or not, NULL or not, which form.

use crate::document::{Nullability, Shape};
use ident_case::RenameRule;
use std::fmt;
use syn::{Expr, Fields, GenericArgument, ItemStruct, Lit, PathArguments, Type};

/// A type, references taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ty {
    /// The path without arguments, as it is spelled: `serde_json::Value`.
    pub(super) path: String,
    /// Its type arguments.
    pub(super) args: Vec<Ty>,
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if !self.args.is_empty() {
            f.write_str("<")?;
            for (i, arg) in self.args.iter().enumerate() {
                write!(f, "{}{arg}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(">")?;
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
    pub(super) fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(&self.path)
    }

    /// The first type argument.
    pub(super) fn arg(&self) -> Option<&Self> {
        self.args.first()
    }

    /// The type inside `Box`, `Arc`, `Cow` and the like.
    pub(super) fn inner(&self) -> &Self {
        match (self.name(), self.args.last()) {
            ("Box" | "Arc" | "Rc" | "Cow", Some(inner)) => inner.inner(),
            _ => self,
        }
    }

    /// Whether it is an `Option`.
    pub(super) fn is_option(&self) -> bool {
        self.inner().name() == "Option"
    }

    /// The type inside an `Option`, or itself.
    pub(super) fn unwrapped(&self) -> &Self {
        let ty = self.inner();
        match ty.arg() {
            Some(inner) if ty.name() == "Option" => inner.inner(),
            _ => ty,
        }
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
    pub(super) fn is_json_value(&self) -> bool {
        self.is_json() && matches!(self.unwrapped().name(), "Value" | "JsonValue")
    }

    /// Whether a bound value of it can be SQL NULL.
    pub(super) fn nullability(&self) -> Nullability {
        if self.is_option() {
            Nullability::Yes
        } else if self.name() == "_" {
            Nullability::Maybe
        } else {
            Nullability::Never
        }
    }

    /// What a bound value of it looks like to the database.
    pub(super) fn shape(&self) -> Shape {
        let ty = self.unwrapped();
        match ty.name() {
            "Json" | "Jsonb" => ty.arg().map_or(Shape::Any, Self::json_shape),
            "String" | "str" | "SmolStr" | "CompactString" | "PathBuf" | "Url" => Shape::Text,
            name if is_scalar(name) => Shape::SqlScalar,
            "Map" if ty.path.contains("json") => Shape::Object,
            _ => Shape::Any,
        }
    }

    /// What it looks like as JSON.
    pub(super) fn json_shape(&self) -> Shape {
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

/// A field as serde writes it.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Its name in Rust.
    pub(super) name: String,
    /// Its key in JSON.
    pub(super) key: String,
    pub(super) ty: Option<Ty>,
    /// It is never written.
    pub(super) skip: bool,
    /// Its own fields stand beside the others.
    pub(super) flatten: bool,
}

/// A struct as serde writes it.
#[derive(Debug, Clone)]
pub(super) struct Struct {
    pub(super) fields: Vec<Field>,
    /// It is written as its one field, or in a way that is not known.
    pub(super) is_opaque: bool,
}

/// Reads a struct with its serde attributes.
pub(super) fn read_struct(item: &ItemStruct) -> Struct {
    let mut rule = RenameRule::None;
    let mut is_opaque = false;
    serde(&item.attrs, &mut |name, value| match (name, value) {
        ("rename_all" | "rename_all.serialize", Some(value)) => rule = value.parse().unwrap_or_default(),
        ("transparent" | "into" | "remote" | "untagged", _) => is_opaque = true,
        _ => {}
    });
    let Fields::Named(named) = &item.fields else { return Struct { fields: vec![], is_opaque: true } };
    let mut fields = vec![];
    for field in &named.named {
        let Some(ident) = &field.ident else { continue };
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        let mut found =
            Field { key: rule.apply_to_field(&name), name, ty: Ty::read(&field.ty), skip: false, flatten: false };
        serde(&field.attrs, &mut |name, value| match (name, value) {
            ("rename" | "rename.serialize", Some(value)) => value.clone_into(&mut found.key),
            ("skip" | "skip_serializing", _) => found.skip = true,
            ("flatten", _) => found.flatten = true,
            _ => {}
        });
        fields.push(found);
    }
    Struct { fields, is_opaque }
}

/// Calls `f` for each `#[serde(name)]` and `#[serde(name = "value")]`; nested ones as `name.inner`.
fn serde(attributes: &[syn::Attribute], f: &mut impl FnMut(&str, Option<&str>)) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        let Ok(metas) =
            list.parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
        else {
            continue;
        };
        for meta in &metas {
            one(meta, "", f);
        }
    }
}

fn one(meta: &syn::Meta, prefix: &str, f: &mut impl FnMut(&str, Option<&str>)) {
    let Some(ident) = meta.path().get_ident() else { return };
    let name = format!("{prefix}{ident}");
    match meta {
        syn::Meta::Path(_) => f(&name, None),
        syn::Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(s) => f(&name, Some(&s.value())),
                _ => f(&name, None),
            },
            _ => f(&name, None),
        },
        syn::Meta::List(list) => {
            // `rename(serialize = "..")`
            if prefix.is_empty()
                && let Ok(inner) =
                    list.parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
            {
                for meta in &inner {
                    one(meta, &format!("{name}."), f);
                }
            }
        }
    }
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

    #[test]
    fn fields_are_named_as_serde_writes_them() {
        let item: ItemStruct = syn::parse_str(
            r#"#[derive(Serialize)] #[serde(rename_all = "camelCase")] struct S {
                 zip_code: String, #[serde(rename = "tel")] phone: Option<String>, #[serde(skip)] x: i32,
                 #[serde(flatten)] rest: HashMap<String, Value>, r#type: i32,
                 #[serde(rename(serialize = "out", deserialize = "in"))] both: i32 }"#,
        )
        .unwrap();
        let read = read_struct(&item);
        let keys: Vec<&str> = read.fields.iter().filter(|f| !f.skip).map(|f| f.key.as_str()).collect();
        assert_eq!(keys, ["zipCode", "tel", "rest", "type", "out"]);
        assert!(read.fields[3].flatten && read.fields[2].skip);
    }
}
