//! Which database a crate speaks to: read off its Cargo features, its `DATABASE_URL` and its `sqlx.toml`.
//!
//! Never opens a file, and never guesses: a crate that may speak to several databases has no dialect of its own.

use crate::frontend::sql::Dialect;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A set of databases.
type Databases = BTreeSet<Dialect>;

/// The dialects of a project's crates.
#[derive(Debug, Clone, Default)]
pub struct Dialects {
    /// What the `Cargo.toml` of a folder says.
    crates: BTreeMap<PathBuf, Databases>,
    /// The scheme of the `DATABASE_URL` in a folder.
    urls: BTreeMap<PathBuf, Dialect>,
    /// The `Cargo.toml` of a folder.
    manifests: BTreeMap<PathBuf, toml::Table>,
}

/// Whether [`Dialects::read`] wants the file of that name: `Cargo.toml`, `sqlx.toml`, `.env` and its relatives.
pub fn is_wanted(file_name: &str) -> bool {
    matches!(file_name, "Cargo.toml" | "sqlx.toml" | ".env")
        || file_name.strip_prefix(".env.").is_some_and(|rest| !rest.contains('/'))
}

impl Dialects {
    /// Reads the texts of the wanted files, each with its path. A file that does not parse says nothing.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Self {
        let mut manifests = vec![];
        let mut variables: BTreeMap<PathBuf, String> = BTreeMap::new();
        let mut environments: Vec<(&Path, &str)> = vec![];
        for (path, text) in files {
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            match path.file_name().and_then(|name| name.to_str()) {
                Some("Cargo.toml") => manifests.push((folder, text)),
                Some("sqlx.toml") => {
                    let table = text.parse::<toml::Table>().unwrap_or_default();
                    let variable = table.get("common").and_then(|t| t.get("database-url-var")).and_then(|v| v.as_str());
                    variables.extend(variable.map(|name| (folder, name.to_owned())));
                }
                _ => environments.push((path, text)),
            }
        }
        let parse = |(folder, text): (PathBuf, &str)| Some((folder, text.parse::<toml::Table>().ok()?));
        let manifests: BTreeMap<PathBuf, toml::Table> = manifests.into_par_iter().filter_map(parse).collect();
        // `.env` itself sorts before `.env.example`: the real one wins.
        environments.sort_unstable_by_key(|(path, _)| *path);
        let mut urls = BTreeMap::new();
        for (path, text) in environments {
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            let named = folder.ancestors().find_map(|a| variables.get(a)).map(String::as_str);
            if let Some(dialect) = url_dialect(text, named.unwrap_or("DATABASE_URL")) {
                urls.entry(folder).or_insert(dialect);
            }
        }
        let crates =
            manifests.iter().map(|(folder, manifest)| (folder.clone(), of_crate(folder, manifest, &manifests)));
        let mut crates: BTreeMap<PathBuf, Databases> = crates.collect();
        let_the_workspace_answer(&mut crates, &manifests);
        Self { crates, urls, manifests }
    }

    /// The `Cargo.toml` of a folder, where it was read and parses.
    pub fn manifest(&self, folder: &Path) -> Option<&toml::Table> {
        self.manifests.get(folder)
    }

    /// The dialect of the crate that `path` belongs to, with the same root as the paths that were read. `None` when
    /// nothing says it, or when the crate speaks to several databases. A path outside of all crates, or in one that
    /// says nothing, gets the database that all others share.
    pub fn for_path(&self, path: &Path) -> Option<Dialect> {
        let of_crate = path.ancestors().skip(1).find_map(|folder| self.crates.get(folder));
        if let Some(databases) = of_crate.filter(|databases| !databases.is_empty()) {
            return only(databases);
        }
        let url = path.ancestors().skip(1).find_map(|folder| self.urls.get(folder));
        url.copied().or_else(|| only(&self.crates.values().flatten().copied().collect()))
    }
}

/// The one database, if it is one.
fn only(databases: &Databases) -> Option<Dialect> {
    databases.first().filter(|_| databases.len() == 1).copied()
}

