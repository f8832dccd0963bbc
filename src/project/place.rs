//! What a file's path says: which migrations it belongs to, and where it comes in their order.
//!
//! Only the naming rules of the common tools are known here; never the names of any one project.

use crate::frontend::sql_file::is_down_file;

/// A file's place among the migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The folder (or, for Rust, the file) whose statements build one schema together.
    pub(super) set: String,
    /// Where the file comes in the project's order.
    pub(super) order: Order,
    /// What stands in it.
    pub(super) role: Role,
}

/// The order in which schema statements are applied: by role, set and natural order of the names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order(Role, String, Vec<Piece>);

/// What kind of file it is. In the order in which they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// An `.sql` file with a version, or in a folder of migrations.
    Migration,
    /// Another `.sql` file: a dump, a schema, queries.
    Sql,
    /// Source code.
    Source,
}

/// A piece of a file's name; numbers are compared as numbers, however long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Number(usize, String),
    Text(String),
}

/// Reads a path (forward slashes).
pub(super) fn place(path: &str) -> Place {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = name.to_ascii_lowercase();
    let is_sql = lower.rsplit_once('.').is_some_and(|(_, end)| end == "sql");
    // SeaORM and loco: `m20220101_000001_create_users.rs`.
    if !is_sql && is_rust_migration(&lower) {
        let order = Order(Role::Migration, folder.to_owned(), natural(name));
        return Place { set: folder.to_owned(), order, role: Role::Migration };
    }
    if !is_sql {
        return Place { set: path.to_owned(), order: Order(Role::Source, path.to_owned(), vec![]), role: Role::Source };
    }
    // diesel: `2020-01-01-000000_users/up.sql`
    let in_own_folder = matches!(lower.as_str(), "up.sql" | "down.sql" | "migration.sql");
    let (set, relative) = if in_own_folder {
        let (parent, own) = folder.rsplit_once('/').unwrap_or(("", folder));
        (parent, own)
    } else {
        (folder, name)
    };
    let role =
        if in_own_folder || is_versioned(relative) || in_migrations(folder) { Role::Migration } else { Role::Sql };
    let mut pieces = natural(relative);
    // refinery and flyway run `R__x.sql` after all versions.
    if lower.starts_with("r__") {
        pieces.insert(0, Piece::Text("~".to_owned()));
    }
    Place { set: set.to_owned(), order: Order(role, set.to_owned(), pieces), role }
}

/// Whether a statement of that file is run once, as part of a migration. Rust files count by their folder.
pub(super) fn is_migration(path: &str) -> bool {
    let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
    match place(path).role {
        Role::Migration => true,
        Role::Sql => is_down_file(path),
        Role::Source => in_migrations(folder),
    }
}

/// Whether one of the folders is made for migrations.
fn in_migrations(folder: &str) -> bool {
    folder.split('/').any(|part| {
        let part = part.to_ascii_lowercase();
        part.split(['_', '-', '.']).any(|word| matches!(word, "migration" | "migrations" | "migrate"))
    })
}

/// Whether a Rust file in lower case is named as SeaORM names migrations.
fn is_rust_migration(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| end == "rs")
        && name.strip_prefix('m').and_then(|rest| rest.split_once('_')).is_some_and(|(date, rest)| {
            date.len() == 8
                && date.bytes().all(|b| b.is_ascii_digit())
                && rest.starts_with(|c: char| c.is_ascii_digit())
        })
}

/// Whether the name starts with a version: `0001_x`, `20240101120000-x`, `V12__x`, `R__x`.
fn is_versioned(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let rest = lower.strip_prefix('v').unwrap_or(&lower);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest.as_bytes().get(digits).copied();
    let flyway = lower.len() != rest.len() && digits > 0 && rest.contains("__");
    flyway
        || lower.starts_with("r__")
        || (digits > 0 && lower.len() == rest.len() && matches!(after, Some(b'_' | b'-' | b'.')))
}

/// Cuts a name into numbers and the rest.
fn natural(name: &str) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        pieces.push(if is_digit {
            let digits = run.trim_start_matches('0');
            Piece::Number(digits.len(), digits.to_owned())
        } else {
            Piece::Text(run.to_owned())
        });
        rest = tail;
    }
    pieces
}

/// A file's path as modules: `crates/my-db/src/entities/users.rs` is `crates my_db entities users`.
pub(super) fn module_path(path: &str) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Vec<String> =
        stem.split('/').filter(|part| !matches!(*part, "" | "." | "src")).map(|part| part.replace('-', "_")).collect();
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// How many leading folders two paths share.
pub(super) fn shared_folders(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}

/// The same, but inside one crate's source all places are equally near.
pub(super) fn shared_crates(a: &str, b: &str) -> usize {
    let in_source = |(part, _): &(&str, &str)| *part != "src";
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).take_while(in_source).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(paths: &[&str]) -> Vec<String> {
        let mut sorted: Vec<&str> = paths.to_vec();
        sorted.sort_by_key(|path| place(path).order);
        sorted.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(sorted(&["m/10_b.sql", "m/9_a.sql"]), ["m/9_a.sql", "m/10_b.sql"]);
        assert_eq!(
            sorted(&["m/R__v.sql", "m/V10__b.sql", "m/V9__a.sql"]),
            ["m/V9__a.sql", "m/V10__b.sql", "m/R__v.sql"]
        );
        let diesel = ["m/2024-02-01-000000_b/up.sql", "m/2024-01-02-000000_a/up.sql"];
        assert_eq!(sorted(&diesel), [diesel[1], diesel[0]]);
        assert_eq!(place(diesel[0]).set, "m");
    }

    #[test]
    fn migrations_come_first_then_dumps_then_source() {
        let paths = ["src/a.rs", "db/schema.sql", "db/migrations/1_a.sql"];
        assert_eq!(sorted(&paths), [paths[2], paths[1], paths[0]]);
    }

    #[test]
    fn migrations_are_told_by_name_or_folder() {
        for path in ["x/0001_a.sql", "x/V1__a.sql", "migration/src/m1.rs", "x/db-migrations/a.sql", "m/1_a.down.sql"] {
            assert!(is_migration(path), "{path}");
        }
        for path in ["queries/find.sql", "src/db.rs", "x/v1_users.sql", "x/2users.sql"] {
            assert!(!is_migration(path), "{path}");
        }
    }
}
