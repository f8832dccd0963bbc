//! Every measured cell: a `SET` form, an old document and what a real server stored. The evaluator and `run` must agree
//! with it, or say that they do not know, and then the form stands in `data/cells-unknown.txt` with a reason.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use noclobber::document::Document;
use noclobber::document::run::{Inputs, OldValue, Outcome, Storage, run_on, same};
use noclobber::frontend::facts::{Route, SqlText};
use noclobber::frontend::sql::value::{Environment, SqlType, evaluate};
use noclobber::frontend::sql::{Dialect, SqlWrite, TableName, read};
use noclobber::source::{Span, SpanMap};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Cell {
    engine: String,
    version: String,
    column: String,
    form: String,
    set: String,
    value: String,
    state: String,
    before: Option<String>,
    after: Option<String>,
}

/// The table that was measured: `users(id, data, other, n)`.
struct Users {
    dialect: Dialect,
    storage: Storage,
    json: SqlType,
}

impl Users {
    fn of(cell: &Cell) -> Self {
        match (cell.engine.as_str(), cell.column.as_str()) {
            ("postgresql", "jsonb") => {
                Self { dialect: Dialect::Postgres, storage: Storage::Jsonb, json: SqlType::Jsonb }
            }
            ("postgresql", _) => Self { dialect: Dialect::Postgres, storage: Storage::Json, json: SqlType::Json },
            ("mariadb", _) => Self { dialect: Dialect::Mysql, storage: Storage::CheckedText, json: SqlType::Json },
            _ => Self { dialect: Dialect::Sqlite, storage: Storage::Text, json: SqlType::Text },
        }
    }
}

impl Environment for Users {
    fn dialect(&self) -> Dialect {
        self.dialect
    }
    fn storage(&self) -> Storage {
        self.storage
    }
    fn column_type(&self, table: &TableName, column: &str) -> Option<SqlType> {
        match (table.name.as_str(), column) {
            ("users", "data") => Some(self.json),
            ("users", "other") if self.dialect == Dialect::Postgres => Some(self.json),
            ("users", "id" | "n") => Some(SqlType::Other),
            _ => None,
        }
    }
    fn bind(&self, _: &str, _: usize) -> Option<Document> {
        None
    }
}

/// The row's other columns.
struct Row;

impl Inputs for Row {
    fn value(&self, id: &str) -> Option<Option<Json>> {
        (id == "users.other").then(|| Some(json!({"o": 1})))
    }
    fn condition(&self, _: &str) -> Option<bool> {
        None
    }
}

fn writes(cell: &Cell, dialect: Dialect) -> Vec<SqlWrite> {
    let sql = format!("UPDATE users SET {} WHERE id = 1", cell.set);
    let len = sql.len();
    let text = SqlText {
        sql,
        map: SpanMap::identity(0, len),
        span: Span::new(0..len),
        route: Route::Call("query".into()),
        dialect: Some(dialect),
        holes: vec![],
        binds: vec![],
        function: None,
        test: false,
    };
    read(&text, Some(dialect)).writes
}

/// What the pieces say the cell stores.
fn predicted(cell: &Cell) -> (Outcome, Option<Document>) {
    let users = Users::of(cell);
    let writes = writes(cell, users.dialect);
    let write =
        writes.iter().find(|w| w.target.iter().any(|part| part.text == "data" || part.text.starts_with("data.")));
    let Some(write) = write else {
        // A target that no statement can have: the server's syntax error.
        return (Outcome::Error("no such write".into()), None);
    };
    let document = evaluate(write, &users);
    let old = match (&cell.before, users.storage) {
        (None, _) => OldValue::Null,
        (Some(text), _) => OldValue::Text(text),
    };
    (run_on(&document, old, &Row, users.storage), Some(document))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Exact,
    Unknown,
    Wrong,
}

fn verdict(cell: &Cell, outcome: &Outcome) -> Verdict {
    let exact = match (&cell.after, outcome) {
        (_, Outcome::Unknown(_)) => return Verdict::Unknown,
        (None, Outcome::Null) => true,
        (Some(after), Outcome::Error(_)) => after.starts_with("ERR"),
        (Some(after), Outcome::Stored(json)) => {
            let text = after.strip_prefix("BLOB:").unwrap_or(after);
            serde_json::from_str::<Json>(text).is_ok_and(|stored| same(&stored, json))
        }
        (Some(after), Outcome::Malformed(text)) => after == text,
        _ => false,
    };
    if exact { Verdict::Exact } else { Verdict::Wrong }
}

/// One line of the list: engine, version, column, form, kind, cells.
type Row6 = (String, String, String, String, String);

/// The forms that are allowed not to be exact, each with the number of cells: `unknown` ones, and those where another
/// version of the same database accepts what this one rejects (`differs`).
fn listed() -> BTreeMap<Row6, usize> {
    include_str!("data/cells-unknown.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let parts = line.split_whitespace().take(6).map(str::to_owned).collect::<Vec<_>>();
            let [engine, version, column, form, kind, count] = <[String; 6]>::try_from(parts).expect("six columns");
            ((engine, version, column, form, kind), count.parse().expect("a number of cells"))
        })
        .collect()
}

#[test]
fn every_measured_cell_is_predicted_or_honestly_unknown() {
    let cells: Vec<Cell> =
        include_str!("data/cells.jsonl").lines().map(|line| serde_json::from_str(line).expect("a cell")).collect();
    assert_eq!(cells.len(), 7235);
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut found: BTreeMap<Row6, usize> = BTreeMap::new();
    let mut examples: BTreeMap<Row6, String> = BTreeMap::new();
    for cell in &cells {
        let (outcome, document) = predicted(cell);
        let verdict = verdict(cell, &outcome);
        let count = counts.entry(cell.engine.as_str()).or_default();
        match verdict {
            Verdict::Exact => count[0] += 1,
            Verdict::Unknown => count[1] += 1,
            Verdict::Wrong => count[2] += 1,
        }
        if verdict != Verdict::Exact {
            let kind = if verdict == Verdict::Unknown { "unknown" } else { "differs" };
            let version = cell.version.split_whitespace().next().unwrap_or("").to_owned();
            let key = (cell.engine.clone(), version, cell.column.clone(), cell.form.clone(), kind.to_owned());
            *found.entry(key.clone()).or_default() += 1;
            examples.entry(key).or_insert_with(|| {
                format!(
                    "{} [{} {}]\n    before {:?}\n    after  {:?}\n    got    {outcome:?}\n    from   {document:?}",
                    cell.set, cell.state, cell.value, cell.before, cell.after
                )
            });
        }
    }
    for (engine, [exact, unknown, wrong]) in &counts {
        println!("{engine}: {} cells, {exact} exact, {unknown} unknown, {wrong} differ", exact + unknown + wrong);
    }
    let listed = listed();
    let mut complaints = vec![];
    for (key, count) in &found {
        let allowed = listed.get(key).copied().unwrap_or(0);
        if *count > allowed {
            complaints.push(format!("{key:?}: {count} cells, {allowed} allowed\n  {}", examples[key]));
        }
    }
    for (key, allowed) in &listed {
        let count = found.get(key).copied().unwrap_or(0);
        if count < *allowed {
            complaints.push(format!("{key:?}: only {count} cells are left of {allowed}: shorten the list"));
        }
    }
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
    for (engine, percent) in [("postgresql", 4), ("sqlite", 4), ("mariadb", 1)] {
        let [exact, unknown, wrong] = counts[engine];
        assert!(unknown * 100 <= percent * (exact + unknown + wrong), "{engine}: too much is unknown");
    }
}
