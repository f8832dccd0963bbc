//! Declared types to what a column holds. Knows the type names of the three databases, and nothing of statements.

use super::catalog::ColumnKind;
use crate::document::run::Storage;
use crate::frontend::sql::value::SqlType;
use crate::frontend::sql::{Dialect, TableName};
use std::collections::BTreeMap;

/// What a declared type says of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// JSON by its type.
    Json(ColumnKind),
    /// Text, or bytes that may be text: JSON if it is used as such.
    Text,
    /// Never JSON: a number, a time, `bytea`, an array of something else.
    Other,
    /// A type we do not know (an enumeration, an extension), or none.
    Unknown,
}

/// Domains by name in lower case: the type each stands for, and whether it forbids NULL.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains(BTreeMap<String, (String, bool)>);

impl Domains {
    /// Notes a `CREATE DOMAIN`.
    pub(super) fn add(&mut self, name: &TableName, sql_type: &str, not_null: bool) {
        self.0.insert(name.name.to_lowercase(), (sql_type.to_owned(), not_null));
    }

    /// The type behind a declared type, and whether a domain on the way forbids NULL.
    pub(super) fn resolve<'a>(&'a self, sql_type: &'a str) -> (&'a str, bool) {
        let (mut sql_type, mut not_null) = (sql_type, false);
        // A domain over a domain over ..; a cycle cannot be created, but may be read.
        for _ in 0..8 {
            let name = sql_type.rsplit('.').next().unwrap_or(sql_type).trim_matches('"').to_lowercase();
            let Some((inner, forbids)) = self.0.get(&name) else { break };
            not_null |= *forbids;
            sql_type = inner;
        }
        (sql_type, not_null)
    }
}

/// Reads a declared type, as [`crate::frontend::sql::ColumnDef::sql_type`] spells it.
pub(super) fn classify(sql_type: &str, dialect: Option<Dialect>) -> Class {
    let lower = sql_type.trim().to_lowercase();
    let array = lower.contains('[') || lower.ends_with(" array") || lower.starts_with("array");
    let base = lower.trim_start_matches("array").trim_start_matches(['(', '<']);
    let base = base.split(['(', '[', '<', ')', '>']).next().unwrap_or_default().trim();
    let base = base.strip_prefix("pg_catalog.").unwrap_or(base).trim_matches(['"', '`']);
    // `_jsonb` is how PostgreSQL's catalog names the array type.
    let (base, array) = base.strip_prefix('_').map_or((base, array), |item| (item, true));
    let word = base.split_whitespace().next().unwrap_or_default();
    let class = match word {
        "" => Class::Unknown,
        "jsonb" if dialect == Some(Dialect::Sqlite) => Class::Json(ColumnKind::Json),
        "jsonb" => Class::Json(ColumnKind::Jsonb),
        // The two with `_text` are what sea-query declares on SQLite.
        "json" | "json_text" | "jsonb_text" => Class::Json(ColumnKind::Json),
        "text" | "varchar" | "character" | "char" | "bpchar" | "citext" | "string" | "tinytext" | "mediumtext"
        | "longtext" | "nvarchar" | "nchar" | "varchar2" | "nvarchar2" | "clob" | "nclob" | "blob" | "tinyblob"
        | "mediumblob" | "longblob" | "any" | "native" | "varying" | "long" => Class::Text,
        "int" | "integer" | "int2" | "int4" | "int8" | "int64" | "int32" | "smallint" | "bigint" | "tinyint"
        | "mediumint" | "unsigned" | "serial" | "serial4" | "serial8" | "bigserial" | "smallserial" | "real"
        | "double" | "float" | "float4" | "float8" | "float32" | "float64" | "numeric" | "number" | "decimal"
        | "money" | "bool" | "boolean" | "bit" | "varbit" | "date" | "time" | "timetz" | "timestamp"
        | "timestamptz" | "datetime" | "year" | "interval" | "uuid" | "bytea" | "bytes" | "binary" | "varbinary"
        | "hstore" | "xml" | "inet" | "cidr" | "macaddr" | "point" | "line" | "lseg" | "box" | "path" | "polygon"
        | "circle" | "geometry" | "geography" | "tsvector" | "tsquery" | "oid" | "xid" | "xid8" | "pg_lsn"
        | "ltree" | "vector" | "halfvec" | "int4range" | "int8range" | "numrange" | "tsrange" | "tstzrange"
        | "daterange" | "name" | "enum" | "set" | "regclass" => Class::Other,
        _ if dialect == Some(Dialect::Sqlite) && word.contains("json") => Class::Json(ColumnKind::Json),
        _ if dialect == Some(Dialect::Sqlite) => sqlite_affinity(base),
        _ => Class::Unknown,
    };
    match class {
        Class::Json(_) if array => Class::Json(ColumnKind::JsonArray),
        _ if array => Class::Other,
        other => other,
    }
}

