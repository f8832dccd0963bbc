//! What must hold for every text: places that spell the SQL, and no panic whatever the input.

use super::text;
use crate::frontend::facts::{Route, SqlText};
use crate::frontend::sql::{Dialect, SchemaChange, SqlFacts, head_table, looks_like_sql, read};
use crate::source::{Span, SpanMap};
use proptest::prelude::*;

/// Statements that together use every kind of span.
const STATEMENTS: &[&str] = &[
    "UPDATE users AS u SET data = ($1)::jsonb, (a, b) = (lower($2), 'é\"'), d['k']['l'] = '1' FROM x WHERE u.id = x.id;",
    "INSERT INTO t (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = t.data || EXCLUDED.data WHERE t.v < 3;\n",
    "SELECT u.data->'a'->>'b', (raw::jsonb)->>'ü' FROM users u WHERE data @> '{\"k\": 1}' ;",
    "CREATE TABLE \"Größe\" (id int, data jsonb NOT NULL DEFAULT '{}', CHECK (json_valid(data)));",
    "ALTER TABLE t ADD COLUMN x json, ALTER COLUMN y TYPE jsonb; -- done; 'not a string\n",
    "DO $$ BEGIN IF a THEN UPDATE t SET data = '{\"ä\": 1}' WHERE id = 1; END IF; EXECUTE 'UPDATE u SET b = ''x'' || c'; END $$;",
    "MERGE INTO m USING s ON m.id = s.id WHEN MATCHED THEN UPDATE SET a = CASE WHEN s.b THEN 1 ELSE 2 END;",
    "/* ; */ UPDATE users SET tags = ARRAY[]::text[], x = now() RETURNING id AS \"id!\";",
    "INSERT OR REPLACE INTO t (id, data) VALUES (?, json(?));",
];

/// How a character of the SQL is spelled in the file: as it is, or as an escape.
fn spelled(sql: &str, escapes: &[bool]) -> (String, SpanMap) {
    let mut file = String::from("let sql = \"");
    let mut map = SpanMap::default();
    for (index, character) in sql.chars().enumerate() {
        let from = file.len();
        if escapes.get(index % escapes.len().max(1)).copied().unwrap_or(false) {
            file = format!("{file}\\u{{{:x}}}", u32::from(character));
        } else {
            file.push(character);
        }
        map.push(character.len_utf8(), Span::new(from..file.len()));
    }
    file.push_str("\";");
    (file, map)
}

/// Undoes the escapes of [`spelled`].
fn unescaped(mut spelled: &str) -> String {
    let mut out = String::new();
    while let Some(at) = spelled.find("\\u{") {
        let (before, rest) = spelled.split_at(at);
        let (code, after) = rest[3..].split_once('}').unwrap();
        out.push_str(before);
        out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        spelled = after;
    }
    out + spelled
}

/// Every span of the facts.
fn spans(facts: &SqlFacts) -> Vec<Span> {
    let mut out = vec![];
    for w in &facts.writes {
        out.extend([w.assignment, w.target_span, w.value_span, w.statement, w.table_span]);
    }
    for change in &facts.schema {
        match change {
            SchemaChange::CreateTable { columns, span, .. } => {
                out.push(*span);
                out.extend(columns.iter().map(|c| c.span));
            }
            SchemaChange::AddColumn { column, .. } | SchemaChange::AlterType { column, .. } => out.push(column.span),
            SchemaChange::JsonCheck { span, .. } => out.push(*span),
            _ => {}
        }
    }
    out.extend(facts.uses.iter().map(|u| u.span));
    out.extend(facts.placeholders.iter().map(|p| p.span));
    out.extend(facts.unanalysed.iter().filter_map(|p| p.span));
    out
}

