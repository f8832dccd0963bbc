//! `INSERT`, `REPLACE` and `MERGE`.

use super::{at, facts, facts_in, summary, summary_in, writes};
use crate::frontend::sql::{Assigned, Dialect, RowScope, UseKind, Verb};

fn inserted(sql: &str) -> Vec<String> {
    let found = writes(sql);
    found[0]
        .inserted
        .iter()
        .map(|(c, v)| format!("{c}={}", v.iter().map(ToString::to_string).collect::<Vec<_>>().join("/")))
        .collect()
}

#[test]
fn conflict_clauses_of_every_form_are_read() {
    for (clause, value) in [
        ("ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data", "EXCLUDED.data"),
        ("ON CONFLICT DO UPDATE SET data=excluded.data", "excluded.data"),
        (
            "ON CONFLICT ON CONSTRAINT pk DO UPDATE SET data = t.data || EXCLUDED.data RETURNING *",
            "t.data || EXCLUDED.data",
        ),
        ("ON CONFLICT (lower(email)) DO UPDATE SET data = EXCLUDED.data WHERE t.v < 3", "EXCLUDED.data"),
        ("ON CONFLICT (id) WHERE gone IS NULL\nDO\nUPDATE\nSET\ndata = $3", "$3"),
        ("ON CONFLICT (email COLLATE \"C\") DO UPDATE SET data = EXCLUDED.data", "EXCLUDED.data"),
        ("ON CONFLICT (a) DO NOTHING ON CONFLICT (b) DO UPDATE SET data = EXCLUDED.data", "EXCLUDED.data"),
        ("ON CONFLICT (a) DO UPDATE SET data = EXCLUDED.data ON CONFLICT (b) DO NOTHING", "EXCLUDED.data"),
    ] {
        let sql = format!("INSERT INTO t (id, data) VALUES ($1, $2) {clause}");
        assert_eq!(summary(&sql), [format!("t: data = {value}")], "{sql}");
        let found = writes(&sql);
        assert_eq!((found[0].verb, found[0].scope), (Verb::Upsert, RowScope::Conflict));
        assert_eq!(at(&sql, found[0].statement), sql);
    }
    let sql = "INSERT INTO t (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET (data, n) = (EXCLUDED.data, 1) WHERE t.v < $3";
    assert_eq!(summary(sql), ["t: data = EXCLUDED.data", "t: n = 1"]);
    assert_eq!(writes(sql)[0].predicate.as_ref().unwrap().to_string(), "t.v < $3");
    assert!(writes("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING").is_empty());
    assert!(writes("INSERT INTO t (a) VALUES (1)").is_empty());
}

#[test]
fn mysql_forms_are_read() {
    for (sql, expected) in [
        (
            "INSERT INTO t (id, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = VALUES(data), n = n + 1",
            vec!["t: data = VALUES(data)", "t: n = n + 1"],
        ),
        (
            "INSERT INTO t (id, data) VALUES (?, ?) AS new ON DUPLICATE KEY UPDATE data = new.data",
            vec!["t: data = new.data"],
        ),
        (
            "INSERT INTO t SET id = ?, data = ? ON DUPLICATE KEY UPDATE data = VALUES(data)",
            vec!["t: data = VALUES(data)"],
        ),
        (
            "INSERT IGNORE INTO t (id, data) SELECT id, s FROM u ON DUPLICATE KEY UPDATE data = u.s",
            vec!["t: data = u.s"],
        ),
    ] {
        assert_eq!(summary(sql), expected, "{sql}");
        assert_eq!(facts(sql).dialect, Dialect::Mysql);
    }
    let found = writes("INSERT INTO t (id, data) VALUES (?, ?) AS new ON DUPLICATE KEY UPDATE data = new.data");
    assert_eq!(found[0].sources, [("new".to_owned(), None)]);
}

