//! The command line: clap types only. Never runs anything.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use noclobber::frontend::sql::Dialect;
use noclobber::rules::finding::{Confidence, Severity};
use std::path::PathBuf;
use std::str::FromStr;

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing at or above the gate (--fail-on, --min-confidence)
  1  findings at or above it
  2  usage, configuration, input or internal error; wins over 1

stdout holds the report, stderr everything else. NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE are obeyed.";

/// Finds SQL writes that silently wipe data held in JSON columns
#[derive(Debug, Parser)]
#[command(name = "noclobber", version, about, after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check files and folders (the default)
    #[command(after_help = EXIT_CODES)]
    Check(Box<CheckArgs>),
    /// List every JSON column: its type, who reads which key, who writes it and how
    Columns(ColumnsArgs),
    /// Write a commented noclobber.toml into this folder
    Init,
    /// List the rules
    Rules,
    /// Show the page of a rule, or the list of all rules
    Explain(ExplainArgs),
    /// Write a completion script for a shell to stdout
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page (roff) to stdout
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule's id, such as json-column-overwrite; without it all rules are listed
    pub(crate) rule: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ColumnsArgs {
    /// Files or folders of the project; all of the project's columns are listed
    #[arg(value_name = "PATHS", default_value = ".", hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// The form of the list
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Table::Text)]
    pub(crate) output: Table,

    #[command(flatten)]
    pub(crate) project: ProjectArgs,
}

/// What every command that reads a project is told about it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProjectArgs {
    /// The database, where the project does not say it or says it wrong
    #[arg(long, value_enum, value_name = "DIALECT")]
    pub(crate) dialect: Option<Dialect>,

    /// A file or folder with the schema, read even if it is ignored; may be given several times
    #[arg(long, value_name = "PATH")]
    pub(crate) schema: Vec<PathBuf>,

    /// Read this configuration instead of the project's; paths in it are relative to the working directory
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,

    /// Read no configuration
    #[arg(long)]
    pub(crate) isolated: bool,

    /// Worker threads; one per processor by default
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

/// A form of the list of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// One block a column
    Text,
    /// Two tables
    Markdown,
    /// One versioned document
    Json,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of the command line")]
pub(crate) struct CheckArgs {
    /// Files and folders to check, or `-` for stdin
    ///
    /// The schema always comes from the whole project: the nearest noclobber.toml, else the workspace's Cargo.toml, else
    /// the repository, else the crate. Named files are read even if they are ignored. Files that are neither Rust nor SQL
    /// are passed over.
    #[arg(value_name = "PATHS", default_value = ".", hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Make the changes that cannot alter what a correct program stores, then report what is left
    #[arg(long)]
    pub(crate) fix: bool,

    /// Make these changes, and those that are right if the finding is
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,

    /// Show the changes as a unified diff instead of making them; exit with 1 if there are any
    ///
    /// Without --unsafe-fixes only what --fix would do. No report is written.
    #[arg(long)]
    pub(crate) diff: bool,

    /// Where to report, and how; may be given several times
    ///
    /// FORMAT alone goes to stdout, FORMAT=FILE to a file. For people: `text` shows the code, `concise` is one line a
    /// finding, `markdown` is a summary. For programs: `json` is one versioned document, `jsonl` one finding a line, then
    /// the summary. For services: `github` (annotations; the summary goes to the step summary by itself), `sarif`
    /// (code scanning), `gitlab` (Code Quality), `junit`, `rdjson` and `rdjsonl` (reviewdog).
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text", action = ArgAction::Append)]
    pub(crate) output: Vec<Output>,

