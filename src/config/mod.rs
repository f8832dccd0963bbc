//! The configuration: `noclobber.toml`, or `[workspace.metadata.noclobber]` / `[package.metadata.noclobber]`.
//!
//! Reads and checks it, and hands on what it says in the words of the rooms below: column rules, levels of rules, files to
//! leave out. Never looks at the project itself: whether a pattern fits anything is found out where columns are known.

mod file;
mod problem;
mod template;

pub use problem::Problem;
pub use template::template;

use crate::declared::{ColumnRule, ColumnRules};
use crate::discover::exclude::Exclude;
use crate::discover::root::{CONFIG_FILE, project_root};
use crate::frontend::sql::Dialect;
use crate::rules::levels::{Level, Levels};
use crate::rules::{self, RULES};
use crate::source::{SourceFile, Span};
use file::{File, Manifest, Replace};
use serde::Deserialize as _;
use similar::get_close_matches;
use std::path::{Path, PathBuf};

/// What the user has configured.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file it was read from, as text; `None` when there is none.
    pub source: Option<SourceFile>,
    /// The database.
    pub dialect: Option<Dialect>,
    /// More files and folders with the schema, absolute.
    pub schema: Vec<PathBuf>,
    /// What is left out.
    pub exclude: Exclude,
    /// The baseline, absolute.
    pub baseline: Option<PathBuf>,
    /// The severities of rules.
    pub levels: Levels,
    /// What is said of columns.
    pub columns: ColumnRules,
}

/// The configuration file that holds for `path` (absolute): the nearest `noclobber.toml` up to the project's root, else
/// the nearest `Cargo.toml` there that has a table for noclobber.
pub fn find(path: &Path) -> Option<PathBuf> {
    let root = project_root(path);
    let own = root.join(CONFIG_FILE);
    if own.is_file() {
        return Some(own);
    }
    let within = path.ancestors().take_while(|folder| folder.starts_with(&root));
    within.map(|folder| folder.join("Cargo.toml")).find(|manifest| {
        let text = std::fs::read_to_string(manifest).unwrap_or_default();
        // A manifest that does not parse says nothing here, as everywhere else: cargo complains about it.
        text.contains("noclobber") && text.parse::<toml::Table>().is_ok_and(|table| has_table(&table))
    })
}

/// Whether a manifest has a table for noclobber.
fn has_table(manifest: &toml::Table) -> bool {
    ["workspace", "package"].iter().any(|part| {
        let metadata = manifest.get(*part).and_then(|part| part.get("metadata"));
        metadata.and_then(|metadata| metadata.get("noclobber")).is_some()
    })
}

/// Reads the configuration file at `path`. Paths in it are relative to `base`. `shown` is how the file is called in
/// messages.
///
/// # Errors
/// When it cannot be read, is no TOML, or says something that noclobber does not know.
pub fn load(path: &Path, shown: &str, base: &Path) -> Result<Config, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| Problem::unreadable(shown, &error))?;
    let source = SourceFile { path: shown.to_owned(), absolute: path.to_path_buf(), text };
    let is_manifest = path.file_name().is_some_and(|name| name == "Cargo.toml");
    read(source, is_manifest, base)
}

/// Reads the text of a configuration file; `is_manifest` says that it is a `Cargo.toml`.
fn read(source: SourceFile, is_manifest: bool, base: &Path) -> Result<Config, Problem> {
    let syntax = |error: &toml::de::Error| Problem::of_toml(&source, error);
    let deserializer = toml::Deserializer::parse(&source.text).map_err(|error| syntax(&error))?;
    let file = if is_manifest {
        Manifest::deserialize(deserializer).map_err(|error| syntax(&error))?.own().unwrap_or_default()
    } else {
        File::deserialize(deserializer).map_err(|error| syntax(&error))?
    };
    let at = |span: std::ops::Range<usize>, message: String| Problem::new(&source, Some(Span::new(span)), message);

    let mut schema = vec![];
    for entry in file.schema {
        let path = base.join(entry.get_ref());
        if !path.exists() {
            return Err(at(entry.span(), format!("the schema `{}` does not exist", entry.get_ref())));
        }
        schema.push(path);
    }
    let patterns = file.exclude.iter().map(|entry| (entry.get_ref().as_str(), Span::new(entry.span())));
    let exclude = Exclude::new(base, patterns).map_err(|(span, message)| at(span.range(), message))?;
    let mut levels = Levels::default();
    for (id, level) in file.rules {
        let Some(rule) = rules::by_id(id.get_ref()) else {
            let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
            let problem = at(id.span(), format!("there is no rule `{}`", id.get_ref()));
            return Err(problem.suggesting(get_close_matches(id.get_ref().as_str(), &ids, 1, 0.5).first().copied()));
        };
        levels.set(rule.id, level.into());
    }
    let mut columns = vec![];
    for (pattern, said) in file.columns {
        let span = pattern.span();
        let rule =
            ColumnRule::new(pattern.get_ref(), Span::new(span.clone())).map_err(|said| at(span.clone(), said))?;
        let whole = said.replace == Some(Replace::Whole);
        if said.json == Some(false) && (whole || !said.keys.is_empty()) {
            return Err(at(span, format!("`{}` cannot hold no JSON and have a document", rule.pattern)));
        }
        columns.push(rule.saying(whole, said.json, said.keys));
    }
    let baseline = file.baseline.map(|path| base.join(path));
    let dialect = file.dialect.map(Into::into);
    let columns = ColumnRules::new(columns);
    Ok(Config { dialect, schema, exclude, baseline, levels, columns, source: Some(source) })
}

impl From<file::Level> for Level {
    fn from(level: file::Level) -> Self {
        use crate::rules::finding::Severity;
        match level {
            file::Level::Off => Self::Off,
            file::Level::Note => Self::At(Severity::Note),
            file::Level::Warning => Self::At(Severity::Warning),
            file::Level::Error => Self::At(Severity::Error),
        }
    }
}

#[cfg(test)]
mod tests;
