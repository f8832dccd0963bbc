//! One line a finding: `path:line:column: severity[rule] message`.

use super::sanitize::one_line;
use super::{Lines, Shown, word};
use crate::check::Report;
use std::io::{self, Write};

/// Writes the report.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, shown: Shown) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    for finding in &report.findings {
        let place = one_line(&lines.place(finding.site));
        writeln!(out, "{place}: {}[{}] {}", word(finding.severity), finding.rule, one_line(&finding.message))?;
    }
    if shown.unanalysed {
        for unanalysed in &report.unanalysed {
            let place = one_line(&lines.place(unanalysed.site));
            writeln!(out, "{place}: not analysed: {}", one_line(&unanalysed.reason))?;
        }
    }
    super::text::write_end(out, report, shown)
}