#[test]
fn inserted_values_stand_with_their_columns() {
    let tail = "ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data";
    assert_eq!(
        inserted(&format!("INSERT INTO t AS x (id, \"data\") VALUES ($1, $2::jsonb), (3, '{{}}') {tail}")),
        ["id=$1/3", "data=$2::JSONB/'{}'"]
    );
    assert_eq!(
        inserted(&format!("INSERT INTO t (id, data) OVERRIDING SYSTEM VALUE VALUES (1, $2) {tail}")),
        ["id=1", "data=$2"]
    );
    assert_eq!(
        inserted(&format!("INSERT INTO t (id, data) SELECT u.id, u.d || $1 AS data FROM u {tail}")),
        ["id=u.id", "data=u.d || $1"]
    );
    assert_eq!(
        inserted(&format!("INSERT INTO t (id, data) SELECT * FROM UNNEST($1::bigint[], $2::jsonb[]) {tail}")),
        ["id=", "data="]
    );
    assert_eq!(inserted(&format!("INSERT INTO t (id, data) noclobber_hole_0 {tail}")), ["id=", "data="]);
    assert_eq!(inserted(&format!("INSERT INTO t VALUES (1, $2) {tail}")), ["=1", "=$2"]);
    let found = writes(&format!("INSERT INTO t AS x (id, data) VALUES (1, 2) {tail}"));
    assert_eq!(found[0].alias.as_deref(), Some("x"));
}

#[test]
fn replacing_writes_every_column_and_those_left_out() {
    for sql in [
        "INSERT OR REPLACE INTO t (id, data) VALUES (?, ?)",
        "REPLACE INTO t (id, data) VALUES (?, ?)",
        "REPLACE INTO t SET id = ?, data = ?",
    ] {
        let found = writes(sql);
        assert_eq!(found.len(), 3, "{sql}");
        assert!(found.iter().all(|w| w.verb == Verb::Replace && w.scope == RowScope::Conflict));
        assert_eq!(found[1].target[0].text, "data");
        assert!(matches!(found[1].value, Assigned::Inserted));
        assert!(matches!(found[2].value, Assigned::Omitted) && found[2].target.is_empty());
        assert_eq!(at(sql, found[2].assignment), "t");
        assert_eq!(found[0].inserted.len(), 2);
        assert_eq!(found[0].together, ["id", "data"]);
    }
    let sql = "INSERT OR REPLACE INTO t (id, data) VALUES (?, json(?))";
    assert_eq!(at(sql, writes(sql)[1].assignment), "data");
    assert_eq!(at(sql, writes(sql)[1].value_span), "json(?)");
    let found = writes("INSERT OR REPLACE INTO t VALUES (?, ?)");
    assert!(matches!(found[0].value, Assigned::Inserted) && found[0].target.is_empty() && found.len() == 1);
    assert!(writes("INSERT OR IGNORE INTO t (a) VALUES (1)").is_empty());
    assert!(writes("SELECT replace(a, 'x', 'y') FROM t").is_empty());
    assert!(writes("CREATE OR REPLACE VIEW v AS SELECT 1").is_empty());
}

#[test]
fn merge_branches_are_read() {
    let sql = "MERGE INTO users u USING src s ON u.id = s.id \
               WHEN MATCHED AND s.ok THEN UPDATE SET data = s.data, (a, b) = (s.a, CASE WHEN s.b THEN 1 END) \
               WHEN NOT MATCHED THEN INSERT (id, data) VALUES (s.id, s.data) \
               WHEN NOT MATCHED BY SOURCE THEN UPDATE SET data = '{}'";
    assert_eq!(
        summary(sql),
        ["users: data = s.data", "users: a = s.a", "users: b = CASE WHEN s.b THEN 1 END", "users: data = '{}'"]
    );
    let found = writes(sql);
    assert_eq!(found[0].verb, Verb::Merge);
    assert_eq!(found[0].alias.as_deref(), Some("u"));
    assert_eq!(found[0].sources[0].0, "s");
    assert_eq!(found[0].predicate.as_ref().unwrap().to_string(), "s.ok");
    assert_eq!(at(sql, found[0].assignment), "data = s.data");
}

#[test]
fn clauses_without_their_insert_take_the_unknown_part_for_the_table() {
    let sql = "noclobber_hole_0 ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data";
    assert_eq!(summary(sql), ["noclobber_hole_0: data = EXCLUDED.data"]);
    let alone = facts(" ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data");
    assert!(alone.writes.is_empty() && alone.unanalysed.len() == 1);
}

