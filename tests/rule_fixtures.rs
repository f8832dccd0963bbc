//! The fixtures of the rules, held against noclobber and against real databases.
//!
//! * What is marked is reported, and nothing else is.
//! * What noclobber says of a statement is what a database does with it, on every seeded document.
//! * Every suggestion, run on the same documents, keeps everything that it is not about.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it has counted"
)]

mod support;

use noclobber::check::{Options, Report, check};
use noclobber::document::survival::{Survival, Word};
use noclobber::frontend::sql::Dialect;
use noclobber::project::writes::ColumnWrite;
use noclobber::rules::finding::{Finding, Fix};
use noclobber::source::LineIndex;
use serde_json::Value as Json;
use std::fmt::Write as _;
use support::fixtures::{self, Fixture, Marker, settings, with_binds};
use support::harm::{loses, lost_key};
use support::servers::{Attempt, Reply, Server};

/// Documents that a statement meets when the fixture names none.
const SEEDS: &[&str] = &[
    r#"'{"phone": "1", "name": "bob", "tags": ["a"], "nick": null, "address": {"city": "Basel", "zip": "4001"}}'"#,
    "'{}'",
    "NULL",
];

#[test]
fn what_is_marked_is_reported_and_nothing_else() {
    let mut wrong = String::new();
    for fixture in fixtures::all() {
        let report = report(&fixture);
        let mut markers = fixture.markers.clone();
        for finding in &report.findings {
            let line = line(&report, finding);
            let fits = |m: &Marker| m.line == line && m.rule == finding.rule && m.admits(finding.severity);
            if let Some(at) = markers.iter().position(fits) {
                markers.remove(at);
            } else {
                let (rule, severity) = (finding.rule, finding.severity);
                let _ = writeln!(
                    wrong,
                    "{}:{line}: {rule} ({severity:?}) is not marked: {}",
                    fixture.name, finding.message
                );
            }
        }
        for Marker { line, rule, .. } in markers {
            let _ = writeln!(wrong, "{}:{line}: {rule} is marked and not reported", fixture.name);
        }
        for gap in &report.unanalysed {
            let _ = writeln!(wrong, "{}: not analysed: {}", fixture.name, gap.reason);
        }
        for warning in &report.warnings {
            let _ = writeln!(wrong, "{}: {warning:?}", fixture.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_rule_has_a_fixture_with_and_one_without_a_finding() {
    let fixtures = fixtures::all();
    for rule in noclobber::rules::RULES {
        let own: Vec<&Fixture> = fixtures.iter().filter(|f| f.name.starts_with(&format!("{}/", rule.id))).collect();
        let marked = own.iter().flat_map(|f| &f.markers).filter(|marker| marker.rule == rule.id).count();
        assert!(marked > 0, "no line in fixtures/rules/{} is marked with {}", rule.id, rule.id);
        let statements: usize = own.iter().map(|fixture| report(fixture).summary.json_writes).sum();
        assert!(statements > marked, "fixtures/rules/{} has no twin that passes", rule.id);
    }
}

#[test]
fn postgres_does_what_is_said() {
    hold_against(&mut support::servers::postgres::Postgres::new("rule_fixtures"), Dialect::Postgres);
}

#[test]
fn mariadb_does_what_is_said() {
    hold_against(&mut support::servers::mariadb::MariaDb::new("rule_fixtures"), Dialect::Mysql);
}

#[test]
fn sqlite_does_what_is_said() {
    hold_against(&mut support::servers::sqlite::Sqlite::new(), Dialect::Sqlite);
}

/// noclobber's report on a fixture that is a project of its own.
fn report(fixture: &Fixture) -> Report {
    let root = tempfile::tempdir().unwrap();
    let name = fixture.name.rsplit('/').next().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[package]\nname = \"fixture\"\nversion = \"0.1.0\"\n");
    if fixture.is_rust {
        write(&format!("src/{name}"), &fixture.text);
    } else {
        // The setup stands in a migration of its own, the statements where queries stand, on the same lines.
        let setup = fixtures::setup(fixture);
        write("migrations/0001_setup.sql", setup);
        let blank: String = setup.chars().filter(|c| *c == '\n').collect();
        write(&format!("queries/{name}"), &format!("{blank}{}", &fixture.text[setup.len()..]));
    }
    let options = Options { paths: vec![root.path().to_owned()], dialect: fixture.dialect, ..Options::default() };
    check(&options).unwrap()
}

fn line(report: &Report, finding: &Finding) -> usize {
    let text = &report.files.get(finding.site.file).text;
    LineIndex::new(text).position(text, finding.site.span.start as usize).line
}

/// Runs every statement of the dialect's fixtures, and every suggestion.
fn hold_against(server: &mut dyn Server, dialect: Dialect) {
    let mut wrong = String::new();
    let (mut statements, mut suggestions) = (0, 0);
    for fixture in fixtures::all() {
        if fixture.dialect != Some(dialect) || fixture.is_rust {
            continue;
        }
        let report = report(&fixture);
        let writes = fixtures::writes(&fixture.text, dialect);
        let setup = fixtures::setup(&fixture);
        server.fresh();
        server.script(setup);
        for (index, write) in writes.iter().enumerate() {
            let finding = report.findings.iter().find(|finding| {
                let place = |text: &str, byte: u32| LineIndex::new(text).position(text, byte as usize);
                let reported = place(&report.files.get(finding.site.file).text, finding.site.span.start);
                let own = place(&fixture.text, write.site.span.start);
                (reported.line, reported.column) == (own.line, own.column)
            });
            let word = finding.and_then(|finding| finding.survival).unwrap_or(write.survival.word);
            let trial = Trial::new(&fixture, &writes, index);
            let statement = &write.sql.statement_sql;
            let outcomes = trial.run(server, statement);
            statements += 1;
            if let Err(why) = word_holds(word, &write.survival, &outcomes, &trial.outside) {
                let _ = writeln!(wrong, "{}: called {word:?}, {why}\n    {statement}", fixture.name);
            }
            let Some(fix) = finding.and_then(|finding| finding.fix.as_ref()) else { continue };
            let Some(changed) = apply(fix, statement, write) else { continue };
            suggestions += 1;
            let before = outcomes;
            let outcomes = trial.run(server, &changed);
            let text = fixture.text.replacen(statement.as_str(), &changed, 1);
            let fixed = fixtures::writes(&text, dialect).into_iter().nth(index);
            let survival = fixed.map_or_else(|| write.survival.clone(), |write| write.survival);
            if let Err(why) = suggestion_holds(&survival, &before, &outcomes, &trial.outside) {
                let _ = writeln!(wrong, "{}: the suggestion `{}`: {why}\n    {changed}", fixture.name, fix.title);
            }
        }
    }
    println!("{dialect:?}: {statements} statements, {suggestions} suggestions");
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(statements > 0, "no statement was run");
}

/// One statement on the documents it is to meet.
struct Trial {
    table: String,
    column: String,
    seeds: Vec<String>,
    /// Values for the placeholders, one entry a run.
    binds: Vec<String>,
    cast: &'static str,
    /// The keys of every object that is spelled in the setup, the statement or its binds.
    outside: Vec<String>,
}

/// What a document was and what became of it.
struct Outcome {
    seed: String,
    before: Reply,
    after: Reply,
}

impl Outcome {
    fn old(&self) -> Option<&Json> {
        if let Reply::Stored(old) = &self.before { Some(old) } else { None }
    }
}

impl Trial {
    fn new(fixture: &Fixture, writes: &[ColumnWrite], index: usize) -> Self {
        let write = &writes[index];
        let start = writes[..index].iter().map(|write| write.sql.statement.end as usize).max().unwrap_or(0);
        let spelled = format!("{}{}", fixtures::setup(fixture), &fixture.text[start..write.sql.statement.end as usize]);
        let binds = settings(&fixture.text[start..write.sql.statement.end as usize], "binds");
        let mut seeds = settings(&fixture.text, "seed");
        if seeds.is_empty() {
            seeds = SEEDS.iter().map(|seed| (*seed).to_owned()).collect();
        }
        if write.column.nullable == Some(false) {
            seeds.retain(|seed| seed != "NULL");
        }
        Self {
            table: write.column.table.name.clone(),
            column: write.column.name.clone(),
            seeds,
            binds: if binds.is_empty() { vec![String::new()] } else { binds },
            outside: fixtures::keys_of_literals(&spelled),
            cast: if fixture.dialect == Some(Dialect::Postgres) { "::text" } else { "" },
        }
    }

    /// Runs the statement on each seed as the document of row 1.
    fn run(&self, server: &mut dyn Server, statement: &str) -> Vec<Outcome> {
        let Self { table, column, cast, .. } = self;
        let read_back = format!("SELECT {column}{cast} FROM {table} WHERE id = 1");
        let mut outcomes = Vec::new();
        for seed in &self.seeds {
            server.script(&format!(
                "DELETE FROM {table} WHERE id = 1; INSERT INTO {table} (id, {column}) VALUES (1, {seed});"
            ));
            let mut attempts = vec![format!("UPDATE {table} SET id = id WHERE id = 1")];
            attempts.extend(
                self.binds
                    .iter()
                    .map(|binds| if binds.is_empty() { statement.to_owned() } else { with_binds(statement, binds) }),
            );
            let attempt = |statement| Attempt { statement, read_back: read_back.clone() };
            let attempts: Vec<Attempt> = attempts.into_iter().map(attempt).collect();
            let mut replies = server.attempt(&attempts);
            let before = replies.remove(0);
            outcomes.extend(replies.into_iter().map(|after| Outcome {
                seed: seed.clone(),
                before: before.clone(),
                after,
            }));
        }
        outcomes
    }
}

/// Whether the database did what the word says.
fn word_holds(word: Word, survival: &Survival, outcomes: &[Outcome], outside: &[String]) -> Result<(), String> {
    let show = || outcomes.iter().fold(String::new(), |text, o| format!("{text}\n    {} -> {:?}", o.seed, o.after));
    let becomes_null = |o: &&Outcome| o.after == Reply::Null && o.before != Reply::Null;
    let has_lost = |o: &&Outcome| o.old().is_some_and(|old| loses(survival, old, &o.after, outside).is_some());
    let top_level_lost = |o: &&Outcome| match (o.old(), &o.after) {
        (Some(old), Reply::Stored(new)) => {
            old.as_object().is_some_and(|old| old.keys().any(|key| new.get(key).is_none()))
        }
        (Some(_), Reply::Null | Reply::Malformed(_)) => true,
        _ => false,
    };
    let unchanged = |o: &&Outcome| o.after == o.before || matches!(o.after, Reply::Error(_));
    match word {
        Word::Lost if outcomes.iter().any(|o| top_level_lost(&o)) => Ok(()),
        Word::Lost => Err(format!("but no seed loses a key{}", show())),
        Word::MayBeNull if outcomes.iter().any(|o| becomes_null(&o)) => Ok(()),
        Word::MayBeNull => Err(format!("but the column is never NULL{}", show())),
        Word::NestedLost if outcomes.iter().any(|o| top_level_lost(&o)) => {
            Err(format!("but more than nested keys is lost{}", show()))
        }
        Word::NestedLost => {
            let nested = |o: &Outcome| match (o.old(), &o.after) {
                (Some(old), Reply::Stored(new)) => lost_key(old, new, &mut vec![], &[], false)
                    .is_some_and(|lost| lost.path.len() > 1 || survival.nested_lost.contains(&lost.path)),
                _ => false,
            };
            if outcomes.iter().any(nested) { Ok(()) } else { Err(format!("but no nested key is lost{}", show())) }
        }
        Word::WriteLost if outcomes.iter().any(|o| unchanged(&o)) => Ok(()),
        Word::WriteLost => Err(format!("but it always changes something{}", show())),
        Word::Kept | Word::Stale if outcomes.iter().any(|o| has_lost(&o) || becomes_null(&o)) => {
            Err(format!("but something is lost{}", show()))
        }
        Word::Kept | Word::Stale => Ok(()),
        Word::Unknown => Err("and so it proves nothing".into()),
    }
}

/// Whether a suggested statement loses nothing, fails on no object, and does something if the one that is reported did.
fn suggestion_holds(
    survival: &Survival,
    reported: &[Outcome],
    outcomes: &[Outcome],
    outside: &[String],
) -> Result<(), String> {
    let stores = |o: &Outcome| matches!(o.after, Reply::Stored(_)) && o.after != o.before;
    let mut changes = !reported.iter().any(stores);
    for Outcome { seed, before, after } in outcomes {
        match (before, after) {
            (Reply::Stored(Json::Object(_)), Reply::Error(why)) => return Err(format!("fails on {seed}: {why}")),
            (Reply::Stored(old), after) => {
                if let Some(what) = loses(survival, old, after, outside) {
                    return Err(format!("loses on {seed}: {what} ({after:?})"));
                }
            }
            _ => {}
        }
        changes |= before != after && !matches!(after, Reply::Error(_));
    }
    if changes { Ok(()) } else { Err("changes nothing".into()) }
}

/// The statement as the suggestion would have it; `None` when it is not a change of the statement.
fn apply(fix: &Fix, statement: &str, write: &ColumnWrite) -> Option<String> {
    if let [edit] = fix.edits.as_slice() {
        let start = write.sql.statement.start as usize;
        let range = edit.site.span.range();
        let (from, to) = (range.start.checked_sub(start)?, range.end.checked_sub(start)?);
        return Some(format!("{}{}{}", statement.get(..from)?, edit.text, statement.get(to..)?));
    }
    let (removed, added) = fix.patch.first()?;
    statement.contains(removed.as_str()).then(|| statement.replacen(removed.as_str(), added, 1))
}
