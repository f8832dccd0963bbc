//! Random writes of MariaDB.

use super::faults::{self, Run};
use super::{Case, Grammar, NEW, Rng, Row, inserted, key, object, value};
use noclobber::document::Document;
use noclobber::document::run::Storage;
use noclobber::frontend::sql::Dialect;
use noclobber::frontend::sql::value::{Server, SqlType};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The grammar.
pub(crate) struct MariaDb;

/// Columns besides the key and the two that hold the document, with their types.
const INPUTS: &[(&str, &str)] = &[
    ("obj", "JSON"),
    ("arr", "JSON"),
    ("sca", "JSON"),
    ("opt", "JSON"),
    ("txt", "VARCHAR(100)"),
    ("jtx", "LONGTEXT"),
    ("num", "INT"),
    ("flag", "BOOLEAN"),
];

impl Grammar for MariaDb {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn schema(&self) -> String {
        let inputs: String = INPUTS.iter().map(|(name, sql_type)| format!(", {name} {sql_type}")).collect();
        format!(
            "CREATE TABLE t (id INT PRIMARY KEY, data JSON, td LONGTEXT{inputs});
             CREATE TABLE src (id INT PRIMARY KEY, data JSON, td LONGTEXT{inputs});"
        )
    }

    fn fill(&self, rows: &[Row]) -> String {
        let mut script = "DELETE FROM t; DELETE FROM src;".to_owned();
        for row in rows {
            let inputs: String =
                INPUTS.iter().map(|(name, _)| format!(", {}", constant(row.inputs[name].as_ref(), name))).collect();
            let (old, new) = (constant(row.data.as_ref(), "data"), constant(row.inputs[NEW].as_ref(), "data"));
            let id = row.id;
            let _ = write!(
                script,
                "INSERT INTO t VALUES ({id}, {old}, {old}{inputs});
                 INSERT INTO src VALUES ({id}, {new}, {new}{inputs});"
            );
        }
        script
    }

    fn read_back(&self, column: &str) -> String {
        format!("SELECT {column} FROM t WHERE id = {{id}}")
    }

    fn column_type(&self, column: &str) -> Option<SqlType> {
        match column {
            "data" => Some(SqlType::Json),
            "td" => Some(SqlType::Text),
            _ => INPUTS.iter().find(|(name, _)| *name == column).map(|(_, sql_type)| match *sql_type {
                "JSON" => SqlType::Json,
                "LONGTEXT" | "VARCHAR(100)" => SqlType::Text,
                _ => SqlType::Other,
            }),
        }
    }

    fn storage(&self, column: &str) -> Storage {
        if column == "td" { Storage::Text } else { Storage::CheckedText }
    }

    fn input(&self, name: &str, value: &Json) -> Json {
        if name == "flag" { Json::from(i32::from(*value == Json::Bool(true))) } else { value.clone() }
    }

    fn is_fault(&self, part: &Document, run: Run<'_>) -> bool {
        faults::of_mariadb(part, run)
    }

    fn release(&self) -> (&'static str, fn(&str) -> Server) {
        ("SELECT JSON_QUOTE(VERSION())", |_| Server::MariaDb)
    }

    fn is_rejection(&self, message: &str) -> bool {
        // Syntax, unknown column, wrong number of arguments, unknown function.
        ["1064:", "1054:", "1582:", "1305:", "1630:", "1052:"].iter().any(|code| message.starts_with(code))
    }

    fn case(&self, rng: &mut Rng) -> Case {
        let column = ["data", "td"][rng.weighted(&[93, 7])];
        let depth = 1 + rng.weighted(&[20, 40, 30, 10]);
        let mut write = Write { rng, column, old: vec![column.into(), format!("t.{column}")], inputs: vec!["", "t."] };
        let mut excluded = None;
        let statement = match write.rng.weighted(&[60, 10, 14, 16]) {
            0 => format!("UPDATE t SET {column} = {} WHERE id = {{id}}", write.doc(depth)),
            1 => {
                write.old = vec![column.into(), format!("x.{column}"), format!("`x`.`{column}`")];
                write.inputs = vec!["", "x."];
                format!("UPDATE t x SET x.{column} = {} WHERE x.id = {{id}}", write.doc(depth))
            }
            2 => {
                write.old = vec![format!("t.{column}")];
                write.inputs = vec!["s.", "t."];
                let value = write.doc(depth);
                format!("UPDATE t JOIN src s ON s.id = t.id SET t.{column} = {value} WHERE t.id = {{id}}")
            }
            _ => {
                write.inputs = vec!["VALUES()", ""];
                let values;
                let insert;
                (insert, values) = write.insert();
                excluded = Some(values);
                format!("{insert} ON DUPLICATE KEY UPDATE {column} = {}", write.doc(depth))
            }
        };
        Case { statement, column, excluded }
    }
}

