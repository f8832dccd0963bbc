//! Random `SET` expressions over random rows: what [`noclobber::document::run`] says is stored must be what PostgreSQL,
//! MariaDB and SQLite store, and what [`noclobber::document::survival`] calls kept must lose no key there.
//!
//! Every input of an expression is a *column* of the row, so that no constant folding hides what a function does.
//! `NOCLOBBER_RANDOM_SEED` and `NOCLOBBER_RANDOM_CASES` (per dialect) change what is tried; the seed is printed.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it has counted"
)]

#[path = "../support/mod.rs"]
mod support;
mod tally;

use noclobber::document::run::{Inputs, Outcome, Storage, run, same};
use noclobber::document::survival::{Column, State, Word, survival};
use noclobber::document::{Document, MergeHow};
use noclobber::frontend::facts::{Route, SqlText};
use noclobber::frontend::sql::value::{Environment, Server as Release, SqlType, evaluate};
use noclobber::frontend::sql::{Dialect, SqlWrite, TableName, read};
use noclobber::source::{Span, SpanMap};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use support::harm::loses;
use support::random::faults::{self, Run};
use support::random::{Case, Grammar, NEW, Rng, Row, rows};
use support::servers::{Attempt, Reply, Server};
use tally::{Complaint, Tally};

/// How many writes share the same rows.
const BATCH: usize = 100;

#[test]
fn postgres_stores_what_a_run_says() {
    let mut server = support::servers::postgres::Postgres::new("random_documents");
    hold_against(&support::random::postgres::Postgres, &mut server, 12_000, 10.0);
}

#[test]
fn mariadb_stores_what_a_run_says() {
    let mut server = support::servers::mariadb::MariaDb::new("random_documents");
    hold_against(&support::random::mariadb::MariaDb, &mut server, 4_000, 10.0);
}

#[test]
fn sqlite_stores_what_a_run_says() {
    let mut server = support::servers::sqlite::Sqlite::new();
    hold_against(&support::random::sqlite::Sqlite, &mut server, 6_000, 10.0);
}

/// Tries `cases` random writes, unless the environment says how many, and panics with a report when the database did
/// something else, or when more than `unknown` percent of the runs were undecided.
fn hold_against(grammar: &dyn Grammar, server: &mut dyn Server, cases: usize, unknown: f64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number("NOCLOBBER_RANDOM_SEED").unwrap_or(20_261_122);
    let cases = number("NOCLOBBER_RANDOM_CASES").map_or(cases, |n| usize::try_from(n).unwrap());
    let mut tally = Tally::default();
    server.script(&grammar.schema());
    let release = release(grammar, server);
    for batch in 0..cases.div_ceil(BATCH) {
        let mut rng = Rng::new(seed.wrapping_add(batch as u64).wrapping_mul(0x2545_f491_4f6c_dd1d));
        let rows = rows(&mut rng);
        server.script(&grammar.fill(&rows));
        let writes: Vec<Case> = (0..BATCH.min(cases - batch * BATCH)).map(|_| grammar.case(&mut rng)).collect();
        let attempts: Vec<Attempt> = writes.iter().flat_map(|case| attempts(grammar, case, &rows)).collect();
        let replies = server.attempt(&attempts);
        let replies: Vec<&[Reply]> = replies.chunks(rows.len()).collect();
        let planned = if grammar.is_planned_ahead() {
            met_in_the_plan(&attempts, &replies, server)
        } else {
            vec![false; writes.len()]
        };
        for ((case, replies), planned) in writes.iter().zip(replies).zip(planned) {
            judge(grammar, release, case, (&rows, replies), planned, &mut tally);
        }
    }
    println!("{:?}: seed {seed}, {cases} writes; {}", grammar.dialect(), tally.counts());
    assert!(tally.wrong.is_empty() && tally.lost.is_empty(), "{}", tally.report());
    assert!(tally.share(tally.unknown) <= unknown, "too many runs are undecided\n{}", tally.reasons());
    assert!(tally.share(tally.rejected) < 1.0, "the grammar makes statements that are rejected: {}", tally.counts());
}

/// The release of the server.
fn release(grammar: &dyn Grammar, server: &mut dyn Server) -> Release {
    let (query, read) = grammar.release();
    let statement = "UPDATE t SET id = id".to_owned();
    match server.attempt(&[Attempt { statement, read_back: query.to_owned() }]).first() {
        Some(Reply::Stored(Json::String(version))) => read(version),
        other => panic!("the server does not tell its version: {other:?}"),
    }
}

fn attempts(grammar: &dyn Grammar, case: &Case, rows: &[Row]) -> Vec<Attempt> {
    rows.iter()
        .map(|row| {
            let fill = |text: &str| text.replace("{id}", &row.id.to_string());
            Attempt { statement: fill(&case.statement), read_back: fill(&grammar.read_back(case.column)) }
        })
        .collect()
}

