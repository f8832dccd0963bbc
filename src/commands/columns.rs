//! `noclobber columns`: every JSON column, who reads which key, who writes it and how.

use super::FAILURE;
use super::projects::Projects;
use super::speech::Speech;

use crate::cli::{Color, ColumnsArgs, Table};
use anyhow::Context as _;
use noclobber::check::{Options, Report, check};
use noclobber::report::columns;
use std::io::{self, BufWriter, Write as _};

/// Writes the columns of the project to stdout.
pub(crate) fn run(args: &ColumnsArgs) -> anyhow::Result<u8> {
    let speech = Speech { quiet: false, verbose: false, color: Color::Auto };
    let mut projects = Projects::new(&args.project, &args.paths, None, speech)?;
    let mut reports = vec![];
    while let Some(next) = projects.next()? {
        let Ok(project) = next else { return Ok(FAILURE) };
        let report = check(&Options { survey: true, ..project.options(&args.project) })?;
        projects.add_nested(&report.nested);
        reports.push(report);
    }
    speech.warn(&reports)?;
    let report = Report::join(reports);
    let mut out = BufWriter::new(anstream::stdout().lock());
    let written = match args.output {
        Table::Text => columns::text(&mut out, &report),
        Table::Markdown => columns::markdown(&mut out, &report),
        Table::Json => columns::json(&mut out, &report),
    };
    written.and_then(|()| out.flush()).context("cannot write the columns")?;
    io::stdout().flush()?;
    Ok(if report.faults.is_empty() { 0 } else { FAILURE })
}
