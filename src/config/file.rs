//! The configuration file as it is spelled: what serde reads, and what the JSON schema is made from.
//!
//! The doc comments are what an editor shows for the schema.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The configuration of noclobber.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct File {
    /// The database, where the project does not say it or says it wrong.
    pub dialect: Option<DialectName>,
    /// Files and folders with the schema, read even if they are ignored. Relative to this file.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub schema: Vec<Spanned<String>>,
    /// What is left out, neither checked nor read for the schema: patterns as in a `.gitignore`, relative to this file.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub exclude: Vec<Spanned<String>>,
    /// The baseline: findings that are known and not reported. Relative to this file.
    pub baseline: Option<String>,
    /// The severity of each rule, instead of its own; `off` switches it off.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Level>"))]
    pub rules: BTreeMap<Spanned<String>, Level>,
    /// What the project does not show of its columns, by `table.column`. `*` and `?` stand for any characters.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, ColumnEntry>"))]
    pub columns: BTreeMap<Spanned<String>, ColumnEntry>,
}

/// A database.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) enum DialectName {
    /// PostgreSQL.
    #[serde(alias = "postgresql")]
    Postgres,
    /// MySQL or MariaDB.
    #[serde(alias = "mariadb")]
    Mysql,
    /// SQLite.
    Sqlite,
}

/// The severity of a rule.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) enum Level {
    /// It reports nothing.
    Off,
    /// Shown; never fails a run that is gated at warnings.
    Note,
    /// Fails a run unless it is gated at errors.
    Warning,
    /// Fails every run.
    Error,
}

/// What is said of the columns that a pattern fits.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ColumnEntry {
    /// `whole`: the document is replaced as a whole, on purpose.
    pub replace: Option<Replace>,
    /// Whether the column holds JSON: `true` for a text column that does, `false` to leave a column alone.
    pub json: Option<bool>,
    /// Top-level keys that the document has, where the project does not show them.
    pub keys: Vec<String>,
}

/// How a document is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) enum Replace {
    /// As a whole, on purpose.
    Whole,
}

/// The parts of a `Cargo.toml` that may hold a configuration; all others are cargo's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Manifest {
    workspace: Part,
    package: Part,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    noclobber: Option<File>,
}

impl Manifest {
    /// The workspace's configuration, else the package's.
    pub(super) fn own(self) -> Option<File> {
        self.workspace.metadata.noclobber.or(self.package.metadata.noclobber)
    }
}

impl From<DialectName> for crate::frontend::sql::Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Postgres => Self::Postgres,
            DialectName::Mysql => Self::Mysql,
            DialectName::Sqlite => Self::Sqlite,
        }
    }
}
