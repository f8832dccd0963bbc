//! `noclobber columns`: every JSON column, who reads which key, who writes it and how.

use super::{check, configuration};
use crate::cli::{Cli, ColumnsArgs, Command, Table};
use anyhow::{Context as _, bail};
use clap::Parser as _;
use noclobber::report::columns;
use std::io::{self, BufWriter, Write as _};

/// Writes the columns of the project to stdout.
pub(crate) fn run(args: &ColumnsArgs) -> anyhow::Result<u8> {
    // The project is read as a check without any further option reads it.
    let Some(Command::Check(mut as_check)) = Cli::try_parse_from(["noclobber", "check"])?.command else {
        bail!("there is no check")
    };
    as_check.paths.clone_from(&args.paths);
    as_check.dialect = args.dialect;
    as_check.schema.clone_from(&args.schema);
    as_check.config.clone_from(&args.config);
    as_check.isolated = args.isolated;
    as_check.jobs = args.jobs;
    let Some(config) = configuration::read(&as_check)? else { return Ok(check::FAILURE) };
    let mut options = check::options(&as_check, &config, None)?;
    options.survey = true;
    let report = noclobber::check::check(&options)?;
    check::warn(&as_check, &report)?;
    let mut out = BufWriter::new(anstream::stdout().lock());
    let written = match args.output {
        Table::Text => columns::text(&mut out, &report),
        Table::Markdown => columns::markdown(&mut out, &report),
        Table::Json => columns::json(&mut out, &report),
    };
    written.and_then(|()| out.flush()).context("cannot write the columns")?;
    io::stdout().flush()?;
    Ok(if report.faults.is_empty() { 0 } else { check::FAILURE })
}
