//! The documentation: pages of rules are those of the program, snippets are the files they show, commands print what is
//! said.
//!
//! `UPDATE_DOCS=1 cargo test --test docs -- --test-threads 1` writes the generated parts anew, and what is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use noclobber::rules::{Effect, KINDS, RULES};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README and all pages of the book.
fn pages() -> Vec<PathBuf> {
    let found = walkdir::WalkDir::new(root().join("docs")).sort_by_file_name().into_iter().map(|entry| entry.unwrap());
    let pages = found.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|e| e == "md"));
    std::iter::once(root().join("README.md")).chain(pages).collect()
}

/// Holds a generated text against the file, or writes it.
fn assert_fresh(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, text).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        written == text,
        "{} is stale: run `UPDATE_DOCS=1 cargo test --test docs -- --test-threads 1`",
        path.display()
    );
}

/// A fenced block of a page.
struct Block {
    language: String,
    text: String,
    /// What the comment before it says: `<!-- file: examples/github.yml -->`.
    file: Option<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = vec![];
    let mut file = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("<!-- file: ") {
            file = name.strip_suffix(" -->").map(str::to_owned);
        } else if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().take_while(|line| *line != "```");
            let text = inside.fold(String::new(), |text, line| text + line + "\n");
            blocks.push(Block { language: language.to_owned(), text, file: file.take() });
        } else if !line.is_empty() {
            file = None;
        }
    }
    blocks
}

#[test]
fn the_table_of_evidence_is_the_programs() {
    let path = root().join("docs/evidence.md");
    let written = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let heading = "| evidence | effect | why |\n|---|---|---|\n";
    let (before, rest) = written.split_once(heading).expect("the page has a table");
    let after = rest.trim_start_matches('|').split_once("\n\n").map_or("", |(_, after)| after);
    let mut page = format!("{before}{heading}");
    for kind in KINDS {
        let effect = match kind.effect {
            Effect::Disqualifies => "disqualifies",
            Effect::Proves => "proves",
            Effect::Lowers => "lowers",
            Effect::Raises => "raises",
            Effect::Suggests => "suggests",
            Effect::Dampens => "dampens",
            Effect::Tells => "tells",
        };
        writeln!(page, "| `{}` | {effect} | {} |", kind.name, kind.reason).unwrap();
    }
    assert_fresh(&path, &format!("{page}\n{after}"));
}

#[test]
fn every_rule_has_its_page() {
    let folder = root().join("docs/rules");
    let mut index =
        "# Rules\n\nThe most telling rule speaks for a write; others that apply are named in its finding.\n\n"
            .to_owned();
    index.push_str("| rule | reports |\n|---|---|\n");
    for rule in RULES {
        let page = format!("# {}\n\n{}", rule.id, rule.page());
        assert_fresh(&folder.join(format!("{}.md", rule.id)), &page);
        let summary = rule.summary().trim_start_matches("Reports ").trim_end_matches('.');
        writeln!(index, "| [`{0}`]({0}.md) | {summary} |", rule.id).unwrap();
    }
    assert_fresh(&folder.join("README.md"), &index);
    let pages = fs::read_dir(folder).unwrap().count();
    assert_eq!(pages, RULES.len() + 1, "a page of a rule that is no more");
}

#[test]
fn the_summary_lists_every_page() {
    let path = root().join("docs/SUMMARY.md");
    let written = fs::read_to_string(&path).unwrap();
    let mut fresh: String =
        written.lines().filter(|line| !line.starts_with("  - ")).fold(String::new(), |text, line| text + line + "\n");
    for rule in RULES {
        writeln!(fresh, "  - [{0}](rules/{0}.md)", rule.id).unwrap();
    }
    assert_fresh(&path, &fresh);
    for page in pages().iter().filter_map(|page| page.strip_prefix(root().join("docs")).ok()) {
        let link = format!("({})", page.display()).replace('\\', "/");
        assert!(link == "(SUMMARY.md)" || fresh.contains(&link), "SUMMARY.md lacks {link}");
    }
}

/// What a link to a heading of the page is called, by the rules of GitHub and mdBook.
fn anchors(page: &str) -> Vec<String> {
    let prose = page.split("\n```").step_by(2).collect::<String>();
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    headings.map(|text| text.to_lowercase().replace(' ', "-").chars().filter(|c| kept(*c)).collect()).collect()
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let book = fs::read_to_string(root().join("docs/book.toml")).unwrap();
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let prose: String = page.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            if !heading.is_empty() {
                let known = anchors(&fs::read_to_string(&target).unwrap());
                assert!(
                    known.iter().any(|anchor| anchor == heading),
                    "{}: {link} is not among {known:?}",
                    path.display()
                );
            }
            // In the book a README is the index of its folder, and links to it must be led on.
            let within = target.strip_prefix(root().join("docs")).ok().filter(|_| path.ends_with("introduction.md"));
            if let Some(folder) = within.filter(|page| page.ends_with("README.md")).and_then(Path::parent) {
                let led_on = format!("\"/{}/README.html\" = \"index.html\"", folder.display()).replace('\\', "/");
                assert!(book.contains(&led_on), "docs/book.toml lacks {led_on}");
            }
        }
    }
}

