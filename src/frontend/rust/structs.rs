//! Structs as serde writes them: which keys, by which attributes; and every type that a file declares.

use super::names::{each_derived, is_test, plain};
use super::place::Source;
use super::types::Ty;
use crate::frontend::facts::{DeclaredField, DeclaredType, TypeForm};
use ident_case::RenameRule;
use syn::{Expr, Field, Fields, Item, ItemStruct, Lit};

/// A struct as serde writes it.
#[derive(Debug, Clone)]
pub(super) struct Struct {
    pub(super) fields: Vec<DeclaredField>,
    /// It is written as its one field, or in a way that is not known.
    pub(super) is_opaque: bool,
    /// A document with other keys is not read.
    pub(super) is_strict: bool,
}

/// Reads a struct with its serde attributes.
pub(super) fn read_struct(item: &ItemStruct, source: Source<'_>) -> Struct {
    let mut rule = RenameRule::None;
    let (mut is_opaque, mut is_strict, mut all_optional, mut tag) = (false, false, false, None);
    serde(&item.attrs, &mut |name, value| match (name, value) {
        ("rename_all" | "rename_all.serialize", Some(value)) => rule = value.parse().unwrap_or_default(),
        ("transparent" | "into" | "from" | "try_from" | "remote" | "untagged", _) => is_opaque = true,
        ("deny_unknown_fields", _) => is_strict = true,
        ("default", _) => all_optional = true,
        ("tag", Some(value)) => tag = Some(value.to_owned()),
        _ => {}
    });
    let Fields::Named(named) = &item.fields else { return Struct { fields: vec![], is_opaque: true, is_strict } };
    let span = source.span(item.ident.span());
    let of_tag = |key: String| DeclaredField {
        name: String::new(),
        key,
        ty: Some(Ty::named("String")),
        skip: false,
        flatten: false,
        optional: false,
        span,
    };
    let mut fields: Vec<DeclaredField> = tag.map(of_tag).into_iter().collect();
    for field in &named.named {
        let Some(ident) = &field.ident else { continue };
        let name = plain(ident);
        let ty = type_of(field);
        let mut found = DeclaredField {
            key: rule.apply_to_field(&name),
            name,
            skip: false,
            flatten: false,
            optional: all_optional || ty.as_ref().is_none_or(Ty::is_option),
            ty,
            span: source.span(ident.span()),
        };
        serde(&field.attrs, &mut |name, value| match (name, value) {
            ("rename" | "rename.serialize", Some(value)) => value.clone_into(&mut found.key),
            ("skip" | "skip_serializing", _) => found.skip = true,
            ("flatten", _) => found.flatten = true,
            // What is read under another name as well may be there under that one.
            ("default" | "skip_deserializing" | "alias" | "rename.deserialize", _) => found.optional = true,
            ("with" | "serialize_with", _) => found.ty = None,
            _ => {}
        });
        fields.push(found);
    }
    Struct { fields, is_opaque, is_strict }
}

/// The type of a field; what `sqlx` decodes as JSON is wrapped, whether or not the type says so.
pub(super) fn type_of(field: &Field) -> Option<Ty> {
    let ty = Ty::read(&field.ty)?;
    let mut as_json = false;
    each_meta(&field.attrs, "sqlx", &mut |name, _| as_json |= name == "json" || name == "json.nullable");
    Some(if as_json && !ty.wraps_document() { Ty::of("Json", ty) } else { ty })
}

/// The types that a file declares outside of functions and tests.
pub(super) fn declared(items: &[Item], source: Source<'_>) -> Vec<DeclaredType> {
    let mut found = vec![];
    let mut open = vec![items.iter()];
    while let Some(items) = open.last_mut() {
        let Some(item) = items.next() else {
            open.pop();
            continue;
        };
        let (ident, form) = match item {
            Item::Mod(module) if !module.attrs.iter().any(is_test) => {
                open.extend(module.content.as_ref().map(|(_, items)| items.iter()));
                continue;
            }
            Item::Struct(item) if !item.attrs.iter().any(is_test) => (&item.ident, form(item, source)),
            Item::Enum(item) => (&item.ident, TypeForm::Opaque),
            Item::Union(item) => (&item.ident, TypeForm::Opaque),
            Item::Type(item) => (&item.ident, Ty::read(&item.ty).map_or(TypeForm::Opaque, TypeForm::Alias)),
            _ => continue,
        };
        found.push(DeclaredType { name: plain(ident), span: source.span(ident.span()), form });
    }
    found
}

