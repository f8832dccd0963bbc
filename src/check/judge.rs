//! From facts to what is said about the named files: findings, less what the user has decided in comments.

use super::reader::Reader;
use super::{Options, Report};
use crate::baseline::Looked;
use crate::declared::ColumnRule;
use crate::discover::Candidate;
use crate::discover::dialect::Dialects;
use crate::fingerprint::fingerprint;
use crate::frontend::facts::{Facts, Route};
use crate::project::callers::{Callers, MOST_ROUNDS};
use crate::project::crates::Crates;
use crate::project::{Project, Settings};
use crate::rules;
use crate::rules::finding::Finding;
use crate::rules::survey::survey;
use crate::source::{FileId, Files, Site};
use crate::suppress::{self, Commented};
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// Joins the facts, judges the writes, and keeps what is said about the named files.
pub(super) fn judge(
    files: &[Candidate],
    dialects: &Dialects,
    reader: &Reader<'_>,
    mut facts: Vec<Facts>,
    options: &Options,
    report: &mut Report,
) {
    let started = Instant::now();
    let named = |file: FileId| files.get(file.0 as usize).is_some_and(|file| file.named);
    let read_here = facts.iter().filter(|facts| named(facts.file)).flat_map(|facts| &facts.texts);
    let read_here = read_here.filter(|text| text.text.route != Route::Cache);
    let read_here: usize = read_here.map(|text| text.facts.statements).sum();
    let mut settings = Settings { dialect: options.dialect, columns: options.columns.clone(), ..Settings::default() };
    if let Some(config) = &options.config {
        settings.columns.stand_in(report.files.add(config.clone()));
    }
    // All files of a folder belong to one crate.
    let mut of_folder = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        let id = FileId(index as u32);
        settings.in_project.insert(id, file.in_project.clone());
        let dialect = *of_folder.entry(file.path.parent()).or_insert_with(|| dialects.for_path(&file.path));
        settings.of_file.extend(dialect.map(|dialect| (id, dialect)));
    }
    let mut commented: Vec<Commented> = vec![];
    for facts in facts.iter_mut().filter(|facts| named(facts.file) && !options.no_ignores) {
        let comments = std::mem::take(&mut facts.comments);
        let gaps = facts.problems.is_empty().then(Vec::new);
        if !comments.is_empty() {
            commented.push(Commented { file: facts.file, comments, gaps });
        }
    }
    settings.crates = Crates::of(files.iter().filter_map(|file| {
        let folder = file.in_project.strip_suffix("Cargo.toml")?.trim_end_matches('/');
        Some((folder, dialects.manifest(file.path.parent()?)?))
    }));
    let mut project = Project::build(facts, &report.files, &settings);
    report.times.join = started.elapsed();
    let started = Instant::now();
    join_callers(&mut project, reader, report, &settings);
    report.times.callers = started.elapsed();
    let started = Instant::now();
    let fits_nothing = |rule: &ColumnRule| (rule.span, format!("no column fits the pattern `{}`", rule.pattern));
    let unmatched = settings.columns.iter().enumerate().filter(|(index, _)| project.unmatched.contains(index));
    report.unmatched.extend(unmatched.map(|(_, rule)| fits_nothing(rule)));
    report.unmatched.sort_unstable();
    let mut findings = rules::judge(&project, &report.files, &options.levels);
    findings.sort_by_key(|finding| (finding.site, finding.rule));
    identify(&mut findings, files, &project, &report.files);
    if options.survey {
        report.columns = survey(&project, &findings);
    }
    findings.retain(|finding| named(finding.site.file));
    let all_named = files.iter().all(|file| file.named);
    let looked = |(index, file): (usize, &Candidate)| (FileId(index as u32), (file.in_project.clone(), file.named));
    report.looked = Looked { files: files.iter().enumerate().map(looked).collect(), whole: all_named };
    report.statements = project.writes.iter().map(|write| (write.site, write.sql.statement)).collect();
    report.summary.statements = if all_named { project.statements } else { read_here };
    report.summary.json_writes = project.writes.iter().filter(|write| named(write.site.file)).count();
    let unanalysed = project.unanalysed.iter().filter(|unanalysed| named(unanalysed.site.file));
    report.unanalysed = unanalysed.cloned().collect();
    report.summary.unanalysed = report.unanalysed.len();
    for commented in &mut commented {
        let here = report.unanalysed.iter().filter(|unanalysed| unanalysed.site.file == commented.file);
        if let Some(gaps) = &mut commented.gaps {
            gaps.extend(here.map(|unanalysed| unanalysed.site.span));
        }
    }
    let mut applied = suppress::apply(findings, &commented, &report.files, &options.levels);
    applied.about_comments.sort_by_key(|finding| (finding.site, finding.rule));
    identify(&mut applied.about_comments, files, &project, &report.files);
    report.findings = applied.kept;
    report.findings.extend(applied.about_comments);
    report.findings.sort_by_key(|finding| (finding.site, finding.rule));
    report.suppressed = applied.suppressed;
    // Nobody waits for the memory.
    rayon::spawn(move || drop(project));
    report.times.judge = started.elapsed();
}

/// Looks at the callers of functions that store what they are given.
fn join_callers(project: &mut Project, reader: &Reader<'_>, report: &mut Report, settings: &Settings) {
    let mut callers = Callers::of(&project.writes);
    let mut asked = 0;
    for _ in 0..MOST_ROUNDS {
        let wanted = callers.wanted(asked, &report.files);
        if wanted.is_empty() {
            break;
        }
        asked = callers.known();
        let mut types = vec![];
        for (file, read) in reader.read_calls(&wanted, report) {
            callers.take(&read.calls, &report.files, settings);
            types.extend(read.types.map(|types| (file, types)));
        }
        project.learn_types(types, &report.files, settings);
    }
    let facts = reader.read_missing(&callers.missing(project), report);
    project.learn(facts, &report.files, settings);
    project.join_callers(&callers, &report.files, settings);
}

/// Gives every finding its fingerprint.
fn identify(findings: &mut [Finding], files: &[Candidate], project: &Project, texts: &Files) {
    let statements: BTreeMap<Site, &str> =
        project.writes.iter().map(|write| (write.site, write.sql.statement_sql.as_str())).collect();
    let mut occurrences: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        let Some(file) = files.get(finding.site.file.0 as usize) else { continue };
        let column = format!("{}.{}", finding.table, finding.column);
        let statement = statements.get(&finding.site).copied().unwrap_or_else(|| texts.text(finding.site));
        let of = |occurrence| fingerprint(finding.rule, &file.in_project, &column, statement, occurrence);
        let occurrence = occurrences.entry(of(0)).or_default();
        let value = of(*occurrence);
        *occurrence += 1;
        finding.fingerprint = value;
    }
}
