//! Bodies of routines, and strings that they execute.

use super::{at, facts, facts_in, summary, summary_in, writes};
use crate::frontend::sql::{Assigned, Dialect};

#[test]
fn bodies_are_read_with_places_in_the_file() {
    let sql = "CREATE OR REPLACE FUNCTION f(a jsonb) RETURNS void LANGUAGE plpgsql AS $body$\n\
               DECLARE x jsonb;\nBEGIN\n  x := '{}'; x = jsonb_build_object('a', 1);\n  IF a IS NULL THEN\n    \
               UPDATE users SET data = a WHERE id = 1;\n  ELSE INSERT INTO t (a) VALUES (1) ON CONFLICT DO UPDATE SET a = x; END IF;\n\
               END $body$;";
    assert_eq!(summary(sql), ["users: data = a", "t: a = x"]);
    let found = writes(sql);
    assert!(found.iter().all(|w| w.in_routine));
    assert_eq!(at(sql, found[0].statement), "UPDATE users SET data = a WHERE id = 1");
    assert_eq!(at(sql, found[1].statement), "INSERT INTO t (a) VALUES (1) ON CONFLICT DO UPDATE SET a = x");
    assert_eq!(facts(sql).statements, 1);
}

#[test]
fn do_blocks_and_standard_bodies_are_read() {
    assert_eq!(summary("DO $$ BEGIN UPDATE t SET data = '{}'; END $$"), ["t: data = '{}'"]);
    assert_eq!(summary("DO LANGUAGE plpgsql $$ BEGIN UPDATE t SET data = '{}'; END $$"), ["t: data = '{}'"]);
    let sql = "CREATE FUNCTION f(a int) RETURNS void LANGUAGE sql BEGIN ATOMIC UPDATE t SET data = '{}' WHERE id = a; \
               SELECT 1; END; UPDATE u SET b = 1";
    assert_eq!(summary(sql), ["t: data = '{}'", "u: b = 1"]);
    assert_eq!(facts(sql).statements, 2);
    assert_eq!(at(sql, writes(sql)[0].statement), "UPDATE t SET data = '{}' WHERE id = a");
    assert_eq!(
        summary("CREATE FUNCTION f() RETURNS int LANGUAGE plv8 AS $$ UPDATE t SET a = 1 $$"),
        Vec::<String>::new()
    );
    let quoted = "CREATE FUNCTION f() RETURNS int AS 'UPDATE t SET data = ''{\"a\": 1}'' WHERE id = 1' LANGUAGE sql";
    assert_eq!(summary(quoted), ["t: data = ''{\"a\": 1}''"]);
    assert!(matches!(&writes(quoted)[0].value, Assigned::Value(e) if e.to_string() == "'{\"a\": 1}'"));
}

#[test]
fn triggers_keep_their_body() {
    let sql = "CREATE TRIGGER g AFTER UPDATE ON users BEGIN UPDATE users SET data = '{}' WHERE id = NEW.id; \
               INSERT INTO log (a) VALUES (1); END; UPDATE t SET a = 1;";
    let found = facts_in(Dialect::Sqlite, sql);
    assert_eq!(found.statements, 2);
    assert_eq!(summary_in(Some(Dialect::Sqlite), sql), ["users: data = '{}'", "t: a = 1"]);
    assert!(found.writes[0].in_routine && !found.writes[1].in_routine);
    let open = "CREATE TRIGGER g AFTER UPDATE ON users BEGIN UPDATE users SET data = '{}'; UPDATE t SET a = 1;";
    assert_eq!(summary_in(Some(Dialect::Sqlite), open), ["users: data = '{}'", "t: a = 1"]);
}

#[test]
fn executed_strings_are_read() {
    let sql = "DO $$ BEGIN EXECUTE 'UPDATE t SET data = ''{}'' WHERE id = 1'; END $$";
    assert_eq!(summary(sql), ["t: data = ''{}''"]);
    let sql = "DO $$ BEGIN EXECUTE format('UPDATE %I.jobs SET data = %L, note = ''50%%'' WHERE id = $1', s, v) USING x; END $$";
    assert_eq!(summary(sql), ["noclobber_hole_9000.jobs: data = %L", "noclobber_hole_9000.jobs: note = ''50%%''"]);
    let sql = "DO $$ BEGIN EXECUTE 'UPDATE ' || quote_ident(t) || ' SET data = $1 WHERE id = 2' USING v; END $$";
    assert_eq!(summary(sql), ["noclobber_hole_9000: data = $1"]);
}

#[test]
fn a_body_may_end_with_the_text() {
    let sql =
        "CREATE TRIGGER g AFTER UPDATE ON users BEGIN UPDATE users SET data = '{}'; SELECT CASE WHEN 1 THEN 2 END; END";
    assert_eq!(facts(sql).statements, 1);
    assert!(writes(sql)[0].in_routine);
}

#[test]
fn names_that_a_format_composes_keep_their_known_part() {
    let sql = "CREATE FUNCTION f(q text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN \
               EXECUTE format('CREATE TABLE app.%I (id int, params jsonb)', 't_' || q); \
               EXECUTE format('UPDATE app.%I SET params = $1 WHERE id = %L', 't_' || q, i) USING p; \
               CREATE TEMP TABLE x (a json); CREATE TABLE y (a json); DROP TABLE z; END $$";
    assert_eq!(summary(sql), ["app.t_noclobber_hole_9000: params = $1"]);
    let tables: Vec<String> = facts(sql)
        .schema
        .iter()
        .map(|c| match c {
            crate::frontend::sql::SchemaChange::CreateTable { table, if_not_exists: true, .. } => table.name.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tables, ["t_noclobber_hole_9000", "y"]);
}

#[test]
fn the_rows_of_a_trigger_are_its_tables() {
    let sql = "CREATE TRIGGER g BEFORE INSERT ON app.users FOR EACH ROW BEGIN \
               SELECT 1 WHERE json_extract(NEW.data, '$.k') IS NULL AND x.data->>'l' = 1; END; SELECT NEW.data->>'m'";
    let tables: Vec<Option<String>> =
        facts_in(Dialect::Sqlite, sql).uses.into_iter().map(|u| u.table.map(|t| t.name)).collect();
    assert_eq!(tables, [Some("users".to_owned()), None, None]);
}
