//! From a changed statement to the bytes of the files that spell it.
//!
//! As little as possible is replaced: what stays of a value stays as it is spelled. A change that cannot be spelled in
//! the file for certain (a hole inside, text that is put together elsewhere) gives no edit.

use super::Fixer;
use super::rust::{Code, Literal};
use super::suggestion::Edit;
use crate::project::writes::ColumnWrite;
use crate::source::{FileId, Site, Span};
use std::ops::Range;

/// A replacement in the text of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Splice {
    range: Range<usize>,
    text: String,
    /// Where an insertion belongs to: what comes after it, or what stands before.
    leads: bool,
}

/// The edits that make the statement's assignment read `assignment`.
pub(super) fn of_assignment(write: &ColumnWrite, assignment: &str, fixer: &Fixer<'_>) -> Option<Vec<Edit>> {
    let range = &write.sql.assignment_in_statement;
    let old = write.sql.statement_sql.get(range.clone())?;
    let mut edits: Vec<Edit> = vec![];
    for splice in splices(old, assignment) {
        let moved = Splice { range: splice.range.start + range.start..splice.range.end + range.start, ..splice };
        for edit in place(write, &moved, fixer)? {
            // Two insertions into one literal may both ask for more `#`.
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    edits.sort_by_key(|edit| edit.site);
    (!edits.is_empty() && keeps_literals(write.file, &edits, fixer)).then_some(edits)
}

/// What has to be replaced in `old`: two insertions where all of the old value stays, else the part between what is
/// the same on both sides.
fn splices(old: &str, new: &str) -> Vec<Splice> {
    if let (Some((head, value)), Some((new_head, new_value))) = (old.split_once('='), new.split_once('='))
        && head.trim() == new_head.trim()
    {
        let start = old.len() - value.trim_start().len();
        let (value, new_value) = (value.trim(), new_value.trim());
        let mut found = new_value.match_indices(value);
        if let (Some((at, _)), None, false) = (found.next(), found.next(), value.is_empty()) {
            let end = start + value.len();
            let before = Splice { range: start..start, text: new_value[..at].to_owned(), leads: true };
            let after = Splice { range: end..end, text: new_value[at + value.len()..].to_owned(), leads: false };
            return [before, after].into_iter().filter(|splice| !splice.text.is_empty()).collect();
        }
    }
    let same = |a: char, b: char| a == b;
    let head: usize = old.chars().zip(new.chars()).take_while(|(a, b)| same(*a, *b)).map(|(a, _)| a.len_utf8()).sum();
    let (rest, new_rest) = (old.get(head..).unwrap_or(""), new.get(head..).unwrap_or(""));
    let tails = rest.chars().rev().zip(new_rest.chars().rev());
    let tail: usize = tails.take_while(|(a, b)| same(*a, *b)).map(|(a, _)| a.len_utf8()).sum();
    let text = new.get(head..new.len() - tail).unwrap_or("").to_owned();
    let range = head..old.len() - tail;
    if text.is_empty() && range.is_empty() { vec![] } else { vec![Splice { range, text, leads: true }] }
}

/// One replacement as edits of the file.
fn place(write: &ColumnWrite, splice: &Splice, fixer: &Fixer<'_>) -> Option<Vec<Edit>> {
    let file = fixer.files.get(write.file);
    let anchors = if splice.range.is_empty() {
        let at = splice.range.start;
        let before = at.checked_sub(1).map(|before| write.sql.map.span(before..at).end);
        let after = (at < write.sql.map.sql_len()).then(|| write.sql.map.span(at..at + 1).start);
        let anchors = if splice.leads { [after, before] } else { [before, after] };
        anchors.into_iter().flatten().map(|at| Span { start: at, end: at }).collect()
    } else {
        vec![write.sql.map.span(splice.range.clone())]
    };
    let gone = write.sql.statement_sql.get(splice.range.clone())?;
    let is_sql = !is_rust(&file.path);
    anchors.into_iter().find_map(|span| {
        let spelled = file.text.get(span.range())?.replace("\r\n", "\n");
        let text = lines_like(&splice.text, &file.text, write.sql.statement);
        let edit = |text: String| Edit { site: Site { file: write.file, span }, text };
        if is_sql {
            return (spelled == gone).then(|| vec![edit(text)]);
        }
        let code = fixer.code(write.file);
        let literal = code.literal(&span.range())?;
        if literal.encode(gone).is_none_or(|gone| gone != spelled) || has_hole(&text) {
            return None;
        }
        match literal.encode(&text) {
            Some(text) => Some(vec![edit(text)]),
            None => widened(literal, write.file, span, &text),
        }
    })
}

/// A raw literal that has to end differently to hold the text: with one `#` more.
fn widened(literal: &Literal, file: FileId, span: Span, text: &str) -> Option<Vec<Edit>> {
    let (wider, edits) = literal.with_hash()?;
    let text = wider.encode(text)?;
    let at = |at: usize| Site { file, span: Span::new(at..at) };
    let [open, close] = edits;
    Some(vec![
        Edit { site: at(open), text: "#".into() },
        Edit { site: Site { file, span }, text },
        Edit { site: at(close), text: "#".into() },
    ])
}

/// The text with the line ends of the file.
fn lines_like(text: &str, file: &str, statement: Span) -> String {
    let near = file.get(statement.range()).filter(|text| text.contains('\n')).unwrap_or(file);
    if near.contains("\r\n") { text.replace('\n', "\r\n") } else { text.to_owned() }
}

/// Whether a part that is not known would have to be spelled again.
fn has_hole(text: &str) -> bool {
    text.contains(crate::frontend::sql::HOLE_PREFIX)
}

/// Whether every literal that is touched is a literal afterwards.
fn keeps_literals(file: FileId, edits: &[Edit], fixer: &Fixer<'_>) -> bool {
    let source = fixer.files.get(file);
    if !is_rust(&source.path) {
        return true;
    }
    let code: &Code = &fixer.code(file);
    let mut tokens: Vec<Range<usize>> = edits.iter().filter_map(|e| code.holding(&e.site.span.range())).collect();
    tokens.dedup();
    tokens.into_iter().all(|token| {
        let inside =
            edits.iter().filter(|e| token.start <= e.site.span.range().start && e.site.span.range().end <= token.end);
        let moved: Vec<(Range<usize>, &str)> = inside
            .map(|e| (e.site.span.range().start - token.start..e.site.span.range().end - token.start, e.text.as_str()))
            .collect();
        let spelled = source.text.get(token).and_then(|spelled| replaced(spelled, &moved));
        spelled.is_some_and(|spelled| Literal::still_reads(&spelled))
    })
}

/// `text` with these ranges, in order, replaced.
pub(super) fn replaced(text: &str, edits: &[(Range<usize>, &str)]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        out.push_str(text.get(at..range.start)?);
        out.push_str(new);
        at = range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// Whether a file is Rust, by its name.
pub(super) fn is_rust(path: &str) -> bool {
    path.rsplit('.').next().is_some_and(|kind| kind.eq_ignore_ascii_case("rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spliced(old: &str, new: &str) -> Vec<(String, String)> {
        splices(old, new).into_iter().map(|s| (old[s.range].to_owned(), s.text)).collect()
    }

    #[test]
    fn only_what_changes_is_replaced() {
        let insertions = spliced("data = $1", "data = COALESCE(data, '{}') || $1");
        assert_eq!(insertions, [(String::new(), "COALESCE(data, '{}') || ".to_owned())]);
        let both = spliced("data= f($1)", "data = COALESCE(f($1), data)");
        assert_eq!(both, [(String::new(), "COALESCE(".to_owned()), (String::new(), ", data)".to_owned())]);
        assert_eq!(spliced("data = data - 'a'", "data = data - 'ä'"), [("a".to_owned(), "ä".to_owned())]);
        assert_eq!(spliced("data = $1", "data = $1"), []);
        assert_eq!(spliced("\"data.phone\" = $1", "data = g($1)").len(), 1);
    }

    #[test]
    fn ranges_are_replaced_in_order() {
        assert_eq!(replaced("abc", &[(0..0, "x"), (1..2, "Y"), (3..3, "z")]).as_deref(), Some("xaYcz"));
        assert_eq!(replaced("abc", &[(2..3, "x"), (0..1, "y")]), None);
    }
}
