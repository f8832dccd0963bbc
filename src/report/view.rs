//! The lines of a file that a diagnostic shows, as codespan-reporting wants them.
//!
//! codespan prints whole lines, and some files are one line: a long line is cut to a window around its labels. Line and
//! column numbers stay those of the file.

use super::Lines;
use super::sanitize::sanitize;
use crate::source::{FileId, Files, LineIndex, Site, Span};
use codespan_reporting::files::{Error, Files as CodespanFiles};
use std::collections::BTreeMap;
use std::ops::Range;

/// A line of more bytes than this is cut.
const LONG_LINE: usize = 300;
/// How much of a long line is kept before its first label.
const BEFORE: usize = 60;
/// How much of a long line is kept from its first label on.
const AFTER: usize = 200;
/// Stands where a line was cut.
const CUT: &str = "…";
/// Lines around each end of a label that may be shown.
const AROUND: usize = 4;

/// The views of the files that one diagnostic points into.
pub(super) struct Views<'a> {
    files: &'a Files,
    lines: &'a Lines<'a>,
    by_file: BTreeMap<FileId, View>,
}

/// The lines of one file that may be shown.
#[derive(Default)]
struct View {
    text: String,
    /// By line, from 0.
    lines: BTreeMap<usize, Line>,
}

/// One line in the view, without its end.
struct Line {
    /// Where it stands in the file.
    whole: Range<usize>,
    /// Where it stands in the view's text.
    shown: Range<usize>,
    /// Where the kept part of the line stands in the view's text.
    kept: Range<usize>,
    /// Where the kept part begins in the file.
    start: usize,
}

impl Line {
    /// Where a byte of the file stands in the view, moved to the kept part.
    fn nearest(&self, byte: usize) -> usize {
        (self.kept.start + byte.saturating_sub(self.start)).min(self.kept.end)
    }
}

impl<'a> Views<'a> {
    /// Views of all files that the sites lie in. A long line is cut around its first site in this order.
    pub(super) fn new(files: &'a Files, lines: &'a Lines<'a>, sites: &[Site]) -> Self {
        let mut by_file: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
        for site in sites {
            by_file.entry(site.file).or_default().push(site.span.range());
        }
        let view = |(file, ranges): (FileId, Vec<Range<usize>>)| {
            (file, View::new(&files.get(file).text, lines.index(file), &ranges))
        };
        Self { files, lines, by_file: by_file.into_iter().map(view).collect() }
    }

    /// The site's bytes in its view; `None` where the line was cut off before it.
    pub(super) fn range(&self, site: Site) -> Option<Range<usize>> {
        let view = self.by_file.get(&site.file)?;
        let start = view.shown(site.span.start as usize)?;
        let end = view.nearest(site.span.end as usize);
        Some(start..end.max(start))
    }

    fn view(&self, id: FileId) -> Result<&View, Error> {
        self.by_file.get(&id).ok_or(Error::FileMissing)
    }
}

impl View {
    fn new(text: &str, index: &LineIndex, ranges: &[Range<usize>]) -> Self {
        let mut wanted: BTreeMap<usize, Option<usize>> = BTreeMap::new();
        for range in ranges {
            let (first, last) = (index.line(range.start), index.line(range.end.max(range.start)));
            for line in (first..=last.min(first + AROUND)).chain(last.saturating_sub(AROUND).max(first)..=last) {
                let label = if line == first { range.start } else { 0 };
                wanted.entry(line).or_default().get_or_insert(label);
            }
            // codespan fills a gap of one line.
            for line in [first.checked_sub(1), Some(last + 1)].into_iter().flatten() {
                wanted.entry(line).or_default();
            }
        }
        let mut view = Self::default();
        for (line, label) in wanted {
            if let Some(whole) = index.line_range(text, line) {
                view.push(line, text, whole, label);
            }
        }
        view
    }

    fn push(&mut self, line: usize, text: &str, mut whole: Range<usize>, label: Option<usize>) {
        // A byte-order mark is no column, and a terminal may show it as a box.
        if whole.start == 0 && text.starts_with('\u{feff}') {
            whole.start = whole.end.min(3);
        }
        let mut kept = whole.clone();
        if kept.len() > LONG_LINE {
            let label = label.unwrap_or(0).clamp(kept.start, kept.end);
            let (from, to) = (label.saturating_sub(BEFORE).max(kept.start), (label + AFTER).min(kept.end));
            kept = floor(text, from)..floor(text, to);
        }
        let shown = self.text.len();
        if kept.start > whole.start {
            self.text.push_str(CUT);
        }
        let start = self.text.len();
        self.text.push_str(&sanitize(text.get(kept.clone()).unwrap_or_default()).replace('\r', "?"));
        let end = self.text.len();
        if kept.end < whole.end {
            self.text.push_str(CUT);
        }
        let shown = shown..self.text.len();
        self.text.push('\n');
        self.lines.insert(line, Line { whole, shown, kept: start..end, start: kept.start });
    }

    /// Where a byte of the file stands in the view, if it is kept.
    fn shown(&self, byte: usize) -> Option<usize> {
        let line = self.lines.values().take_while(|line| line.whole.start <= byte).last()?;
        let kept = line.start <= byte && byte - line.start <= line.kept.len();
        // What lies past the end of a line or of the file is shown at its end.
        let past = line.whole.end <= byte && line.whole.end - line.start == line.kept.len();
        (kept || past).then(|| line.nearest(byte))
    }

    /// Where a byte of the file stands in the view, or the nearest that is kept.
    fn nearest(&self, byte: usize) -> usize {
        self.lines.values().take_while(|line| line.whole.start <= byte).last().map_or(0, |line| line.nearest(byte))
    }

    /// The line that a byte of the view belongs to.
    fn line(&self, byte: usize) -> Option<(usize, &Line)> {
        let line = self.lines.iter().take_while(|(_, line)| line.shown.start <= byte).last();
        line.map(|(index, line)| (*index, line))
    }
}

/// The nearest character boundary at or before `byte`.
fn floor(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl<'a> CodespanFiles<'a> for Views<'_> {
    type FileId = FileId;
    type Name = String;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<String, Error> {
        Ok(super::sanitize::one_line(&self.files.get(id).path))
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.view(id)?.text)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        Ok(self.view(id)?.line(byte).map_or(0, |(index, _)| index))
    }

    fn column_number(&'a self, id: FileId, _line: usize, byte: usize) -> Result<usize, Error> {
        let view = self.view(id)?;
        let at = view.line(byte).map_or(0, |(_, line)| line.start + byte.saturating_sub(line.kept.start));
        let site = Site { file: id, span: Span::new(at..at) };
        Ok(self.lines.position(site, at as u32).column)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        Ok(self.view(id)?.lines.get(&line).map_or(0..0, |line| line.shown.clone()))
    }
}
