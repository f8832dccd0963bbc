//! Every form in which SeaORM and sea-query write a column: the programs of `tests/apps` hold them as code that compiles,
//! and say in comments what must be seen of each.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use noclobber::frontend::rust::{Context, read};
use noclobber::frontend::sql::{Dialect, Verb};
use noclobber::project::{Project, Settings};
use noclobber::source::{Files, LineIndex, SourceFile};
use std::path::{Path, PathBuf};

/// The sources of a program: the path in its crate, and the file.
fn sources(folder: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps").join(folder);
    let mut found = vec![];
    let mut open = vec![folder.clone()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder").flatten().map(|entry| entry.path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                let name = entry.file_name().unwrap().to_str().unwrap();
                let is_form = name == "entity.rs" || entry.ancestors().any(|a| a.ends_with("forms"));
                if !is_form && !name.starts_with("forms_") {
                    continue;
                }
                let inside = entry.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((format!("src/{}", inside.trim_start_matches("src/")), entry));
            }
        }
    }
    found.sort();
    found
}

/// The programs as one project.
fn project(folders: &[&str]) -> (Files, Project) {
    let mut files = Files::default();
    let mut facts = vec![];
    for (path, file) in folders.iter().flat_map(|folder| sources(folder)) {
        let text = std::fs::read_to_string(&file).unwrap();
        let source = SourceFile { path: path.clone(), absolute: path.into(), text };
        let id = files.add(source.clone());
        facts.push(read(id, &source, Context { dialect: Some(Dialect::Postgres), ..Context::default() }));
    }
    let settings = Settings { dialect: Some(Dialect::Postgres), ..Settings::default() };
    let project = Project::build(facts, &files, &settings);
    (files, project)
}

/// What is seen of the writes, and what must be: `path:line column: word`.
fn compare(folders: &[&str]) -> (Vec<String>, Vec<String>, usize) {
    let (files, project) = project(folders);
    let mut wanted = vec![];
    for (_, file) in files.iter() {
        let (path, text) = (&file.path, &file.text);
        let mut marks: Vec<&str> = vec![];
        for (index, line) in text.lines().enumerate() {
            match line.trim().strip_prefix("//= ") {
                Some(mark) => marks.push(mark),
                None => wanted.extend(marks.drain(..).map(|mark| format!("{path}:{} {mark}", index + 1))),
            }
        }
    }
    let mut seen: Vec<String> = vec![];
    for write in &project.writes {
        let file = files.get(write.site.file);
        let line = LineIndex::new(&file.text).position(&file.text, write.site.span.start as usize).line;
        let verb = match write.verb {
            Verb::Update => "",
            Verb::Replace => "replace ",
            _ => "upsert ",
        };
        let word = serde_json::to_value(write.survival.word).unwrap();
        seen.push(format!("{}:{line} {verb}{}: {}", file.path, write.column.name, word.as_str().unwrap()));
    }
    for entry in &project.unanalysed {
        let file = files.get(entry.site.file);
        let line = LineIndex::new(&file.text).position(&file.text, entry.site.span.start as usize).line;
        seen.push(format!("{}:{line} not analysed: {}", file.path, entry.reason));
    }
    seen.sort();
    wanted.sort();
    let count = wanted.len();
    (seen, wanted, count)
}

#[track_caller]
fn assert_seen(folders: &[&str]) -> usize {
    let (seen, wanted, count) = compare(folders);
    let more: Vec<&String> = seen.iter().filter(|line| !wanted.contains(line)).collect();
    let missed: Vec<&String> = wanted.iter().filter(|line| !seen.contains(line)).collect();
    assert!(more.is_empty() && missed.is_empty(), "missed: {missed:#?}\nnot wanted: {more:#?}");
    assert_eq!(seen, wanted, "something is seen twice");
    count
}

#[test]
fn forms_of_every_version_are_seen() {
    let count = assert_seen(&["sea-orm-shared"]);
    assert!(count >= 80, "only {count} writes are marked");
}

#[test]
fn forms_of_version_2_are_seen() {
    assert_seen(&["sea-orm-shared", "sea-orm-2"]);
}

#[test]
fn forms_of_version_1_are_seen() {
    assert_seen(&["sea-orm-shared", "sea-orm-1"]);
}

#[test]
fn a_merge_that_never_runs_is_shown() {
    use noclobber::frontend::facts::SignKind;
    let (_, project) = project(&["sea-orm-shared"]);
    let signs = project.writes.iter().flat_map(|write| &write.binds).flat_map(|bind| &bind.signs);
    let dead: Vec<_> = signs.filter(|sign| sign.kind == SignKind::DeadMerge).collect();
    assert_eq!(dead.len(), 1, "{dead:?}");
}
