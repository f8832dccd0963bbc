//! `--add-ignores`: writes a suppression for every finding at or above the gate.

use crate::cli::CheckArgs;
use anyhow::{Context as _, bail};
use noclobber::check::Report;
use noclobber::fix::apply::plan;
use noclobber::rules::finding::{Applicability, Finding};
use noclobber::source::LineIndex;
use noclobber::suppress::write::comments;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes the comments into the files, and says on stderr how many.
pub(super) fn add(args: &CheckArgs, reports: &[Report], reason: &str) -> anyhow::Result<()> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        bail!("`--add-ignores` writes into files: it cannot read stdin");
    }
    let at_gate = |finding: &&Finding| {
        // What is wrong with a comment is not mended by another one.
        finding.verb.is_some() && finding.severity >= args.fail_on && finding.confidence >= args.min_confidence
    };
    let (mut written, mut changed, mut by_hand) = (0, 0, vec![]);
    for report in reports {
        let findings: Vec<&Finding> = report.findings.iter().filter(at_gate).collect();
        let (fixes, left) = comments(&findings, &report.files, reason);
        let plan = plan(&fixes, &report.files, Applicability::Safe);
        for file in &plan.files {
            file.write().with_context(|| format!("cannot write into {}", file.path))?;
        }
        written += plan.applied;
        changed += plan.files.len();
        by_hand.extend(left.into_iter().map(|site| {
            let file = report.files.get(site.file);
            let at = LineIndex::new(&file.text).position(&file.text, site.span.start as usize);
            format!("{}:{}:{}", file.path, at.line, at.column)
        }));
    }
    if args.quiet {
        return Ok(());
    }
    let mut err = io::stderr().lock();
    let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    writeln!(err, "wrote {} into {}", count(written, "suppression"), count(changed, "file"))?;
    for place in by_hand {
        writeln!(err, "{place}: a comment has no place above this: write it by hand")?;
    }
    Ok(())
}