/// A value as a literal for the column.
fn constant(value: Option<&Json>, column: &str) -> String {
    match (value, column) {
        (None, _) => "NULL".to_owned(),
        (Some(Json::String(text)), "txt" | "jtx") => quote(text),
        (Some(value), "num" | "flag") => value.to_string(),
        (Some(value), _) => quote(&value.to_string()),
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// One write in the making.
struct Write<'a> {
    rng: &'a mut Rng,
    column: &'static str,
    /// Spellings of the old document.
    old: Vec<String>,
    /// Prefixes of the inputs; `VALUES()` stands for the function.
    inputs: Vec<&'static str>,
}

impl Write<'_> {
    fn insert(&mut self) -> (String, BTreeMap<&'static str, Option<Json>>) {
        let values = inserted(self.rng);
        let names: String = INPUTS.iter().map(|(name, _)| format!(", {name}")).collect();
        let list: String =
            INPUTS.iter().map(|(name, _)| format!(", {}", constant(values[name].as_ref(), name))).collect();
        let (column, new) = (self.column, constant(values[NEW].as_ref(), self.column));
        (format!("INSERT INTO t (id, {column}{names}) VALUES ({{id}}, {new}{list})"), values)
    }

    fn old(&mut self) -> String {
        let index = self.rng.below(self.old.len());
        self.old[index].clone()
    }

    fn input(&mut self, name: &str) -> String {
        match self.rng.pick(&self.inputs.clone()) {
            "VALUES()" => format!("VALUES({name})"),
            prefix => format!("{prefix}{name}"),
        }
    }

    /// A path of one to three steps.
    fn path(&mut self) -> String {
        let steps = 1 + self.rng.weighted(&[55, 35, 10]);
        let steps: String = (0..steps).map(|_| self.step()).collect();
        match self.rng.below(40) {
            0 => "'$'".to_owned(),
            1 => "NULL".to_owned(),
            _ => format!("'${steps}'"),
        }
    }

    fn step(&mut self) -> String {
        if self.rng.chance(8) {
            return self.rng.pick(&["[0]", "[0]", "[1]", "[1]", "[-1]"]).to_owned();
        }
        let key = key(self.rng);
        if key.bytes().all(|b| b.is_ascii_alphabetic()) && self.rng.chance(70) {
            format!(".{key}")
        } else {
            format!(".\"{key}\"")
        }
    }

    /// Something that mostly holds the old document.
    fn doc(&mut self, depth: usize) -> String {
        if depth == 0 {
            return if self.rng.chance(80) { self.old() } else { self.json_leaf() };
        }
        let d = depth - 1;
        match self.rng.weighted(&[22, 7, 7, 10, 12, 6, 6, 8, 6, 5, 6, 6, 2, 3, 3, 2]) {
            0 => self.edit("JSON_SET", d),
            1 => self.edit("JSON_INSERT", d),
            2 => self.edit("JSON_REPLACE", d),
            3 => {
                let more = if self.rng.chance(25) { format!(", {}", self.path()) } else { String::new() };
                format!("JSON_REMOVE({}, {}{more})", self.doc(d), self.path())
            }
            4 => {
                let more = if self.rng.chance(15) { format!(", {}", self.json(d)) } else { String::new() };
                format!("JSON_MERGE_PATCH({}, {}{more})", self.doc(d), self.json(d))
            }
            5 => {
                format!("{}({}, {})", self.rng.pick(&["JSON_MERGE_PRESERVE", "JSON_MERGE"]), self.doc(d), self.json(d))
            }
            6 => self.edit("JSON_ARRAY_APPEND", d),
            7 => format!(
                "{}({}, {})",
                self.rng.pick(&["JSON_EXTRACT", "JSON_EXTRACT", "JSON_QUERY"]),
                self.doc(d),
                self.path()
            ),
            8 => self.built(d),
            9 => format!("{}({}, {})", self.rng.pick(&["COALESCE", "IFNULL"]), self.doc(d), self.json(d)),
            10 => format!("IF({}, {}, {})", self.condition(d), self.doc(d), self.json(d)),
            11 => match self.rng.below(4) {
                0 => format!("CASE WHEN {} THEN {} END", self.condition(d), self.doc(d)),
                1 => format!(
                    "CASE {} WHEN {} THEN {} ELSE {} END",
                    self.input("txt"),
                    quote(key(self.rng)),
                    self.doc(d),
                    self.doc(d)
                ),
                _ => format!("CASE WHEN {} THEN {} ELSE {} END", self.condition(d), self.json(d), self.doc(d)),
            },
            12 => format!("NULLIF({}, {})", self.doc(d), self.json(d)),
            13 => format!("JSON_MERGE_PATCH({}, {})", self.json(d), self.doc(d)),
            14 => format!("{}({})", self.rng.pick(&["JSON_COMPACT", "JSON_LOOSE", "JSON_DETAILED"]), self.doc(d)),
            _ => {
                let target = if self.old.iter().any(|name| name.starts_with("x.")) { "x" } else { "t" };
                format!("(SELECT u.{} FROM t u WHERE u.id = {target}.id)", self.column)
            }
        }
    }

    fn edit(&mut self, function: &str, d: usize) -> String {
        let more = if self.rng.chance(25) { format!(", {}, {}", self.path(), self.any(d)) } else { String::new() };
        format!("{function}({}, {}, {}{more})", self.doc(d), self.path(), self.any(d))
    }

    fn built(&mut self, d: usize) -> String {
        // Not the same key twice: the text keeps both, and a path finds the first.
        let (k1, k2) = (quote(key(self.rng)), "'other'");
        match self.rng.below(4) {
            0 => format!("JSON_OBJECT({k1}, {})", self.any(d)),
            1 => format!("JSON_OBJECT({k1}, {}, {k2}, {})", self.any(d), self.any(d)),
            2 => format!("JSON_ARRAY({}, {})", self.any(d), self.any(d)),
            _ => format!("JSON_OBJECT({k1}, {}, {k2}, {})", self.any(d), self.doc(d)),
        }
    }

    /// Something that is JSON to the server, or text that holds it where a document is expected.
    fn json(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.json_leaf();
        }
        match self.rng.weighted(&[45, 25, 25]) {
            0 => self.json_leaf(),
            1 => self.doc(depth - 1),
            _ => self.built(depth - 1),
        }
    }

    fn json_leaf(&mut self) -> String {
        match self.rng.weighted(&[24, 8, 6, 12, 20, 8, 6, 2, 5]) {
            0 => self.input("obj"),
            1 => self.input("arr"),
            2 => self.input("sca"),
            3 => self.input("opt"),
            4 => quote(&object(self.rng, 2).to_string()),
            5 => quote(&value(self.rng, 1).to_string()),
            6 => self.input("jtx"),
            7 => "NULL".to_owned(),
            _ => {
                let column = self.column;
                if self.inputs[0] == "VALUES()" { format!("VALUES({column})") } else { "JSON_OBJECT()".to_owned() }
            }
        }
    }

    /// Anything that can be put at a path.
    fn any(&mut self, depth: usize) -> String {
        match self.rng.weighted(&[22, 12, 8, 8, 12, 10, 5, 4, 4]) {
            0 if depth > 0 => self.doc(depth - 1),
            1 if depth > 0 => self.built(depth - 1),
            2 => self.input("txt"),
            3 => self.input("num"),
            4 => self.input("obj"),
            5 => format!("JSON_EXTRACT({}, '$')", self.json_leaf()),
            6 => self.rng.pick(&["1", "-2", "1.5", "true", "false", "NULL"]).to_owned(),
            7 if depth > 0 => format!("JSON_UNQUOTE(JSON_EXTRACT({}, {}))", self.doc(depth - 1), self.path()),
            8 if depth > 0 => format!("JSON_VALUE({}, {})", self.doc(depth - 1), self.path()),
            _ => quote(key(self.rng)),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match self.rng.weighted(&[14, 8, 14, 10, 8, 8, 5, 5, 5, 4]) {
            0 => format!("{} IS NULL", self.doc(d)),
            1 => format!("{} IS NOT NULL", self.json_leaf()),
            2 => format!(
                "JSON_TYPE({}) = '{}'",
                self.doc(d),
                self.rng.pick(&["OBJECT", "ARRAY", "STRING", "NULL", "INTEGER"])
            ),
            3 => format!("JSON_CONTAINS_PATH({}, 'one', {})", self.doc(d), self.path()),
            4 => format!("JSON_VALUE({}, {}) = {}", self.old(), self.path(), quote(key(self.rng))),
            5 => format!("{} = {}", self.input("txt"), quote(key(self.rng))),
            6 if depth > 0 => format!("({} AND {})", self.condition(d), self.condition(d)),
            7 if depth > 0 => format!("({} OR {})", self.condition(d), self.condition(d)),
            8 if depth > 0 => format!("NOT ({})", self.condition(d)),
            9 => format!("JSON_EXTRACT({}, {}) IS NULL", self.old(), self.path()),
            _ => self.input("flag"),
        }
    }
}
