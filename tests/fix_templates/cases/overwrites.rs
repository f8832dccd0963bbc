//! Statements that write a whole document where single keys are meant.

use super::{CITY, DEEP, HOSTILE, LEAVES, NESTED, ONE, PHONE, SPACED, TWO, case};
use crate::support::templates::{Case, Effect};

/// On PostgreSQL.
pub(super) const POSTGRES: &[Case] = &[
    case("one key", "data", "UPDATE users SET data = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case("one key, NOT NULL", "kept", "UPDATE users SET kept = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case("one key, json", "old", "UPDATE users SET old = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case(
        "one key, text",
        "txt",
        "UPDATE users SET txt = $1 WHERE id = $2",
        &[r#"json!({ "phone": v }).to_string()"#, "id"],
        PHONE,
    ),
    case("one key among others", "data", "UPDATE users SET id = $2, data = $1 WHERE id = $2", &[ONE, "id"], PHONE),
    case(
        "one key, with an alias",
        "data",
        "UPDATE users AS u SET data = $1 FROM users o WHERE u.id = $2 AND o.id = u.id",
        &[ONE, "id"],
        PHONE,
    ),
    case(
        "several keys",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "several keys, NOT NULL",
        "kept",
        "UPDATE users SET kept = $1 WHERE id = $2",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "several keys, json",
        "old",
        "UPDATE users SET old = $1 WHERE id = $2",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "several keys, text",
        "txt",
        "UPDATE users SET txt = $1 WHERE id = $2",
        &[r#"json!({ "phone": v, "mail": w }).to_string()"#, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case("nested key", "data", "UPDATE users SET data = $1 WHERE id = $2", &[NESTED, "id"], CITY),
    case("nested key, NOT NULL", "kept", "UPDATE users SET kept = $1 WHERE id = $2", &[NESTED, "id"], CITY),
    case("nested key, json", "old", "UPDATE users SET old = $1 WHERE id = $2", &[NESTED, "id"], CITY),
    case(
        "nested key, text",
        "txt",
        "UPDATE users SET txt = $1 WHERE id = $2",
        &[r#"json!({ "address": { "city": v } }).to_string()"#, "id"],
        CITY,
    ),
    case(
        "three levels",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[DEEP, "id"],
        Effect::Set(&["address/geo/lat"]),
    ),
    case(
        "keys on two levels",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[LEAVES, "id"],
        Effect::Set(&["phone", "address/city"]),
    ),
    case(
        "hostile key",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[HOSTILE, "id"],
        Effect::Set(&["it's \"q\" \\ {a,b} é"]),
    ),
    case(
        "a key with blanks and dots",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[SPACED, "id"],
        Effect::Set(&["a b.c"]),
    ),
    case(
        "a key named null",
        "data",
        "UPDATE users SET data = $1 WHERE id = $2",
        &[r#"json!({ "null": v })"#, "id"],
        Effect::Set(&["null"]),
    ),
    case(
        "built in SQL",
        "data",
        "UPDATE users SET data = jsonb_build_object('phone', $1::jsonb) WHERE id = $2",
        &["json!(v)", "id"],
        PHONE,
    ),
    case(
        "built in SQL, nested",
        "data",
        "UPDATE users SET data = jsonb_build_object('address', jsonb_build_object('city', $1::jsonb)) WHERE id = $2",
        &["json!(v)", "id"],
        CITY,
    ),
    case(
        "literal",
        "kept",
        r#"UPDATE users SET kept = '{"phone": "it''s 2"}' WHERE id = $1"#,
        &["id"],
        Effect::Known("phone", "\"it's 2\""),
    ),
];

/// On MariaDB and SQLite.
pub(super) const COMMON: &[Case] = &[
    case("one key", "data", "UPDATE users SET data = ? WHERE id = ?", &[ONE, "id"], PHONE),
    case("one key, NOT NULL", "kept", "UPDATE users SET kept = ? WHERE id = ?", &[ONE, "id"], PHONE),
    case(
        "several keys",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[TWO, "id"],
        Effect::Set(&["phone", "mail"]),
    ),
    case("nested key", "data", "UPDATE users SET data = ? WHERE id = ?", &[NESTED, "id"], CITY),
    case(
        "three levels",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[DEEP, "id"],
        Effect::Set(&["address/geo/lat"]),
    ),
    case(
        "keys on two levels",
        "kept",
        "UPDATE users SET kept = ? WHERE id = ?",
        &[LEAVES, "id"],
        Effect::Set(&["phone", "address/city"]),
    ),
    case(
        "a key with blanks and dots",
        "data",
        "UPDATE users SET data = ? WHERE id = ?",
        &[SPACED, "id"],
        Effect::Set(&["a b.c"]),
    ),
    case(
        "literal",
        "kept",
        r#"UPDATE users SET kept = '{"phone": "it''s 2"}' WHERE id = ?"#,
        &["id"],
        Effect::Known("phone", "\"it's 2\""),
    ),
];

/// On MariaDB only.
pub(super) const MARIADB: &[Case] = &[case(
    "several keys, NOT NULL",
    "kept",
    "UPDATE users SET kept = ? WHERE id = ?",
    &[TWO, "id"],
    Effect::Set(&["phone", "mail"]),
)];

/// On SQLite only.
pub(super) const SQLITE: &[Case] =
    &[case("one key, numbered", "data", "UPDATE users SET data = ?1 WHERE id = ?2", &[ONE, "id"], PHONE)];
