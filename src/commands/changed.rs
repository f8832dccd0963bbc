//! `--changed-since`, `--changed-lines` and `--staged`: only what has changed is reported.
//!
//! The schema and what is known of each column still come from the whole project.

use crate::cli::CheckArgs;
use anyhow::Context as _;
use noclobber::check::Report;
use noclobber::discover::git::Changes;
use noclobber::rules::finding::Finding;
use noclobber::source::{FileId, LineIndex, Site};
use std::collections::BTreeMap;
use std::path::Path;

/// Evidence about others: the schema, readers, other writes of the column. A change there is no change of the statement.
const ELSEWHERE: &[&str] = &[
    "schema",
    "key-read",
    "lost-key",
    "lost-key-read",
    "mixed-writers",
    "twin-protects",
    "other-rows",
    "edited-elsewhere",
    "guarded-elsewhere",
    "through-type",
];

/// What has changed, if only that is wanted.
pub(super) fn read(args: &CheckArgs) -> anyhow::Result<Option<Changes>> {
    let cwd = Path::new(".").canonicalize().context("the working directory")?;
    Ok(if let Some(reference) = &args.changed_since {
        Some(Changes::since(&cwd, reference)?)
    } else if args.staged {
        Some(Changes::staged(&cwd)?)
    } else {
        None
    })
}

/// Leaves the findings of which a line has changed: of the assignment, its statement, or a value that is bound to it.
pub(super) fn retain(changes: &Changes, report: &mut Report) {
    let mut findings = std::mem::take(&mut report.findings);
    let mut lines: BTreeMap<FileId, LineIndex> = BTreeMap::new();
    findings.retain(|finding| {
        sites(finding, report).into_iter().any(|site| {
            let file = report.files.get(site.file);
            let lines = lines.entry(site.file).or_insert_with(|| LineIndex::new(&file.text));
            let line = |byte: u32| lines.line(byte as usize) + 1;
            changes.touches(&file.absolute, line(site.span.start), line(site.span.end.max(site.span.start + 1) - 1))
        })
    });
    report.findings = findings;
}

/// The places of a finding's statement.
fn sites(finding: &Finding, report: &Report) -> Vec<Site> {
    let is_own = |site: Site| site.file == finding.site.file;
    let own = finding.evidence.iter().filter(|evidence| {
        evidence.kind == "bind" || evidence.site.is_some_and(is_own) && !ELSEWHERE.contains(&evidence.kind)
    });
    let statement = report.statements.get(&finding.site).map(|span| Site { span: *span, ..finding.site });
    std::iter::once(finding.site).chain(statement).chain(own.filter_map(|evidence| evidence.site)).collect()
}
