//! Every measured cell: a `SET` form, an old document and what a real server stored. The evaluator and `run` must agree
//! with it, or say that they do not know, and then the form stands in `data/cells-unknown.txt` with a reason.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use noclobber::document::Document;
use noclobber::document::run::{Inputs, OldValue, Outcome, Storage, run_on, same};
use noclobber::frontend::facts::{Route, SqlText};
use noclobber::frontend::sql::value::{Environment, Server, SqlType, evaluate};
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
    server: Server,
    storage: Storage,
    json: SqlType,
}

impl Users {
    fn of(cell: &Cell) -> Self {
        let mut numbers = cell.version.split(['.', ' ']).map_while(|part| part.parse().ok());
        let mut number = || numbers.next().expect("a version");
        let (dialect, server) = match cell.engine.as_str() {
            "postgresql" => (Dialect::Postgres, Server::Postgres(number())),
            "mariadb" => (Dialect::Mysql, Server::MariaDb),
            _ => (Dialect::Sqlite, Server::Sqlite(number(), number())),
        };
        let (storage, json) = match (dialect, cell.column.as_str()) {
            (Dialect::Postgres, "jsonb") => (Storage::Jsonb, SqlType::Jsonb),
            (Dialect::Postgres, _) => (Storage::Json, SqlType::Json),
            (Dialect::Mysql, _) => (Storage::CheckedText, SqlType::Json),
            (Dialect::Sqlite, _) => (Storage::Text, SqlType::Text),
        };
        Self { dialect, server, storage, json }
    }
}

impl Environment for Users {
    fn dialect(&self) -> Dialect {
        self.dialect
    }
    fn server(&self) -> Server {
        self.server
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
fn predicted(cell: &Cell, users: &Users) -> (Outcome, Option<Document>) {
    let writes = writes(cell, users.dialect);
    let write =
        writes.iter().find(|w| w.target.iter().any(|part| part.text == "data" || part.text.starts_with("data.")));
    let Some(write) = write else {
        // A target that no statement can have: the server's syntax error.
        return (Outcome::Error("no such write".into()), None);
    };
    let document = evaluate(write, users);
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

/// One line of the list: engine, version, column, form.
type Listed = (String, String, String, String);

/// The forms that the evaluator is allowed not to know, each with the number of cells.
fn listed() -> BTreeMap<Listed, usize> {
    include_str!("data/cells-unknown.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let parts = line.split_whitespace().take(5).map(str::to_owned).collect::<Vec<_>>();
            let [engine, version, column, form, count] = <[String; 5]>::try_from(parts).expect("five columns");
            ((engine, version, column, form), count.parse().expect("a number of cells"))
        })
        .collect()
}

fn cells() -> Vec<Cell> {
    include_str!("data/cells.jsonl").lines().map(|line| serde_json::from_str(line).expect("a cell")).collect()
}

fn describe(cell: &Cell, outcome: &Outcome, document: Option<&Document>) -> String {
    format!(
        "{} {}: {} [{} {}]\n    before {:?}\n    after  {:?}\n    got    {outcome:?}\n    from   {document:?}",
        cell.engine, cell.version, cell.set, cell.state, cell.value, cell.before, cell.after
    )
}

/// Where the release is not known, the newest one's behaviour is predicted. A release that rejects the statement loses
/// nothing; no other may differ.
#[test]
fn without_the_release_only_what_an_old_one_rejects_differs() {
    let mut differ = 0;
    for cell in &cells() {
        let users = Users { server: Server::NotKnown, ..Users::of(cell) };
        let (outcome, document) = predicted(cell, &users);
        if verdict(cell, &outcome) == Verdict::Wrong {
            differ += 1;
            let rejected = cell.after.as_ref().is_some_and(|after| after.starts_with("ERR"));
            let is_old = cell.version == "3.40.1" && matches!(cell.form.as_str(), "set_root" | "ggo_naive");
            assert!(rejected || is_old, "{}", describe(cell, &outcome, document.as_ref()));
            assert!(!matches!(outcome, Outcome::Error(_)), "{}", describe(cell, &outcome, document.as_ref()));
        }
    }
    assert_eq!(differ, 128);
}

#[test]
fn every_measured_cell_is_predicted_or_honestly_unknown() {
    let cells = cells();
    assert_eq!(cells.len(), 7235);
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut found: BTreeMap<Listed, usize> = BTreeMap::new();
    let mut examples: BTreeMap<Listed, String> = BTreeMap::new();
    let mut wrong = vec![];
    for cell in &cells {
        let (outcome, document) = predicted(cell, &Users::of(cell));
        let verdict = verdict(cell, &outcome);
        let count = counts.entry(cell.engine.as_str()).or_default();
        match verdict {
            Verdict::Exact => count[0] += 1,
            Verdict::Unknown => count[1] += 1,
            Verdict::Wrong => count[2] += 1,
        }
        if verdict == Verdict::Wrong {
            wrong.push(describe(cell, &outcome, document.as_ref()));
        }
        if verdict == Verdict::Unknown {
            let version = cell.version.split_whitespace().next().unwrap_or("").to_owned();
            let key = (cell.engine.clone(), version, cell.column.clone(), cell.form.clone());
            *found.entry(key.clone()).or_default() += 1;
            examples.entry(key).or_insert_with(|| describe(cell, &outcome, document.as_ref()));
        }
    }
    for (engine, [exact, unknown, wrong]) in &counts {
        println!("{engine}: {} cells, {exact} exact, {unknown} unknown, {wrong} wrong", exact + unknown + wrong);
    }
    assert!(wrong.is_empty(), "{} cells are predicted wrongly\n{}", wrong.len(), wrong.join("\n"));
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
