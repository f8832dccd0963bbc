//! The statements whose fixes are tried, by what is wrong with them.

mod edits;
mod hostile;
mod overwrites;
mod read_modify_write;
mod upserts;

use crate::support::templates::{Case, Effect};

/// What is tried on PostgreSQL.
pub(crate) fn postgres() -> Vec<Case> {
    [overwrites::POSTGRES, upserts::POSTGRES, edits::POSTGRES, read_modify_write::POSTGRES].concat()
}

/// What is tried on MariaDB.
pub(crate) fn mariadb() -> Vec<Case> {
    let own = [overwrites::MARIADB, upserts::MARIADB, edits::MARIADB];
    [common(), own.concat()].concat()
}

/// What is tried on SQLite.
pub(crate) fn sqlite() -> Vec<Case> {
    [common(), [overwrites::SQLITE, upserts::SQLITE, edits::SQLITE].concat()].concat()
}

/// What MariaDB and SQLite spell alike.
fn common() -> Vec<Case> {
    [overwrites::COMMON, read_modify_write::COMMON].concat()
}

/// Hostile keys; `dollar` says how placeholders are spelled.
pub(crate) fn hostile(dollar: bool) -> Vec<Case> {
    hostile::cases(dollar)
}

const fn case(
    name: &'static str,
    column: &'static str,
    sql: &'static str,
    binds: &'static [&'static str],
    effect: Effect,
) -> Case {
    Case { name, column, prelude: "", sql, binds, effect }
}

const PHONE: Effect = Effect::Set(&["phone"]);
const CITY: Effect = Effect::Set(&["address/city"]);
const ONE: &str = r#"json!({ "phone": v })"#;
const TWO: &str = r#"json!({ "phone": v, "mail": w })"#;
const NAMED: &str = r#"json!({ "phone": v, "name": w })"#;
const NESTED: &str = r#"json!({ "address": { "city": v } })"#;
const DEEP: &str = r#"json!({ "address": { "geo": { "lat": v } } })"#;
const LEAVES: &str = r#"json!({ "phone": v, "address": { "city": w } })"#;
const HOSTILE: &str = r#"json!({ "it's \"q\" \\ {a,b} é": v })"#;
const SPACED: &str = r#"json!({ "a b.c": v })"#;
