//! Random writes of SQLite.

use super::{Case, Grammar, NEW, Rng, Row, constant, inserted, key, numbers, object, quote, value};
use noclobber::document::run::Storage;
use noclobber::frontend::sql::Dialect;
use noclobber::frontend::sql::value::{Server, SqlType};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The grammar.
pub(crate) struct Sqlite;

/// Columns besides the key and the document.
const INPUTS: &[&str] = &["obj", "arr", "sca", "opt", "txt", "jtx", "num", "flag"];

impl Grammar for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn schema(&self) -> String {
        let columns = "id INTEGER PRIMARY KEY, data TEXT, obj TEXT, arr TEXT, sca TEXT, opt TEXT, txt TEXT, jtx TEXT, \
                       num INTEGER, flag BOOLEAN";
        format!("CREATE TABLE t ({columns}); CREATE TABLE src ({columns});")
    }

    fn fill(&self, rows: &[Row]) -> String {
        let mut script = "DELETE FROM t; DELETE FROM src;".to_owned();
        for row in rows {
            let inputs: String =
                INPUTS.iter().map(|name| format!(", {}", constant(row.inputs[name].as_ref(), name))).collect();
            let (old, new) = (constant(row.data.as_ref(), "data"), constant(row.inputs[NEW].as_ref(), "data"));
            let id = row.id;
            let _ = write!(
                script,
                "INSERT INTO t VALUES ({id}, {old}{inputs}); INSERT INTO src VALUES ({id}, {new}{inputs});"
            );
        }
        script
    }

    fn read_back(&self, column: &str) -> String {
        format!("SELECT {column} FROM t WHERE id = {{id}}")
    }

    fn column_type(&self, column: &str) -> Option<SqlType> {
        match column {
            "num" | "flag" | "id" => Some(SqlType::Other),
            "data" | "txt" | "jtx" => Some(SqlType::Text),
            _ => INPUTS.contains(&column).then_some(SqlType::Text),
        }
    }

    fn storage(&self, _: &str) -> Storage {
        Storage::Text
    }

    fn input(&self, name: &str, value: &Json) -> Json {
        match (name, value) {
            ("flag", value) => Json::from(i32::from(*value == Json::Bool(true))),
            ("num" | "txt" | "jtx", value) => value.clone(),
            // SQLite has no JSON type: every document is text.
            (_, value) => Json::String(value.to_string()),
        }
    }

    fn release(&self) -> (&'static str, fn(&str) -> Server) {
        ("SELECT json_quote(sqlite_version())", |text| {
            let (major, minor) = numbers(text);
            Server::Sqlite(major, minor)
        })
    }

    fn is_rejection(&self, message: &str) -> bool {
        ["syntax error", "no such column", "no such function", "wrong number of arguments", "ambiguous column"]
            .iter()
            .any(|text| message.contains(text))
    }

    fn case(&self, rng: &mut Rng) -> Case {
        let depth = 1 + rng.weighted(&[20, 40, 30, 10]);
        let mut write = Write { rng, old: vec!["data".into(), "t.data".into()], inputs: vec!["", "t."] };
        let mut excluded = None;
        let statement = match write.rng.weighted(&[62, 10, 18, 10]) {
            0 => format!("UPDATE t SET data = {} WHERE id = {{id}}", write.doc(depth)),
            1 => {
                write.old = vec!["t.data".into()];
                write.inputs = vec!["s.", "t."];
                let value = write.doc(depth);
                format!("UPDATE t SET data = {value} FROM src AS s WHERE s.id = t.id AND t.id = {{id}}")
            }
            2 => {
                write.inputs = vec!["excluded.", "EXCLUDED.", "t.", ""];
                let (insert, values) = write.insert();
                excluded = values;
                format!("{insert} ON CONFLICT (id) DO UPDATE SET data = {}", write.doc(depth))
            }
            _ => format!("UPDATE t SET (data, num) = ({}, 3) WHERE id = {{id}}", write.doc(depth)),
        };
        Case { statement, column: "data", excluded }
    }
}

/// One write in the making.
struct Write<'a> {
    rng: &'a mut Rng,
    /// Spellings of the old document.
    old: Vec<String>,
    /// Prefixes of the inputs.
    inputs: Vec<&'static str>,
}

