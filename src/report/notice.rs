//! One notice about a file that is not part of the report: what is wrong with a configuration, with the place.

use super::Lines;
use super::sanitize::one_line;
use super::text;
use super::view::Views;
use crate::rules::finding::Severity;
use crate::source::{Files, Site, SourceFile, Span};
use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::term::termcolor::Ansi;
use codespan_reporting::term::{self, Config};
use std::io::{self, Write};

/// Writes the notice, with the line of `source` that `span` stands in.
///
/// # Errors
/// When `out` does not take it.
pub fn write(
    out: &mut dyn Write,
    severity: Severity,
    source: &SourceFile,
    span: Option<Span>,
    message: &str,
    help: Option<&str>,
    color: bool,
) -> io::Result<()> {
    let mut files = Files::default();
    let file = files.add(source.clone());
    let lines = Lines::new(&files);
    let mut notes: Vec<String> = help.map(|help| format!("help: {}", one_line(help))).into_iter().collect();
    let site = span.map(|span| Site { file, span });
    let views = Views::new(&files, &lines, &site.into_iter().collect::<Vec<_>>());
    let message = match site {
        Some(_) => one_line(message),
        None => format!("{}: {}", one_line(&source.path), one_line(message)),
    };
    let labels: Vec<_> =
        site.and_then(|site| views.range(site)).map(|range| Label::primary(file, range)).into_iter().collect();
    if labels.is_empty()
        && let Some(site) = site
    {
        notes.push(one_line(&lines.place(site)));
    }
    let diagnostic = Diagnostic::new(text::severity(severity)).with_message(message).with_labels(labels);
    let diagnostic = diagnostic.with_notes(notes);
    let mut rendered = Ansi::new(vec![]);
    let config = Config::default();
    let result = if color {
        term::emit_to_write_style(&mut rendered, &config, &views, &diagnostic)
    } else {
        term::emit_to_io_write(&mut rendered, &config, &views, &diagnostic)
    };
    result.map_err(io::Error::other)?;
    for line in String::from_utf8_lossy(&rendered.into_inner()).lines() {
        writeln!(out, "{}", line.trim_end_matches(' '))?;
    }
    Ok(())
}
