//! `UPDATE` statements.

use super::{at, facts, summary, summary_in, writes};
use crate::frontend::sql::{Assigned, Dialect, RowScope, Verb};

#[test]
fn a_plain_update_has_exact_places() {
    let sql = "UPDATE users SET data = $1::jsonb, name = upper( $2 ) WHERE id = $3;";
    let writes = writes(sql);
    let [data, name] = writes.as_slice() else { panic!("{writes:?}") };
    assert_eq!(at(sql, data.assignment), "data = $1::jsonb");
    assert_eq!(at(sql, data.target_span), "data");
    assert_eq!(at(sql, data.value_span), "$1::jsonb");
    assert_eq!(at(sql, data.table_span), "users");
    assert_eq!(at(sql, name.assignment), "name = upper( $2 )");
    assert_eq!(at(sql, name.statement), sql.trim_end_matches(';'));
    assert_eq!(&name.statement_sql[name.assignment_in_statement.clone()], "name = upper( $2 )");
    assert_eq!(name.earlier, ["data"]);
    assert_eq!(data.together, ["data", "name"]);
    assert_eq!((data.verb, data.scope), (Verb::Update, RowScope::Predicate));
    assert_eq!(data.predicate.as_ref().unwrap().to_string(), "id = $3");
    assert!(matches!(&data.value, Assigned::Value(e) if e.to_string() == "$1::JSONB"));
}

#[test]
fn values_end_at_their_last_token() {
    let sql = "UPDATE t SET a = ($1)::jsonb, b = jsonb_set(b, '{k}', to_jsonb($2::text)) , c = ARRAY[]::text[], \
               (d, e) = (SELECT 1, 2), f = x IS DISTINCT FROM y, g = a['k'], h = now(), \
               i = CASE WHEN a = 1 THEN 2 END, j = (a || b) FROM z WHERE t.id = 1";
    assert_eq!(
        summary(sql),
        [
            "t: a = ($1)::jsonb",
            "t: b = jsonb_set(b, '{k}', to_jsonb($2::text))",
            "t: c = ARRAY[]::text[]",
            "t: d = (SELECT 1, 2)",
            "t: e = (SELECT 1, 2)",
            "t: f = x IS DISTINCT FROM y",
            "t: g = a['k']",
            "t: h = now()",
            "t: i = CASE WHEN a = 1 THEN 2 END",
            "t: j = (a || b)",
        ]
    );
    assert_eq!(
        writes(sql)[0].sources,
        [("z".to_owned(), Some(super::super::TableName { schema: None, name: "z".into() }))]
    );
}

#[test]
fn modifiers_and_aliases_are_no_tables() {
    for (sql, expected) in [
        ("UPDATE ONLY users SET a = 1", "users: a = 1"),
        ("UPDATE ONLY public.users AS u SET a = 1", "public.users: a = 1"),
        ("UPDATE users * SET a = 1", "users: a = 1"),
        ("UPDATE OR REPLACE users SET a = ?", "users: a = ?"),
        ("UPDATE LOW_PRIORITY IGNORE users SET a = ?", "users: a = ?"),
        ("UPDATE users PARTITION (p0) SET a = ?", "users: a = ?"),
        ("UPDATE users USE INDEX (i) SET a = ?", "users: a = ?"),
        ("UPDATE users INDEXED BY i SET a = ?", "users: a = ?"),
        ("UPDATE users NOT INDEXED SET a = ?", "users: a = ?"),
        ("UPDATE \"Users\" SET \"userData\" = $1", "Users: userData = $1"),
        ("UPDATE app.t u SET data=$1", "app.t: data = $1"),
        ("UPDATE only SET a = 1", "only: a = 1"),
        ("UPDATE :SCHEMA.jobs SET a = 1", ":SCHEMA.jobs: a = 1"),
        ("EXPLAIN (ANALYZE) UPDATE users SET a = $1", "users: a = $1"),
        ("PREPARE p (jsonb) AS UPDATE users SET a = $1", "users: a = $1"),
        ("COPY (UPDATE users SET a = '{}' RETURNING id) TO STDOUT", "users: a = '{}'"),
        ("UPDATE users SET a = $1 WHERE CURRENT OF c", "users: a = $1"),
        ("UPDATE users SET a = $1 RETURNING id as \"id!\"", "users: a = $1"),
        ("UPDATE noclobber_hole_0 SET noclobber_hole_1 = $1", "noclobber_hole_0: noclobber_hole_1 = $1"),
        ("UPDATE users SET a = {1} WHERE id = {2}", "users: a = {1}"),
    ] {
        assert_eq!(summary(sql), [expected], "{sql}");
    }
    let sql = "UPDATE `users` SET `data` = JSON_SET(`data`, '$.a', ?) WHERE `id` = ? ORDER BY id LIMIT 1";
    assert_eq!(summary_in(Some(Dialect::Mysql), sql), ["users: data = JSON_SET(`data`, '$.a', ?)"]);
    assert_eq!(summary_in(Some(Dialect::Sqlite), "UPDATE [users] SET [data] = ?"), ["users: data = ?"]);
}

