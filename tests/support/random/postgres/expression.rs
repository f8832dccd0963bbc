//! Random expressions of PostgreSQL.

use super::INPUTS;
use crate::support::random::{NEW, Rng, constant, inserted, key, object, quote, scalar, value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// One write in the making.
pub(super) struct Write<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) column: &'static str,
    /// The name of the target.
    pub(super) target: &'static str,
    /// Spellings of the old document.
    pub(super) old: Vec<String>,
    /// Prefixes of the inputs.
    pub(super) inputs: Vec<&'static str>,
}

impl Write<'_> {
    /// `INSERT` into the table, from the twin or with literals, and what the literals are.
    pub(super) fn insert(&mut self) -> (String, Option<BTreeMap<&'static str, Option<Json>>>) {
        let names: Vec<&str> = INPUTS.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let column = self.column;
        if self.rng.chance(50) {
            let insert = format!(
                "INSERT INTO t (id, {column}, {names}) SELECT id, {column}, {names} FROM src WHERE id = {{id}}"
            );
            return (insert, None);
        }
        let values = inserted(self.rng);
        let list: String =
            INPUTS.iter().map(|(name, _)| format!(", {}", constant(values[name].as_ref(), name))).collect();
        let new = constant(values[NEW].as_ref(), column);
        (format!("INSERT INTO t (id, {column}, {names}) VALUES ({{id}}, {new}{list})"), Some(values))
    }

    /// An expression of the written column's type.
    pub(super) fn stored(&mut self, depth: usize) -> String {
        let value = self.doc(depth);
        match self.column {
            "data" => value,
            "jd" => self.either(&format!("({value})::json"), &format!("CAST({value} AS json)")),
            _ => self.either(&format!("({value})::text"), &format!("CAST({value} AS text)")),
        }
    }

    fn either(&mut self, one: &str, other: &str) -> String {
        if self.rng.chance(50) { one.to_owned() } else { other.to_owned() }
    }

    fn old(&mut self) -> String {
        let index = self.rng.below(self.old.len());
        let name = self.old[index].clone();
        if self.column == "data" { name } else { format!("{name}::jsonb") }
    }

    fn input(&mut self, name: &str) -> String {
        format!("{}{name}", self.rng.pick(&self.inputs.clone()))
    }

    pub(super) fn subscript(&mut self, depth: usize) -> String {
        let steps = 1 + self.rng.weighted(&[60, 30, 10]);
        let steps: String = (0..steps)
            .map(|_| if self.rng.chance(8) { "[0]".to_owned() } else { format!("[{}]", quote(key(self.rng))) })
            .collect();
        format!("data{steps} = {}", self.value(depth - 1))
    }

    /// A path literal of one to three steps.
    fn path(&mut self) -> String {
        let steps = 1 + self.rng.weighted(&[50, 35, 12]);
        let steps: Vec<String> = (0..steps).map(|_| self.step()).collect();
        match self.rng.below(8) {
            0 => format!("ARRAY[{}]", steps.iter().map(|step| quote(step)).collect::<Vec<_>>().join(", ")),
            1 => format!("'{{{}}}'::text[]", self.quoted(&steps)),
            2 if self.rng.chance(20) => "'{}'".to_owned(),
            _ => format!("'{{{}}}'", self.quoted(&steps)),
        }
    }

    fn step(&mut self) -> String {
        if self.rng.chance(7) { self.rng.pick(&["0", "1", "-1"]).to_owned() } else { key(self.rng).to_owned() }
    }

    fn quoted(&mut self, steps: &[String]) -> String {
        let all = self.rng.chance(30);
        let quote = |step: &String| if all || step.contains(' ') { format!("\"{step}\"") } else { step.clone() };
        steps.iter().map(quote).collect::<Vec<_>>().join(",")
    }

    /// Something `jsonb` that mostly holds the old document.
    fn doc(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.rng.below(10) {
                0 => self.input("obj"),
                1 => self.input("opt"),
                2 if self.rng.chance(50) => format!("{}::jsonb", quote(&object(self.rng, 2).to_string())),
                _ => self.old(),
            };
        }
        let d = depth - 1;
        match self.rng.weighted(&[14, 7, 5, 16, 5, 9, 5, 7, 6, 7, 2, 5, 3, 4, 4, 1, 4, 2, 1]) {
            0 => {
                let (of, path, value) = (self.doc(d), self.path(), self.value(d));
                let flag = self.rng.pick(&["", "", "", ", true", ", false", ", create_if_missing => false", ", NULL"]);
                format!("jsonb_set({of}, {path}, {value}{flag})")
            }
            1 => {
                let (of, path, value) = (self.doc(d), self.path(), self.value(d));
                let treatment = self.rng.pick(&["use_json_null", "delete_key", "return_target", "raise_exception"]);
                let create = self.rng.pick(&["true", "false"]);
                if self.rng.chance(25) {
                    format!("jsonb_set_lax({of}, {path}, {value})")
                } else {
                    format!("jsonb_set_lax({of}, {path}, {value}, {create}, '{treatment}')")
                }
            }
            2 => format!(
                "jsonb_insert({}, {}, {}{})",
                self.doc(d),
                self.path(),
                self.value(d),
                self.rng.pick(&["", "", ", true"])
            ),
            3 => self.infix("||", d),
            4 => format!("({} || {})", self.value(d), self.doc(d)),
            5 => self.removal(d),
            6 => format!("({} #- {})", self.doc(d), self.path()),
            7 => self.part(d),
            8 => format!("coalesce({}, {})", self.doc(d), self.value(d)),
            9 => self.case_when(d),
            10 => format!("nullif({}, {})", self.doc(d), self.value(d)),
            11 => self.built(d),
            12 => format!("jsonb_strip_nulls({})", self.doc(d)),
            13 => self.round_trip(d),
            14 => self.entries(d),
            15 => format!("(SELECT u.{}::jsonb FROM t u WHERE u.id = {}.id)", self.column, self.target),
            16 => format!("coalesce({}, {}, {})", self.value(0), self.doc(d), self.leaf()),
            17 => format!("jsonb_concat({}, {})", self.doc(d), self.value(d)),
            _ => format!("{}({}, {})", self.rng.pick(&["greatest", "least"]), self.doc(d), self.value(0)),
        }
    }

    /// `a || b`, sometimes without parentheses around what stands on the same level.
    fn infix(&mut self, operator: &str, d: usize) -> String {
        let (left, right) = (self.doc(d), self.value(d));
        match self.rng.below(12) {
            0 => format!("{left} {operator} {right}"),
            1 => format!("{} {operator} {} -> {}", self.old(), self.old(), quote(key(self.rng))),
            2 => format!("{} {operator} {} - {}", self.old(), self.input("obj"), quote(key(self.rng))),
            _ => format!("({left} {operator} {right})"),
        }
    }

    fn removal(&mut self, d: usize) -> String {
        let of = self.doc(d);
        match self.rng.below(8) {
            0 => format!("({of} - ARRAY[{}, {}])", quote(key(self.rng)), quote(key(self.rng))),
            1 => format!("({of} - '{{a,phone}}'::text[])"),
            2 => format!("({of} - '{{a,phone}}')"),
            3 => format!("({of} - {})", self.rng.pick(&["0", "1", "-1"])),
            4 => format!("({of} - {})", self.input("txt")),
            5 => format!("({of} - {}::text)", quote(key(self.rng))),
            _ => format!("({of} - {})", quote(key(self.rng))),
        }
    }

    fn part(&mut self, d: usize) -> String {
        let of = self.doc(d);
        match self.rng.below(8) {
            0 => format!("({of} #> {})", self.path()),
            1 => format!("({of} -> {})", self.rng.pick(&["0", "-1"])),
            2 => format!("({of})[{}]", quote(key(self.rng))),
            3 => format!("jsonb_extract_path({of}, {}, {})", quote(key(self.rng)), quote(key(self.rng))),
            4 => format!("({of} -> {})", self.input("txt")),
            5 => format!("({of} -> {} -> {})", quote(key(self.rng)), quote(key(self.rng))),
            _ => format!("({of} -> {})", quote(key(self.rng))),
        }
    }

    fn case_when(&mut self, d: usize) -> String {
        let (cond, one) = (self.condition(d), self.doc(d));
        match self.rng.below(8) {
            0 => format!("CASE WHEN {cond} THEN {one} END"),
            1 => format!(
                "CASE WHEN {cond} THEN {one} WHEN {} THEN {} ELSE {} END",
                self.condition(0),
                self.value(d),
                self.doc(d)
            ),
            2 => {
                format!("CASE {} WHEN {} THEN {one} ELSE {} END", self.input("txt"), quote(key(self.rng)), self.doc(d))
            }
            3 => format!("CASE jsonb_typeof({}) WHEN 'object' THEN {one} ELSE {} END", self.old(), self.value(d)),
            4 => format!("CASE WHEN {cond} THEN {} ELSE {one} END", self.value(d)),
            _ => format!("CASE WHEN {cond} THEN {one} ELSE {} END", self.doc(d)),
        }
    }

    fn round_trip(&mut self, d: usize) -> String {
        let of = self.doc(d);
        match self.rng.below(7) {
            0 => format!("({of})::text::jsonb"),
            1 => format!("({of} #>> '{{}}')::jsonb"),
            2 => format!("to_jsonb({of})"),
            3 => format!("CAST(CAST({of} AS json) AS jsonb)"),
            4 => format!("({of} ->> {})::jsonb", quote(key(self.rng))),
            5 => format!("jsonb_pretty({of})::jsonb"),
            _ => format!("to_jsonb({})", self.text(d)),
        }
    }

    fn entries(&mut self, d: usize) -> String {
        let of = self.doc(d);
        let filter = match self.rng.below(5) {
            0 => String::new(),
            1 => format!(" WHERE key <> {}", quote(key(self.rng))),
            2 => " WHERE key NOT IN ('a', 'phone')".to_owned(),
            3 => format!(" WHERE e.key != {}", quote(key(self.rng))),
            _ => " WHERE key <> ALL (ARRAY['b', 'city'])".to_owned(),
        };
        let aggregate = format!("(SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each({of}) AS e{filter})");
        if self.rng.chance(50) { format!("coalesce({aggregate}, '{{}}')") } else { aggregate }
    }

    fn built(&mut self, d: usize) -> String {
        let (k1, k2) = (quote(key(self.rng)), quote(key(self.rng)));
        match self.rng.below(7) {
            0 => format!("jsonb_build_object({k1}, {})", self.any(d)),
            1 => format!("jsonb_build_object({k1}, {}, {k2}, {})", self.any(d), self.any(d)),
            2 => format!("json_build_object({k1}, {})::jsonb", self.any(d)),
            3 => format!("jsonb_build_array({}, {})", self.any(d), self.any(d)),
            4 => format!("jsonb_build_object({}, {})", self.input("txt"), self.any(d)),
            5 => "jsonb_build_object()".to_owned(),
            _ => format!("jsonb_build_object({k1}, {}, {k2}, {})", self.any(d), self.doc(d)),
        }
    }

    /// Something `jsonb` that is put somewhere.
    fn value(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.leaf();
        }
        let d = depth - 1;
        match self.rng.weighted(&[40, 25, 20, 10, 5]) {
            0 => self.leaf(),
            1 => self.doc(d),
            2 => self.built(d),
            3 => format!("to_jsonb({})", self.any(d)),
            _ => format!("jsonb_strip_nulls({})", self.built(d)),
        }
    }

    fn leaf(&mut self) -> String {
        match self.rng.weighted(&[22, 6, 6, 12, 16, 8, 6, 6, 5, 5, 2, 3]) {
            0 => self.input("obj"),
            1 => self.input("arr"),
            2 => self.input("sca"),
            3 => self.input("opt"),
            4 => format!("{}::jsonb", quote(&object(self.rng, 2).to_string())),
            5 => format!("{}::jsonb", quote(&value(self.rng, 1).to_string())),
            6 => format!("{}::jsonb", self.input("jtx")),
            7 => format!("to_jsonb({})", self.input("txt")),
            8 => format!("to_jsonb({})", self.input("num")),
            9 => format!("CAST({} AS jsonb)", quote(&scalar(self.rng).to_string())),
            10 => "NULL::jsonb".to_owned(),
            _ => {
                let prefix = self.inputs[0];
                if prefix.is_empty() || prefix == "t." {
                    self.input("obj")
                } else {
                    format!("{prefix}{}{}", self.column, if self.column == "data" { "" } else { "::jsonb" })
                }
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        match self.rng.below(if depth == 0 { 3 } else { 8 }) {
            0 => self.input("txt"),
            1 => self.input("jtx"),
            2 => format!("{}::text", quote(key(self.rng))),
            3 => format!("({} #>> {})", self.doc(depth - 1), self.path()),
            4 => format!("coalesce({}, {})", self.text(depth - 1), self.text(depth - 1)),
            5 => format!("{}::text", self.input("num")),
            _ => format!("({} ->> {})", self.doc(depth - 1), quote(key(self.rng))),
        }
    }

    /// Anything that an object can be built from.
    fn any(&mut self, depth: usize) -> String {
        match self.rng.weighted(&[40, 25, 10, 8, 5, 4]) {
            0 => self.value(depth),
            1 => self.text(depth),
            2 => self.input("num"),
            3 => self.input("flag"),
            4 => self.rng.pick(&["1", "-2", "1.5", "true", "NULL"]).to_owned(),
            _ => format!("({})::json", self.value(depth)),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match self.rng.weighted(&[12, 8, 14, 8, 10, 6, 8, 6, 6, 6, 5, 3]) {
            0 => format!("{} IS NULL", self.doc(d)),
            1 => format!("{} IS NOT NULL", self.leaf()),
            2 => format!(
                "jsonb_typeof({}) = '{}'",
                self.doc(d),
                self.rng.pick(&["object", "array", "string", "null", "number", "boolean"])
            ),
            3 => format!("jsonb_typeof({}) <> 'object'", self.doc(d)),
            4 => format!("{} ? {}", self.doc(d), quote(key(self.rng))),
            5 => format!("{} = {}", self.doc(d), self.value(d)),
            6 => format!("{} ->> {} = {}", self.old(), quote(key(self.rng)), self.text(0)),
            7 => format!("{} = {}", self.input("txt"), quote(key(self.rng))),
            8 if depth > 0 => format!("({} AND {})", self.condition(d), self.condition(d)),
            9 if depth > 0 => format!("({} OR {})", self.condition(d), self.condition(d)),
            10 if depth > 0 => format!("NOT {}", self.condition(d)),
            11 => format!("{} @> {}", self.old(), self.leaf()),
            _ => self.input("flag"),
        }
    }
}