#[test]
fn bare_placeholders_are_tied_to_their_columns() {
    let bound = |sql: &str| -> Vec<String> {
        facts(sql).placeholders.iter().map(|p| format!("{}.{}={}", p.table.name, p.column, p.index)).collect()
    };
    assert_eq!(
        bound("UPDATE t SET a = $2, b = $1::jsonb, c = $3 || 'x', d = CAST($4 AS json)"),
        ["t.a=2", "t.b=1", "t.d=4"]
    );
    assert_eq!(bound("INSERT INTO t (a, b, c) VALUES (?, 1, ?), (?, ?, ?)"), ["t.a=1", "t.c=2"]);
    assert_eq!(
        bound("UPDATE t SET a = COALESCE($1, a), b = coalesce($2::jsonb, t.b), c = COALESCE($3, d), e = IFNULL(e, $4)"),
        ["t.a=1", "t.b=2"]
    );
    assert_eq!(bound("UPDATE t SET a = :x, b = :y, c = :x"), ["t.a=1", "t.b=2", "t.c=1"]);
    assert_eq!(bound("INSERT INTO t (a, b) SELECT $1, $2::text"), ["t.a=1"]);
    assert_eq!(bound("SELECT 1; UPDATE t SET a = ? WHERE b = ?; UPDATE u SET c = ?"), ["t.a=1", "u.c=3"]);
}

#[test]
fn values_made_json_say_that_the_column_is_json() {
    let uses = facts("UPDATE t SET a = $1::jsonb, b = to_jsonb($2), c = $3, d = x || $1::jsonb").uses;
    let columns: Vec<&str> = uses.iter().filter(|u| u.how == UseKind::JsonValue).map(|u| u.column.as_str()).collect();
    assert_eq!(columns, ["a", "b"]);
}

#[test]
fn the_mysql_insert_without_into_is_read_only_there() {
    assert_eq!(summary_in(Some(Dialect::Mysql), "INSERT t SET a = 1 ON DUPLICATE KEY UPDATE a = 2"), ["t: a = 2"]);
    assert!(facts_in(Dialect::Postgres, "INSERT t SET a = 1").writes.is_empty());
}

#[test]
fn a_row_with_columns_of_its_own_names_is_spelled_by_the_tables() {
    let sql = "INSERT INTO t (id, data) VALUES (?, ?) AS new(a, b) ON DUPLICATE KEY UPDATE data = JSON_MERGE_PATCH(data, b), n = new.a";
    let found = writes(sql);
    assert!(matches!(&found[0].value, Assigned::Value(e) if e.to_string() == "JSON_MERGE_PATCH(data, new.data)"));
    assert!(matches!(&found[1].value, Assigned::Value(e) if e.to_string() == "new.id"));
}

#[test]
fn cells_that_may_hold_a_document_are_kept_with_their_columns() {
    let created = |sql: &str| -> Vec<String> {
        let inserts = facts(sql).inserts;
        let columns = inserts.iter().flat_map(|insert| &insert.columns);
        columns.map(|c| format!("{}={} {}", c.name, c.values.len(), at(sql, c.span))).collect()
    };
    let sql = "INSERT INTO t (id, n, data, s) VALUES (1, $1, '{\"a\": 1}'::jsonb, 'plain'), (2, $2, '{}', 'x')";
    assert_eq!(created(sql), ["n=2 $1", "data=2 '{\"a\": 1}'::jsonb"]);
    assert_eq!(created("INSERT INTO t (data) VALUES ($1) ON CONFLICT DO NOTHING"), ["data=1 $1"]);
    assert_eq!(created("INSERT INTO t (id) VALUES (1)"), [""; 0]);
    assert_eq!(created("INSERT INTO t (data) SELECT data FROM u"), [""; 0]);
    assert_eq!(created("REPLACE INTO t (data) VALUES ('{}')"), [""; 0]);
}

#[test]
fn the_columns_that_every_row_gives_a_value_are_kept() {
    let given = |sql: &str| facts(sql).inserts.into_iter().next().and_then(|insert| insert.given);
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(given("INSERT INTO t (id) VALUES (1)"), names(&["id"]));
    assert_eq!(
        given("INSERT INTO t (id, a, b, c) VALUES (1, NULL, 2, 'x'), (2, 1, DEFAULT, 'x')"),
        names(&["id", "c"])
    );
    assert_eq!(given("INSERT INTO t (id, a, b) SELECT id, NULL, b FROM u"), names(&["id", "b"]));
    // Rows that another call adds.
    assert_eq!(given("INSERT INTO t (id, a) "), names(&["id", "a"]));
    assert_eq!(given("INSERT INTO t VALUES ($1, $2)"), None);
    assert_eq!(given("INSERT INTO t (id, a"), None);
    let set = facts_in(Dialect::Mysql, "INSERT INTO t SET id = 1, a = NULL, b = ?").inserts;
    assert_eq!(set.first().and_then(|insert| insert.given.clone()), names(&["id", "b"]));
}
