//! Each kind of evidence and each guard, shown by a small project: `fixtures/evidence`, `fixtures/guards`.
//!
//! * What is marked is reported as loud as the mark says, and nothing else is.
//! * Evidence stands in JSON and in the text, with its place.
//! * It moves severity and confidence in the direction that the table of facts says.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use noclobber::project::around::ProtectionKind;
use noclobber::rules::{Effect, KINDS};
use program::Project;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A small project: a folder of files, or one file, of which the tables are declared in another.
struct Fixture {
    /// The kind that it is about.
    kind: String,
    files: Vec<(String, String)>,
}

/// A file and a line, from 1.
type Place = (String, u64);

/// What a finding of a fixture says.
#[derive(Debug)]
struct Found {
    place: Place,
    rule: String,
    /// `warning/medium`.
    loudness: String,
    evidence: Vec<Json>,
}

/// The fixtures below a folder, in the order of their names.
fn fixtures(folder: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fixture(path)).collect()
}

fn fixture(path: &Path) -> Fixture {
    let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    if path.is_file() {
        let text = text(path);
        if path.extension().unwrap() == "rs" {
            return Fixture { kind, files: vec![("src/lib.rs".to_owned(), text)] };
        }
        // A file that declares what it writes is taken for a migration.
        let is_schema = |line: &&str| line.starts_with("CREATE TABLE ");
        let schema: Vec<&str> = text.lines().filter(is_schema).collect();
        let statements: Vec<&str> = text.lines().map(|line| if is_schema(&line) { "" } else { line }).collect();
        let files = [("src/schema.sql", schema), ("src/statements.sql", statements)];
        return Fixture { kind, files: files.map(|(name, lines)| (name.to_owned(), lines.join("\n") + "\n")).into() };
    }
    let inside = walkdir::WalkDir::new(path).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = inside.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let name = entry.path().strip_prefix(path).unwrap().to_str().unwrap().to_owned();
        (name, text(entry.path()))
    });
    Fixture { kind, files: files.collect() }
}

impl Fixture {
    /// The lines with this mark, and the words that follow it.
    fn marks(&self, mark: &str) -> Vec<(Place, Vec<String>)> {
        let mut found = vec![];
        for (path, text) in &self.files {
            for (index, line) in text.lines().enumerate() {
                let words = ["//", "-- ", "# "].iter().find_map(|comment| {
                    let at = line.rfind(&format!("{comment}{mark} "))?;
                    Some(line[at + comment.len() + mark.len()..].split_whitespace().map(str::to_owned).collect())
                });
                found.extend(words.map(|words| ((path.clone(), index as u64 + 1), words)));
            }
        }
        found
    }

    fn project(&self) -> Project {
        let files: Vec<(&str, &str)> = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Project::new(&files)
    }

    /// What `-- dialect:` of the first file says.
    fn dialect(&self) -> Option<&str> {
        self.files.iter().find_map(|(_, text)| Some(text.lines().next()?.split_once("dialect: ")?.1.trim()))
    }

    /// The findings, the text of the report, and how many writes there are.
    fn run(&self) -> (Vec<Found>, String, usize) {
        let project = self.project();
        let json = project.path().join("report.json");
        let json_output = format!("json={}", json.display());
        let mut arguments = vec!["--min-confidence", "low", "--output", "text", "--output", &json_output];
        if let Some(dialect) = self.dialect() {
            arguments.extend(["--dialect", dialect]);
        }
        let outcome = project.run(&arguments);
        assert!(outcome.code.is_some_and(|code| code < 2), "{}: {}", self.kind, outcome.stderr);
        let report: Json = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
        let word = |of: &Json| of.as_str().unwrap_or("none").to_owned();
        let found = report["findings"].as_array().unwrap().iter().map(|finding| Found {
            place: place(finding),
            rule: word(&finding["rule"]),
            loudness: format!("{}/{}", word(&finding["severity"]), word(&finding["confidence"])),
            evidence: finding["evidence"].as_array().unwrap().clone(),
        });
        let writes = report["summary"]["json_writes"].as_u64().unwrap() as usize;
        (found.collect(), outcome.stdout, writes)
    }
}

