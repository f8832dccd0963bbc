//! Several reports as one: a run over several projects shows its findings together.
//!
//! Each report counts its own files from 0, so that all places move by the number of files before them.

use super::Report;
use crate::rules::finding::{Finding, Summary};
use crate::rules::survey::SurveyedColumn;
use crate::source::{FileId, Site};

impl Report {
    /// The reports as one, findings by path and place. One report alone stays as it is.
    #[must_use]
    pub fn join(reports: Vec<Self>) -> Self {
        let mut reports = reports.into_iter();
        let mut whole = reports.next().unwrap_or_default();
        for report in reports {
            whole.append(report);
        }
        whole
    }

    fn append(&mut self, other: Self) {
        let by = self.files.iter().count() as u32;
        for (_, file) in other.files.iter() {
            self.files.add(file.clone());
        }
        let moved = |mut findings: Vec<Finding>| {
            for finding in &mut findings {
                finding.places(&mut |site| shift(site, by));
            }
            findings
        };
        let (times, more) = (&mut self.times, other.times);
        times.read += more.read;
        times.join += more.join;
        times.callers += more.callers;
        times.judge += more.judge;
        self.findings.extend(moved(other.findings));
        self.suppressed.extend(moved(other.suppressed));
        self.baselined.extend(moved(other.baselined));
        self.hidden.extend(moved(other.hidden));
        let (files, statements) = (&self.files, &mut self.statements);
        for findings in [&mut self.findings, &mut self.suppressed, &mut self.baselined, &mut self.hidden] {
            findings.sort_by(|a, b| {
                let place = |finding: &Finding| (files.get(finding.site.file).absolute.as_path(), finding.site.span);
                place(a).cmp(&place(b)).then_with(|| a.rule.cmp(b.rule))
            });
        }
        statements.extend(other.statements.into_iter().map(|(mut site, span)| {
            shift(&mut site, by);
            (site, span)
        }));
        let looked = other.looked.files.into_iter().map(|(file, looked)| (FileId(file.0 + by), looked));
        self.looked.files.extend(looked);
        self.looked.whole &= other.looked.whole;
        self.columns.extend(other.columns.into_iter().map(|mut column| {
            places_of(&mut column, &mut |site| shift(site, by));
            column
        }));
        self.unanalysed.extend(other.unanalysed.into_iter().map(|mut unanalysed| {
            shift(&mut unanalysed.site, by);
            unanalysed
        }));
        self.warnings.extend(other.warnings.into_iter().map(|mut warning| {
            warning.place = warning.place.map(|(file, span)| (FileId(file.0 + by), span));
            warning
        }));
        self.warnings.sort_unstable();
        self.unmatched.extend(other.unmatched);
        self.faults.extend(other.faults);
        self.nested.extend(other.nested);
        self.summary = sum(self.summary, other.summary);
    }
}

fn shift(site: &mut Site, by: u32) {
    site.file = FileId(site.file.0 + by);
}

/// All places of a column.
fn places_of(column: &mut SurveyedColumn, f: &mut dyn FnMut(&mut Site)) {
    column.provenance.iter_mut().filter_map(|(_, site)| site.as_mut()).for_each(&mut *f);
    column.keys.iter_mut().flat_map(|key| &mut key.readers).for_each(&mut *f);
    for owner in &mut column.owners {
        f(&mut owner.site);
        owner.declared.iter_mut().for_each(|(site, _)| f(site));
    }
    column.writers.iter_mut().map(|writer| &mut writer.site).for_each(f);
}

fn sum(a: Summary, b: Summary) -> Summary {
    Summary {
        files: a.files + b.files,
        statements: a.statements + b.statements,
        json_writes: a.json_writes + b.json_writes,
        unanalysed: a.unanalysed + b.unanalysed,
        suppressed: a.suppressed + b.suppressed,
        baselined: a.baselined + b.baselined,
    }
}
