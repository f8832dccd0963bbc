//! `noclobber explain [RULE]`: a rule's page, or the list.

use super::unknown_rule;
use crate::cli::ExplainArgs;
use noclobber::rules::{self, RULES};
use std::io::{self, Write};

/// Writes the page of the rule, or one line a rule, to stdout.
pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<u8> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if let Some(id) = &args.rule {
        let rule = rules::by_id(id).ok_or_else(|| anyhow::anyhow!(unknown_rule(id)))?;
        writeln!(out, "# {}\n\n{}", rule.id, rule.page().trim_end())?;
    } else {
        let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        for rule in RULES {
            writeln!(out, "{:width$}  {}", rule.id, rule.summary())?;
        }
    }
    out.flush()?;
    Ok(0)
}
