//! `.sql` files as facts: one text for the way up of a migration, one for the way down.
//!
//! Never opens a file and never splits statements: that is the work of [`super::sql`].

use super::comments::by_place;
use super::facts::{Facts, Route, SqlText, TextFacts};
use super::sql::{self, Dialect};
use crate::source::{FileId, SourceFile, Span, SpanMap};
use std::ops::Range;

/// Reads an `.sql` file. `dialect` is that of the crate or folder; `in_tests` says that the file stands in test code.
///
/// What a migration does on its way down is read as test code, and leaves no trace in the schema.
pub fn read(file: FileId, source: &SourceFile, dialect: Option<Dialect>, in_tests: bool) -> Facts {
    let mut facts = Facts::new(file);
    let (up, down) = parts(&source.path, &source.text);
    let first = up.start.min(down.start);
    let mut comments = vec![];
    for (range, is_down) in [(up, false), (down, true)] {
        let Some(sql) = source.text.get(range.clone()).filter(|sql| !sql.trim().is_empty()) else { continue };
        let text = SqlText {
            sql: sql.to_owned(),
            map: SpanMap::identity(range.start, sql.len()),
            span: Span::new(range),
            route: Route::SqlFile,
            dialect: None,
            holes: vec![],
            binds: vec![],
            function: None,
            test: in_tests || is_down,
        };
        let mut read = sql::read(&text, dialect);
        comments.extend(sql::comments(&text, read.dialect, text.span.start as usize == first));
        if is_down {
            read.schema.clear();
        }
        facts.texts.push(TextFacts { text, facts: read });
    }
    facts.comments = by_place(comments);
    facts
}

/// The bytes of a file's way up and way down; either may be empty.
fn parts(path: &str, text: &str) -> (Range<usize>, Range<usize>) {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let end = text.len();
    if is_down_file(path) {
        return (end..end, start..end);
    }
    match down_marker(text) {
        Some((down, Some(up))) if down < up => (up..end, start..up),
        Some((down, _)) => (start..down, down..end),
        None => (start..end, end..end),
    }
}

/// Whether the file is the way down of a migration: `1_x.down.sql`, `2020-01-01_x/down.sql`, `U1__x.sql`.
pub fn is_down_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let undo = name.strip_prefix('u').and_then(|rest| rest.split_once("__")).is_some_and(|(version, _)| {
        !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
    });
    ["down.sql", "rollback.sql", "revert.sql"]
        .iter()
        .any(|end| name.strip_suffix(end).is_some_and(|head| head.is_empty() || head.ends_with(['.', '_', '-'])))
        || undo
}

/// Where the markers of a migration in one file stand: the first for the way down, and the one for the way up if the
/// file has it.
fn down_marker(text: &str) -> Option<(usize, Option<usize>)> {
    let (mut up, mut down) = (None, None);
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim().strip_prefix("--").map(str::trim_start);
        if let Some(words) = words.map(str::to_ascii_lowercase) {
            let has = |marks: [&str; 3]| marks.iter().any(|mark| words.starts_with(mark));
            if has(["migrate:down", "+goose down", "+migrate down"]) {
                down = down.or(Some(offset));
            } else if has(["migrate:up", "+goose up", "+migrate up"]) {
                up = up.or(Some(offset));
            }
        }
        offset += line.len();
    }
    down.map(|down| (down, up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_down_is_told_by_the_name_of_the_file() {
        for down in ["m/1_x.down.sql", "m/2024-01-01_x/down.sql", "m/U3__x.sql", "m/0001_x_rollback.sql"] {
            assert!(is_down_file(down), "{down}");
        }
        for up in ["m/1_x.up.sql", "m/1_x.sql", "m/countdown.sql", "m/users__x.sql", "m/up.sql"] {
            assert!(!is_down_file(up), "{up}");
        }
    }

    #[test]
    fn markers_divide_a_file_into_two_parts() {
        let text = "-- migrate:up\nA;\n-- migrate:down\nB;\n";
        let (up, down) = parts("m/1.sql", text);
        assert_eq!(&text[up], "-- migrate:up\nA;\n");
        assert_eq!(&text[down], "-- migrate:down\nB;\n");
        let text = "\u{feff}A;\n";
        assert_eq!(parts("m/1.sql", text), (3..6, 6..6));
        let text = "-- +goose Down\nB;\n-- +goose Up\nA;";
        let (up, down) = parts("m/1.sql", text);
        assert_eq!(&text[up], "-- +goose Up\nA;");
        assert_eq!(&text[down], "-- +goose Down\nB;\n");
    }
}
