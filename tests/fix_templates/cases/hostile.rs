//! Keys that mean something else somewhere: to SQL, to a path, to a driver that looks for placeholders.

use crate::support::templates::{Case, Effect};

const KEYS: [&str; 22] = [
    "it's",
    "\"quoted\"",
    "back\\slash",
    "\\'",
    "a.b",
    "a b",
    "{a,b}",
    "a,b",
    "[0]",
    "*",
    "$",
    "$1",
    "?",
    "?1",
    ":name",
    "-minus",
    "--",
    "#",
    "null",
    "",
    "\u{e9}\u{1F600}",
    "tab\tnew\nline",
];

/// A key that is written whole, one below another, one that a program sets in a document that it read, and a counter.
pub(super) fn cases(dollar: bool) -> Vec<Case> {
    let sql =
        if dollar { "UPDATE users SET data = $1 WHERE id = $2" } else { "UPDATE users SET data = ? WHERE id = ?" };
    let mut cases = vec![];
    for key in KEYS {
        let spelled = format!("{key:?}");
        let read = "let mut data: serde_json::Value = sqlx::query_scalar(\"SELECT data FROM users WHERE id = 1\").fetch_one(pool).await?;";
        let case = |what: &str, prelude: String, bind: String, effect: Effect| Case {
            name: format!("{what} {key:?}").leak(),
            column: "data",
            prelude: prelude.leak(),
            sql,
            binds: vec![&*bind.leak(), "id"].leak(),
            effect,
        };
        let path = |path: String| Effect::Set(vec![&*path.leak()].leak());
        let one = format!("json!({{ {spelled}: v }})");
        cases.push(case("hostile key", String::new(), one, path(key.to_owned())));
        let nested = format!("json!({{ \"address\": {{ {spelled}: v }} }})");
        cases.push(case("hostile key below", String::new(), nested, path(format!("address/{key}"))));
        let set = format!("{read} data[{spelled}] = json!(v);\n    ");
        cases.push(case("hostile key read", set, "&data".to_owned(), path(key.to_owned())));
        let counted = format!("{read} data[{spelled}] = json!(data[{spelled}].as_i64().unwrap_or(0) + 2);\n    ");
        let effect = Effect::Count(key, 2);
        cases.push(case("hostile counter", counted, "&data".to_owned(), effect));
    }
    cases
}
