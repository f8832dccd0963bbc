//! Documents that are read, changed in the program and written back whole.

use super::PHONE;
use crate::support::templates::{Case, Effect};

/// A document that is read, changed and written back.
const fn read_modify_write(name: &'static str, prelude: &'static str, sql: &'static str, effect: Effect) -> Case {
    Case { name, column: "data", prelude, sql, binds: &["&data", "id"], effect }
}

/// What a program does to a document between reading it and writing it back.
macro_rules! changed {
    ($change:literal) => {
        concat!(
            "let mut data: serde_json::Value = sqlx::query_scalar(\"SELECT data FROM users WHERE id = 1\").fetch_one(pool).await?;\n    ",
            $change,
            "\n    "
        )
    };
}
const SET: &str = changed!(r#"data["phone"] = json!(v);"#);
const SET_TWO: &str = changed!(r#"data["phone"] = json!(v); data["mail"] = json!(w);"#);
const SET_TWO_TEXTS: &str = changed!(r#"data["phone"] = json!(format!("{v}")); data["mail"] = json!(format!("{w}"));"#);
const REMOVED: &str = changed!(r#"data.as_object_mut().unwrap().remove("phone");"#);
const COUNTED: &str = changed!(r#"data["visits"] = json!(data["visits"].as_i64().unwrap_or(0) + 2);"#);
const APPENDED: &str = changed!(r#"data["tags"].as_array_mut().unwrap().push(json!(v));"#);
const APPENDED_BELOW: &str = changed!(r#"data["address"]["lines"].as_array_mut().unwrap().push(json!(v));"#);
const TWO_KEYS: Effect = Effect::Set(&["phone", "mail"]);
const COUNT: Effect = Effect::Count("visits", 2);

/// On PostgreSQL.
pub(super) const POSTGRES: &[Case] = &[
    read_modify_write("one key of a read document", SET, "UPDATE users SET data = $1 WHERE id = $2", PHONE),
    read_modify_write("several keys of a read document", SET_TWO, "UPDATE users SET data = $1 WHERE id = $2", TWO_KEYS),
    read_modify_write(
        "a key removed from a read document",
        REMOVED,
        "UPDATE users SET data = $1 WHERE id = $2",
        Effect::Remove(&["phone"]),
    ),
    read_modify_write("counter", COUNTED, "UPDATE users SET data = $1 WHERE id = $2", COUNT),
    read_modify_write("array append", APPENDED, "UPDATE users SET data = $1 WHERE id = $2", Effect::Append("tags")),
    read_modify_write(
        "array append, below",
        APPENDED_BELOW,
        "UPDATE users SET data = $1 WHERE id = $2",
        Effect::Append("address/lines"),
    ),
];

/// On MariaDB and SQLite.
pub(super) const COMMON: &[Case] = &[
    read_modify_write("one key of a read document", SET, "UPDATE users SET data = ? WHERE id = ?", PHONE),
    read_modify_write(
        "several keys of a read document",
        SET_TWO_TEXTS,
        "UPDATE users SET data = ? WHERE id = ?",
        TWO_KEYS,
    ),
    read_modify_write(
        "a key removed from a read document",
        REMOVED,
        "UPDATE users SET data = ? WHERE id = ?",
        Effect::Remove(&["phone"]),
    ),
    read_modify_write("counter", COUNTED, "UPDATE users SET data = ? WHERE id = ?", COUNT),
    read_modify_write("array append", APPENDED, "UPDATE users SET data = ? WHERE id = ?", Effect::Append("tags")),
    read_modify_write(
        "array append, below",
        APPENDED_BELOW,
        "UPDATE users SET data = ? WHERE id = ?",
        Effect::Append("address/lines"),
    ),
];
