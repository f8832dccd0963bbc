//! How SeaORM derives the names of tables and columns from those of fields, variants and types.

use heck::{
    ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToSnakeCase, ToTitleCase, ToUpperCamelCase,
};
use syn::Type;

pub(super) use crate::frontend::rust::names::plain;

/// The variant of `Column` that stands for a field.
pub(super) fn variant(field: &str) -> String {
    field.to_upper_camel_case()
}

/// The column of a variant, by the style of `rename_all` or as snake case.
pub(super) fn column(variant: &str, style: Option<&str>) -> String {
    match style {
        Some("camelCase" | "mixed_case") => variant.to_lower_camel_case(),
        Some("PascalCase" | "camel_case") => variant.to_upper_camel_case(),
        Some("kebab-case") => variant.to_kebab_case(),
        Some("SCREAMING_SNAKE_CASE") => variant.to_shouty_snake_case(),
        Some("SCREAMING-KEBAB-CASE") => variant.to_shouty_kebab_case(),
        Some("lowercase") => variant.to_lowercase(),
        Some("UPPERCASE") => variant.to_uppercase(),
        Some("title_case") => variant.to_title_case(),
        _ => variant.to_snake_case(),
    }
}

/// Snake case, as `DeriveIden` makes it.
pub(super) fn snake(name: &str) -> String {
    name.to_snake_case()
}

/// A type without `Option` and references, and whether there was an `Option`.
pub(super) fn inner(ty: &Type) -> (&Type, bool) {
    let mut ty = ty;
    let mut optional = false;
    for _ in 0..8 {
        ty = match ty {
            Type::Reference(reference) => &reference.elem,
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            Type::Path(path) => match path.path.segments.last() {
                Some(last) if last.ident == "Option" => match argument(last) {
                    Some(inner) => {
                        optional = true;
                        inner
                    }
                    None => break,
                },
                Some(last) if last.ident == "Box" => match argument(last) {
                    Some(inner) => inner,
                    None => break,
                },
                _ => break,
            },
            _ => break,
        }
    }
    (ty, optional)
}

/// The first generic argument of a segment.
pub(super) fn argument(segment: &syn::PathSegment) -> Option<&Type> {
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The last segment of a type's path.
pub(super) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The SQL type that SeaORM gives a Rust type, as far as its name says it; empty for a type of the project.
pub(super) fn sql_type(ty: &Type) -> String {
    let Some(last) = last_segment(ty) else { return String::new() };
    let name = last.ident.to_string();
    let sql = match name.as_str() {
        "Json" | "JsonValue" | "Value" => "json",
        "String" | "str" => "text",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "isize" | "usize" => "bigint",
        "f32" | "f64" => "double",
        "bool" => "boolean",
        "Decimal" | "BigDecimal" => "numeric",
        "Uuid" => "uuid",
        "Date" | "NaiveDate" | "TimeDate" | "ChronoDate" => "date",
        "Time" | "NaiveTime" | "TimeTime" | "ChronoTime" => "time",
        "DateTime"
        | "DateTimeUtc"
        | "DateTimeWithTimeZone"
        | "DateTimeLocal"
        | "NaiveDateTime"
        | "TimeDateTime"
        | "TimeDateTimeWithTimeZone"
        | "ChronoDateTime"
        | "ChronoDateTimeUtc"
        | "ChronoDateTimeWithTimeZone"
        | "OffsetDateTime"
        | "PrimitiveDateTime" => "timestamp",
        "Vec" => {
            let item = argument(last).map(sql_type).unwrap_or_default();
            return match item.as_str() {
                "" => String::new(),
                "bigint" if argument(last).and_then(last_segment).is_some_and(|s| s.ident == "u8") => "bytea".into(),
                other => format!("{other}[]"),
            };
        }
        _ => "",
    };
    sql.to_owned()
}

/// The SQL type behind a `ColumnType`, by the text after `ColumnType::`: `JsonBinary`, `custom("jsonb")`, `Array(..)`.
pub(super) fn column_type(text: &str) -> String {
    let text = text.trim();
    let text = text.rsplit_once("ColumnType::").filter(|(head, _)| !head.contains('(')).map_or(text, |(_, tail)| tail);
    let head: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    match head.as_str() {
        "Json" | "json" => "json".into(),
        "JsonBinary" | "json_binary" => "jsonb".into(),
        "Custom" | "custom" => {
            let quoted = text.split('"').nth(1).map(str::to_lowercase);
            quoted.unwrap_or_default()
        }
        "Array" | "array" if text.contains("JsonBinary") => "jsonb[]".into(),
        "Array" | "array" if text.contains("Json") => "json[]".into(),
        "Array" | "array" => "text[]".into(),
        other => method_type(&other.to_snake_case()).unwrap_or_default().to_owned(),
    }
}

/// The SQL type that a method of `ColumnDef` or a helper of `schema` declares.
pub(super) fn method_type(method: &str) -> Option<&'static str> {
    Some(match method {
        "json" => "json",
        "json_binary" => "jsonb",
        "text" | "medium_text" | "long_text" | "tiny_text" => "text",
        "string" | "string_len" | "char" | "char_len" => "varchar",
        "integer" | "tiny_integer" | "small_integer" | "big_integer" | "unsigned" | "tiny_unsigned"
        | "small_unsigned" | "big_unsigned" | "big_pk_auto" | "pk_auto" => "bigint",
        "float" | "float_len" | "double" | "double_len" => "double",
        "decimal" | "decimal_len" | "money" | "money_len" => "numeric",
        "date_time" | "timestamp" | "timestamp_with_time_zone" | "timestamp_len" => "timestamp",
        "time" => "time",
        "date" => "date",
        "year" => "year",
        "interval" => "interval",
        "boolean" => "boolean",
        "binary" | "binary_len" | "var_binary" | "blob" | "bit" | "varbit" => "blob",
        "uuid" | "pk_uuid" => "uuid",
        "cidr" | "inet" => "inet",
        "mac_address" | "mac_addr" => "macaddr",
        "ltree" => "ltree",
        "enumeration" => "enum",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_derive() {
        assert_eq!(column(&variant("userSnake_case2"), None), "user_snake_case2");
        assert_eq!(column(&variant("a1b2"), None), "a1b2");
        assert_eq!(column(&variant("user_settings"), Some("camelCase")), "userSettings");
        assert_eq!(column("Foo", None), "foo");
    }

    #[test]
    fn a_column_type_is_read_by_its_tail() {
        assert_eq!(column_type("JsonBinary"), "jsonb");
        assert_eq!(column_type("ColumnType::Json"), "json");
        assert_eq!(column_type("custom(\"JSONB\")"), "jsonb");
        assert_eq!(column_type("Array(sea_orm::sea_query::RcOrArc::new(ColumnType::JsonBinary))"), "jsonb[]");
        assert_eq!(column_type("String(StringLen::N(20))"), "varchar");
        assert_eq!(column_type("TimestampWithTimeZone"), "timestamp");
    }
}