/// SQLite takes any name for a type; what it holds follows from the letters in it (manual, "Datatypes", 3.1).
fn sqlite_affinity(name: &str) -> Class {
    if name.contains("int") {
        Class::Other
    } else if ["char", "clob", "text", "blob"].iter().any(|part| name.contains(part)) {
        Class::Text
    } else if ["real", "floa", "doub", "date", "time", "bool"].iter().any(|part| name.contains(part)) {
        Class::Other
    } else {
        Class::Unknown
    }
}

/// The kind of a column that has nothing but its declaration.
pub(super) fn declared_kind(class: Class, json_check: bool) -> ColumnKind {
    match class {
        Class::Json(kind) => kind,
        Class::Text | Class::Unknown if json_check => ColumnKind::TextJson,
        _ => ColumnKind::Other,
    }
}

/// How a column of that kind keeps its value.
pub(super) fn storage(kind: ColumnKind, checked: bool, dialect: Dialect) -> Storage {
    match (dialect, kind) {
        (Dialect::Postgres, ColumnKind::Jsonb) => Storage::Jsonb,
        (Dialect::Postgres, ColumnKind::Json) => Storage::Json,
        (Dialect::Mysql, ColumnKind::Json | ColumnKind::Jsonb) => Storage::CheckedText,
        (_, ColumnKind::TextJson) if checked => Storage::CheckedText,
        _ => Storage::Text,
    }
}

/// The type of a column as the evaluator asks for it.
pub(super) fn sql_type(kind: ColumnKind, declared: &str, dialect: Dialect) -> SqlType {
    match kind {
        ColumnKind::Jsonb => SqlType::Jsonb,
        ColumnKind::Json => SqlType::Json,
        ColumnKind::TextJson => SqlType::Text,
        ColumnKind::JsonArray => SqlType::Other,
        ColumnKind::Other => match classify(declared, Some(dialect)) {
            Class::Text => SqlType::Text,
            _ => SqlType::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_however_they_are_spelled() {
        let pg = Some(Dialect::Postgres);
        for (spelled, class) in [
            ("jsonb", Class::Json(ColumnKind::Jsonb)),
            ("pg_catalog.jsonb", Class::Json(ColumnKind::Jsonb)),
            ("json", Class::Json(ColumnKind::Json)),
            ("jsonb[]", Class::Json(ColumnKind::JsonArray)),
            ("jsonb array", Class::Json(ColumnKind::JsonArray)),
            ("_jsonb", Class::Json(ColumnKind::JsonArray)),
            ("character varying(20)", Class::Text),
            ("text[]", Class::Other),
            ("timestamp with time zone", Class::Other),
            ("bytea", Class::Other),
            ("order_state", Class::Unknown),
            ("", Class::Unknown),
        ] {
            assert_eq!(classify(spelled, pg), class, "{spelled}");
        }
    }

    #[test]
    fn sqlite_takes_any_name_for_a_type() {
        let lite = Some(Dialect::Sqlite);
        assert_eq!(classify("jsonb", lite), Class::Json(ColumnKind::Json));
        assert_eq!(classify("json_text", lite), Class::Json(ColumnKind::Json));
        assert_eq!(classify("text_json", lite), Class::Json(ColumnKind::Json));
        assert_eq!(classify("longchar", lite), Class::Text);
        assert_eq!(classify("bigint", lite), Class::Other);
        assert_eq!(classify("longtext character set utf8mb4", Some(Dialect::Mysql)), Class::Text);
    }

    #[test]
    fn a_domain_stands_for_its_type_even_through_another_domain() {
        let mut domains = Domains::default();
        let name = |name: &str| TableName { schema: None, name: name.into() };
        domains.add(&name("Settings"), "jsonb", true);
        domains.add(&name("strict"), "app.settings", false);
        domains.add(&name("a"), "b", false);
        domains.add(&name("b"), "a", false);
        assert_eq!(domains.resolve("strict"), ("jsonb", true));
        assert_eq!(domains.resolve("text"), ("text", false));
        assert!(["a", "b"].contains(&domains.resolve("a").0), "a cycle ends");
    }
}
