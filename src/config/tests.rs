//! What a configuration says, and what is said of a wrong one.

use super::*;
use crate::rules::finding::Severity;

fn of(text: &str) -> Result<Config, Problem> {
    let source = SourceFile { path: "noclobber.toml".into(), absolute: PathBuf::new(), text: text.into() };
    read(source, false, Path::new("/p"))
}

fn of_manifest(text: &str) -> Result<Config, Problem> {
    let source = SourceFile { path: "Cargo.toml".into(), absolute: PathBuf::new(), text: text.into() };
    read(source, true, Path::new("/p"))
}

fn problem(text: &str) -> String {
    of(text).unwrap_err().to_string()
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let config = of(r#"
dialect = "mariadb"
exclude = ["vendor/**"]
baseline = "known.json"
[rules]
json-lost-update = "error"
json-unscoped-write = "off"
[columns]
"users.settings" = { replace = "whole" }
"*.payload" = { json = false }
"jobs.state" = { json = true, keys = ["step"] }
"#)
    .unwrap();
    assert_eq!(config.dialect, Some(Dialect::Mysql));
    assert_eq!(config.baseline.as_deref(), Some(Path::new("/p/known.json")));
    assert!(!config.levels.is_on("json-unscoped-write"));
    assert_eq!(config.levels.severity("json-lost-update", Severity::Note), Severity::Error);
    let jobs = config.columns.of(None, "jobs", "state");
    assert_eq!(jobs.json.map(|(json, _)| json), Some(true));
    assert_eq!(jobs.keys.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["step"]);
    assert_eq!(config.columns.of(None, "users", "settings").whole.unwrap().pattern, "users.settings");
    assert!(of("").unwrap().source.is_some());
}

#[test]
fn a_manifest_holds_it_for_the_workspace_or_the_package() {
    let workspace = "[workspace]\nmembers = []\n[workspace.metadata.noclobber]\ndialect = \"sqlite\"\n";
    assert_eq!(of_manifest(workspace).unwrap().dialect, Some(Dialect::Sqlite));
    let package = "[package]\nname = \"a\"\n[package.metadata.noclobber]\ndialect = \"mysql\"\n";
    assert_eq!(of_manifest(package).unwrap().dialect, Some(Dialect::Mysql));
    let wrong = of_manifest(&format!("{package}exclud = []\n")).unwrap_err().to_string();
    assert_eq!(wrong, "Cargo.toml:5:1: there is no key `exclud` here; did you mean `exclude`?");
    assert_eq!(of_manifest("[package]\nname = \"a\"\n").unwrap().dialect, None);
}

#[test]
fn a_wrong_name_is_told_with_its_place_and_the_one_that_was_meant() {
    for (text, said) in [
        ("dialct = \"mysql\"", "noclobber.toml:1:1: there is no key `dialct` here; did you mean `dialect`?"),
        ("dialect = \"postgers\"", "noclobber.toml:1:11: there is no value `postgers` here; did you mean `postgres`?"),
        (
            "\n[rules]\njson-lost-updat = \"off\"",
            "noclobber.toml:3:1: there is no rule `json-lost-updat`; did you mean `json-lost-update`?",
        ),
        (
            "[rules]\njson-lost-update = \"warn\"",
            "noclobber.toml:2:20: there is no value `warn` here; did you mean `warning`?",
        ),
        (
            "[columns]\n\"a.b\" = { jsn = true }",
            "noclobber.toml:2:11: there is no key `jsn` here; did you mean `json`?",
        ),
        (
            "[columns]\n\"a.b\" = { replace = \"all\" }",
            "noclobber.toml:2:21: there is no value `all` here; there are `whole`",
        ),
    ] {
        assert_eq!(problem(text), said);
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    for (text, at, part) in [
        ("dialect = ", "1:11", ""),
        ("exclude = \"vendor\"", "1:11", "expected a sequence"),
        ("schema = [\"no/such.sql\"]", "1:11", "`no/such.sql` does not exist"),
        ("exclude = [\"a\", \"[z-a]\"]", "1:17", "no pattern"),
        ("[columns]\npayload = { json = false }", "2:1", "`*.payload`"),
        ("[columns]\n\"a.b\" = { json = false, keys = [\"k\"] }", "2:1", "no JSON"),
    ] {
        let said = problem(text);
        assert!(said.starts_with(&format!("noclobber.toml:{at}: ")) && said.contains(part), "{said}");
    }
}

#[test]
fn the_template_changes_nothing_and_its_examples_hold() {
    let template = template();
    let config = of(&template).unwrap();
    assert!(config.columns.is_empty() && RULES.iter().all(|rule| config.levels.is_on(rule.id)));
    let uncommented: String = template
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(example) if !example.starts_with(' ') && !example.starts_with("schema") => example,
            _ => line,
        })
        .fold(String::new(), |text, line| text + line + "\n");
    let config = of(&uncommented).unwrap_or_else(|problem| panic!("{problem}\n{uncommented}"));
    assert_eq!(config.columns.iter().count(), 3);
    assert_eq!(config.dialect, Some(Dialect::Postgres));
    assert!(template.contains("#schema = ["));
    assert!(template.lines().all(|line| line.len() <= 120), "long lines");
}

/// The schema of the configuration, with the rules' names and what they report.
fn schema() -> String {
    let mut schema = serde_json::to_value(schemars::schema_for!(file::File)).unwrap();
    schema["title"] = "noclobber.toml".into();
    let level = schema["properties"]["rules"]["additionalProperties"].clone();
    for rule in RULES {
        let mut property = level.clone();
        property["description"] = rule.summary().into();
        schema["properties"]["rules"]["properties"][rule.id] = property;
    }
    schema["properties"]["rules"]["additionalProperties"] = false.into();
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

#[test]
fn the_json_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("noclobber.schema.json");
    let fresh = schema();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == fresh, "noclobber.schema.json is stale: UPDATE_DOCS=1 cargo test --lib writes it anew");
}
