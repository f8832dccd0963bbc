//! Structs as serde writes them: which keys, by which attributes; and every type that a file declares.
//!
//! What a type that is written as another one comes to is for the project to find; enums are read in [`super::enums`].

use super::assemble::Reader;
use super::enums;
use super::names::{each_derived, is_test, plain};
use super::place::Source;
use super::types::Ty;
use crate::frontend::facts::{DeclaredField, DeclaredType, TypeForm};
use ident_case::RenameRule;
use syn::{Expr, Field, Fields, FieldsNamed, Item, ItemStruct, Lit};

/// A struct as serde writes it.
#[derive(Debug, Clone)]
pub(super) struct Struct {
    pub(super) fields: Vec<DeclaredField>,
    /// It is written as its one field, or in a way that is not known.
    pub(super) is_opaque: bool,
    /// A document with other keys is not read.
    pub(super) is_strict: bool,
}

impl Reader<'_, '_> {
    /// A struct of this file whose keys are its own fields.
    pub(super) fn own_struct(&self, name: &str) -> Option<Struct> {
        let read = read_struct(self.tree.structs.get(name)?, self.source);
        (!read.is_opaque).then_some(read)
    }
}

/// Reads a struct with its serde attributes.
pub(super) fn read_struct(item: &ItemStruct, source: Source<'_>) -> Struct {
    let mut rule = RenameRule::None;
    let (mut is_opaque, mut is_strict, mut all_optional, mut tag) = (false, false, false, None);
    serde(&item.attrs, &mut |name, value| match (name, value) {
        ("rename_all" | "rename_all.serialize", Some(value)) => rule = value.parse().unwrap_or_default(),
        ("transparent" | "into" | "from" | "try_from" | "remote", _) => is_opaque = true,
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
    fields.extend(read_fields(named, rule, all_optional, source));
    Struct { fields, is_opaque, is_strict }
}

/// Reads named fields with their serde attributes.
pub(super) fn read_fields(
    named: &FieldsNamed,
    rule: RenameRule,
    all_optional: bool,
    source: Source<'_>,
) -> Vec<DeclaredField> {
    let mut fields = vec![];
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
    fields
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
            Item::Enum(item) if !item.attrs.iter().any(is_test) => (&item.ident, enums::form(item, source)),
            Item::Union(item) => (&item.ident, TypeForm::Opaque),
            Item::Type(item) => (&item.ident, Ty::read(&item.ty).map_or(TypeForm::Opaque, TypeForm::Alias)),
            _ => continue,
        };
        found.push(DeclaredType { name: plain(ident), span: source.span(ident.span()), form });
    }
    found
}

fn form(item: &ItemStruct, source: Source<'_>) -> TypeForm {
    let derived = Derived::of(&item.attrs);
    if !derived.encoded && !derived.decoded && !derived.is_row {
        return TypeForm::Opaque;
    }
    if let Some(other) = written_as(&item.attrs, &derived, Some(&item.fields)) {
        return other;
    }
    let Struct { fields, is_opaque, is_strict: strict } = read_struct(item, source);
    let Derived { encoded, decoded, .. } = derived;
    if is_opaque { TypeForm::Opaque } else { TypeForm::Struct { fields, encoded, decoded, strict } }
}

/// What a type derives.
#[derive(Default)]
pub(super) struct Derived {
    pub(super) encoded: bool,
    pub(super) decoded: bool,
    is_row: bool,
}

impl Derived {
    pub(super) fn of(attributes: &[syn::Attribute]) -> Self {
        let mut found = Self::default();
        each_derived(attributes, &mut |name| {
            found.encoded |= name == "Serialize";
            found.decoded |= name == "Deserialize";
            found.is_row |=
                name == "FromRow" || name == "FromQueryResult" || name == "DeriveEntityModel" || name == "DeriveModel";
        });
        found
    }
}

/// The type as which a type is written and read: `#[serde(into = "Raw", from = "Raw")]`, `#[serde(transparent)]`, a
/// struct around one value. `None` for one that is written as itself.
pub(super) fn written_as(
    attributes: &[syn::Attribute],
    derived: &Derived,
    fields: Option<&Fields>,
) -> Option<TypeForm> {
    let (mut into, mut from, mut is_transparent, mut is_remote) = (None, None, false, false);
    serde(attributes, &mut |name, value| match (name, value) {
        ("into", Some(ty)) => into = Some(ty.to_owned()),
        ("from" | "try_from", Some(ty)) => from = Some(ty.to_owned()),
        ("transparent", _) => is_transparent = true,
        ("remote", _) => is_remote = true,
        _ => {}
    });
    if is_remote {
        return Some(TypeForm::Opaque);
    }
    if into.is_some() || from.is_some() {
        // Both ways the same, as far as it goes both ways.
        let (wrote, read) = (into.as_ref().filter(|_| derived.encoded), from.as_ref().filter(|_| derived.decoded));
        let other = match (wrote, read) {
            (Some(wrote), Some(read)) => (wrote == read).then_some(wrote),
            (Some(wrote), None) => (!derived.decoded).then_some(wrote),
            (None, Some(read)) => (!derived.encoded).then_some(read),
            (None, None) => None,
        };
        let other = other.and_then(|ty| Ty::read(&syn::parse_str(ty).ok()?));
        return Some(other.map_or(TypeForm::Opaque, TypeForm::Alias));
    }
    let is_tuple = matches!(fields, Some(Fields::Unnamed(fields)) if fields.unnamed.len() == 1);
    if !is_transparent && !is_tuple {
        return None;
    }
    // The one field that is written, as serde's own derive has it.
    let mut written = fields?.iter().filter(|field| {
        let mut skipped = false;
        serde(&field.attrs, &mut |name, _| skipped |= name == "skip" || name == "skip_serializing");
        !skipped && !matches!(Ty::read(&field.ty), Some(ty) if ty.name() == "PhantomData")
    });
    let only = written.next().filter(|_| written.next().is_none());
    let ty = only.filter(|field| {
        let mut by_hand = false;
        serde(&field.attrs, &mut |name, _| by_hand |= name == "with" || name == "serialize_with");
        !by_hand
    });
    Some(ty.and_then(type_of).map_or(TypeForm::Opaque, TypeForm::Alias))
}

/// Calls `f` for each `#[serde(name)]` and `#[serde(name = "value")]`; nested ones as `name.inner`.
pub(super) fn serde(attributes: &[syn::Attribute], f: &mut impl FnMut(&str, Option<&str>)) {
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
        assert!(matches!(&found[0].form, TypeForm::Opaque) && matches!(&found[1].form, TypeForm::Enum(_)));
        assert!(matches!(&found[4].form, TypeForm::Alias(ty) if ty.name() == "u8"));
        assert!(matches!(&found[2].form, TypeForm::Alias(ty) if ty.to_string() == "Json<A>"));
        assert!(matches!(&found[3].form, TypeForm::Struct { encoded: true, decoded: false, .. }));
        assert!(text[found[3].span.range()].starts_with('E'));
    }
}