#[test]
fn several_tables_and_joins_name_the_written_one() {
    let sql = "UPDATE users u JOIN t ON t.id = u.id SET u.data = t.s, t.n = 'x' WHERE t.ok = 1";
    assert_eq!(summary_in(Some(Dialect::Mysql), sql), ["users: u.data = t.s", "t: t.n = 'x'"]);
    let sql = "UPDATE users, t SET users.data = t.s";
    assert_eq!(summary_in(Some(Dialect::Mysql), sql), ["users: users.data = t.s"]);
    let from =
        "UPDATE users u SET data = x.v FROM (SELECT id, v FROM t) x, LATERAL (SELECT 1) y, app.z WHERE u.id = x.id";
    let found = writes(from);
    let sources: Vec<(&str, bool)> = found[0].sources.iter().map(|(l, t)| (l.as_str(), t.is_some())).collect();
    assert_eq!(sources, [("x", false), ("y", false), ("z", true)]);
    assert_eq!(found[0].alias.as_deref(), Some("u"));
}

#[test]
fn ctes_before_and_inside_are_read() {
    let sql = "WITH old AS (SELECT 1), upd AS (UPDATE users SET data = $1 RETURNING id) SELECT * FROM upd";
    assert_eq!(summary(sql), ["users: data = $1"]);
    assert_eq!(at(sql, writes(sql)[0].statement), sql);
    let sql = "WITH n AS (SELECT 1 AS id) UPDATE users SET data = n.d FROM n WHERE users.id = n.id";
    let found = writes(sql);
    assert_eq!(found[0].sources, [("n".to_owned(), None)]);
}

#[test]
fn tuples_give_one_write_a_column() {
    let sql = "UPDATE users SET (data, name) = ($1, lower($2)), x = 1";
    assert_eq!(summary(sql), ["users: data = $1", "users: name = lower($2)", "users: x = 1"]);
    let found = writes(sql);
    assert_eq!(at(sql, found[0].assignment), "(data, name) = ($1, lower($2))");
    assert_eq!(at(sql, found[1].target_span), "name");
    assert_eq!(summary("UPDATE t SET (a) = ROW($1)"), ["t: a = $1"]);
    let found = writes("UPDATE t SET (a, b) = (SELECT x, y FROM s)");
    assert!(matches!(found[1].value, Assigned::RowItem(_, 1)));
    assert!(matches!(writes("UPDATE t SET (a, b) = (1)")[0].value, Assigned::Rejected(_)));
    assert!(matches!(writes("UPDATE t SET (a, b) = (DEFAULT, 1)")[0].value, Assigned::Default));
}

#[test]
fn subscripts_are_targets_on_postgres_only() {
    let sql = "UPDATE t SET data['a']['b'] = to_jsonb($1), data['c'] = '1' WHERE id = 1";
    let found = writes(sql);
    assert_eq!(found.len(), 1);
    assert_eq!(at(sql, found[0].assignment), "data['a']['b'] = to_jsonb($1), data['c'] = '1'");
    let Assigned::Several(parts) = &found[0].value else { panic!("{:?}", found[0].value) };
    assert!(matches!(&parts[0], Assigned::Subscript(path, _) if path.len() == 2));
    let found = writes("UPDATE t SET data['a'] = '1'");
    assert!(matches!(&found[0].value, Assigned::Subscript(path, v) if path.len() == 1 && v.to_string() == "'1'"));
    assert_eq!(found[0].target.len(), 1);
    let found = super::facts_in(Dialect::Sqlite, "UPDATE t SET data['a'] = '1'").writes;
    assert!(matches!(found[0].value, Assigned::Rejected(_)));
}

