//! What is wrong with a configuration file, with its place and what was probably meant.

use crate::source::{LineIndex, SourceFile, Span};
use similar::get_close_matches;
use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong with a configuration file.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The file, as far as it could be read.
    pub source: Box<SourceFile>,
    /// Where in it.
    pub span: Option<Span>,
    /// A phrase without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place.
    pub fn new(source: &SourceFile, span: Option<Span>, message: String) -> Self {
        Self { source: Box::new(source.clone()), span, message, help: None }
    }

    /// The file cannot be read.
    pub(super) fn unreadable(shown: &str, error: &std::io::Error) -> Self {
        let source = SourceFile { path: shown.to_owned(), absolute: PathBuf::new(), text: String::new() };
        Self { source: Box::new(source), span: None, message: format!("cannot be read: {error}"), help: None }
    }

    /// What the TOML reader or serde says. A misspelt name is followed by the one that was probably meant.
    pub(super) fn of_toml(source: &SourceFile, error: &toml::de::Error) -> Self {
        let span = error.span().map(Span::new);
        let message = error.message().trim().replace('\n', ", ");
        let problem = Self::new(source, span, message.clone());
        let Some((said, expected)) = message.split_once(", expected ") else { return problem };
        // serde spells names in backticks: unknown field `exclud`, expected one of `dialect`, `schema`, ..
        let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let unknown = said.strip_prefix("unknown ").and_then(|said| said.split('`').nth(1));
        match unknown {
            Some(unknown) if !names.is_empty() => {
                let kind = if said.starts_with("unknown field") { "key" } else { "value" };
                let close = get_close_matches(unknown, &names, 1, 0.5).first().copied();
                let known = names.join("`, `");
                let problem = Self { message: format!("there is no {kind} `{unknown}` here"), ..problem };
                match close {
                    Some(close) => problem.suggesting(Some(close)),
                    None => Self { help: Some(format!("there are `{known}`")), ..problem },
                }
            }
            _ => problem,
        }
    }

    /// The same with a name that was probably meant.
    pub(super) fn suggesting(self, name: Option<&str>) -> Self {
        let help = name.map(|name| format!("did you mean `{name}`?"));
        Self { help: help.or(self.help), ..self }
    }
}

/// One line: place, problem, help.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source.path)?;
        if let Some(span) = self.span {
            let position = LineIndex::new(&self.source.text).position(&self.source.text, span.start as usize);
            write!(f, ":{}:{}", position.line, position.column)?;
        }
        write!(f, ": {}", self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for Problem {}