fn form(item: &ItemStruct, source: Source<'_>) -> TypeForm {
    let (mut encoded, mut decoded, mut is_row) = (false, false, false);
    each_derived(&item.attrs, &mut |name| {
        encoded |= name == "Serialize";
        decoded |= name == "Deserialize";
        is_row |=
            name == "FromRow" || name == "FromQueryResult" || name == "DeriveEntityModel" || name == "DeriveModel";
    });
    if !encoded && !decoded && !is_row {
        return TypeForm::Opaque;
    }
    let Struct { fields, is_opaque, is_strict: strict } = read_struct(item, source);
    if is_opaque { TypeForm::Opaque } else { TypeForm::Struct { fields, encoded, decoded, strict } }
}

/// Calls `f` for each `#[serde(name)]` and `#[serde(name = "value")]`; nested ones as `name.inner`.
fn serde(attributes: &[syn::Attribute], f: &mut impl FnMut(&str, Option<&str>)) {
    each_meta(attributes, "serde", f);
}

/// The same for the attributes of any library.
fn each_meta(attributes: &[syn::Attribute], library: &str, f: &mut impl FnMut(&str, Option<&str>)) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident(library)) {
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
    use crate::frontend::rust::place::Lines;

    fn all(text: &str) -> Vec<DeclaredType> {
        declared(&syn::parse_file(text).unwrap().items, Source::new(text, text, &Lines::new(text, 0)))
    }

    fn fields(text: &str) -> Vec<DeclaredField> {
        match all(text).into_iter().next().map(|found| found.form) {
            Some(TypeForm::Struct { fields, .. }) => fields,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fields_are_named_as_serde_writes_them() {
        let read = fields(
            r#"#[derive(Serialize)] #[serde(rename_all = "camelCase")] struct S {
                 zip_code: String, #[serde(rename = "tel")] phone: Option<String>, #[serde(skip)] x: i32,
                 #[serde(flatten)] rest: HashMap<String, Value>, r#type: i32,
                 #[serde(rename(serialize = "out", deserialize = "in"))] both: i32 }"#,
        );
        let keys: Vec<&str> = read.iter().filter(|f| !f.skip).map(|f| f.key.as_str()).collect();
        assert_eq!(keys, ["zipCode", "tel", "rest", "type", "out"]);
        assert!(read[3].flatten && read[2].skip);
    }

    #[test]
    fn what_may_be_missing_is_optional() {
        let read = fields(
            "#[derive(Deserialize)] #[serde(tag = \"kind\")] struct S { a: u8, b: Option<u8>, #[serde(default)] c: u8,
             #[serde(alias = \"e\")] d: u8 }",
        );
        let found: Vec<(&str, &str, bool)> =
            read.iter().map(|f| (f.name.as_str(), f.key.as_str(), f.optional)).collect();
        let expected = [("", "kind", false), ("a", "a", false), ("b", "b", true), ("c", "c", true), ("d", "d", true)];
        assert_eq!(found, expected);
        assert!(fields("#[derive(Deserialize)] #[serde(default)] struct S { a: u8 }")[0].optional);
    }

    #[test]
    fn only_what_serde_derives_is_known() {
        let text = "struct A { a: u8 }\n#[derive(Serialize)] enum B { C }\ntype D = Json<A>;\n\
                    #[cfg(test)] mod tests { #[derive(Serialize)] struct T { a: u8 } }\n\
                    mod inner { #[derive(serde::Serialize)] pub struct E { a: u8 } }\n#[derive(Serialize)] struct F(u8);";
        let found = all(text);
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "D", "E", "F"]);
        assert!(matches!(&found[0].form, TypeForm::Opaque) && matches!(&found[4].form, TypeForm::Opaque));
        assert!(matches!(&found[2].form, TypeForm::Alias(ty) if ty.to_string() == "Json<A>"));
        assert!(matches!(&found[3].form, TypeForm::Struct { encoded: true, decoded: false, .. }));
        assert!(text[found[3].span.range()].starts_with('E'));
    }
}
