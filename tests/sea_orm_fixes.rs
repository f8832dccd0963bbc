//! The suggestions for SeaORM code: what they make of `tests/apps/sea-orm-shared/before.rs` for each database is kept
//! beside it, compiles against every supported version, and is run by the programs there. `UPDATE_FIXED=1` writes it anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use noclobber::check::{Options, Report, check};
use noclobber::fix::apply::plan;
use noclobber::fix::suggestion::Applicability;
use noclobber::frontend::sql::Dialect;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn shared(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/sea-orm-shared").join(path)
}

/// The program as a project of its own, checked for a database.
fn report(dialect: Dialect) -> (tempfile::TempDir, Report) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("src")).unwrap();
    let manifest = "[package]\nname = \"app\"\nversion = \"0.0.0\"\n[dependencies]\nsea-orm = \"2\"\n";
    std::fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
    for name in ["entity.rs", "before.rs"] {
        std::fs::copy(shared(name), root.path().join("src").join(name)).unwrap();
    }
    let paths = vec![root.path().to_owned()];
    let report = check(&Options { paths, dialect: Some(dialect), ..Options::default() }).unwrap();
    (root, report)
}

/// The name of the function around a byte.
fn function(text: &str, at: u32) -> &str {
    let (_, name) = text[..at as usize].rsplit_once("fn ").unwrap();
    name.split('(').next().unwrap()
}

/// The changed program, with what is only shown as functions of a module.
fn after(dialect: Dialect) -> String {
    let (root, report) = report(dialect);
    let mut shown = String::new();
    for finding in &report.findings {
        let fix = finding.fix.as_ref().unwrap_or_else(|| panic!("no suggestion: {}", finding.message));
        let name = function(&report.files.get(finding.site.file).text, finding.site.span.start);
        if !fix.edits.is_empty() {
            assert_eq!(fix.applicability, Applicability::Unsafe, "{name}");
            continue;
        }
        let [(_, code)] = fix.patch.as_slice() else { panic!("{name}: {:?}", fix.patch) };
        if code.starts_with(".value(") {
            write!(
                shown,
                "\n    pub fn {name}() -> OnConflict {{\n        OnConflict::column(users::Column::Id)\n            \
                 .update_column(users::Column::Name)\n            {code}\n            .to_owned()\n    }}\n"
            )
            .unwrap();
        } else {
            let code = code.replace(".filter(..)", "\n            .filter(Column::Id.eq(id))");
            let given = if code.contains("patch)") { "patch: serde_json::Value" } else { "phone: &str" };
            write!(shown, "\n    pub fn {name}(id: i64, {given}) -> UpdateMany<Entity> {{\n        {code}\n    }}\n")
                .unwrap();
        }
    }
    let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    for changed in &plan(fixes, &report.files, Applicability::Unsafe).files {
        changed.write().unwrap();
    }
    let changed = std::fs::read_to_string(root.path().join("src/before.rs")).unwrap();
    let uses = "    use crate::entity::users::{self, Column, Entity};\n    use sea_orm::sea_query::{Expr, OnConflict};\n    \
                use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, UpdateMany};\n    use serde_json::json;\n";
    format!(
        "{changed}\n/// What is shown for the rest, each with a condition filled in.\n#[rustfmt::skip]\npub mod shown {{\n{uses}{shown}}}\n"
    )
}

#[test]
fn suggestions_are_those_that_the_programs_prove() {
    let mut wrong = vec![];
    for (dialect, name) in
        [(Dialect::Postgres, "postgres.rs"), (Dialect::Mysql, "mysql.rs"), (Dialect::Sqlite, "sqlite.rs")]
    {
        let (path, text) = (shared("after").join(name), after(dialect));
        if std::env::var_os("UPDATE_FIXED").is_some() {
            std::fs::write(&path, &text).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{} is not what comes out (UPDATE_FIXED=1 writes it)\n{text}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_where_an_edit_is_made() {
    for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite] {
        let (root, report) = report(dialect);
        let edited =
            report.findings.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| !fix.edits.is_empty()));
        let edited = edited.count();
        assert!(edited >= 8, "{dialect:?}: only {edited} edits");
        let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
        for changed in &plan(fixes, &report.files, Applicability::Unsafe).files {
            changed.write().unwrap();
        }
        let paths = vec![root.path().to_owned()];
        let again = check(&Options { paths, dialect: Some(dialect), ..Options::default() }).unwrap();
        assert_eq!(again.findings.len() + edited, report.findings.len(), "{dialect:?}: {:#?}", again.findings);
    }
}