    /// Fail (exit code 1) on a finding of this severity or a higher one
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Severity::Warning)]
    pub(crate) fail_on: Severity,

    /// Report, and fail on, findings of this confidence or a higher one; the others are only counted
    ///
    /// Every format holds the same findings. `--min-confidence low` is the audit: every whole-column write there is.
    #[arg(long, value_enum, value_name = "CONFIDENCE", default_value_t = Confidence::Medium)]
    pub(crate) min_confidence: Confidence,

    /// Report only this rule; may be given several times, or with commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,

    /// Do not report this rule; may be given several times, or with commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    /// Leave out what the configuration excludes even where it is named, as by a pre-commit hook
    #[arg(long)]
    pub(crate) force_exclude: bool,

    /// Report only files that have changed since HEAD left this branch, tag or commit
    ///
    /// Committed, staged, edited or new. The schema and what is known of each column still come from the whole project. A
    /// change in one file can make a write in another one wrong: run without this option on the main branch.
    #[arg(long, value_name = "REF", conflicts_with = "staged")]
    pub(crate) changed_since: Option<String>,

    /// Report only files that are staged, as they are staged
    #[arg(long)]
    pub(crate) staged: bool,

    /// With --changed-since or --staged: only statements of which a line has changed
    #[arg(long)]
    pub(crate) changed_lines: bool,

    /// Leave out the findings that this file knows; the last one written by --write-baseline
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Write the findings into the baseline, take out what is no longer found, and say what is new
    #[arg(long, conflicts_with_all = ["diff", "changed_lines"])]
    pub(crate) write_baseline: bool,

    /// Report what comments suppress too
    #[arg(long)]
    pub(crate) no_ignores: bool,

    /// Write a suppression comment for every finding at or above the gate
    #[arg(long, requires = "reason", conflicts_with_all = ["no_ignores", "stdin_filename", "diff"])]
    pub(crate) add_ignores: bool,

    /// Why the writes are right, for the comments
    #[arg(long, value_name = "TEXT", requires = "add_ignores", value_parser = one_line)]
    pub(crate) reason: Option<String>,

    /// List what could not be analysed, each with its reason
    #[arg(long)]
    pub(crate) show_unanalysed: bool,

    /// Count the findings by rule and severity
    #[arg(long)]
    pub(crate) statistics: bool,

    /// Exit with 0 where it would be 1
    #[arg(long)]
    pub(crate) exit_zero: bool,

    /// Exit with 2 if a file could not be read or parsed, or a part of the configuration or baseline fits nothing
    #[arg(long)]
    pub(crate) strict: bool,

    /// The file that stdin stands for, with `-`
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin_filename: Option<PathBuf>,

    /// Colour the report
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,

    /// Leave out warnings and the summary line
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say on stderr what is done
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// A text of one line that says something.
fn one_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err("say why".to_owned())
    } else if text.contains(['\n', '\r']) {
        Err("it must be one line".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Code with labels
    Text,
    /// One line a finding
    Concise,
    /// One versioned document
    Json,
    /// One JSON object a line
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions, and its step summary
    Github,
    /// GitLab Code Quality
    Gitlab,
    /// JUnit XML
    Junit,
    /// Reviewdog Diagnostic Format, one document
    Rdjson,
    /// Reviewdog Diagnostic Format, one diagnostic a line
    Rdjsonl,
    /// A summary in markdown
    Markdown,
}

impl Format {
    /// Whether programs read it, so that nothing else may stand on the same stream.
    pub(crate) fn is_for_machines(self) -> bool {
        !matches!(self, Self::Text | Self::Concise | Self::Github | Self::Markdown)
    }
}

/// A report that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Stdout when `None`.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file name must follow `=`".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = <Format as ValueEnum>::from_str(format, false).map_err(|_| {
            let known: Vec<_> = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
            let known: Vec<_> = known.iter().map(clap::builder::PossibleValue::get_name).collect();
            format!("there is no format `{format}`; there are {}", known.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn check_is_the_default() {
        let cli = Cli::try_parse_from(["noclobber", "src", "--fail-on", "note"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!((cli.check.paths, cli.check.fail_on), (vec![PathBuf::from("src")], Severity::Note));
        let Some(Command::Check(check)) = Cli::try_parse_from(["noclobber", "check", "-q", "-j2"]).unwrap().command
        else {
            panic!("not a check")
        };
        assert_eq!((check.paths, check.quiet, check.project.jobs), (vec![PathBuf::from(".")], true, Some(2)));
        assert!(Cli::try_parse_from(["noclobber", "check", "-j0"]).is_err());
    }

    #[test]
    fn an_output_has_a_format_and_may_have_a_file() {
        assert_eq!("json=a=b.json".parse(), Ok(Output { format: Format::Json, file: Some("a=b.json".into()) }));
        assert_eq!("concise".parse(), Ok(Output { format: Format::Concise, file: None }));
        assert!("yaml".parse::<Output>().unwrap_err().contains("jsonl"));
        assert!("json=".parse::<Output>().is_err());
    }
}
