//! `noclobber completions` and `noclobber man`: what a package installs beside the program.

use crate::cli::Cli;
use clap::CommandFactory as _;
use std::io::{self, Write};

/// Writes the completion script to stdout.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    // The generator panics if it cannot write, so it writes to memory.
    let mut script = vec![];
    clap_complete::generate(shell, &mut Cli::command(), "noclobber", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(0)
}

/// Writes the manual page to stdout.
pub(crate) fn man() -> anyhow::Result<u8> {
    let mut page = vec![];
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    io::stdout().lock().write_all(&page)?;
    Ok(0)
}
