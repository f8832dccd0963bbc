//! One write and what is known of its column in, one finding out. Pure functions; knows no syn and no sqlparser.
//!
//! A rule is a file: its doc comment is its page ([`Rule::page`]), its function says whether a write is its case.
//! The most telling rule speaks ([`RULES`] is in that order), the others stand in [`Finding::also`].

mod evidence;
pub mod finding;
mod judgement;
pub mod levels;
mod state;
mod suggested;
pub mod survey;
mod wording;

mod column_overwrite;
mod dotted_path;
mod foreign_base;
mod invalid_suppression;
mod lost_update;
mod nested_overwrite;
mod null_wipe;
mod row_mismatch;
mod unscoped_write;
mod unused_suppression;
mod upsert_overwrite;
mod write_lost;

use crate::declared::{ColumnRules, Declared};
use crate::document::Key;
use crate::document::survival::Word;
use crate::fix::Fixer;
use crate::project::profile::{Profile, Profiles, Twin, WholeType};
use crate::project::writes::ColumnWrite;
use crate::project::{Project, declare};
use crate::source::{Files, Site};
use evidence::Reason;
use finding::Finding;
use judgement::verdict;
pub use judgement::{Effect, KINDS, Kind};
use levels::Levels;
use rayon::prelude::*;
use state::State;
use std::collections::BTreeSet;

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

    /// Whether it is about noclobber's own comments, not about writes.
    pub fn is_housekeeping(&self) -> bool {
        matches!(self.id, INVALID_SUPPRESSION | UNUSED_SUPPRESSION)
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
    row_mismatch::RULE,
    lost_update::RULE,
    write_lost::RULE,
    invalid_suppression::RULE,
    unused_suppression::RULE,
];

/// Reports comments that do not suppress what they seem to.
pub const INVALID_SUPPRESSION: &str = invalid_suppression::RULE.id;
/// Reports comments that suppress nothing.
pub const UNUSED_SUPPRESSION: &str = unused_suppression::RULE.id;

/// The rule of that id.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// One write with everything a rule may look at.
struct Case<'a> {
    write: &'a ColumnWrite,
    profile: &'a Profile,
    twins: &'a [&'a Twin],
    /// The enum of which the new document is a value.
    state: Option<State<'a>>,
    /// What the user says of the column.
    declared: Declared<'a>,
    rules: &'a ColumnRules,
}

impl Case<'_> {
    /// `users.data`, as the statement spells the table.
    fn column(&self) -> String {
        format!("`{}.{}`", crate::frontend::sql::without_holes(&self.write.sql.table.name), self.write.column.name)
    }

    /// Keys of the profile that the new document does not carry; `None` when its keys are not known.
    fn lost_keys(&self) -> Option<Vec<String>> {
        let new = &self.new_keys()?;
        // A form does without the keys of the others.
        let forms = evidence::tagged_forms(&self.write.value).unwrap_or_default();
        let of_a_form = |key: &String| {
            let mut entries = forms.iter().copied().flatten();
            entries.any(|(name, _)| matches!(name, Key::Name(name) if name == key))
        };
        let of_type = self.whole_type().map_or_else(Vec::new, |ty| ty.keys.names());
        let known = self.profile.keys.keys().cloned().chain(of_type);
        let lost: BTreeSet<String> =
            known.filter(|key| !new.contains(key) && !of_a_form(key) && !self.is_of_other_form(key, new)).collect();
        Some(lost.into_iter().collect())
    }

    /// The type of the column's documents, where the new one may be of it.
    fn whole_type(&self) -> Option<WholeType<'_>> {
        let new = &self.new_keys()?;
        self.profile.whole_type().filter(|ty| ty.may_be(new))
    }

    /// The places that read a key.
    fn readers(&self, key: &str) -> Vec<Site> {
        let mut sites = self.profile.keys.get(key).cloned().unwrap_or_default();
        sites.extend(self.whole_type().iter().flat_map(|ty| ty.readers(key)));
        sites
    }

    /// The type as which documents are read, and which does not go without the key; with the place of its field.
    fn required_by(&self, key: &str) -> Option<(&str, Site)> {
        self.whole_type()?.required(key)
    }
}

/// What a rule says of its case; the rest of the finding is the same for all rules.
struct Draft {
    message: String,
    label: String,
    reasons: Vec<Reason>,
    lost_keys: Option<Vec<String>>,
    notes: Vec<String>,
}

