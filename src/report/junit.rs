//! JUnit XML: one test case a finding; what is below the gate is a case that passes and says what it saw.
//!
//! A run without findings is one case that passes: services take an empty file for a broken job.

use super::{Lines, Shown, column_of, details, word};
use crate::check::Report;
use crate::rules::finding::Finding;
use std::io::{self, Write};

/// Writes the document.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, shown: Shown) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    let fails = |finding: &Finding| shown.fail_on.is_none_or(|gate| finding.severity >= gate);
    let failures = report.findings.iter().filter(|finding| fails(finding)).count();
    let faults = report.faults.len();
    let tests = (report.findings.len() + faults).max(1);
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{faults}\"");
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"noclobber\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"noclobber\" {counts}>")?;
    for finding in &report.findings {
        case(out, report, &lines, finding, fails(finding))?;
    }
    for fault in &report.faults {
        writeln!(out, "    <testcase name=\"noclobber\" classname=\"noclobber\">")?;
        writeln!(out, "      <error message=\"{}\" type=\"fault\"/>", escaped(fault))?;
        writeln!(out, "    </testcase>")?;
    }
    if report.findings.is_empty() && faults == 0 {
        writeln!(out, "    <testcase name=\"nothing found\" classname=\"noclobber\"/>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn case(out: &mut dyn Write, report: &Report, lines: &Lines<'_>, finding: &Finding, fails: bool) -> io::Result<()> {
    let place = lines.place(finding.site);
    let column = column_of(finding).map_or_else(String::new, |column| format!(" {column}"));
    let name = format!("{}{column} at {place}", finding.rule);
    let class = &report.files.get(finding.site.file).path;
    writeln!(out, "    <testcase name=\"{}\" classname=\"{}\">", escaped(&name), escaped(class))?;
    let mut text = format!("{place}: {}[{}] {}", word(finding.severity), finding.rule, finding.message);
    for evidence in finding.evidence_beside() {
        let place = evidence.site.map(|site| format!("{}: ", lines.place(site)));
        text.extend(["\n", &place.unwrap_or_default(), &evidence.message]);
    }
    for detail in details(finding) {
        text.push('\n');
        text.push_str(&detail);
    }
    let text = escaped(&text);
    if fails {
        let (message, kind) = (escaped(&finding.message), word(finding.severity));
        writeln!(out, "      <failure message=\"{message}\" type=\"{kind}\">{text}</failure>")?;
    } else {
        writeln!(out, "      <system-out>{text}</system-out>")?;
    }
    writeln!(out, "    </testcase>")
}

/// The text in an element or in an attribute with double quotes. Characters that XML 1.0 has no way to write become `?`.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut xml, c| {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            // In an attribute a line end would be read as a blank.
            '\n' => xml.push_str("&#10;"),
            '\r' => xml.push_str("&#13;"),
            '\t' => xml.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => xml.push('?'),
            c if c < ' ' => xml.push('?'),
            c => xml.push(c),
        }
        xml
    })
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn every_text_is_well_formed() {
        assert_eq!(escaped("<a b=\"c\">&\n\u{1b}\u{0}é\u{ffff}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#10;??é?");
    }
}
