//! Enums as serde writes them: how values say which variant they are, and what each of them holds.
//!
//! Reads declarations only; what a value of one is as a document is for the project to say.

use super::names::plain;
use super::place::Source;
use super::structs::{Derived, read_fields, serde, type_of, written_as};
use crate::frontend::facts::{DeclaredEnum, DeclaredVariant, Tagging, TypeForm, VariantForm};
use ident_case::RenameRule;
use syn::{Fields, ItemEnum, Variant};

/// What the attributes of an enum say of all its variants.
#[derive(Default)]
struct Rules {
    of_variants: RenameRule,
    of_fields: RenameRule,
    all_optional: bool,
}

/// What an enum is as a document.
pub(super) fn form(item: &ItemEnum, source: Source<'_>) -> TypeForm {
    let derived = Derived::of(&item.attrs);
    if !derived.encoded && !derived.decoded {
        return TypeForm::Opaque;
    }
    if let Some(other) = written_as(&item.attrs, &derived, None) {
        return other;
    }
    let mut rules = Rules::default();
    let (mut strict, mut untagged, mut by_number, mut tag, mut content) = (false, false, false, None, None);
    serde(&item.attrs, &mut |name, value| match (name, value) {
        ("rename_all" | "rename_all.serialize", Some(value)) => rules.of_variants = value.parse().unwrap_or_default(),
        ("rename_all_fields" | "rename_all_fields.serialize", Some(value)) => {
            rules.of_fields = value.parse().unwrap_or_default();
        }
        ("default", _) => rules.all_optional = true,
        ("deny_unknown_fields", _) => strict = true,
        ("untagged", _) => untagged = true,
        ("variant_identifier" | "field_identifier", _) => by_number = true,
        ("tag", Some(value)) => tag = Some(value.to_owned()),
        ("content", Some(value)) => content = Some(value.to_owned()),
        _ => {}
    });
    if by_number {
        return TypeForm::Opaque;
    }
    let tagging = match (tag, content) {
        _ if untagged => Tagging::Untagged,
        (Some(tag), Some(content)) => Tagging::Adjacent(tag, content),
        (Some(tag), None) => Tagging::Internal(tag),
        (None, _) => Tagging::External,
    };
    let variants = item.variants.iter().filter_map(|variant| self::variant(variant, &rules, source)).collect();
    TypeForm::Enum(DeclaredEnum { variants, tagging, encoded: derived.encoded, decoded: derived.decoded, strict })
}

/// A variant; `None` for one that is never written.
fn variant(variant: &Variant, rules: &Rules, source: Source<'_>) -> Option<DeclaredVariant> {
    let name = plain(&variant.ident);
    let mut found = DeclaredVariant {
        key: rules.of_variants.apply_to_variant(&name),
        name,
        untagged: false,
        form: VariantForm::Unit,
        span: source.span(variant.ident.span()),
    };
    let (mut of_fields, mut is_skipped, mut by_hand) = (rules.of_fields, false, false);
    serde(&variant.attrs, &mut |name, value| match (name, value) {
        ("rename" | "rename.serialize", Some(value)) => value.clone_into(&mut found.key),
        ("rename_all" | "rename_all.serialize", Some(value)) => of_fields = value.parse().unwrap_or_default(),
        ("skip" | "skip_serializing", _) => is_skipped = true,
        ("untagged", _) => found.untagged = true,
        ("with" | "serialize_with", _) => by_hand = true,
        _ => {}
    });
    if is_skipped {
        return None;
    }
    found.form = match &variant.fields {
        Fields::Unit => VariantForm::Unit,
        _ if by_hand => VariantForm::Value(None),
        Fields::Unnamed(values) => match values.unnamed.first() {
            Some(only) if values.unnamed.len() == 1 => {
                let mut by_hand = false;
                serde(&only.attrs, &mut |name, _| by_hand |= name == "with" || name == "serialize_with");
                VariantForm::Value(type_of(only).filter(|_| !by_hand))
            }
            _ => VariantForm::List,
        },
        Fields::Named(named) => VariantForm::Fields(read_fields(named, of_fields, rules.all_optional, source)),
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::rust::place::Lines;

    fn read(text: &str) -> DeclaredEnum {
        let item: ItemEnum = syn::parse_str(text).unwrap();
        match form(&item, Source::new(text, text, &Lines::new(text, 0))) {
            TypeForm::Enum(found) => found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn variants_and_their_fields_are_named_as_serde_writes_them() {
        let found = read(
            r#"#[derive(Serialize)] #[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
               enum State { Idle, NotStarted { not_before: i64 }, #[serde(rename = "err")] Failed(Error),
                 #[serde(rename_all = "SCREAMING_SNAKE_CASE")] Done { took_ms: i64, #[serde(rename = "n")] count: u8 },
                 #[serde(skip)] Never, Pair(u8, u8), #[serde(other)] Unknown }"#,
        );
        assert_eq!(found.tagging, Tagging::Internal("kind".into()));
        let keys = |form: &VariantForm| match form {
            VariantForm::Fields(fields) => fields.iter().map(|field| field.key.as_str()).collect::<Vec<_>>().join(","),
            VariantForm::Value(ty) => format!("={}", ty.as_ref().map_or("?", |ty| ty.name())),
            VariantForm::List => "[]".into(),
            VariantForm::Unit => String::new(),
        };
        let all: Vec<(&str, String)> = found.variants.iter().map(|v| (v.key.as_str(), keys(&v.form))).collect();
        let expected = [
            ("idle", ""),
            ("not_started", "notBefore"),
            ("err", "=Error"),
            ("done", "TOOK_MS,n"),
            ("pair", "[]"),
            ("unknown", ""),
        ];
        assert_eq!(all, expected.map(|(name, keys)| (name, keys.to_owned())));
    }

    #[test]
    fn the_tag_stands_where_the_attributes_say() {
        let of = |attribute: &str| read(&format!("#[derive(Serialize)] {attribute} enum E {{ A }}")).tagging;
        assert_eq!(of(""), Tagging::External);
        assert_eq!(of("#[serde(untagged)]"), Tagging::Untagged);
        assert_eq!(of(r#"#[serde(tag = "t", content = "c")]"#), Tagging::Adjacent("t".into(), "c".into()));
        let by_hand: ItemEnum = syn::parse_str("enum E { A }").unwrap();
        assert_eq!(form(&by_hand, Source::new("", "", &Lines::new("", 0))), TypeForm::Opaque);
    }
}