/// Judges every write of the project by the rules that are on: one finding per write at most, in the order of path and
/// place.
pub fn judge(project: &Project, files: &Files, levels: &Levels) -> Vec<Finding> {
    let profiles = Profiles::new(project);
    let empty = Profile::default();
    let judged = |fixer: &mut Fixer<'_>, write: &ColumnWrite| {
        let profile = profiles.get(&write.column).unwrap_or(&empty);
        let twins = profiles.twins(write);
        let declared = declare::of(&write.column, &project.declared);
        let state = State::of(write, profile);
        let case = Case { write, profile, twins: &twins, state, declared, rules: &project.declared };
        finding(&case, files, levels, fixer)
    };
    // The writes of a file are judged by one thread, which reads the file at most once.
    let by_file = project.writes.par_chunk_by(|a, b| a.site.file == b.site.file);
    let mut findings: Vec<Finding> = by_file
        .map_init(
            || Fixer::new(project, files),
            |fixer, writes| writes.iter().filter_map(|write| judged(fixer, write)).collect::<Vec<_>>(),
        )
        .flatten_iter()
        .collect();
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (files.get(f.site.file).path.clone(), f.site.span, f.column.clone());
        key(a).cmp(&key(b))
    });
    findings
}

fn finding(case: &Case<'_>, files: &Files, levels: &Levels, fixer: &Fixer<'_>) -> Option<Finding> {
    if case.write.states.is_empty() {
        return None;
    }
    let rules = RULES.iter().filter(|rule| levels.is_on(rule.id));
    let mut drafts = rules.filter_map(|rule| (rule.check)(case).map(|draft| (rule.id, draft)));
    let (rule, mut draft) = drafts.next()?;
    let also = drafts.map(|(id, _)| id).collect();
    let write = case.write;
    draft.reasons.extend(evidence::of_the_write(case));
    let reasons = &draft.reasons;
    let (severity, confidence) = verdict(&reasons.iter().map(|reason| reason.fact).collect::<Vec<_>>());
    let evidence = evidence::evidence(case, &draft, files);
    let mut labels = write.survival.labels.clone();
    labels.extend(reasons.iter().map(|reason| reason.fact.kind()));
    labels.sort_unstable();
    labels.dedup();
    let mut notes = draft.notes;
    if let Some(keys) = draft.lost_keys.as_deref().filter(|keys| !keys.is_empty()) {
        notes.insert(0, wording::witness(keys, &case.new_keys().unwrap_or_default()));
    }
    let fix = suggested::fix(case, rule, &draft.reasons, fixer);
    if let Err(Some(why)) = &fix {
        notes.push(format!("no change is suggested: {why}"));
    }
    Some(Finding {
        rule,
        severity: levels.severity(rule, severity),
        confidence,
        message: draft.message,
        site: write.site,
        label: draft.label,
        table: wording::table(&write.sql.table),
        column: write.column.name.clone(),
        verb: Some(write.verb),
        survival: Some(survival_word(case)),
        also,
        labels,
        lost_keys: draft.lost_keys,
        evidence,
        notes,
        fix: fix.ok(),
        fingerprint: String::new(),
    })
}

/// What becomes of the old document. Who compares the old document itself has seen all of it: what an opaque new value
/// keeps is not known, and nothing goes unseen. What a type knows of it stays.
fn survival_word(case: &Case<'_>) -> Word {
    let write = case.write;
    let compared = write.guard.as_ref().is_some_and(|guard| guard.compares_document);
    match () {
        () if compared && write.survival.new_keys.is_none() => Word::Unknown,
        () if keeps_by_type(case) => Word::Stale,
        () => write.survival.word,
    }
}

/// Whether nothing of the old document is lost, so that no overwrite rule applies.
fn replaces(case: &Case<'_>) -> bool {
    case.write.survival.word == Word::Lost && !keeps_by_type(case)
}

/// Whether a document that was read earlier goes through a type that knows every known key, or is moved on to another
/// state: what it loses is what others store in between.
fn keeps_by_type(case: &Case<'_>) -> bool {
    let is_typed = || case.write.is_through_type() && case.lost_keys().is_some_and(|keys| keys.is_empty());
    is_typed() || case.moves_state_on()
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
