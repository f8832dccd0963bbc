//! Upserts that write a whole document over the row that was there.

use super::{NAMED, ONE, PHONE, TWO, case};
use crate::support::templates::{Case, Effect};

/// On PostgreSQL.
pub(super) const POSTGRES: &[Case] = &[
    case(
        "upsert",
        "data",
        "INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert, NOT NULL",
        "kept",
        "INSERT INTO users (id, kept) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET kept = EXCLUDED.kept",
        &["id", TWO],
        Effect::Set(&["phone", "mail"]),
    ),
    case(
        "upsert, json",
        "old",
        "INSERT INTO users (id, old) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET old = EXCLUDED.old",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert with an alias",
        "data",
        "INSERT INTO users AS u (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert without a key",
        "data",
        "INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data - 'name'",
        &["id", NAMED],
        PHONE,
    ),
    case(
        "upsert without several keys, json",
        "old",
        "INSERT INTO users (id, old) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET old = (EXCLUDED.old::jsonb - '{name,nick}'::text[])::json",
        &["id", NAMED],
        PHONE,
    ),
    case(
        "upsert of what is bound",
        "data",
        "INSERT INTO users (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = $2",
        &["id", ONE],
        PHONE,
    ),
];

/// On MariaDB.
pub(super) const MARIADB: &[Case] = &[
    case(
        "upsert",
        "data",
        "INSERT INTO users (id, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = VALUES(data)",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert without a key",
        "data",
        "INSERT INTO users (id, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = JSON_REMOVE(VALUES(data), '$.name')",
        &["id", NAMED],
        PHONE,
    ),
];

/// On SQLite.
pub(super) const SQLITE: &[Case] = &[
    case(
        "upsert",
        "data",
        "INSERT INTO users (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
        &["id", ONE],
        PHONE,
    ),
    case(
        "upsert without a key",
        "data",
        "INSERT INTO users (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = json_remove(excluded.data, '$.name')",
        &["id", NAMED],
        PHONE,
    ),
];
