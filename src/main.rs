//! The `noclobber` program: arguments in, exit code out.

mod cli;
mod commands;

use clap::Parser as _;
use cli::{Cli, Command};
use commands::FAILURE;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too. Nobody is left to tell if they cannot be printed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILURE));
        }
    };
    let result = catch_unwind(AssertUnwindSafe(|| match cli.command {
        None => commands::check::run(&cli.check),
        Some(Command::Check(args)) => commands::check::run(&args),
        Some(Command::Columns(args)) => commands::columns::run(&args),
        Some(Command::Init) => commands::init::run(),
        Some(Command::Rules) => commands::explain::list(),
        Some(Command::Explain(args)) => commands::explain::run(&args),
        Some(Command::Completions { shell }) => commands::shell::completions(shell),
        Some(Command::Man) => commands::shell::man(),
    }));
    match result {
        Ok(Ok(code)) => ExitCode::from(code),
        // Whoever reads the report has seen enough.
        Ok(Err(error)) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(FAILURE)
        }
        Err(_) => {
            let _ = writeln!(io::stderr(), "error: noclobber stopped for a fault of its own; there is no result");
            ExitCode::from(FAILURE)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(broken)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|error| error.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}