/// The databases that a crate's dependencies and features name; those of its tests only when it has no others.
fn of_crate(folder: &Path, manifest: &toml::Table, manifests: &BTreeMap<PathBuf, toml::Table>) -> Databases {
    let workspace = folder
        .ancestors()
        .filter_map(|ancestor| manifests.get(ancestor))
        .find_map(|m| m.get("workspace")?.as_table())
        .and_then(|w| w.get("dependencies")?.as_table());
    let mut databases = Databases::new();
    let mut in_tests = Databases::new();
    let targets = manifest.get("target").and_then(|t| t.as_table()).into_iter().flatten();
    let tables = std::iter::once(manifest).chain(targets.filter_map(|(_, table)| table.as_table()));
    for table in tables {
        for (section, found) in [("dependencies", &mut databases), ("dev-dependencies", &mut in_tests)] {
            for (name, dependency) in table.get(section).and_then(|d| d.as_table()).into_iter().flatten() {
                of_dependency(name, dependency, workspace, found);
            }
        }
    }
    for (_, features) in manifest.get("features").and_then(|f| f.as_table()).into_iter().flatten() {
        for feature in features.as_array().into_iter().flatten().filter_map(|f| f.as_str()) {
            if let Some((name, feature)) = feature.split_once('/') {
                databases.extend(of_feature(name.trim_end_matches('?'), feature));
            }
        }
    }
    if databases.is_empty() { in_tests } else { databases }
}

/// The databases that one dependency names: by itself, by its features, and by those of the workspace's entry.
fn of_dependency(name: &str, dependency: &toml::Value, workspace: Option<&toml::Table>, found: &mut Databases) {
    let inherited = dependency.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    let entry = workspace.filter(|_| inherited).and_then(|w| w.get(name));
    let package = entry.unwrap_or(dependency).get("package").and_then(|p| p.as_str()).unwrap_or(name);
    found.extend(of_package(package));
    for table in std::iter::once(dependency).chain(entry) {
        for feature in table.get("features").and_then(|f| f.as_array()).into_iter().flatten() {
            found.extend(feature.as_str().and_then(|feature| of_feature(package, feature)));
        }
    }
}

/// The database that a crate is a client of.
fn of_package(package: &str) -> Option<Dialect> {
    Some(match package {
        "tokio-postgres" | "postgres" | "deadpool-postgres" | "bb8-postgres" | "r2d2_postgres" | "sqlx-postgres"
        | "mobc-postgres" | "cornucopia_async" | "cornucopia_sync" | "clorinde" | "pgrx" | "pgx" => Dialect::Postgres,
        "mysql" | "mysql_async" | "mysql_common" | "r2d2_mysql" | "sqlx-mysql" => Dialect::Mysql,
        "rusqlite" | "tokio-rusqlite" | "async-rusqlite" | "r2d2_sqlite" | "deadpool-sqlite" | "libsql"
        | "sqlx-sqlite" | "async-sqlite" | "sqlite" | "limbo" | "turso" | "rusqlite_migration" => Dialect::Sqlite,
        _ => return None,
    })
}

/// The database that a feature of a many-database client stands for.
fn of_feature(package: &str, feature: &str) -> Option<Dialect> {
    const CLIENTS: [&str; 15] = [
        "sqlx",
        "sqlx-core",
        "sqlx-macros",
        "sea-orm",
        "sea-orm-migration",
        "sea-query",
        "sea-query-binder",
        "sea-query-sqlx",
        "sea-schema",
        "diesel",
        "diesel-async",
        "diesel_migrations",
        "refinery",
        "welds",
        "ormx",
    ];
    if !CLIENTS.contains(&package) {
        return None;
    }
    Some(match feature {
        "postgres"
        | "sqlx-postgres"
        | "backend-postgres"
        | "postgres_backend"
        | "tokio-postgres"
        | "with-rust_decimal-postgres" => Dialect::Postgres,
        "mysql" | "sqlx-mysql" | "backend-mysql" | "mysql_backend" | "mysql_async" => Dialect::Mysql,
        "sqlite"
        | "sqlite-unbundled"
        | "sqlx-sqlite"
        | "backend-sqlite"
        | "rusqlite"
        | "returning_clauses_for_sqlite_3_35"
        | "rusqlite-bundled" => Dialect::Sqlite,
        _ => return None,
    })
}

/// A crate that names no database itself gets it from its workspace, where all others name the same one.
fn let_the_workspace_answer(crates: &mut BTreeMap<PathBuf, Databases>, manifests: &BTreeMap<PathBuf, toml::Table>) {
    let workspace_of = |folder: &Path| {
        folder
            .ancestors()
            .find(|a| manifests.get(*a).is_some_and(|m| m.contains_key("workspace")))
            .map(Path::to_path_buf)
    };
    let mut all: BTreeMap<PathBuf, Databases> = BTreeMap::new();
    for (folder, databases) in crates.iter() {
        if let Some(workspace) = workspace_of(folder) {
            all.entry(workspace).or_default().extend(databases.iter().copied());
        }
    }
    for (folder, databases) in crates.iter_mut().filter(|(_, databases)| databases.is_empty()) {
        if let Some(shared) = workspace_of(folder).and_then(|w| all.get(&w)) {
            databases.extend(shared.iter().copied());
        }
    }
}