fn judge(
    grammar: &dyn Grammar,
    release: Release,
    case: &Case,
    (rows, replies): (&[Row], &[Reply]),
    planned: bool,
    tally: &mut Tally,
) {
    let document = document(grammar, release, case);
    let storage = grammar.storage(case.column);
    let survival = survival(&document, &Column { storage, not_null: None, states: State::ALL.to_vec() });
    tally.words.entry(format!("{:?}", survival.word)).and_modify(|n| *n += 1).or_insert(1);
    for (row, reply) in rows.iter().zip(replies) {
        tally.runs += 1;
        if let Reply::Error(message) = reply {
            if grammar.is_rejection(message) {
                tally.rejected += 1;
                tally.rejections.entry(message.clone()).or_insert_with(|| case.statement.clone());
                continue;
            }
            tally.errors += 1;
        }
        let values = Values { grammar, row, case };
        let outcome = run(&document, row.data.as_ref(), &values, storage);
        let complaint = |what: String| Complaint {
            statement: case.statement.clone(),
            row: format!("{}: {}", row.id, describe(row, case)),
            what,
            document: format!("{document:?}"),
        };
        let agreed = agrees(&outcome, reply);
        match agreed {
            Some(true) => {}
            Some(false)
                if planned || is_fault(grammar, &document, &|part| run(part, row.data.as_ref(), &values, storage)) =>
            {
                tally.faults += 1;
            }
            Some(false) => tally.wrong.push(complaint(format!("predicted {outcome:?}, the database {reply:?}"))),
            None => {
                tally.unknown += 1;
                if let Outcome::Unknown(why) = &outcome {
                    *tally.why.entry(why.clone()).or_insert(0) += 1;
                }
            }
        }
        if agreed == Some(false) {
            // Counted already: what the server made of it is not what the statement says.
            continue;
        }
        // Where it says that the statement fails on objects, it says nothing of their keys.
        let says_kept = survival.word == Word::Kept && !survival.fails_when.contains(&State::Object);
        if let (true, true, Some(old @ Json::Object(_))) = (says_kept, row.all_given, &row.data) {
            if survival.labels.contains(&"touches-unknown-keys") && replaces(&document, row, &values, storage) {
                continue;
            }
            tally.kept += 1;
            if let Some(what) = loses(&survival, old, reply, &outside(row, case)) {
                tally.lost.push(complaint(format!("called kept, but {what}: {reply:?}; {survival:?}")));
            }
        }
    }
}

/// Whether something from outside that is no object replaces the document, where a patch was meant: what the label
/// `touches-unknown-keys` takes for granted does not hold.
fn replaces(document: &Document, row: &Row, values: &Values<'_>, storage: Storage) -> bool {
    let mut found = false;
    document.visit(&mut |part| {
        if let Document::Merge { left, right, how: MergeHow::Patch(_) | MergeHow::Preserve } = part {
            for side in [left, right].into_iter().filter(|side| !side.holds_old()) {
                found |=
                    matches!(run(side, row.data.as_ref(), values, storage), Outcome::Stored(json) if !json.is_object());
            }
        }
    });
    found
}

/// Every key that an input holds at its top, and every text that may name one.
fn outside(row: &Row, case: &Case) -> Vec<String> {
    let inputs = row.inputs.values().chain(case.excluded.iter().flat_map(BTreeMap::values)).flatten();
    inputs
        .flat_map(|value| match value {
            Json::Object(map) => map.keys().cloned().collect(),
            Json::String(text) => match serde_json::from_str(text) {
                Ok(Json::Object(map)) => map.into_iter().map(|(key, _)| key).collect(),
                _ => vec![text.clone()],
            },
            _ => vec![],
        })
        .collect()
}

/// Of each write whether its error comes before any row is read: from a constant part that the planner computes, though
/// no row may ever reach it.
fn met_in_the_plan(attempts: &[Attempt], replies: &[&[Reply]], server: &mut dyn Server) -> Vec<bool> {
    let alike = |replies: &[Reply]| {
        let error = replies.first().filter(|reply| matches!(reply, Reply::Error(_)))?;
        replies.iter().all(|reply| reply == error).then(|| error.clone())
    };
    let errors: Vec<Option<Reply>> = replies.iter().map(|replies| alike(replies)).collect();
    let firsts = attempts.iter().step_by(attempts.len() / replies.len());
    let explained = firsts.zip(&errors).filter(|(_, error)| error.is_some());
    let explained = explained
        .map(|(attempt, _)| Attempt { statement: format!("EXPLAIN {}", attempt.statement), ..attempt.clone() });
    let mut plans = server.attempt(&explained.collect::<Vec<_>>()).into_iter();
    errors.into_iter().map(|error| error.is_some() && plans.next() == error).collect()
}

/// Whether the server is known to go wrong on a part of the write.
fn is_fault(grammar: &dyn Grammar, document: &Document, run: Run<'_>) -> bool {
    let mut found = false;
    faults::every_part(document, &mut |part| found |= grammar.is_fault(part, run));
    found
}

