//! The files below `fixtures/rules`: their markers, their settings, their seeds. `fixtures/README.md` has the format.

use noclobber::frontend::facts::{Facts, Route, SqlText, TextFacts};
use noclobber::frontend::sql::{Dialect, read};
use noclobber::project::writes::ColumnWrite;
use noclobber::project::{Project, Settings};
use noclobber::rules::finding::Severity;
use noclobber::source::{Files, SourceFile, Span, SpanMap};
use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    /// Its path from the folder of all, with forward slashes.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) path: PathBuf,
    /// It is Rust, not SQL.
    pub(crate) is_rust: bool,
    /// Its text.
    pub(crate) text: String,
    /// What `-- dialect:` says.
    pub(crate) dialect: Option<Dialect>,
    /// What must be reported, by line.
    pub(crate) markers: Vec<Marker>,
}

/// `-- ~ rule-id`: this rule reports this line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Marker {
    /// From 1.
    pub(crate) line: usize,
    /// The rule.
    pub(crate) rule: String,
    /// `note` or `error`, where the marker says so; without it a warning or an error is meant.
    pub(crate) severity: Option<String>,
}

impl Marker {
    /// Whether a finding of this severity is what the marker means.
    pub(crate) fn admits(&self, severity: Severity) -> bool {
        match self.severity.as_deref() {
            None => severity >= Severity::Warning,
            Some(name) => name == format!("{severity:?}").to_lowercase(),
        }
    }
}

/// Every fixture of a rule, by name.
pub(crate) fn all() -> Vec<Fixture> {
    below("fixtures/rules")
}

/// Every fixture in a folder of the project, by name.
pub(crate) fn below(folder: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut fixtures: Vec<Fixture> = walkdir::WalkDir::new(&folder)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| {
            let kind = entry.path().extension().unwrap_or_default();
            kind == "sql" || kind == "rs"
        })
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let name = entry.path().strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
            let dialect = settings(&text, "dialect").into_iter().next().map(|word| dialect(&word));
            let markers = markers(&text);
            let is_rust = entry.path().extension().is_some_and(|kind| kind == "rs");
            Fixture { name, path: entry.into_path(), is_rust, text, dialect, markers }
        })
        .collect();
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!fixtures.is_empty(), "there are no fixtures in {}", folder.display());
    fixtures
}

fn dialect(word: &str) -> Dialect {
    match word {
        "postgres" => Dialect::Postgres,
        "mysql" | "mariadb" => Dialect::Mysql,
        "sqlite" => Dialect::Sqlite,
        other => panic!("no such dialect: {other}"),
    }
}

/// The values of `-- name: value` comment lines (`// name: value` in Rust), in order.
pub(crate) fn settings(text: &str, name: &str) -> Vec<String> {
    let value = |line: &str| {
        let comment = line.trim().strip_prefix("--").or_else(|| line.trim().strip_prefix("//"))?;
        Some(comment.trim_start().strip_prefix(name)?.strip_prefix(':')?.trim().to_owned())
    };
    text.lines().filter_map(value).collect()
}

fn markers(text: &str) -> Vec<Marker> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, words)) = line.split_once("-- ~").or_else(|| line.split_once("//~")) else { continue };
        let up = words.chars().take_while(|c| *c == '^').count();
        for words in words[up..].split(',') {
            let mut words = words.split_whitespace();
            let rule = words.next().unwrap_or_else(|| panic!("a marker names its rule: {line}")).to_owned();
            found.push(Marker { line: index + 1 - up, rule, severity: words.next().map(str::to_owned) });
        }
    }
    found
}

/// Puts `-- binds:` values in the place of placeholders: `$2` by number, `?` in order.
pub(crate) fn with_binds(statement: &str, binds: &str) -> String {
    let values = split_values(binds);
    let mut text = String::new();
    let mut rest = statement.chars().peekable();
    let mut quoted = false;
    let mut next = 0;
    while let Some(c) = rest.next() {
        quoted ^= c == '\'';
        let numbered = c == '$' || c == '?';
        if quoted || !numbered {
            text.push(c);
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let index = digits.parse::<usize>().unwrap_or(next + 1);
        next = index;
        let value = values.get(index.wrapping_sub(1));
        text.push_str(value.unwrap_or_else(|| panic!("no value for {c}{digits} in `-- binds: {binds}`\n{statement}")));
    }
    text
}

/// The keys of every JSON object that is spelled as a literal in `sql`.
pub(crate) fn keys_of_literals(sql: &str) -> Vec<String> {
    let objects =
        sql.split('\'').filter_map(|text| serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(text).ok());
    objects.flat_map(|map| map.into_iter().map(|(key, _)| key)).collect()
}

/// Splits at the commas outside quotes.
fn split_values(list: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    for c in list.chars() {
        quoted ^= c == '\'';
        match values.last_mut() {
            Some(value) if c != ',' || quoted => value.push(c),
            _ => values.push(String::new()),
        }
    }
    values.iter().map(|value| value.trim().to_owned()).collect()
}

/// What stands before the lines of the first write and of the comments above it.
pub(crate) fn setup(fixture: &Fixture) -> &str {
    let writes = writes(&fixture.text, fixture.dialect.unwrap());
    let first = writes.iter().map(|write| write.sql.statement.start as usize).min().unwrap_or(fixture.text.len());
    let end = fixture.text[..first].rfind(";\n").map_or(0, |at| at + 2);
    &fixture.text[..end]
}

/// The writes of JSON columns in the order of the text.
pub(crate) fn writes(sql: &str, dialect: Dialect) -> Vec<ColumnWrite> {
    let mut files = Files::default();
    let path = "queries/fixture.sql";
    let file = files.add(SourceFile { path: path.into(), absolute: path.into(), text: sql.to_owned() });
    let text = SqlText {
        sql: sql.to_owned(),
        map: SpanMap::identity(0, sql.len()),
        span: Span::new(0..sql.len()),
        route: Route::SqlFile,
        dialect: Some(dialect),
        holes: vec![],
        binds: vec![],
        function: None,
        test: false,
    };
    let mut facts = Facts::new(file);
    facts.texts.push(TextFacts { facts: read(&text, Some(dialect)), text });
    Project::build(vec![facts], &files, &Settings { dialect: Some(dialect), ..Settings::default() }).writes
}
