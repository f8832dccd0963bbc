//! Random writes of PostgreSQL.

mod expression;

use super::{Case, Grammar, NEW, Rng, Row, constant, numbers};
use expression::Write;
use noclobber::document::run::Storage;
use noclobber::frontend::sql::Dialect;
use noclobber::frontend::sql::value::{Server, SqlType};
use std::fmt::Write as _;

/// The grammar.
pub(crate) struct Postgres;

/// Columns besides the key and the three that hold the document, with their types.
const INPUTS: &[(&str, &str)] = &[
    ("obj", "jsonb"),
    ("arr", "jsonb"),
    ("sca", "jsonb"),
    ("opt", "jsonb"),
    ("txt", "text"),
    ("jtx", "text"),
    ("num", "int"),
    ("flag", "boolean"),
];

impl Grammar for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn schema(&self) -> String {
        let inputs: String = INPUTS.iter().map(|(name, sql_type)| format!(", {name} {sql_type}")).collect();
        format!(
            "CREATE TABLE t (id int PRIMARY KEY, data jsonb, jd json, td text{inputs});
             CREATE TABLE src (id int PRIMARY KEY, data jsonb, jd json, td text{inputs});"
        )
    }

    fn fill(&self, rows: &[Row]) -> String {
        let mut script = "TRUNCATE t; TRUNCATE src;".to_owned();
        for row in rows {
            let inputs: String =
                INPUTS.iter().map(|(name, _)| format!(", {}", constant(row.inputs[name].as_ref(), name))).collect();
            let (old, new) = (constant(row.data.as_ref(), "data"), constant(row.inputs[NEW].as_ref(), "data"));
            let id = row.id;
            let _ = write!(
                script,
                "INSERT INTO t VALUES ({id}, {old}, {old}, {old}{inputs});
                 INSERT INTO src VALUES ({id}, {new}, {new}, {new}{inputs});"
            );
        }
        script
    }

    fn read_back(&self, column: &str) -> String {
        format!("SELECT {column}::text FROM t WHERE id = {{id}}")
    }

    fn column_type(&self, column: &str) -> Option<SqlType> {
        match column {
            "data" => Some(SqlType::Jsonb),
            "jd" => Some(SqlType::Json),
            "td" => Some(SqlType::Text),
            _ => INPUTS.iter().find(|(name, _)| *name == column).map(|(_, sql_type)| match *sql_type {
                "jsonb" => SqlType::Jsonb,
                "text" => SqlType::Text,
                _ => SqlType::Other,
            }),
        }
    }

    fn storage(&self, column: &str) -> Storage {
        match column {
            "jd" => Storage::Json,
            "td" => Storage::Text,
            _ => Storage::Jsonb,
        }
    }

    fn is_planned_ahead(&self) -> bool {
        true
    }

    fn release(&self) -> (&'static str, fn(&str) -> Server) {
        ("SELECT to_json(current_setting('server_version'))::text", |text| Server::Postgres(numbers(text).0))
    }

    fn is_rejection(&self, message: &str) -> bool {
        message.starts_with("42")
    }

    fn case(&self, rng: &mut Rng) -> Case {
        let column = ["data", "jd", "td"][rng.weighted(&[84, 10, 6])];
        let depth = 1 + rng.weighted(&[15, 35, 35, 15]);
        let mut write =
            Write { rng, column, target: "t", old: vec![column.into(), format!("t.{column}")], inputs: vec!["", "t."] };
        let mut excluded = None;
        let statement = match write.rng.weighted(&[48, 8, 8, 12, 6, 5, if column == "data" { 13 } else { 0 }]) {
            0 => format!("UPDATE t SET {column} = {} WHERE t.id = {{id}}", write.stored(depth)),
            1 => {
                write.old = vec![column.into(), format!("x.{column}")];
                write.inputs = vec!["", "x."];
                write.target = "x";
                format!("UPDATE public.t AS x SET {column} = {} WHERE x.id = {{id}}", write.stored(depth))
            }
            2 => {
                write.old = vec![format!("t.{column}")];
                write.inputs = vec!["s.", "t."];
                let value = write.stored(depth);
                format!("UPDATE t SET {column} = {value} FROM src s WHERE s.id = t.id AND t.id = {{id}}")
            }
            3 => {
                write.old = vec![format!("t.{column}")];
                write.inputs = vec!["EXCLUDED.", "excluded.", "t."];
                let (insert, values) = write.insert();
                excluded = values;
                format!("{insert} ON CONFLICT (id) DO UPDATE SET {column} = {}", write.stored(depth))
            }
            4 => {
                let value = write.stored(depth);
                let item = match write.rng.below(3) {
                    0 => format!("(num, {column}) = (1, {value})"),
                    1 => format!("({column}, num) = ROW({value}, 2)"),
                    _ => format!("({column}, num) = (SELECT {value}, 3)"),
                };
                format!("UPDATE t SET {item} WHERE id = {{id}}")
            }
            5 => {
                write.old = vec![format!("t.{column}")];
                write.inputs = vec!["s.", "t."];
                let value = write.stored(depth);
                format!(
                    "MERGE INTO t USING src AS s ON t.id = s.id AND t.id = {{id}} WHEN MATCHED THEN UPDATE SET {column} = {value}"
                )
            }
            _ => {
                let mut items = vec![write.subscript(depth)];
                if write.rng.chance(30) {
                    items.push(write.subscript(1));
                }
                format!("UPDATE t SET {} WHERE id = {{id}}", items.join(", "))
            }
        };
        Case { statement, column, excluded }
    }
}
