//! Files, byte spans, line numbers, and the map from SQL text to the bytes that spell it.
//!
//! Never parses anything: it only says where things are.

use std::ops::Range;
use std::path::PathBuf;

/// Index of a file in the run's file table ([`Files`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes, 0-based, in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `range`.
    pub fn new(range: Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The same bytes as a `usize` range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies inside this span.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A place in the project: bytes of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// One file of the run, as text. Non-UTF-8 bytes have been replaced by the caller.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path as it is shown: relative to the working directory where possible, forward slashes.
    pub path: String,
    /// Path to open the file by.
    pub absolute: PathBuf,
    /// The whole text, a byte-order mark included: spans are offsets into the file.
    pub text: String,
}

/// All files of a run that something points into.
#[derive(Debug, Clone, Default)]
pub struct Files {
    files: Vec<SourceFile>,
}

impl Files {
    /// Adds a file and returns its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId((self.files.len() - 1) as u32)
    }

    /// Gives a file that was added without its text the text after all.
    pub fn fill(&mut self, id: FileId, file: SourceFile) {
        if let Some(slot) = self.files.get_mut(id.0 as usize).filter(|slot| slot.text.is_empty()) {
            *slot = file;
        }
    }

    /// The file of that id.
    ///
    /// # Panics
    /// When the id is of another table.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text at a place; empty when the span is not on character boundaries.
    pub fn text(&self, site: Site) -> &str {
        self.get(site.file).text.get(site.span.range()).unwrap_or("")
    }

    /// All files with their ids, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }
}

/// Line and column of a byte, both from 1; the column counts characters, the `byte` is the offset in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset in the file, from 0.
    pub byte: usize,
}

/// The starts of a text's lines, for turning bytes into [`Position`]s.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Reads the line starts of `text` (`\n` ends a line; a `\r` before it belongs to the line).
    pub fn new(text: &str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
            .collect();
        Self { starts }
    }

    /// The line (from 0) that `byte` lies in; the last one for a byte past the end.
    pub fn line(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).max(1) - 1
    }

    /// The bytes of a line (from 0) of `text`, without its end; `None` past the last line.
    pub fn line_range(&self, text: &str, line: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let end = if end > start && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        Some(start..end)
    }

    /// The position of `byte` in `text`, which must be the text the index was made from.
    /// A leading byte-order mark is not counted as a column.
    pub fn position(&self, text: &str, byte: usize) -> Position {
        let byte = byte.min(text.len());
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts[line - 1];
        let before = text.get(start..byte).unwrap_or("");
        let before = if start == 0 { before.strip_prefix('\u{feff}').unwrap_or(before) } else { before };
        Position { line, column: before.chars().count() + 1, byte }
    }
}

/// How one stretch of SQL text came from its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    /// Where the stretch starts in the SQL text.
    sql_start: u32,
    sql_len: u32,
    /// The bytes of the file that spell it.
    source: Span,
}

impl Segment {
    fn is_linear(self) -> bool {
        self.sql_len == self.source.end - self.source.start
    }
}

/// Map from the bytes of an SQL text to the bytes of the file that spell them.
///
/// Built by appending pieces in order. A piece of equal length on both sides maps byte by byte; any other piece
/// (an escape sequence, a `format!` hole, a constant spelled elsewhere) maps as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpanMap {
    segments: Vec<Segment>,
    sql_len: u32,
}

impl SpanMap {
    /// The map of a text that is a file, or a slice of one that starts at byte `start`.
    pub fn identity(start: usize, len: usize) -> Self {
        let mut map = Self::default();
        map.push(len, Span::new(start..start + len));
        map
    }

    /// Appends `sql_len` bytes of SQL that are spelled by `source`.
    pub fn push(&mut self, sql_len: usize, source: Span) {
        if sql_len == 0 {
            return;
        }
        let sql_len = sql_len as u32;
        if let Some(last) = self.segments.last_mut()
            && last.is_linear()
            && last.source.end == source.start
            && sql_len == source.end - source.start
        {
            last.sql_len += sql_len;
            last.source.end = source.end;
        } else {
            self.segments.push(Segment { sql_start: self.sql_len, sql_len, source });
        }
        self.sql_len += sql_len;
    }

    /// Appends another map, as when literals are concatenated.
    pub fn append(&mut self, other: &Self) {
        for segment in &other.segments {
            self.push(segment.sql_len as usize, segment.source);
        }
    }

    /// The part of the map for `range` of the SQL text.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut map = Self::default();
        let first = self.segments.partition_point(|s| (s.sql_start + s.sql_len) as usize <= range.start);
        for segment in self.segments.get(first..).unwrap_or(&[]) {
            if segment.sql_start as usize >= range.end {
                break;
            }
            let (start, end) = (segment.sql_start as usize, (segment.sql_start + segment.sql_len) as usize);
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                let source = if segment.is_linear() {
                    let base = segment.source.start as usize;
                    Span::new(base + from - start..base + to - start)
                } else {
                    segment.source
                };
                map.push(to - from, source);
            }
        }
        map
    }

    /// Length in bytes of the SQL text that is mapped.
    pub fn sql_len(&self) -> usize {
        self.sql_len as usize
    }

    /// The bytes of the file that spell `range` of the SQL text: from the start of what spells its first byte to the
    /// end of what spells its last. An empty range gives an empty span. Out-of-range input is clamped.
    pub fn span(&self, range: Range<usize>) -> Span {
        if self.segments.is_empty() {
            return Span::default();
        }
        let start = self.byte(range.start).0;
        if range.end <= range.start {
            return Span { start, end: start };
        }
        let end = self.byte(range.end - 1).1;
        Span { start, end: end.max(start) }
    }

    /// The source bytes `[start, end)` that spell one byte of SQL.
    fn byte(&self, sql: usize) -> (u32, u32) {
        let sql = sql as u32;
        let index = self.segments.partition_point(|s| s.sql_start <= sql).saturating_sub(1);
        let segment = self.segments[index];
        if sql >= segment.sql_start + segment.sql_len {
            return (segment.source.end, segment.source.end);
        }
        if segment.is_linear() {
            let at = segment.source.start + sql - segment.sql_start;
            (at, at + 1)
        } else {
            (segment.source.start, segment.source.end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_of_pieces_points_at_the_bytes_that_spell_the_text() {
        let mut map = SpanMap::default();
        map.push(3, Span::new(10..13)); // abc, as it stands
        map.push(1, Span::new(13..15)); // \n
        map.push(2, Span::new(15..17));
        assert_eq!(map.sql_len(), 6);
        assert_eq!(map.span(0..3), Span::new(10..13));
        assert_eq!(map.span(2..4), Span::new(12..15));
        assert_eq!(map.span(3..4), Span::new(13..15));
        assert_eq!(map.span(4..6), Span::new(15..17));
        assert_eq!(map.span(6..6), Span::new(17..17));
        assert_eq!(map.slice(2..5).span(1..3), Span::new(13..16));
    }

    #[test]
    fn columns_count_characters_and_a_byte_order_mark_is_no_column() {
        let text = "\u{feff}é = 1\nab";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 3).column, 1);
        assert_eq!(index.position(text, 5), Position { line: 1, column: 2, byte: 5 });
        let at = text.find("ab").unwrap();
        assert_eq!(index.position(text, at), Position { line: 2, column: 1, byte: at });
    }
}
