use super::*;
use crate::frontend::sql::value::Server;

const PG_JSON: Env = Env { dialect: Dialect::Postgres, storage: Storage::Json };

/// An environment whose release is known.
struct Known<'a>(&'a Env, Server);

impl Environment for Known<'_> {
    fn dialect(&self) -> Dialect {
        self.0.dialect()
    }
    fn server(&self) -> Server {
        self.1
    }
    fn storage(&self) -> Storage {
        self.0.storage()
    }
    fn column_type(&self, table: &TableName, column: &str) -> Option<SqlType> {
        self.0.column_type(table, column)
    }
    fn bind(&self, placeholder: &str, ordinal: usize) -> Option<Document> {
        self.0.bind(placeholder, ordinal)
    }
}

#[test]
fn a_release_rejects_what_it_cannot_parse_or_does_not_have() {
    let cases: &[(&str, &Env, Server, Server)] = &[
        ("data->'$.a'", &MYSQL, Server::MariaDb, Server::MySql),
        ("JSON_SET(data, '$.a', other->>'$.b')", &MYSQL, Server::MariaDb, Server::MySql),
        ("JSON_SET(data, '$.a', CAST('1' AS JSON))", &MYSQL, Server::MariaDb, Server::MySql),
        ("JSON_OBJECT('a': 1 RETURNING jsonb)", &PG, Server::Postgres(15), Server::Postgres(16)),
        ("data || (data['a'])", &PG, Server::Postgres(13), Server::Postgres(14)),
        ("data->'a'", &SQLITE, Server::Sqlite(3, 37), Server::Sqlite(3, 38)),
        ("(SELECT jsonb_set(data, '$.a', 1))", &SQLITE, Server::Sqlite(3, 44), Server::Sqlite(3, 45)),
    ];
    for (expr, env, old, new) in cases {
        assert!(fails(&value(expr, &Known(env, *old))), "{expr} on {old:?}");
        assert!(!fails(&value(expr, &Known(env, *new))), "{expr} on {new:?}");
        assert_eq!(value(expr, *env), value(expr, &Known(env, *new)), "{expr}");
    }
    let subscript = "UPDATE users SET data['a'] = '1' WHERE id = 7";
    assert!(fails(&statement(subscript, &Known(&PG, Server::Postgres(13)))));
    assert!(!fails(&statement(subscript, &Known(&PG, Server::Postgres(14)))));
}

#[test]
fn sqlite_stored_what_stands_at_the_root_as_it_is() {
    let old = Known(&SQLITE, Server::Sqlite(3, 40));
    let Document::Choose { branches, otherwise } = value("json_set(data, '$.a', 1, '$', 'x')", &old) else { panic!() };
    assert_eq!((branches.len(), *otherwise), (1, Document::Text("x".into())));
    assert!(matches!(value("json_set(data, '$.a', 1)", &old), Document::Set { .. }));
    assert!(matches!(value("json_set(data, '$', 'x')", &SQLITE), Document::Set { .. }));
}

#[test]
fn functions_that_the_database_lacks_are_the_programs_own() {
    let foreign: &[(&Env, &[&str])] = &[
        (
            &SQLITE,
            &[
                "json_array_append(data, '$.a', 1)",
                "json_array_append(data)",
                "json_merge_patch(data, ?)",
                "json_merge_preserve(data, '{')",
                "json_unquote(data)",
                "jsonb_concat(data, '{}')",
                "jsonb_build_object('a', data)",
                "to_jsonb(data)",
                "greatest(data, NULL)",
                "deep_merge(data, ?)",
            ],
        ),
        (
            &PG,
            &[
                "json_set(data, '$.a', 1)",
                "json_set(data, '$.a')",
                "json_merge_patch(data, $1)",
                "json_patch(data, '{')",
                "jsonb_patch(data, '{')",
                "json_array_append(data, 1)",
                "json_length(data)",
                "lcase(data)",
                "ifnull(data, 'x')",
                "coalesce(ifnull(data, 'x'), '{}')",
                "deep_merge(data, $1)",
            ],
        ),
        (&PG_JSON, &["jsonb_patch(data, '{')", "jsonb_deep_merge(data, $1)", "jsonb_recursive_merge(data, $1)"]),
        (
            &MYSQL,
            &[
                "jsonb_set(data, '{a}', 1)",
                "jsonb_build_object('a', data)",
                "to_jsonb(data)",
                "json_patch(data, ?)",
                "deep_merge(data, ?)",
            ],
        ),
    ];
    for (env, calls) in foreign {
        for call in *calls {
            let found = value(call, *env);
            assert!(found.holds_old(), "{call}: {found:?}");
            let mut through = false;
            found.visit(&mut |part| through |= matches!(part, Document::Through { .. }));
            assert!(through, "{call}: {found:?}");
        }
    }
    assert!(fails(&value("jsonb_set(data, '{a}', 1)", &Known(&MYSQL, Server::MariaDb))));
    assert!(fails(&value("(SELECT jsonb_path_exists(data, '$.a'))", &PG_JSON)));
}