#[test]
fn a_snippet_is_the_file_that_it_shows() {
    let mut shown = vec![];
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let mut fresh = page.clone();
        for block in blocks(&page) {
            let Some(file) = block.file else { continue };
            let language = &block.language;
            let text = fs::read_to_string(root().join("docs").join(&file)).unwrap().replace("\r\n", "\n");
            let head = format!("<!-- file: {file} -->\n```{language}\n");
            fresh = fresh.replace(&format!("{head}{}```", block.text), &format!("{head}{text}```"));
            shown.push(file);
        }
        assert_fresh(&path, &fresh);
    }
    for entry in fs::read_dir(root().join("docs/examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("examples/{}", path.file_name().unwrap().to_string_lossy());
        let read = path.extension().is_some_and(|extension| extension == "sql");
        assert!(read || shown.contains(&name), "{name} is shown nowhere");
    }
}

#[test]
fn snippets_are_well_formed() {
    let mut parsed = 0;
    for path in pages() {
        for block in blocks(&fs::read_to_string(&path).unwrap()) {
            let problem = match block.language.as_str() {
                "yaml" => yaml_rust2::YamlLoader::load_from_str(&block.text).err().map(|error| error.to_string()),
                "toml" => block.text.parse::<toml::Table>().err().map(|error| error.to_string()),
                "json" => serde_json::from_str::<serde_json::Value>(&block.text).err().map(|error| error.to_string()),
                _ => continue,
            };
            parsed += 1;
            assert_eq!(problem, None, "{}:\n{}", path.display(), block.text);
        }
    }
    assert!(parsed > 5);
}

/// This repository holds other packages with programs (for the tests), between which cargo does not choose.
#[test]
fn installing_from_the_repository_names_the_package() {
    let examples = fs::read_dir(root().join("docs/examples")).unwrap().map(|entry| entry.unwrap().path());
    let workflows = ["reusable.yml", "ci.yml"].map(|name| root().join(".github/workflows").join(name));
    let mut seen = 0;
    for path in pages().into_iter().chain(examples).chain(workflows) {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| line.contains("cargo install") && line.contains("--git")) {
            assert!(line.ends_with(" noclobber"), "{}: {line}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen}");
}

/// One command of a console block with what it must print.
struct Step {
    command: String,
    code: i32,
    output: Vec<String>,
}

/// Reads `$ command`, then what is printed, then `[exit code 1]` where it is not 0.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![];
    for line in text.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step { command: command.to_owned(), code: 0, output: vec![] }),
            (None, Some(step)) => match line.strip_prefix("[exit code ").and_then(|rest| rest.strip_suffix(']')) {
                Some(code) => step.code = code.parse().unwrap(),
                None => step.output.push(line.to_owned()),
            },
            (None, None) => panic!("a console block begins with `$ `, not with {line}"),
        }
    }
    steps
}

/// Whether the lines match; the line `...` stands for any lines, `...` at the end of a line for any text.
fn matches(expected: &[String], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "..." => (0..=printed.len()).any(|n| matches(rest, &printed[n..])),
        Some((first, rest)) => printed.split_first().is_some_and(|(line, printed)| {
            let same = match first.strip_suffix("...") {
                Some(start) => line.starts_with(start),
                None => line.trim_end() == first.trim_end(),
            };
            same && matches(rest, printed)
        }),
    }
}

/// Copies a folder of the repository.
fn copy(folder: &str, to: &Path) {
    for entry in walkdir::WalkDir::new(root().join(folder)) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(root()).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).unwrap();
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// What the shell prints for a command, in this folder with the built program, and its exit code.
#[cfg(unix)]
fn run(command: &str, folder: &Path) -> (String, Option<i32>) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_noclobber"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("({command}) 2>&1")]).current_dir(folder);
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "GIT_DIR", "GITHUB_STEP_SUMMARY"] {
        shell.env_remove(name);
    }
    let output = shell.env("PATH", &path).env("HOME", folder).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// Whether a line of what is expected stands for more than itself.
fn is_loose(line: &str) -> bool {
    line.ends_with("...")
}

#[test]
#[cfg(unix)]
fn commands_print_what_is_said() {
    let mut ran = 0;
    for path in pages() {
        let dir = tempfile::tempdir().unwrap();
        copy("fixtures/projects", dir.path());
        copy("docs/examples", dir.path());
        let page = fs::read_to_string(&path).unwrap();
        let mut fresh = page.clone();
        for block in blocks(&page).iter().filter(|block| block.language == "console") {
            let mut text = String::new();
            for step in steps(&block.text) {
                let (printed, code) = run(&step.command, dir.path());
                let lines: Vec<&str> = printed.lines().collect();
                let place = format!("{}: $ {}\n{printed}", path.display(), step.command);
                assert_eq!(code, Some(step.code), "{place}");
                let as_said = matches(&step.output, &lines);
                // What is said loosely is nothing that can be written anew.
                let rewritten =
                    std::env::var_os("UPDATE_DOCS").is_some() && !step.output.iter().any(|line| is_loose(line));
                assert!(as_said || rewritten, "{place}");
                writeln!(text, "$ {}", step.command).unwrap();
                let shown = if as_said { step.output.iter().map(String::as_str).collect() } else { lines };
                for line in shown {
                    text.extend([line, "\n"]);
                }
                if step.code != 0 {
                    writeln!(text, "[exit code {}]", step.code).unwrap();
                }
                ran += 1;
            }
            fresh = fresh.replace(&block.text, &text);
        }
        assert_fresh(&path, &fresh);
    }
    assert!(ran >= 4, "{ran}");
}
