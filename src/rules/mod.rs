//! One write and what is known of its column in, one finding out. Pure functions; knows no syn and no sqlparser.
//!
//! A rule is a file: its doc comment is its page ([`Rule::page`]), its function says whether a write is its case.
//! The most telling rule speaks ([`RULES`] is in that order), the others stand in [`Finding::also`].

pub mod finding;
pub mod judgement;
pub mod levels;
mod wording;

mod column_overwrite;
mod dotted_path;
mod foreign_base;
mod lost_update;
mod nested_overwrite;
mod null_wipe;
mod unscoped_write;
mod upsert_overwrite;
mod write_lost;

use crate::document::survival::Word;
use crate::project::profile::{Profile, Profiles};
use crate::project::writes::ColumnWrite;
use crate::project::{Project, declare};
use crate::source::Files;
use finding::{Evidence, Finding};
use judgement::{Fact, verdict};
use levels::Levels;

/// A rule: its id, its page, and the function that decides whether a write is its case.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Kebab-case noun that reads well after "allow".
    pub id: &'static str,
    /// The rule's doc comment as it stands in the source, each line with the blank that follows `///`.
    raw_page: &'static str,
    check: fn(&Case<'_>) -> Option<Draft>,
}

impl Rule {
    /// The rule's page: markdown, the first line is its summary.
    pub fn page(&self) -> String {
        self.raw_page.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).fold(
            String::new(),
            |mut page, line| {
                page.push_str(line);
                page.push('\n');
                page
            },
        )
    }

    /// One sentence: what it reports.
    pub fn summary(&self) -> &'static str {
        self.raw_page.lines().next().unwrap_or("").trim()
    }
}

/// Declares a rule whose doc comment is its page.
macro_rules! rule {
    ($(#[doc = $line:literal])+ $id:literal, $check:path) => {
        $(#[doc = $line])+
        pub(super) const RULE: $crate::rules::Rule =
            $crate::rules::Rule { id: $id, raw_page: concat!($($line, "\n"),+), check: $check };
    };
}
use rule;

/// All rules, the most telling first.
pub const RULES: &[Rule] = &[
    dotted_path::RULE,
    unscoped_write::RULE,
    foreign_base::RULE,
    null_wipe::RULE,
    upsert_overwrite::RULE,
    column_overwrite::RULE,
    nested_overwrite::RULE,
    lost_update::RULE,
    write_lost::RULE,
];

/// The rule of that id.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// One write with everything a rule may look at.
struct Case<'a> {
    write: &'a ColumnWrite,
    profile: &'a Profile,
    /// The user says that the document is replaced as a whole, on purpose.
    whole: bool,
}

impl Case<'_> {
    /// `users.data`, as the statement spells the table.
    fn column(&self) -> String {
        format!("`{}.{}`", crate::frontend::sql::without_holes(&self.write.sql.table.name), self.write.column.name)
    }

    /// Keys of the profile that the new document does not carry; `None` when its keys are not known.
    fn lost_keys(&self) -> Option<Vec<String>> {
        let new = self.write.survival.new_keys.as_ref()?;
        Some(self.profile.keys.keys().filter(|key| !new.contains(key)).cloned().collect())
    }
}

/// What a rule says of its case; the rest of the finding is the same for all rules.
struct Draft {
    message: String,
    label: String,
    facts: Vec<Fact>,
    lost_keys: Option<Vec<String>>,
    notes: Vec<String>,
}

/// Judges every write of the project by the rules that are on: one finding per write at most, in the order of path and
/// place.
pub fn judge(project: &Project, files: &Files, levels: &Levels) -> Vec<Finding> {
    let profiles = Profiles::new(&project.writes, &project.declared);
    let empty = Profile::default();
    let mut findings: Vec<Finding> = project
        .writes
        .iter()
        .filter_map(|write| {
            let profile = profiles.get(&write.column).unwrap_or(&empty);
            let whole = declare::of(&write.column, &project.declared).whole.is_some();
            finding(&Case { write, profile, whole }, files, levels)
        })
        .collect();
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (files.get(f.site.file).path.clone(), f.site.span, f.column.clone());
        key(a).cmp(&key(b))
    });
    findings
}