/// Pieces that SQL is made of, and some that it is not.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "UPDATE",
        "SET",
        "INSERT",
        "INTO",
        "VALUES",
        "ON",
        "CONFLICT",
        "DO",
        "DUPLICATE",
        "KEY",
        "MERGE",
        "USING",
        "WHEN",
        "MATCHED",
        "THEN",
        "SELECT",
        "FROM",
        "WHERE",
        "CREATE",
        "TABLE",
        "ALTER",
        "ADD",
        "COLUMN",
        "TYPE",
        "CASE",
        "END",
        "BEGIN",
        "TRIGGER",
        "FUNCTION",
        "AS",
        "REPLACE",
        "OR",
        "WITH",
        "ONLY",
        "RENAME",
        "TO",
        "IS",
        "DISTINCT",
        "DEFAULT",
        "NULL",
        "NOT",
        "EXECUTE",
        "format",
        "LIKE",
        "CHECK",
        "json_valid",
        "ROW",
        "LANGUAGE",
        "DELIMITER",
        "COPY",
        "stdin",
        "DROP",
        "CHANGE",
        "MODIFY",
        "ARRAY",
        "jsonb",
        "CAST",
        "jsonb_set",
        "RETURNING",
        "t",
        "data",
        "x",
        "noclobber_hole_0",
        "$1",
        "?",
        "?1",
        ":a",
        "@b",
        "{1}",
        "{",
        "%s",
        "1",
        "''",
        "'a'",
        "'{\"a\":1}'",
        "\"q\"",
        "`b`",
        "[c]",
        "$$",
        "$x$",
        "'",
        "\"",
        "`",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        ".",
        "=",
        "::",
        "->",
        "->>",
        "#>",
        "#>>",
        "@>",
        "<@",
        "?|",
        "||",
        "-",
        "*",
        "--",
        "/*",
        "*/",
        "/*!",
        "#",
        "\n",
        "\r\n",
        "\\.",
        "\\x",
        "é",
        "\u{0}",
        "E'",
        "<<",
        ">>",
        ":=",
        "U&'",
        "x'",
        "//",
    ])
    .prop_map(str::to_owned);
    prop_oneof![9 => words, 1 => any::<char>().prop_map(String::from)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn places_in_the_file_spell_the_sql(
        chosen in prop::collection::vec(prop::sample::select(STATEMENTS), 1..5),
        escapes in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let sql = chosen.concat();
        let plain = read(&SqlText { map: SpanMap::identity(0, sql.len()), ..text(&sql) }, Some(Dialect::Postgres));
        let (file, map) = spelled(&sql, &escapes);
        let facts = read(&SqlText { map, ..text(&sql) }, Some(Dialect::Postgres));
        let (here, there) = (spans(&plain), spans(&facts));
        prop_assert_eq!(here.len(), there.len());
        prop_assert!(!here.is_empty());
        for (in_sql, in_file) in here.iter().zip(&there) {
            let spelled = file.get(in_file.range());
            prop_assert!(spelled.is_some(), "{:?} is not on character boundaries", in_file);
            prop_assert_eq!(unescaped(spelled.unwrap()), &sql[in_sql.range()]);
        }
        for write in facts.writes {
            let own = &write.statement_sql[write.assignment_in_statement.clone()];
            let spelled = unescaped(&file[write.assignment.range()]);
            // In an executed string a doubled quote is one character.
            prop_assert_eq!(own.replace('\'', ""), spelled.replace('\'', ""));
        }
    }

    #[test]
    fn no_text_makes_it_panic(pieces in prop::collection::vec((piece(), prop::bool::weighted(0.7)), 0..60)) {
        let mut sql = String::new();
        for (piece, blank) in &pieces {
            sql.push_str(piece);
            if *blank {
                sql.push(' ');
            }
        }
        looks_like_sql(&sql);
        head_table(&sql);
        for dialect in [None, Some(Dialect::Postgres), Some(Dialect::Mysql), Some(Dialect::Sqlite)] {
            for route in [Route::Literal, Route::SqlFile] {
                let facts = read(&SqlText { dialect, route, map: SpanMap::identity(0, sql.len()), ..text(&sql) }, None);
                for span in spans(&facts) {
                    prop_assert!(sql.get(span.range()).is_some(), "{:?} in {:?}", span, sql);
                }
            }
        }
    }
}

/// On a stack as large as a worker's.
#[test]
fn deep_and_long_texts_are_read_in_time() {
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(deep_and_long_texts).unwrap();
    worker.join().unwrap();
}

fn deep_and_long_texts() {
    let nested = |open: &str, inner: &str, close: &str, times: usize| open.repeat(times) + inner + &close.repeat(times);
    let long = 100_000;
    let texts = [
        format!("UPDATE t SET a = {}", nested("(", "1", ")", 3000)),
        format!("UPDATE t SET a = {}", nested("jsonb_set(", "a", ", '{k}', $1)", 45)),
        format!("UPDATE t SET a = {}", nested("f(", "a", ")", 45)),
        format!("UPDATE t SET a = {}", nested("(SELECT ", "1", ")", 45)),
        format!("UPDATE t SET a = {}", nested("CASE WHEN ", "1", " THEN 2 END", 300)),
        format!("UPDATE t SET a = {} 1", "NOT ".repeat(5000)),
        format!("UPDATE t SET a = {} 1", "- ".repeat(5000)),
        format!("UPDATE t SET a = b{}", "::text".repeat(5000)),
        format!("UPDATE t SET a = (SELECT 1{})", " UNION SELECT 1".repeat(5000)),
        format!("UPDATE t SET a = 1 WHERE {} 1 = 1", "a = 1 AND ".repeat(10_000)),
        format!("UPDATE t SET {} z = 1", "a = 1, ".repeat(10_000)),
        format!("UPDATE t SET {}", (0..10_000).map(|n| format!("a{n} = 1")).collect::<Vec<_>>().join(", ")),
        "UPDATE ".repeat(long / 8),
        "UPDATE t ".repeat(long / 10),
        "INSERT INTO t ".repeat(long / 14),
        "ON CONFLICT ".repeat(long / 12),
        "DO UPDATE SET a = 1 ".repeat(long / 20),
        "MERGE INTO t ".repeat(long / 13),
        "WITH a AS (SELECT ".repeat(long / 18),
        "CREATE TABLE t (".repeat(long / 16),
        "'".repeat(long + 1),
        "/*".repeat(long / 2),
        "$a$ ".repeat(long / 4 + 1),
        "\\\n".repeat(long / 2),
        "{".repeat(long),
        "a.".repeat(long / 2),
        "a->'b'".repeat(long / 6),
        "(a->'b')".repeat(long / 8),
        "EXECUTE 'EXECUTE ''a'''".repeat(long / 22),
        format!("DO $$ {} $$", "EXECUTE 'UPDATE t SET a = ''x''';".repeat(3000)),
        format!("INSERT INTO t (a, b) VALUES {} (1, 2) ON CONFLICT DO UPDATE SET a = 1", "(1, 2), ".repeat(10_000)),
        "x".repeat(long),
    ];
    for sql in texts {
        let started = std::time::Instant::now();
        let facts = read(&text(&sql), None);
        looks_like_sql(&sql);
        let took = started.elapsed();
        let head: String = sql.chars().take(40).collect();
        // Measured far below; a slow machine is no failure, a quadratic walk is.
        assert!(took.as_secs() < 20, "{head}: {took:?}");
        assert!(facts.writes.len() <= 5000, "{head}");
    }
}
