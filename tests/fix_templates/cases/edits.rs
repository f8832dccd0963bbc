//! Edits of a document that do something else than they seem to.

use super::{CITY, ONE, PHONE, case};
use crate::support::templates::{Case, Effect};

/// On PostgreSQL.
pub(super) const POSTGRES: &[Case] = &[
    case(
        "foreign base",
        "data",
        "INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = jsonb_set(EXCLUDED.data, '{name}', users.data->'name')",
        &["id", ONE],
        PHONE,
    ),
    case(
        "NULL wipe",
        "data",
        "UPDATE users SET data = jsonb_set(COALESCE(data, '{}'), '{phone}', to_jsonb($1::text)) WHERE id = $2",
        &["text", "id"],
        Effect::SetUnlessNull("phone"),
    ),
    case(
        "NULL column",
        "data",
        "UPDATE users SET data = jsonb_set(data, '{phone}', $1) WHERE id = $2",
        &["json!(v)", "id"],
        PHONE,
    ),
    case(
        "missing parent",
        "kept",
        "UPDATE users SET kept = jsonb_set(kept, '{address,city}', $1) WHERE id = $2",
        &["json!(v)", "id"],
        CITY,
    ),
    case("merge the wrong way round", "kept", "UPDATE users SET kept = $1 || kept WHERE id = $2", &[ONE, "id"], PHONE),
    case(
        "wrong operator",
        "data",
        "UPDATE users SET data = data - '{phone,name}' WHERE id = $1",
        &["id"],
        Effect::Remove(&["phone", "name"]),
    ),
    case(
        "shallow merge",
        "kept",
        r#"UPDATE users SET kept = kept || '{"address": {"city": "x"}}' WHERE id = $1"#,
        &["id"],
        Effect::Known("address/city", "\"x\""),
    ),
    case(
        "parent set whole",
        "kept",
        "UPDATE users SET kept = jsonb_set(kept, '{address}', $1) WHERE id = $2",
        &[r#"json!({ "city": v })"#, "id"],
        CITY,
    ),
    case("dotted column", "data", "UPDATE users SET \"data.phone\" = $1 WHERE id = $2", &["v", "id"], PHONE),
    case(
        "dotted key",
        "kept",
        "UPDATE users SET kept = jsonb_set(kept, '{address.city}', $1) WHERE id = $2",
        &["json!(v)", "id"],
        CITY,
    ),
];

/// On MariaDB.
pub(super) const MARIADB: &[Case] = &[
    case(
        "NULL column",
        "data",
        "UPDATE users SET data = JSON_SET(data, '$.phone', JSON_EXTRACT(?, '$')) WHERE id = ?",
        &["json!(v)", "id"],
        PHONE,
    ),
    case(
        "missing parent",
        "kept",
        "UPDATE users SET kept = JSON_SET(kept, '$.address.city', JSON_EXTRACT(?, '$')) WHERE id = ?",
        &["json!(v)", "id"],
        CITY,
    ),
];

/// On SQLite.
pub(super) const SQLITE: &[Case] = &[case(
    "NULL column",
    "data",
    "UPDATE users SET data = json_set(data, '$.phone', json(?)) WHERE id = ?",
    &["json!(v)", "id"],
    PHONE,
)];