fn place(of: &Json) -> Place {
    (of["path"].as_str().unwrap_or("").to_owned(), of["start"]["line"].as_u64().unwrap_or(0))
}

impl Found {
    /// Evidence of a kind.
    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Json> {
        self.evidence.iter().filter(move |evidence| evidence["kind"] == kind)
    }

    /// How loud it is: a higher number is louder.
    fn rank(&self) -> usize {
        let ranks = ["note/low", "warning/medium", "warning/high", "error/high"];
        ranks.iter().position(|rank| *rank == self.loudness).unwrap_or_else(|| panic!("{self:?}")) + 1
    }
}

/// What is marked is reported as the mark says, and nothing else is.
fn check_marks(fixture: &Fixture, found: &[Found], wrong: &mut String) {
    let mut marks = fixture.marks("~");
    for finding in found {
        let is_it = |(place, words): &(Place, Vec<String>)| {
            *place == finding.place && words.first() == Some(&finding.rule) && words.get(1) == Some(&finding.loudness)
        };
        if let Some(at) = marks.iter().position(is_it) {
            marks.remove(at);
        } else {
            let kinds: Vec<&str> = finding.evidence.iter().filter_map(|evidence| evidence["kind"].as_str()).collect();
            let Found { place: (path, line), rule, loudness, .. } = finding;
            writeln!(wrong, "{}: {path}:{line}: {rule} {loudness} is not marked: {kinds:?}", fixture.kind).unwrap();
        }
    }
    for ((path, line), words) in marks {
        writeln!(wrong, "{}: {path}:{line}: {words:?} is not reported", fixture.kind).unwrap();
    }
}

/// The evidence points where it is marked, and the text says it.
fn check_places(fixture: &Fixture, evidence: &[(&Found, &Json)], text: &str, wrong: &mut String) {
    let marked: BTreeSet<Place> = fixture.marks("=").into_iter().map(|(place, _)| place).collect();
    let shown: BTreeSet<Place> = evidence
        .iter()
        .filter(|(_, evidence)| !evidence["path"].is_null())
        .map(|(_, evidence)| place(evidence))
        .collect();
    if marked != shown {
        writeln!(wrong, "{}: the evidence is marked at {marked:?}, and points at {shown:?}", fixture.kind).unwrap();
    }
    for (finding, evidence) in evidence {
        let message = evidence["message"].as_str().unwrap();
        if message.is_empty() || !text.contains(message) {
            writeln!(wrong, "{}: the text at {:?} does not say `{message}`", fixture.kind, finding.place).unwrap();
        }
    }
}

