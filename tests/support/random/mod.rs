//! Random rows and random writes: the same seed gives the same ones.
#![allow(clippy::format_collect, reason = "lists of a few columns")]

pub(crate) mod faults;
pub(crate) mod mariadb;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use noclobber::document::Document;
use noclobber::document::run::Storage;
use noclobber::frontend::sql::Dialect;
use noclobber::frontend::sql::value::{Server, SqlType};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// `SplitMix64`: small, and the same on every machine.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True in `percent` of the cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// The index of one of these weights, as often as it weighs.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut at = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if at < *weight {
                return index;
            }
            at -= weight;
        }
        unreachable!("`at` is below the sum")
    }
}

/// Few keys, so that paths meet something; some that need quotes or look like an index.
const KEYS: &[&str] = &["a", "b", "addr", "phone", "city", "a", "b", "phone", "0", "a b", "é"];

/// A key.
pub(crate) fn key(rng: &mut Rng) -> &'static str {
    rng.pick(KEYS)
}

/// A string, a number or a boolean.
pub(crate) fn scalar(rng: &mut Rng) -> Json {
    match rng.below(9) {
        0 => json!(true),
        1 => json!(false),
        2 => json!(0),
        3 => json!(7),
        4 => json!(-3),
        5 => json!(1.5),
        6 => json!("it's"),
        _ => json!(key(rng)),
    }
}

/// Any JSON value.
pub(crate) fn value(rng: &mut Rng, depth: usize) -> Json {
    match rng.below(if depth == 0 { 4 } else { 9 }) {
        0 => Json::Null,
        1..=3 => scalar(rng),
        4 => array(rng, depth - 1),
        _ => object(rng, depth - 1),
    }
}

/// An array of up to three values.
pub(crate) fn array(rng: &mut Rng, depth: usize) -> Json {
    let length = rng.below(4);
    (0..length).map(|_| value(rng, depth)).collect()
}

/// An object of up to five keys.
pub(crate) fn object(rng: &mut Rng, depth: usize) -> Json {
    let length = rng.below(6);
    Json::Object((0..length).map(|_| (key(rng).to_owned(), value(rng, depth))).collect::<Map<_, _>>())
}

/// One row of the table that is written, and of its twin `src` that inputs come from.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its key.
    pub(crate) id: usize,
    /// The old document; `None` is SQL NULL.
    pub(crate) data: Option<Json>,
    /// The other columns, SQL NULL as `None`. [`NEW`] is the document in the twin.
    pub(crate) inputs: BTreeMap<&'static str, Option<Json>>,
    /// No input is SQL NULL.
    pub(crate) all_given: bool,
}

/// The input that is called like the written column in `src` and in `EXCLUDED`.
pub(crate) const NEW: &str = "new";

/// Ten rows: six objects, and one each of SQL NULL, JSON null or `{}`, an array, a scalar.
pub(crate) fn rows(rng: &mut Rng) -> Vec<Row> {
    (0..10).map(|index| row(rng, index)).collect()
}

fn row(rng: &mut Rng, index: usize) -> Row {
    let data = match index {
        0..=5 => Some(object(rng, 3)),
        6 => None,
        7 => Some(if rng.chance(50) { Json::Null } else { json!({}) }),
        8 => Some(array(rng, 2)),
        _ => Some(scalar(rng)),
    };
    let all_given = index < 4 || (index > 5 && rng.chance(50));
    let values = [
        ("obj", object(rng, 2)),
        ("arr", array(rng, 2)),
        ("sca", scalar(rng)),
        ("opt", value(rng, 2)),
        ("txt", json!(key(rng))),
        ("jtx", Json::String(value(rng, 2).to_string())),
        ("num", json!(rng.pick(&[-1, 0, 1, 2]))),
        ("flag", json!(rng.chance(50))),
        (NEW, object(rng, 2)),
    ];
    let inputs =
        values.into_iter().map(|(name, value)| (name, (all_given || rng.chance(60)).then_some(value))).collect();
    Row { id: index + 1, data, inputs, all_given }
}

/// A random write.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The statement, `{id}` where the row's key belongs.
    pub(crate) statement: String,
    /// The column that is written.
    pub(crate) column: &'static str,
    /// What the values of `EXCLUDED` are where they are not those of `src`.
    pub(crate) excluded: Option<BTreeMap<&'static str, Option<Json>>>,
}

/// The writes of one dialect.
pub(crate) trait Grammar {
    /// Its dialect.
    fn dialect(&self) -> Dialect;
    /// The two tables.
    fn schema(&self) -> String;
    /// Replaces the rows of both tables.
    fn fill(&self, rows: &[Row]) -> String;
    /// A query for the written column as text, `{id}` where the row's key belongs.
    fn read_back(&self, column: &str) -> String;
    /// The type of a column, as a schema would tell it.
    fn column_type(&self, column: &str) -> Option<SqlType>;
    /// How a document column is kept.
    fn storage(&self, column: &str) -> Storage;
    /// An input's value as the database holds it.
    fn input(&self, _name: &str, value: &Json) -> Json {
        value.clone()
    }
    /// The next write.
    fn case(&self, rng: &mut Rng) -> Case;
    /// Whether the server is known to go wrong on this part of a write.
    fn is_fault(&self, _part: &Document, _run: faults::Run<'_>) -> bool {
        false
    }
    /// Whether the planner computes constant parts, and `EXPLAIN` fails where they do.
    fn is_planned_ahead(&self) -> bool {
        false
    }
    /// A query for the release as text, and what the text says.
    fn release(&self) -> (&'static str, fn(&str) -> Server);
    /// Whether the message says that the statement is wrong whatever the row holds: a flaw of the grammar.
    fn is_rejection(&self, message: &str) -> bool;
}

/// The first number of a release, and the second.
pub(crate) fn numbers(release: &str) -> (u32, u32) {
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}

/// What an `INSERT` with literals would have put into each column; only `opt` may be SQL NULL.
pub(crate) fn inserted(rng: &mut Rng) -> BTreeMap<&'static str, Option<Json>> {
    let opt = value(rng, 2);
    BTreeMap::from([
        (NEW, Some(object(rng, 2))),
        ("obj", Some(object(rng, 2))),
        ("arr", Some(array(rng, 1))),
        ("sca", Some(scalar(rng))),
        ("opt", rng.chance(70).then_some(opt)),
        ("txt", Some(json!(key(rng)))),
        ("jtx", Some(Json::String(value(rng, 1).to_string()))),
        ("num", Some(json!(rng.pick(&[-1, 0, 1])))),
        ("flag", Some(json!(rng.chance(50)))),
    ])
}

/// A value as a literal for the column.
pub(crate) fn constant(value: Option<&Json>, column: &str) -> String {
    match (value, column) {
        (None, _) => "NULL".to_owned(),
        (Some(Json::String(text)), "txt" | "jtx") => quote(text),
        (Some(value), "num" | "flag") => value.to_string(),
        (Some(value), _) => quote(&value.to_string()),
    }
}

/// A text literal of standard SQL.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