#[test]
fn targets_that_no_database_takes_are_said_so() {
    for sql in
        ["UPDATE t SET data->'k' = $1", "UPDATE t SET JSON_EXTRACT(data, '$.k') = $1", "UPDATE t SET data->>'k' = '2'"]
    {
        let found = writes(sql);
        assert!(matches!(&found[0].value, Assigned::Rejected(_)), "{sql}: {found:?}");
    }
    let found = writes("UPDATE t SET data.phone = $1, \"data.fax\" = $2");
    assert_eq!(found[0].target.len(), 2);
    assert_eq!(found[1].target[0].text, "data.fax");
    assert!(found[1].target[0].quoted);
}

#[test]
fn rows_are_all_without_a_predicate_that_names_a_column() {
    for (sql, scope) in [
        ("UPDATE t SET a = 1", RowScope::All),
        ("UPDATE t SET a = 1 WHERE true", RowScope::All),
        ("UPDATE t SET a = 1 WHERE 1 = 1", RowScope::All),
        ("UPDATE t SET a = 1 WHERE $1 IS NULL", RowScope::All),
        ("UPDATE t SET a = 1 WHERE id = $1", RowScope::Predicate),
        ("UPDATE t SET a = 1 WHERE CURRENT OF c", RowScope::Predicate),
        ("UPDATE t SET a = 1 noclobber_hole_0", RowScope::Predicate),
        ("UPDATE t SET a = 1 LIMIT 1", RowScope::Predicate),
    ] {
        assert_eq!(writes(sql)[0].scope, scope, "{sql}");
    }
}

