//! Columns used as JSON.

use super::{at, facts, facts_in};
use crate::frontend::sql::{Dialect, SqlFacts, UseKind};

fn lines_of(facts: &SqlFacts) -> Vec<String> {
    facts
        .uses
        .iter()
        .map(|u| {
            let table = u.table.as_ref().map_or("?", |t| t.name.as_str());
            let how = match &u.how {
                UseKind::JsonCast => "cast".to_owned(),
                UseKind::JsonValue => "value".to_owned(),
                UseKind::JsonFunction(name) => format!("{name}()"),
                UseKind::KeyRead(path) => path.join("."),
            };
            format!("{table}.{} {how}", u.column)
        })
        .collect()
}

fn lines(sql: &str) -> Vec<String> {
    lines_of(&facts(sql))
}

#[test]
fn keys_are_read_with_their_paths() {
    for (sql, expected) in [
        ("SELECT data->>'phone', data->'a'->>'b' FROM users", vec!["users.data phone", "users.data a.b"]),
        (
            "SELECT u.data #>> '{a,b}' FROM users u WHERE u.data #> ARRAY['x'] IS NOT NULL",
            vec!["users.data a.b", "users.data x"],
        ),
        ("SELECT 1 FROM t WHERE data @> '{\"a\":{\"b\":1}}' AND '{\"c\":1}' <@ data", vec!["t.data a.b", "t.data c"]),
        ("SELECT 1 FROM t WHERE data ? 'a' OR data ?| array['b','c']", vec!["t.data a", "t.data b", "t.data c"]),
        ("SELECT data['a']['b'], tags[1], ARRAY['x'] FROM t", vec!["t.data a.b"]),
        ("SELECT (data->'a')->>'b' FROM t WHERE (raw::jsonb)->>'k' = $1", vec!["t.data a.b", "t.raw cast", "t.raw k"]),
        ("SELECT data->$1, data->0->>'x' FROM t", vec!["t.data ->()", "t.data ->()"]),
        (
            "SELECT 1 FROM t WHERE data @? '$.a[*] ? (@ > 2)' AND tags @> ARRAY['x'] AND doc @> $1::jsonb",
            vec!["t.data a", "t.doc @>()"],
        ),
        ("UPDATE t SET x = 1 WHERE data->>'k' = 'v'", vec!["t.data k"]),
        ("DELETE FROM t WHERE data->>'k' = 'v'", vec!["t.data k"]),
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON app.t ((data->>'k')) WHERE data ? 'z'",
            vec!["t.data k", "t.data z"],
        ),
        (
            "CREATE TABLE t (data jsonb, k text GENERATED ALWAYS AS (data->>'k') STORED, CHECK (data ? 'z'))",
            vec!["t.data k", "t.data z"],
        ),
        ("ALTER TABLE t ADD CHECK (jsonb_typeof(data) = 'object')", vec!["t.data jsonb_typeof()"]),
        ("SELECT jsonb_extract_path_text(data, 'a', 'b') FROM t", vec!["t.data a.b"]),
        ("SELECT 1 FROM t WHERE CAST(raw AS jsonb) = '{}' AND x IS JSON", vec!["t.raw cast", "t.x IS JSON()"]),
    ] {
        assert_eq!(lines(sql), expected, "{sql}");
    }
    let sql = "SELECT JSON_UNQUOTE(JSON_EXTRACT(`data`, '$.a.b')), data->>'$.c', JSON_VALUE(IFNULL(data, '{}'), '$.d') FROM t";
    assert_eq!(lines_of(&facts_in(Dialect::Mysql, sql)), ["t.data a.b", "t.data c", "t.data d"]);
    let sql = "SELECT json_extract(data, '$.a', '$.b'), data ->> 'c' FROM t WHERE json_valid(data)";
    assert_eq!(lines_of(&facts_in(Dialect::Sqlite, sql)), ["t.data a", "t.data b", "t.data c", "t.data json_valid()"]);
}

#[test]
fn a_column_has_a_table_only_where_it_is_certain() {
    for (sql, expected) in [
        ("SELECT data->>'a' FROM t, u", vec!["?.data a"]),
        (
            "SELECT u.data->>'a', t.data->>'b', x.data->>'c' FROM t JOIN users u ON u.id = t.id",
            vec!["users.data a", "t.data b", "?.data c"],
        ),
        ("SELECT (SELECT data->>'a' FROM u), data->>'b' FROM t", vec!["u.data a", "t.data b"]),
        ("SELECT (SELECT t.data->>'a' FROM u) FROM t", vec!["t.data a"]),
        ("WITH c AS (SELECT * FROM t) SELECT data->>'a' FROM c", vec!["?.data a"]),
        ("SELECT data->>'a' FROM t UNION SELECT data->>'b' FROM u GROUP BY x, y", vec!["t.data a", "u.data b"]),
        (
            "SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM jsonb_each(data) e WHERE e.value->>'a' = 'b')",
            vec!["t.data jsonb_each()", "?.value a"],
        ),
        ("SELECT to_jsonb(t)->>'a', t::jsonb FROM t", vec![]),
        (
            "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.data->'k', c = t.data->'l'",
            vec!["t.data k", "t.data l"],
        ),
        ("UPDATE t x SET a = x.data->'k' FROM u WHERE u.id = x.id", vec!["t.data k"]),
        ("UPDATE t SET data = jsonb_set(coalesce(data, '{}'), '{k}', $1)", vec!["t.data jsonb_set()"]),
        ("UPDATE t SET a = $1::jsonb", vec!["t.a value"]),
        ("DO $$ BEGIN SELECT payload->>'k', u.data->>'x' FROM t u; END $$", vec!["?.payload k", "t.data x"]),
    ] {
        assert_eq!(lines(sql), expected, "{sql}");
    }
}

#[test]
fn the_place_is_the_whole_access() {
    let sql = "SELECT a, u.data->'x'->>'y' AS z FROM users u";
    assert_eq!(at(sql, facts(sql).uses[0].span), "u.data->'x'->>'y'");
    let sql = "SELECT (raw)::jsonb FROM t";
    assert_eq!(at(sql, facts(sql).uses[0].span), "(raw)::jsonb");
}

#[test]
fn prose_and_code_give_nothing() {
    for sql in ["a -> b", "Foo->bar(1)", "see users.data -> the settings", "SELECT 1 -> 2", "x::y"] {
        assert_eq!(lines(sql), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn what_is_assigned_to_is_not_read() {
    assert_eq!(lines("UPDATE t SET data['a'] = '1', x = data['b']"), ["t.data []()", "t.data b"]);
    assert_eq!(lines("CREATE INDEX i ON t USING gin (data jsonb_path_ops)"), ["t.data jsonb_ops()"]);
    assert_eq!(lines("CREATE DOMAIN d AS jsonb CHECK (VALUE ? 'a')"), Vec::<String>::new());
}
