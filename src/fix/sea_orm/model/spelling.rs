//! How a file spells what stands around a write: lines, words, the end of a chain. Text only; nothing is decided here.

use super::Case;
use crate::fix::sea_orm::code::Sink;
use crate::fix::text;
use std::ops::Range;

impl Case<'_> {
    /// What stands on the line before a byte, and the line's indentation.
    pub(super) fn line(&self, at: usize) -> (&str, &str) {
        let head = self.text.get(..at).unwrap_or_default();
        let before = head.rsplit('\n').next().unwrap_or_default();
        let indent = before.len() - before.trim_start().len();
        (before, before.get(..indent).unwrap_or_default())
    }

    /// These bytes with the rest of their lines, if there is nothing else on them.
    pub(super) fn whole_line(&self, bytes: &Range<usize>) -> Range<usize> {
        let (before, _) = self.line(bytes.start);
        let behind = self.text.get(bytes.end..).unwrap_or_default();
        let rest = behind.split('\n').next().unwrap_or_default();
        if !before.trim().is_empty() || !rest.trim().is_empty() || rest.len() == behind.len() {
            return bytes.clone();
        }
        bytes.start - before.len()..bytes.end + rest.len() + 1
    }

    /// Where a name stands as a word of its own.
    pub(super) fn words(&self, name: &str, bytes: &Range<usize>) -> Vec<usize> {
        let part = self.part(bytes);
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let alone = |at: &usize| {
            let before = part.get(..*at).and_then(|head| head.chars().next_back());
            let behind = part.get(at + name.len()..).and_then(|rest| rest.chars().next());
            !before.is_some_and(|c| word(c) || c == '.') && !behind.is_some_and(word)
        };
        part.match_indices(name).map(|(at, _)| at).filter(alone).map(|at| at + bytes.start).collect()
    }

    /// Where a path stands that is not the end of a longer one.
    pub(super) fn spelled_alone(&self, path: &str) -> Vec<usize> {
        let found = self.text.match_indices(path).map(|(at, _)| at);
        let alone = |at: &usize| {
            let before = self.text.get(..*at).and_then(|head| head.chars().next_back());
            before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ':'))
        };
        found.filter(alone).collect()
    }

    /// Whether the function may be left in these bytes, or they repeat.
    pub(super) fn leaves(&self, bytes: &Range<usize>) -> bool {
        const LEAVING: [&str; 6] = ["return", "break", "continue", "bail", "ensure", "panic"];
        let part = self.part(bytes);
        part.contains('?') || text::words(part).any(|word| LEAVING.contains(&word))
    }

    /// What stands behind the call, on lines of its own.
    pub(super) fn behind(&self, sink: &Sink) -> Option<String> {
        let behind = self.part(&sink.behind);
        if behind.contains("//") || behind.contains("/*") {
            return None;
        }
        let mut out = String::new();
        for line in behind.lines().map(str::trim) {
            if !out.is_empty() && !line.starts_with(['.', '?', ')']) && !out.ends_with('(') {
                out.push(' ');
            }
            out.push_str(line);
        }
        if sink.open {
            out.push('?');
        }
        Some(out)
    }
}