fn finding(case: &Case<'_>, files: &Files, levels: &Levels) -> Option<Finding> {
    if case.write.states.is_empty() {
        return None;
    }
    let rules = RULES.iter().filter(|rule| levels.is_on(rule.id));
    let mut drafts = rules.filter_map(|rule| (rule.check)(case).map(|draft| (rule.id, draft)));
    let (rule, draft) = drafts.next()?;
    let also = drafts.map(|(id, _)| id).collect();
    let write = case.write;
    let mut facts = draft.facts;
    facts.extend(judgement::of_the_write(case));
    let (severity, confidence) = verdict(&facts);
    let evidence = evidence(case, &facts, draft.lost_keys.as_deref(), files);
    let mut notes = draft.notes;
    if let Some(keys) = draft.lost_keys.as_deref().filter(|keys| !keys.is_empty()) {
        notes.insert(0, wording::witness(keys, write.survival.new_keys.as_deref().unwrap_or(&[])));
    }
    notes.extend(facts.iter().filter_map(|fact| fact.note()));
    let mut labels = write.survival.labels.clone();
    labels.extend(facts.iter().filter_map(|fact| fact.label()));
    labels.sort_unstable();
    labels.dedup();
    Some(Finding {
        rule,
        severity: levels.severity(rule, severity),
        confidence,
        message: draft.message,
        site: write.site,
        label: draft.label,
        table: wording::table(&write.sql.table),
        column: write.column.name.clone(),
        verb: write.verb,
        survival: survival_word(write),
        also,
        labels,
        lost_keys: draft.lost_keys,
        evidence,
        notes,
        fix: crate::fix::suggest(write, files),
        fingerprint: String::new(),
    })
}

/// Who compares the old document itself has seen all of it: what an opaque new value keeps is not known, and nothing
/// goes unseen.
fn survival_word(write: &ColumnWrite) -> Word {
    let compared = write.guard.as_ref().is_some_and(|guard| guard.compares_document);
    if compared && write.survival.new_keys.is_none() { Word::Unknown } else { write.survival.word }
}

/// Places that show why: the schema, the bound value, the readers of what is lost, the writers of single keys.
fn evidence(case: &Case<'_>, facts: &[Fact], lost: Option<&[String]>, files: &Files) -> Vec<Evidence> {
    let write = case.write;
    let mut evidence = Vec::new();
    // A value that is set on a model is the place of the finding itself.
    let binds = if write.built { vec![] } else { wording::binds_of(write) };
    for bind in binds {
        evidence.push(Evidence {
            kind: "bind",
            message: format!("bound to {}", bind.0),
            site: Some(crate::source::Site { file: bind.1.file.unwrap_or(write.file), span: bind.1.span }),
        });
    }
    if let Some(provenance) =
        write.column.provenance.iter().find(|p| p.site.is_some()).or(write.column.provenance.first())
    {
        evidence.push(Evidence { kind: "schema", message: provenance.message.clone(), site: provenance.site });
    }
    for key in lost.unwrap_or(&[]) {
        if let Some(site) = case.profile.keys.get(key).and_then(|sites| wording::nearest(sites, write.site, files)) {
            evidence.push(Evidence { kind: "key-read", message: format!("`{key}` is read here"), site: Some(site) });
        }
    }
    if facts.contains(&Fact::KeyWriterElsewhere)
        && let Some(site) = case.profile.key_writers.iter().find(|site| **site != write.site)
    {
        evidence.push(Evidence {
            kind: "key-writer",
            message: "this write sets single keys of the same column and keeps the rest".into(),
            site: Some(*site),
        });
    }
    evidence
}

/// Whether nothing of the old document is lost, so that no overwrite rule applies.
fn replaces(case: &Case<'_>) -> bool {
    case.write.survival.word == Word::Lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_that_starts_with_a_sentence_and_shows_a_repair() {
        for rule in RULES {
            assert!(rule.summary().ends_with('.'), "{}: {}", rule.id, rule.summary());
            let page = rule.page();
            for heading in ["## What it does", "## Why is this bad?", "## Example"] {
                assert!(page.contains(heading), "{} lacks {heading}", rule.id);
            }
            assert!(!page.lines().any(|line| line.starts_with(' ') && !line.starts_with("    ")), "{}", rule.id);
        }
    }

    #[test]
    fn the_readme_names_every_rule_as_its_page_does() {
        let readme = include_str!("../../README.md");
        for rule in RULES {
            let summary = rule.summary().trim_start_matches("Reports ").trim_end_matches('.');
            let row = format!("| `{}` | {summary} |", rule.id);
            assert!(readme.contains(&row), "the README lacks {row}");
        }
    }

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }
}
