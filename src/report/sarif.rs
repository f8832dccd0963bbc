//! SARIF 2.1.0, the format of code-scanning services (OASIS standard).
//!
//! All rules are listed in every file, so that a service can show those without findings too. Nothing that the user has
//! silenced is in it: services differ in what they make of SARIF's own suppressions.

use super::repository::Repository;
use super::{Lines, Shown, column_of, details, rule_page_url, word};
use crate::check::Report;
use crate::rules::RULES;
use crate::rules::finding::{Applicability, Confidence, Finding, Fix};
use crate::source::{FileId, Site};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name under which paths are relative to the repository's root; services know it.
const ROOT: &str = "%SRCROOT%";
/// The name of our fingerprint ([`crate::fingerprint`]) and its version.
const FINGERPRINT: &str = "noclobber/v1";

/// A longer piece of code is left out, in bytes: the place says where it stands.
const LONG_SNIPPET: usize = 1_000;

/// A place in a file. Lines and columns start at 1; columns count characters, the end is one past the last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// What a part of the document is made from.
struct Context<'a> {
    report: &'a Report,
    lines: Lines<'a>,
    repository: &'a Repository,
}

/// Writes one document with one run.
///
/// # Errors
/// When `out` does not take it.
pub fn write(out: &mut dyn Write, report: &Report, shown: Shown, repository: &Repository) -> io::Result<()> {
    let context = Context { report, lines: Lines::new(&report.files), repository };
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "noclobber",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": super::home_url(),
                "rules": rules(),
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository." } } },
            "invocations": [{
                "executionSuccessful": report.faults.is_empty(),
                "toolExecutionNotifications": context.notifications(shown),
            }],
            "results": report.findings.iter().map(|finding| context.result(finding)).collect::<Vec<_>>(),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Every rule with its page.
fn rules() -> Vec<Value> {
    RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "name": heck::AsPascalCase(rule.id).to_string(),
                "shortDescription": { "text": rule.summary() },
                "fullDescription": { "text": rule.summary() },
                "help": { "text": rule.page(), "markdown": rule.page() },
                "helpUri": rule_page_url(rule.id),
                "defaultConfiguration": { "level": "warning" },
                "properties": { "tags": ["correctness", "data-loss", "json", "sql"] },
            })
        })
        .collect()
}

impl Context<'_> {
    fn result(&self, finding: &Finding) -> Value {
        let mut related: Vec<Value> = vec![];
        let mut text = finding.message.clone();
        for evidence in finding.evidence_beside() {
            match evidence.site {
                Some(site) => {
                    let id = related.len() + 1;
                    text.extend(["\n- [", &in_brackets(&evidence.message), "](", &id.to_string(), ")"]);
                    let mut location = self.location(site);
                    location["id"] = json!(id);
                    location["message"] = json!({ "text": evidence.message });
                    related.push(location);
                }
                None => text.extend(["\n- ", &evidence.message]),
            }
        }
        for detail in details(finding) {
            text.push('\n');
            text.push_str(&detail);
        }
        let mut result = json!({
            "ruleId": finding.rule,
            "ruleIndex": RULES.iter().position(|rule| rule.id == finding.rule),
            "level": word(finding.severity),
            "rank": rank(finding.confidence),
            "message": { "text": text },
            "locations": [self.location(finding.site)],
            "relatedLocations": related,
            "partialFingerprints": { FINGERPRINT: finding.fingerprint },
            "properties": {
                "confidence": finding.confidence,
                "column": column_of(finding),
                "survival": finding.survival,
                "lostKeys": finding.lost_keys,
                "labels": finding.labels,
                "also": finding.also,
            },
        });
        // A finding of a rule that is not in the registry (housekeeping) has no index; null is not allowed.
        if result["ruleIndex"].is_null()
            && let Some(result) = result.as_object_mut()
        {
            result.remove("ruleIndex");
        }
        if let Some(fix) = finding.fix.as_ref().and_then(|fix| self.fix(fix)) {
            result["fixes"] = json!([fix]);
        }
        result
    }

    /// The fix, where it can be applied as it is.
    fn fix(&self, fix: &Fix) -> Option<Value> {
        if fix.edits.is_empty() || fix.applicability == Applicability::Display {
            return None;
        }
        let mut changes: Vec<(String, Vec<Value>)> = vec![];
        for edit in &fix.edits {
            let uri = self.repository.uri(&self.report.files, edit.site.file)?;
            let replacement =
                json!({ "deletedRegion": self.region(edit.site), "insertedContent": { "text": edit.text } });
            match changes.iter_mut().find(|(file, _)| *file == uri) {
                Some((_, replacements)) => replacements.push(replacement),
                None => changes.push((uri, vec![replacement])),
            }
        }
        let changes = changes.into_iter().map(|(uri, replacements)| {
            json!({ "artifactLocation": { "uri": uri, "uriBaseId": ROOT }, "replacements": replacements })
        });
        Some(json!({
            "description": { "text": fix.title },
            "artifactChanges": changes.collect::<Vec<_>>(),
        }))
    }

    fn artifact(&self, file: FileId) -> Value {
        match self.repository.uri(&self.report.files, file) {
            Some(uri) => json!({ "uri": uri, "uriBaseId": ROOT }),
            // A schema may lie outside the repository; its path on this machine is no help elsewhere.
            None => json!({ "description": { "text": self.report.files.get(file).path } }),
        }
    }

    fn location(&self, site: Site) -> Value {
        let artifact = self.artifact(site.file);
        let mut region = json!(self.region(site));
        let snippet = self.report.files.text(site);
        if !snippet.is_empty() && snippet.len() <= LONG_SNIPPET {
            region["snippet"] = json!({ "text": snippet });
        }
        json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } })
    }

    fn region(&self, site: Site) -> Region {
        let (start, end) = self.lines.ends(site);
        Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
    }

    /// What kept files or statements from being checked.
    fn notifications(&self, shown: Shown) -> Vec<Value> {
        let note = |level: &str, text: &str| json!({ "level": level, "message": { "text": text } });
        let mut all: Vec<Value> = self.report.faults.iter().map(|fault| note("error", fault)).collect();
        for warning in &self.report.warnings {
            let mut notification = note("warning", &warning.message);
            if let Some((file, span)) = warning.place {
                notification["locations"] = json!([match span {
                    Some(span) => self.location(Site { file, span }),
                    None => json!({ "physicalLocation": { "artifactLocation": self.artifact(file) } }),
                }]);
            }
            all.push(notification);
        }
        for unanalysed in self.report.unanalysed.iter().filter(|_| shown.unanalysed) {
            let mut notification = note("note", &format!("not analysed: {}", unanalysed.reason));
            notification["locations"] = json!([self.location(unanalysed.site)]);
            all.push(notification);
        }
        all
    }
}

/// Text for the inside of a link's brackets: `[`, `]` and `\` are escaped (section 3.11.6).
fn in_brackets(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// How sure a finding is, on SARIF's scale from 0 to 100.
fn rank(confidence: Confidence) -> f32 {
    match confidence {
        Confidence::High => 90.0,
        Confidence::Medium => 60.0,
        Confidence::Low => 20.0,
    }
}