/// The scheme of the named variable in an environment file.
fn url_dialect(text: &str, variable: &str) -> Option<Dialect> {
    text.lines().find_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let (name, value) = line.split_once('=')?;
        if name.trim() != variable {
            return None;
        }
        let value = value.trim().trim_start_matches(['"', '\'']).to_ascii_lowercase();
        let scheme = value.split(':').next()?;
        Some(match scheme {
            "postgres" | "postgresql" => Dialect::Postgres,
            "mysql" | "mariadb" => Dialect::Mysql,
            "sqlite" | "libsql" => Dialect::Sqlite,
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)], path: &str) -> Option<Dialect> {
        Dialects::read(files.iter().map(|(path, text)| (Path::new(*path), *text))).for_path(Path::new(path))
    }

    #[test]
    fn the_features_of_a_client_decide() {
        let sqlx = "[dependencies]\nsqlx = { version = \"0.8\", features = [\"runtime-tokio\", \"postgres\"] }";
        assert_eq!(of(&[("Cargo.toml", sqlx)], "src/a.rs"), Some(Dialect::Postgres));
        let orm = "[dependencies.sea-orm]\nfeatures = [\"sqlx-mysql\"]";
        assert_eq!(of(&[("Cargo.toml", orm)], "src/a.rs"), Some(Dialect::Mysql));
        assert_eq!(of(&[("Cargo.toml", "[dependencies]\nrusqlite = \"0.37\"")], "a.sql"), Some(Dialect::Sqlite));
    }

    #[test]
    fn several_databases_decide_nothing_and_the_url_does_not_overrule_them() {
        let both = "[dependencies]\nsqlx = { version = \"0.8\" }\n[features]\npg = [\"sqlx/postgres\"]\nlite = [\"sqlx/sqlite\"]";
        let env = "DATABASE_URL=postgres://localhost/x";
        assert_eq!(of(&[("Cargo.toml", both), (".env", env)], "src/a.rs"), None);
    }

    #[test]
    fn the_nearest_crate_speaks_and_its_workspace_fills_in() {
        let root = "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\n[workspace.dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }";
        let a = "[dependencies]\nsqlx.workspace = true";
        let b = "[dependencies]\nrusqlite = \"0.37\"";
        let files = [("w/Cargo.toml", root), ("w/a/Cargo.toml", a), ("w/b/Cargo.toml", b)];
        assert_eq!(of(&files, "w/a/src/x.rs"), Some(Dialect::Postgres));
        assert_eq!(of(&files, "w/b/src/x.rs"), Some(Dialect::Sqlite));
        assert_eq!(of(&files, "w/migrations/1_x.sql"), None, "the crates of the workspace disagree");
        assert_eq!(of(&files[..2], "w/migrations/1_x.sql"), Some(Dialect::Postgres));
    }

    #[test]
    fn a_database_url_speaks_where_no_crate_does() {
        let quiet = "[dependencies]\nserde = \"1\"";
        let env = "# x\nexport DATABASE_URL=\"mysql://root@localhost/x\"\n";
        assert_eq!(of(&[("Cargo.toml", quiet), (".env", env)], "src/a.rs"), Some(Dialect::Mysql));
        let other = "A_URL=sqlite://a.db\nDATABASE_URL=mysql://x";
        let config = "[common]\ndatabase-url-var = \"A_URL\"";
        assert_eq!(of(&[("sqlx.toml", config), (".env", other)], "src/a.rs"), Some(Dialect::Sqlite));
        assert_eq!(of(&[(".env", "DATABASE_URL=$X"), (".env.example", env)], "a.rs"), Some(Dialect::Mysql));
    }

    #[test]
    fn a_client_of_the_tests_counts_only_alone() {
        let text = "[dependencies]\ntokio-postgres = \"0.7\"\n[dev-dependencies]\nrusqlite = \"0.37\"";
        assert_eq!(of(&[("Cargo.toml", text)], "src/a.rs"), Some(Dialect::Postgres));
        let text = "[dev-dependencies]\nsqlx = { features = [\"sqlite\"] }";
        assert_eq!(of(&[("Cargo.toml", text)], "src/a.rs"), Some(Dialect::Sqlite));
    }
}