impl Write<'_> {
    fn insert(&mut self) -> (String, Option<BTreeMap<&'static str, Option<Json>>>) {
        let names = INPUTS.join(", ");
        if self.rng.chance(50) {
            return (
                format!("INSERT INTO t (id, data, {names}) SELECT id, data, {names} FROM src WHERE id = {{id}}"),
                None,
            );
        }
        let values = inserted(self.rng);
        let list: String = INPUTS.iter().map(|name| format!(", {}", constant(values[name].as_ref(), name))).collect();
        let new = constant(values[NEW].as_ref(), "data");
        (format!("INSERT INTO t (id, data, {names}) VALUES ({{id}}, {new}{list})"), Some(values))
    }

    fn old(&mut self) -> String {
        let index = self.rng.below(self.old.len());
        self.old[index].clone()
    }

    fn input(&mut self, name: &str) -> String {
        format!("{}{name}", self.rng.pick(&self.inputs.clone()))
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
            return self.rng.pick(&["[0]", "[1]", "[#]", "[#-1]"]).to_owned();
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
        match self.rng.weighted(&[22, 7, 7, 10, 14, 8, 6, 6, 6, 6, 6, 2, 3, 3, 2, 1]) {
            0 => self.edit("json_set", d),
            1 => self.edit("json_insert", d),
            2 => self.edit("json_replace", d),
            3 => {
                let more = if self.rng.chance(25) { format!(", {}", self.path()) } else { String::new() };
                format!("json_remove({}, {}{more})", self.doc(d), self.path())
            }
            4 => format!("json_patch({}, {})", self.doc(d), self.json(d)),
            5 => format!("json_extract({}, {})", self.doc(d), self.path()),
            6 => format!("({} -> {})", self.doc(d), self.arrow()),
            7 => self.built(d),
            8 => format!("{}({}, {})", self.rng.pick(&["coalesce", "ifnull"]), self.doc(d), self.json(d)),
            9 => format!("iif({}, {}, {})", self.condition(d), self.doc(d), self.json(d)),
            10 => match self.rng.below(4) {
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
            11 => format!("nullif({}, {})", self.doc(d), self.json(d)),
            12 => format!("json({})", self.doc(d)),
            13 => format!("json_patch({}, {})", self.json(d), self.doc(d)),
            14 => "(SELECT u.data FROM t u WHERE u.id = t.id)".to_owned(),
            _ => format!("({} || {})", self.doc(d), self.json(d)),
        }
    }

    /// What stands right of `->`: a path, a key or an index.
    fn arrow(&mut self) -> String {
        match self.rng.below(5) {
            0 => self.rng.pick(&["0", "1", "-1"]).to_owned(),
            1 | 2 => quote(key(self.rng)),
            _ => self.path(),
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
            0 => format!("json_object({k1}, {})", self.any(d)),
            1 => format!("json_object({k1}, {}, {k2}, {})", self.any(d), self.any(d)),
            2 => format!("json_array({}, {})", self.any(d), self.any(d)),
            _ => format!("json_object({k1}, {}, {k2}, {})", self.any(d), self.doc(d)),
        }
    }

    /// Text that holds JSON.
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
            _ => match self.inputs[0] {
                "" => "json_object()".to_owned(),
                prefix => format!("{prefix}data"),
            },
        }
    }

    /// Anything that can be put at a path.
    fn any(&mut self, depth: usize) -> String {
        match self.rng.weighted(&[18, 12, 8, 8, 8, 20, 5, 4, 4]) {
            0 if depth > 0 => self.doc(depth - 1),
            1 if depth > 0 => self.built(depth - 1),
            2 => self.input("txt"),
            3 => self.input("num"),
            4 => self.input("obj"),
            5 => format!("json({})", self.json(depth.saturating_sub(1))),
            6 => self.rng.pick(&["1", "-2", "1.5", "true", "NULL"]).to_owned(),
            7 if depth > 0 => format!("json_extract({}, {})", self.doc(depth - 1), self.path()),
            8 if depth > 0 => format!("({} ->> {})", self.doc(depth - 1), self.arrow()),
            _ => quote(key(self.rng)),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match self.rng.weighted(&[14, 8, 14, 10, 8, 8, 5, 5, 5, 4]) {
            0 => format!("{} IS NULL", self.doc(d)),
            1 => format!("{} IS NOT NULL", self.json_leaf()),
            2 => format!(
                "json_type({}) = '{}'",
                self.doc(d),
                self.rng.pick(&["object", "array", "text", "null", "integer"])
            ),
            3 => format!("json_type({}, {}) IS NULL", self.doc(d), self.path()),
            4 => format!("json_extract({}, {}) = {}", self.old(), self.path(), quote(key(self.rng))),
            5 => format!("{} = {}", self.input("txt"), quote(key(self.rng))),
            6 if depth > 0 => format!("({} AND {})", self.condition(d), self.condition(d)),
            7 if depth > 0 => format!("({} OR {})", self.condition(d), self.condition(d)),
            8 if depth > 0 => format!("NOT ({})", self.condition(d)),
            9 => format!("{} ->> {} IS NOT NULL", self.old(), self.arrow()),
            _ => self.input("flag"),
        }
    }
}
