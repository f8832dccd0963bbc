//! The files below `fixtures/rules`: their markers, their settings, their seeds. `fixtures/README.md` has the format.

use noclobber::frontend::sql::Dialect;
use noclobber::rules::finding::Severity;
use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    /// Its path from `fixtures/rules`, with forward slashes.
    pub(crate) name: String,
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

/// The folder of the rules' fixtures.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules")
}

/// Every fixture, by name.
pub(crate) fn all() -> Vec<Fixture> {
    let folder = folder();
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
            Fixture { name, is_rust, text, dialect, markers }
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
