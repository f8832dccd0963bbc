//! Every fix over every fixture: what comes out is what stands in the `.fixed` file beside it, and a second run finds
//! nothing more to do there. `UPDATE_FIXED=1` writes the `.fixed` files anew.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it has counted"
)]

mod support;

use noclobber::check::{Options, Report, check};
use noclobber::fix::apply::plan;
use noclobber::frontend::sql::Dialect;
use noclobber::rules::finding::{Applicability, Finding};
use noclobber::source::LineIndex;
use std::path::{Path, PathBuf};
use support::fixtures::{self, Fixture};

/// A fixture as a project on disk.
struct Project {
    root: tempfile::TempDir,
    file: PathBuf,
    dialect: Option<Dialect>,
}

impl Project {
    fn new(fixture: &Fixture, setup: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let name = fixture.name.rsplit('/').next().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        write("Cargo.toml", "[package]\nname = \"fixture\"\nversion = \"0.1.0\"\n");
        let file = if fixture.is_rust {
            write(&format!("src/{name}"), &fixture.text)
        } else {
            write("migrations/0001_setup.sql", setup);
            write(&format!("queries/{name}"), &fixture.text[setup.len()..])
        };
        Self { root, file, dialect: fixture.dialect }
    }

    fn check(&self) -> Report {
        let paths = vec![self.root.path().to_owned()];
        check(&Options { paths, dialect: self.dialect, ..Options::default() }).unwrap()
    }
}

/// Applies what there is to apply; returns how many fixes that were.
fn apply(report: &Report) -> usize {
    let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let plan = plan(fixes, &report.files, Applicability::Unsafe);
    for changed in &plan.files {
        changed.write().unwrap();
    }
    plan.applied
}

fn is_applicable(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| !fix.edits.is_empty())
}

fn line(report: &Report, finding: &Finding) -> usize {
    let text = &report.files.get(finding.site.file).text;
    LineIndex::new(text).position(text, finding.site.span.start as usize).line
}

#[test]
fn every_fix_is_what_its_fixture_says_and_needs_no_second_run() {
    let mut wrong = vec![];
    let (mut fixed, mut files) = (0, 0);
    let mut all = fixtures::all();
    all.extend(fixtures::below("fixtures/fixes"));
    for fixture in all {
        let setup = if fixture.is_rust { "" } else { fixtures::setup(&fixture) };
        let project = Project::new(&fixture, setup);
        let mut report = project.check();
        let reported = report.findings.len();
        let mut own = 0;
        // What two findings change in one statement takes two runs.
        for _ in 0..3 {
            let applied = apply(&report);
            if applied == 0 {
                break;
            }
            own += applied;
            report = project.check();
        }
        fixed += own;
        let left = report.findings.iter().filter(|finding| is_applicable(finding)).count();
        if left > 0 {
            wrong.push(format!("{}: {left} fixes come up again", fixture.name));
        }
        // Each fix does away with its own finding, and brings up no other.
        if report.findings.len() + own != reported {
            let findings = report.findings.iter().map(|f| format!("\n    {}: {}", line(&report, f), f.message));
            let findings: String = findings.collect();
            wrong.push(format!("{}: {own} of {reported} findings were fixed, there are{findings}", fixture.name));
        }
        let after = format!("{setup}{}", std::fs::read_to_string(&project.file).unwrap());
        let expected = PathBuf::from(format!("{}.fixed", fixture.path.display()));
        if after == fixture.text {
            if expected.exists() {
                wrong.push(format!("{}: nothing is fixed", fixture.name));
            }
            continue;
        }
        files += 1;
        wrong.extend(compare(&expected, &after));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    println!("{fixed} fixes in {files} fixtures, 0 left on a second run");
    assert!(fixed > 40, "only {fixed} fixes were made");
}

/// Holds a text against the file, or writes it when that is asked for.
fn compare(expected: &Path, after: &str) -> Option<String> {
    if std::env::var_os("UPDATE_FIXED").is_some() {
        std::fs::write(expected, after).unwrap();
        return None;
    }
    let Ok(known) = std::fs::read_to_string(expected) else {
        return Some(format!("{} is missing (UPDATE_FIXED=1 writes it)", expected.display()));
    };
    if known == after {
        return None;
    }
    let diff = similar::TextDiff::from_lines(known.as_str(), after).unified_diff().to_string();
    Some(format!("{}:\n{diff}", expected.display()))
}
