//! What is reported for small projects that write through SeaORM: every line that says `// lost` or `// stale`, and
//! nothing else.

#![allow(clippy::expect_used)]

use noclobber::check::{Options, check};
use noclobber::rules::finding::{Finding, Severity};
use noclobber::source::{Files, LineIndex};
use std::path::{Path, PathBuf};

/// SeaORM 1.1, compact; 2.0, dense; the expanded format; entities in another crate; entities as sea-orm-cli writes them.
const PROJECTS: [&str; 5] =
    ["seaorm-compact", "seaorm-dense", "seaorm-expanded", "seaorm-workspace", "seaorm-generated"];

/// Findings of a project, with the files they point into. The project is copied, so that it stands alone.
fn report(name: &str) -> (Vec<Finding>, Files) {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects").join(name);
    let alone = tempfile::tempdir().expect("a folder");
    copy(&project, alone.path());
    let options = Options { paths: vec![alone.path().to_owned()], ..Options::default() };
    let report = check(&options).expect("the project is there");
    (report.findings, report.files)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// `path:line` of every finding, and of every marked line; the word stands behind.
fn compare(name: &str) -> (Vec<String>, Vec<String>) {
    let (findings, files) = report(name);
    let found = findings.iter().map(|finding| {
        let file = files.get(finding.site.file);
        let end = LineIndex::new(&file.text).position(&file.text, finding.site.span.end as usize);
        let word = serde_json::to_value(finding.survival).expect("a word");
        format!("{}:{} {}", file.path, end.line, word.as_str().unwrap_or_default())
    });
    let mut found: Vec<String> = found.collect();
    let mut marked = vec![];
    for (_, file) in files.iter() {
        for (index, line) in file.text.lines().enumerate() {
            for word in ["lost", "stale"] {
                if line.ends_with(&format!("// {word}")) {
                    marked.push(format!("{}:{} {word}", file.path, index + 1));
                }
            }
        }
    }
    found.sort();
    marked.sort();
    (found, marked)
}

#[test]
fn marked_lines_are_reported_and_nothing_else() {
    for project in PROJECTS {
        let (found, marked) = compare(project);
        assert!(!marked.is_empty(), "{project}");
        assert_eq!(found, marked, "{project}");
    }
}

#[test]
fn the_incident_is_an_error_that_names_the_lost_key_and_offers_an_update() {
    let (findings, files) = report("seaorm-compact");
    let first = findings.iter().find(|f| files.get(f.site.file).path.ends_with("profile.rs")).expect("a finding");
    assert_eq!((first.rule, first.severity), ("json-column-overwrite", Severity::Error));
    assert_eq!(files.text(first.site), r#"user.data = Set(json!({ "phone": phone }))"#);
    let lost = first.lost_keys.as_deref().unwrap_or_default();
    assert!(["address", "country"].iter().all(|key| lost.iter().any(|lost| lost == key)), "{lost:?}");
    let fix = first.fix.as_ref().expect("a suggestion");
    let (_, after) = &fix.patch[0];
    assert!(after.contains("jsonb_set(data, '{phone}', $1"), "{after}");
    assert!(after.contains("[json!(phone)]"), "{after}");
}

#[test]
fn a_document_that_is_read_changed_and_written_back_is_a_warning() {
    let (findings, _) = report("seaorm-compact");
    let stale: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == "json-lost-update").collect();
    assert_eq!(stale.len(), 1);
    assert_eq!(stale[0].severity, Severity::Warning);
}

#[test]
fn reports_are_as_they_were() {
    for project in PROJECTS {
        let (findings, files) = report(project);
        let mut lines = vec![];
        for finding in &findings {
            let file = files.get(finding.site.file);
            let line = LineIndex::new(&file.text).position(&file.text, finding.site.span.start as usize).line;
            let path = file.path.rsplit_once(project).map_or(file.path.as_str(), |(_, path)| path);
            let path = path.rsplit_once("/src/").map_or(path, |(_, path)| path);
            let lost = finding.lost_keys.as_ref().map_or_else(String::new, |keys| format!(" [{}]", keys.join(", ")));
            lines.push(format!("{path}:{line} {}.{} {}{lost}", finding.table, finding.column, finding.rule));
            let fix = finding.fix.iter().flat_map(|fix| fix.patch.iter().map(|(_, after)| format!("    {after}")));
            lines.extend(fix);
        }
        insta::assert_snapshot!(project, lines.join("\n"));
    }
}

#[test]
fn an_entity_is_found_by_the_name_that_a_prelude_gives_it() {
    let alone = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = alone.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let entity = |table: &str| {
        format!(
            "use sea_orm::entity::prelude::*;\n#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]\n\
             #[sea_orm(table_name = \"{table}\")]\npub struct Model {{\n    #[sea_orm(primary_key)]\n    pub id: i32,\n    \
             pub data: Json,\n}}\n"
        )
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"shop\"\n[dependencies]\nsea-orm = { version = \"1\", features = [\"sqlx-postgres\"] }\n",
    );
    write("src/entities/users.rs", &entity("users"));
    write("src/entities/orders.rs", &entity("orders"));
    // Nothing else in the file says that it is about entities.
    write(
        "src/entities/prelude.rs",
        "pub use super::orders::Entity as Orders;\npub use super::users::{Column as UserColumn, Entity as Users};\n",
    );
    write("src/lib.rs", "mod store;\n");
    write(
        "src/store.rs",
        "use crate::entities::prelude::{Orders, Users};\nuse crate::entities::{orders, users};\n\
         async fn all(db: &Db, data: Json) -> Result<(), DbErr> {\n    \
         let old = Orders::find().filter(orders::Column::Id.gt(1)).count(db).await?;\n    \
         for user in Users::find().filter(users::Column::Id.gt(old)).all(db).await? {\n        \
         let mut user = user.into_active_model();\n        user.data = Set(data.clone());\n        \
         Users::update(user).exec(db).await?;\n    }\n    Ok(())\n}\n",
    );
    let options = Options { paths: vec![alone.path().to_owned()], ..Options::default() };
    let report = check(&options).expect("the project is there");
    let found: Vec<(&str, &str)> = report.findings.iter().map(|f| (f.table.as_str(), f.column.as_str())).collect();
    assert_eq!(found, [("users", "data")]);
    assert!(report.unanalysed.is_empty());
}
