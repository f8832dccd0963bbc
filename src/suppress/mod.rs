//! What the user has decided in comments: findings that are meant, each with its reason.
//!
//! Takes findings out, and reports the comments that say nothing (`invalid-suppression`) or change nothing
//! (`unused-suppression`). Never looks for comments: that is the front ends' work.

mod grammar;
mod report;
pub mod write;

use crate::frontend::comments::Comment;
use crate::rules::finding::Finding;
use crate::rules::levels::Levels;
use crate::source::{FileId, Files, Site, Span};
use grammar::{Ignore, Said};
use std::collections::BTreeMap;

/// The comments of one file.
#[derive(Debug, Clone)]
pub struct Commented {
    /// The file.
    pub file: FileId,
    /// Its comments that speak to noclobber.
    pub comments: Vec<Comment>,
    /// The places of the file that could not be analysed; `None` when the whole file could not. What stands there may
    /// well need its suppression.
    pub gaps: Option<Vec<Span>>,
}

/// What is left.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// The findings that no comment covers.
    pub kept: Vec<Finding>,
    /// Those that one does.
    pub suppressed: Vec<Finding>,
    /// What is wrong with the comments.
    pub about_comments: Vec<Finding>,
}

/// A comment that suppresses, and which of its rules had something to suppress.
struct Suppression<'a> {
    comment: &'a Comment,
    ignore: Ignore,
    used: Vec<bool>,
}

impl Suppression<'_> {
    fn covers(&self, span: Span) -> bool {
        let touches = |covered: &Span| covered.start < span.end.max(span.start + 1) && span.start < covered.end;
        self.ignore.file || self.comment.covers.iter().any(touches)
    }
}

/// Takes out the findings that comments of their files cover, and reports comments that are wrong or without effect.
pub fn apply(findings: Vec<Finding>, commented: &[Commented], files: &Files, levels: &Levels) -> Applied {
    let mut applied = Applied::default();
    let mut by_file: BTreeMap<FileId, Vec<Suppression<'_>>> = BTreeMap::new();
    for file in commented {
        for comment in &file.comments {
            let site = Site { file: file.file, span: comment.span };
            let mut tell = |why: &str| applied.about_comments.extend(report::invalid(site, why, levels));
            match grammar::read(&comment.text) {
                Said::Wrong(why) => tell(&why),
                Said::Ignore(ignore) if ignore.file && !comment.leads => {
                    tell("`ignore-file` must stand before the first item or statement of a file");
                }
                Said::Ignore(ignore) => {
                    ignore.unknown.iter().for_each(|why| tell(why));
                    let used = vec![false; ignore.rules.len()];
                    by_file.entry(file.file).or_default().push(Suppression { comment, ignore, used });
                }
            }
        }
    }
    // What is reported at each place all the same, to tell why a comment there has no effect.
    let mut missed: BTreeMap<Site, &'static str> = BTreeMap::new();
    for finding in findings {
        let mut covered = false;
        for suppression in by_file.get_mut(&finding.site.file).into_iter().flatten() {
            if !suppression.covers(finding.site.span) {
                continue;
            }
            let named = suppression.ignore.rules.iter().position(|rule| *rule == finding.rule);
            if let Some(used) = named.and_then(|index| suppression.used.get_mut(index)) {
                *used = true;
                covered = true;
            } else {
                missed.insert(Site { file: finding.site.file, span: suppression.comment.span }, finding.rule);
            }
        }
        if covered { applied.suppressed.push(finding) } else { applied.kept.push(finding) }
    }
    for file in commented {
        for suppression in by_file.get(&file.file).into_iter().flatten() {
            let site = Site { file: file.file, span: suppression.comment.span };
            let gap = |gaps: &Vec<Span>| gaps.iter().any(|gap| suppression.covers(*gap));
            let understood = file.gaps.as_ref().is_some_and(|gaps| !gap(gaps));
            let idle = |(rule, used): (&&'static str, &bool)| (!used && levels.is_on(rule)).then_some(*rule);
            let idle: Vec<&'static str> =
                suppression.ignore.rules.iter().zip(&suppression.used).filter_map(idle).collect();
            if understood && !idle.is_empty() {
                let all = idle.len() == suppression.ignore.rules.len() && suppression.ignore.unknown.is_empty();
                let instead = missed.get(&site).copied();
                applied.about_comments.extend(report::unused(site, &idle, all, instead, files, levels));
            } else if !suppression.ignore.reason && !suppression.ignore.rules.is_empty() {
                applied.about_comments.extend(report::without_reason(site, levels));
            }
        }
    }
    applied
}

#[cfg(test)]
mod tests;
