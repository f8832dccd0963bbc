//! `noclobber explain [RULE]` and `noclobber rules`: a rule's page, or the list.

use super::unknown_rule;
use crate::cli::ExplainArgs;
use noclobber::rules::{self, RULES};
use std::io::{self, Write};

/// Writes the page of the rule, or one line a rule, to stdout.
pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<u8> {
    let Some(id) = &args.rule else { return list() };
    let rule = rules::by_id(id).ok_or_else(|| anyhow::anyhow!(unknown_rule(id)))?;
    let mut out = io::stdout().lock();
    writeln!(out, "# {}\n\n{}", rule.id, rule.page().trim_end())?;
    out.flush()?;
    Ok(0)
}

/// Writes one line a rule to stdout.
pub(crate) fn list() -> anyhow::Result<u8> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in RULES {
        writeln!(out, "{:width$}  {}", rule.id, rule.summary())?;
    }
    out.flush()?;
    Ok(0)
}