#[test]
fn each_kind_of_evidence_is_shown_and_does_what_the_table_says() {
    let fixtures = fixtures("evidence");
    let mut wrong = String::new();
    for kind in KINDS {
        if !fixtures.iter().any(|fixture| fixture.kind == kind.name) {
            writeln!(wrong, "fixtures/evidence has nothing about {}", kind.name).unwrap();
        }
    }
    for fixture in &fixtures {
        let (found, text, writes) = fixture.run();
        check_marks(fixture, &found, &mut wrong);
        let Some(kind) = KINDS.iter().find(|kind| kind.name == fixture.kind) else {
            writeln!(wrong, "{} is no kind of evidence", fixture.kind).unwrap();
            continue;
        };
        let evidence: Vec<(&Found, &Json)> = found
            .iter()
            .flat_map(|finding| finding.of_kind(kind.name).map(move |evidence| (finding, evidence)))
            .collect();
        if evidence.is_empty() {
            writeln!(wrong, "{}: no finding has it", kind.name).unwrap();
            continue;
        }
        check_places(fixture, &evidence, &text, &mut wrong);
        let (with, without): (Vec<&Found>, Vec<&Found>) =
            found.iter().partition(|finding| finding.of_kind(kind.name).next().is_some());
        // A write of which nothing is said is the quietest.
        let mut without: Vec<usize> = without.iter().map(|finding| finding.rank()).collect();
        without.extend((found.len() < writes).then_some(0));
        let quietest = without.iter().copied().min();
        let loudest = without.iter().copied().max();
        let holds = with.iter().all(|finding| match kind.effect {
            Effect::Proves => finding.rank() == 4 && quietest.is_some_and(|rank| rank < 4),
            Effect::Raises | Effect::Suggests => quietest.is_some_and(|rank| rank < finding.rank()),
            Effect::Lowers | Effect::Disqualifies => finding.rank() == 1 && loudest.is_some_and(|rank| rank > 1),
            Effect::Dampens => finding.rank() == 2 && loudest.is_some_and(|rank| rank > 2),
            Effect::Tells => without.contains(&finding.rank()),
        });
        if !holds {
            let with: Vec<usize> = with.iter().map(|finding| finding.rank()).collect();
            writeln!(wrong, "{} {:?}: {with:?} with it, {without:?} without", kind.name, kind.effect).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn each_guard_quiets_a_finding_and_what_looks_like_one_does_not() {
    let fixtures = fixtures("guards");
    let mut wrong = String::new();
    for kind in ProtectionKind::ALL {
        if !fixtures.iter().any(|fixture| fixture.kind == kind.name()) {
            writeln!(wrong, "fixtures/guards has nothing about {}", kind.name()).unwrap();
        }
    }
    for fixture in &fixtures {
        let Some(kind) = ProtectionKind::ALL.iter().find(|kind| kind.name() == fixture.kind) else {
            writeln!(wrong, "{} is no guard", fixture.kind).unwrap();
            continue;
        };
        let (found, text, _) = fixture.run();
        check_marks(fixture, &found, &mut wrong);
        // The mark names the kind of evidence as which the guard is shown.
        let mut shown_as: BTreeSet<String> = fixture.marks("=").into_iter().flat_map(|(_, words)| words).collect();
        let notes = fixture.files.iter().flat_map(|(_, text)| text.lines());
        shown_as.extend(notes.filter_map(|line| Some(line.split_once("shown as a note: ")?.1.to_owned())));
        let evidence: Vec<(&Found, &Json)> = found
            .iter()
            .flat_map(|finding| {
                shown_as.iter().flat_map(|kind| finding.of_kind(kind)).map(move |shown| (finding, shown))
            })
            .collect();
        check_places(fixture, &evidence, &text, &mut wrong);
        if evidence.is_empty() {
            writeln!(wrong, "{}: no finding shows it", fixture.kind).unwrap();
        }
        let ranks: BTreeSet<usize> = found.iter().map(Found::rank).collect();
        let quiet = evidence.iter().all(|(finding, _)| finding.rank() == 1);
        if kind.protects() && !(quiet && ranks.iter().any(|rank| *rank > 1)) {
            writeln!(wrong, "{}: it quiets nothing: {ranks:?}", fixture.kind).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_branch_that_writes_back_what_was_read_is_not_taken_for_a_null() {
    let lib = r#"
async fn save(pool: &PgPool, id: i64, fresh: bool) -> sqlx::Result<()> {
    let row = sqlx::query("SELECT data FROM users WHERE id = $1").bind(id).fetch_one(pool).await?;
    let mut old: serde_json::Value = row.get("data");
    old["phone"] = json!("1");
    let data = if fresh { json!({ "phone": "1" }) } else { old };
    sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(data).bind(id).execute(pool).await?;
    Ok(())
}
"#;
    let schema = "CREATE TABLE users (id bigint PRIMARY KEY, data jsonb NOT NULL);\n";
    let text = Project::new(&[("migrations/1.sql", schema), ("src/lib.rs", lib)]).run(&["."]).stdout;
    assert!(text.contains("the old document stays in one branch, and is replaced in another"), "{text}");
    assert!(!text.contains("is NULL"), "{text}");
}