#[test]
fn what_is_no_update_gives_nothing() {
    for sql in [
        "update the settings and set the flag",
        "Update users to set things right",
        "SELECT 1 FROM t FOR UPDATE SKIP LOCKED",
        "GRANT SELECT, UPDATE (a) ON t TO x",
        "CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TABLE a (b int REFERENCES c ON UPDATE SET NULL, d int DEFAULT 1)",
        "update",
        "update set",
        "UPDATE t SET",
        "'UPDATE t SET a = 1'",
        "-- UPDATE t SET a = 1\nSELECT 1",
    ] {
        assert_eq!(summary(sql), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn values_that_cannot_be_parsed_are_kept_as_text() {
    let sql = "UPDATE t SET a = )(, b = x y z, c = 2";
    let found = writes(sql);
    assert!(
        found.iter().any(|w| matches!(&w.value, Assigned::Value(e) if e.to_string() == "2") && w.target[0].text == "c")
            || found.len() == 1
    );
    let found = writes("UPDATE t SET b = x y z, c = 2");
    assert!(matches!(&found[0].value, Assigned::Unparsed(t) if t == "x y z"));
    assert!(matches!(&found[1].value, Assigned::Value(_)));
    let deep = format!("UPDATE t SET a = {}1{}, b = 2", "(".repeat(3000), ")".repeat(3000));
    let found = writes(&deep);
    assert!(matches!(found[0].value, Assigned::Unparsed(_)) && found.len() == 2);
    let long = format!("UPDATE t SET a = {} 1 WHERE id = 2", "a || ".repeat(20_000));
    assert!(matches!(writes(&long)[0].value, Assigned::Unparsed(_)));
}

#[test]
fn the_question_mark_is_a_placeholder_where_an_operand_is_due() {
    let sql = "UPDATE t SET a = ?, b = ?1 || 'x' WHERE data ? 'k' AND id = ?";
    let found = super::facts_in(Dialect::Postgres, sql).writes;
    assert_eq!(found[0].predicate.as_ref().unwrap().to_string(), "data ? 'k' AND id = ?");
    let Assigned::Value(sqlparser::ast::Expr::Value(v)) = &found[0].value else { panic!() };
    assert_eq!(super::super::number_of(v.span), 1);
}

#[test]
fn one_bad_statement_does_not_hide_the_next() {
    let sql = "UPDATE a SET x = 1; SELEC !! ( ; UPDATE b SET y = $1; it's; UPDATE c SET z = 2";
    assert_eq!(summary(sql), ["a: x = 1", "b: y = $1", "c: z = 2"]);
    assert_eq!(facts(sql).statements, 5);
}

#[test]
fn a_trailing_comma_is_no_column() {
    let sql = "UPDATE t SET a = $1, WHERE id = 1";
    assert_eq!(summary(sql), ["t: a = $1"]);
    assert_eq!(writes(sql)[0].scope, RowScope::Predicate);
}

#[test]
fn sqlite_comparisons_are_parsed() {
    for (sql, predicate) in [
        ("UPDATE t SET a = ? WHERE a ISNULL OR b IS 1", "a IS NULL OR b = 1"),
        ("UPDATE t SET a = ? WHERE b IS NOT ?2 AND c NOTNULL", "b <> ?2 AND c IS NOT NULL"),
    ] {
        let found = super::facts_in(Dialect::Sqlite, sql).writes;
        assert_eq!(found[0].predicate.as_ref().unwrap().to_string(), predicate);
    }
}

#[test]
fn arrows_bind_as_tightly_as_on_the_server() {
    let value = |dialect, sql: &str| match &super::facts_in(dialect, sql).writes[0].value {
        Assigned::Value(sqlparser::ast::Expr::BinaryOp { op, .. }) => op.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(value(Dialect::Sqlite, "UPDATE t SET a = b -> '$.x' || 'y'"), "||");
    assert_eq!(value(Dialect::Sqlite, "UPDATE t SET a = b + c -> '$.x'"), "+");
    assert_eq!(value(Dialect::Mysql, "UPDATE t SET a = b->'$.x' + 1"), "+");
    assert_eq!(value(Dialect::Postgres, "UPDATE t SET a = b || c -> 'x'"), "->");
    assert_eq!(value(Dialect::Postgres, "UPDATE t SET a = b || c - 'x'"), "||");
}

#[test]
fn statements_that_write_and_cannot_be_read_are_listed() {
    let listed = |sql: &str| facts(sql).unanalysed.iter().map(|p| p.message.clone()).collect::<Vec<_>>();
    assert_eq!(
        listed("UPDATE t SET noclobber_hole_0 WHERE id = 1"),
        ["the columns that this UPDATE of `t` sets are not known"]
    );
    assert_eq!(listed("UPDATE t u v w SET a = 1"), ["this UPDATE cannot be read"]);
    assert_eq!(listed("CREATE TABLE (a json)"), ["this CREATE TABLE cannot be read"]);
    assert_eq!(
        listed("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET noclobber_hole_0"),
        ["the columns that this conflict clause of `t` sets are not known"]
    );
    assert!(listed("SELECT 1; GRANT UPDATE ON t TO x; it is").is_empty());
    let unclosed = facts("UPDATE t SET a = 1; SELECT 'x");
    assert_eq!((unclosed.writes.len(), unclosed.unanalysed.len()), (1, 1));
}

#[test]
fn prose_in_strings_gives_nothing() {
    use crate::frontend::facts::{Route, SqlText};
    for prose in [
        "update the settings and set x = 1",
        "failed to update users set: {} = {}",
        "Update users to set the flag",
        "please update t set a = b",
        "insert coins into the slot on conflict",
        "create a table (of contents)",
        "it's broken",
    ] {
        let found = super::super::read(&SqlText { route: Route::Literal, ..super::text(prose) }, None);
        assert!(found.writes.is_empty() && found.schema.is_empty(), "{prose}: {found:?}");
        assert!(found.unanalysed.is_empty(), "{prose}: {:?}", found.unanalysed);
    }
    let literal = SqlText { route: Route::Literal, ..super::text("UPDATE users SET data = $1 WHERE id = $2") };
    assert_eq!(super::super::read(&literal, None).writes.len(), 1);
}
