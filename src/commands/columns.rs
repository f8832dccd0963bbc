//! `noclobber columns`: every JSON column, who reads which key, who writes it and how.

use super::speech::Speech;
use super::{FAILURE, configuration};
use crate::cli::{Color, ColumnsArgs, Table};
use anyhow::Context as _;
use noclobber::check::Options;
use noclobber::report::columns;
use std::io::{self, BufWriter, Write as _};

/// Writes the columns of the project to stdout.
pub(crate) fn run(args: &ColumnsArgs) -> anyhow::Result<u8> {
    let speech = Speech { quiet: false, verbose: false, color: Color::Auto };
    let Some(config) = configuration::read(&args.project, &args.paths, speech)? else { return Ok(FAILURE) };
    let options = configuration::options(&args.project, &config, args.paths.clone());
    let report = noclobber::check::check(&Options { survey: true, ..options })?;
    speech.warn(&report)?;
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