/// What the write stores, as the front end reads it.
fn document(grammar: &dyn Grammar, release: Release, case: &Case) -> Document {
    let sql = case.statement.replace("{id}", "1");
    let text = SqlText {
        map: SpanMap::identity(0, sql.len()),
        span: Span::new(0..sql.len()),
        sql,
        route: Route::SqlFile,
        dialect: Some(grammar.dialect()),
        holes: vec![],
        binds: vec![],
        function: None,
        test: false,
    };
    let facts = read(&text, None);
    let is_target = |write: &&SqlWrite| write.target.iter().any(|part| part.text == case.column);
    let Some(write) = facts.writes.iter().find(is_target) else {
        return Document::Unknown(format!("no write was found: {:?}", facts.unanalysed));
    };
    evaluate(write, &Columns { grammar, release, storage: grammar.storage(case.column) })
}

/// The schema, as evaluation asks for it.
struct Columns<'a> {
    grammar: &'a dyn Grammar,
    release: Release,
    storage: Storage,
}

impl Environment for Columns<'_> {
    fn dialect(&self) -> Dialect {
        self.grammar.dialect()
    }

    fn server(&self) -> Release {
        self.release
    }

    fn storage(&self) -> Storage {
        self.storage
    }

    fn column_type(&self, _: &TableName, column: &str) -> Option<SqlType> {
        self.grammar.column_type(column)
    }

    fn bind(&self, _: &str, _: usize) -> Option<Document> {
        None
    }
}

/// The inputs of one row, by the names that evaluation gives them.
struct Values<'a> {
    grammar: &'a dyn Grammar,
    row: &'a Row,
    case: &'a Case,
}

impl Inputs for Values<'_> {
    fn value(&self, id: &str) -> Option<Option<Json>> {
        let id = id.to_lowercase().replace(['"', '`'], "");
        if id.contains(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '(' | ')')) {
            return None;
        }
        let (qualifier, name) = match id.strip_prefix("values(").and_then(|rest| rest.strip_suffix(')')) {
            Some(name) => ("excluded", name),
            None => id.rsplit_once('.').unwrap_or(("", &id)),
        };
        let documents = ["data", "jd", "td"];
        let name = if documents.contains(&name) && qualifier != "t" { NEW } else { name };
        let from = match (&self.case.excluded, qualifier) {
            (Some(excluded), "excluded") => excluded,
            _ => &self.row.inputs,
        };
        let value = from.get(name)?;
        Some(value.as_ref().map(|value| self.grammar.input(name, value)))
    }

    fn condition(&self, words: &str) -> Option<bool> {
        // What a whole document is compared with is left open.
        if words.contains("data") || words.contains("jd") || words.contains("td") {
            return None;
        }
        if let Some((column, text)) = words.split_once(" = '").and_then(|(c, t)| Some((c, t.strip_suffix('\'')?))) {
            // How a document is rendered is the server's.
            return self.value(column)?.and_then(|value| value.as_str().map(|value| value == text));
        }
        match self.value(words)? {
            Some(Json::Bool(value)) => Some(value),
            Some(Json::Number(number)) => Some(number.as_f64() != Some(0.0)),
            _ => None,
        }
    }
}

/// Whether the prediction holds; `None` when there is none. SQL NULL and an error are one class: which of them comes
/// depends on the plan where one argument can be NULL and another can fail.
fn agrees(outcome: &Outcome, reply: &Reply) -> Option<bool> {
    Some(match (outcome, reply) {
        (Outcome::Unknown(_), _) => return None,
        (Outcome::Stored(predicted), Reply::Stored(stored)) => same_rendered(predicted, stored),
        (Outcome::Malformed(_), Reply::Malformed(_))
        | (Outcome::Null | Outcome::Error(_), Reply::Null | Reply::Error(_)) => true,
        _ => false,
    })
}

/// Like [`same`], but documents inside strings are compared as documents: servers differ in blanks and key order.
fn same_rendered(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::String(x), Json::String(y)) => {
            x == y
                || match (serde_json::from_str::<Json>(x), serde_json::from_str::<Json>(y)) {
                    (Ok(x), Ok(y)) => same_rendered(&x, &y),
                    _ => false,
                }
        }
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same_rendered(x, y)),
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| same_rendered(x, y)))
        }
        _ => same(a, b),
    }
}

fn describe(row: &Row, case: &Case) -> String {
    let show = |value: Option<&Json>| value.map_or_else(|| "NULL".to_owned(), Json::to_string);
    let mut text = format!("{} = {}", case.column, show(row.data.as_ref()));
    let used = |name: &str| case.statement.contains(name) || name == NEW;
    for (name, value) in row.inputs.iter().filter(|(name, _)| used(name)) {
        let _ = write!(text, "; {name} = {}", show(value.as_ref()));
    }
    text
}
