//! Comments of SQL texts that speak to noclobber. Lexing is sqlparser's.

use super::Dialect;
use super::tokens::{self, end, start};
use crate::frontend::comments::{Comment, line_end, line_start, may_hold, spoken};
use crate::frontend::facts::SqlText;
use crate::source::SpanMap;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use std::ops::Range;

/// How many bodies of routines within bodies are read.
const MAX_DEPTH: usize = 4;

/// Words that a statement begins with, where one stands inside another: in a body, after DO.
const VERBS: &[&str] = &["UPDATE", "INSERT", "REPLACE", "MERGE", "WITH", "DELETE", "CREATE", "ALTER", "SELECT"];

/// A token of the text.
struct Piece {
    range: Range<usize>,
    ends_statement: bool,
    is_verb: bool,
}

/// The comments of a text that speak to noclobber. `leads` says that nothing stands before the text in its file.
pub(crate) fn comments(text: &SqlText, dialect: Dialect, leads: bool) -> Vec<Comment> {
    if !may_hold(&text.sql) {
        return vec![];
    }
    let mut read = Read { map: &text.map, whole: &text.sql, dialect, leads, found: vec![] };
    read.body(0..text.sql.len(), 0);
    read.found
}

/// Where the statement begins that holds each place; for a comment on the line above.
pub fn places(text: &str, dialect: Dialect, targets: &[crate::source::Span]) -> Vec<Option<usize>> {
    let pieces = pieces(tokens::lex_all(text, dialect), 0);
    let fits = |byte: usize| text.get(line_start(text, byte)..byte).is_some_and(|before| before.trim().is_empty());
    let place = |target: &crate::source::Span| {
        let at = pieces.partition_point(|piece| piece.range.start <= target.start as usize).checked_sub(1)?;
        let before = pieces.get(..at)?.iter().rposition(|piece| piece.ends_statement);
        let first = pieces.get(before.map_or(0, |before| before + 1))?.range.start;
        fits(first).then_some(first)
    };
    targets.iter().map(place).collect()
}

struct Read<'a> {
    map: &'a SpanMap,
    whole: &'a str,
    dialect: Dialect,
    leads: bool,
    found: Vec<Comment>,
}

impl Read<'_> {
    /// Reads the comments of a part of the text: all of it, or the body of a routine.
    fn body(&mut self, part: Range<usize>, depth: usize) {
        let base = part.start;
        let Some(text) = self.whole.get(part).filter(|text| may_hold(text)) else { return };
        let all = tokens::lex_all(text, self.dialect);
        let mut bodies = vec![];
        let mut comments = vec![];
        for token in &all {
            let range = start(token) + base..end(token) + base;
            match &token.token {
                Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
                    let comment = self.whole.get(range.clone()).unwrap_or("").trim_end();
                    if spoken(comment).is_some() {
                        comments.push(range.start..range.start + comment.len());
                    }
                }
                Token::DollarQuotedString(body) => {
                    let sign = body.tag.as_ref().map_or(0, String::len) + 2;
                    bodies.push(range.start + sign..range.end.saturating_sub(sign).max(range.start + sign));
                }
                _ => {}
            }
        }
        let pieces = pieces(all, base);
        for range in comments {
            self.comment(range, &pieces, depth);
        }
        for body in bodies.into_iter().filter(|_| depth < MAX_DEPTH) {
            self.body(body, depth + 1);
        }
    }

    fn comment(&mut self, range: Range<usize>, pieces: &[Piece], depth: usize) {
        let text = self.whole;
        let Some(said) = text.get(range.clone()).and_then(spoken) else { return };
        let line = line_start(text, range.start);
        let next = pieces.partition_point(|piece| piece.range.start < range.start);
        let before = next.checked_sub(1).and_then(|before| pieces.get(before));
        let own_line =
            text.get(line..range.start).is_some_and(|before| before.trim_start_matches('\u{feff}').trim().is_empty());
        let covers = match pieces.get(next) {
            Some(first) if own_line && (first.is_verb || before.is_none_or(|before| before.ends_statement)) => {
                let rest = pieces.get(next..).unwrap_or_default();
                let last = rest.iter().find(|piece| piece.ends_statement).or(rest.last());
                Some(first.range.start..last.map_or(first.range.end, |last| last.range.end))
            }
            // In the middle of a statement: the next line.
            Some(first) if own_line => {
                let to = line_end(text, first.range.start);
                let last = pieces.partition_point(|piece| piece.range.start < to).checked_sub(1);
                let end = last.and_then(|last| pieces.get(last)).map_or(to, |last| last.range.end);
                Some(first.range.start..end)
            }
            None if own_line => None,
            _ => {
                let to = line_end(text, range.start);
                let first = pieces.get(pieces.partition_point(|piece| piece.range.end <= line));
                let last = pieces.partition_point(|piece| piece.range.start < to).checked_sub(1);
                let end = last.and_then(|last| pieces.get(last)).map_or(to, |last| last.range.end.max(to));
                Some(first.map_or(line, |first| first.range.start.min(line))..end)
            }
        };
        let covers = covers.map(|covers| self.map.span(covers)).into_iter().collect();
        let leads = self.leads && depth == 0 && next == 0;
        self.found.push(Comment { span: self.map.span(range), text: said.to_owned(), covers, leads });
    }
}

/// The tokens that are neither white space nor comments.
fn pieces(all: Vec<TokenWithSpan>, base: usize) -> Vec<Piece> {
    let code = all.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_)));
    code.map(|token| Piece {
        range: start(&token) + base..end(&token) + base,
        ends_statement: token.token == Token::SemiColon,
        is_verb: tokens::is_any(&token, VERBS),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::facts::Route;
    use crate::source::Span;

    fn read(sql: &str, map: SpanMap) -> Vec<Comment> {
        let text = SqlText {
            sql: sql.to_owned(),
            map,
            span: Span::default(),
            route: Route::SqlFile,
            dialect: None,
            holes: vec![],
            binds: vec![],
            function: None,
            test: false,
        };
        comments(&text, Dialect::Postgres, true)
    }

    fn covered(sql: &str) -> Vec<&str> {
        let of = |comment: Comment| comment.covers.first().map_or("", |covers| &sql[covers.range()]);
        read(sql, SpanMap::identity(0, sql.len())).into_iter().map(of).collect()
    }

    const C: &str = "-- noclobber: ignore[x] -- y";

    #[test]
    fn a_comment_speaks_for_the_next_statement_the_next_line_or_its_own() {
        for (sql, covers) in [
            (format!("A;\n{C}\nUPDATE t\nSET d = 1;\nB;"), "UPDATE t\nSET d = 1;"),
            (format!("{C}\n\nUPDATE t SET d = 1"), "UPDATE t SET d = 1"),
            (format!("UPDATE t\n{C}\nSET d = f(1,\n 2), e = 2\nWHERE x;"), "SET d = f(1,"),
            (format!("UPDATE t\n  {C}\n  SET d = 'a\nb', e = 2\nWHERE x;"), "SET d = 'a\nb'"),
            (format!("UPDATE t\nSET d = 1, {C}\n e = 2;"), "SET d = 1, -- noclobber: ignore[x] -- y"),
            (format!("UPDATE t SET d = 'a\nb' {C}\n, e = 2;"), "'a\nb' -- noclobber: ignore[x] -- y"),
            (
                "UPDATE t SET /* noclobber: ignore[x] */ d = 1".to_owned(),
                "UPDATE t SET /* noclobber: ignore[x] */ d = 1",
            ),
            (format!("DO $x$ BEGIN\n{C}\nUPDATE t SET d = 1;\nB; END $x$;"), "UPDATE t SET d = 1;"),
            (format!("A;\n{C}\n"), ""),
        ] {
            assert_eq!(covered(&sql).first().map(|covers| covers.trim_end()), Some(covers.trim_end()), "{sql}");
        }
        assert_eq!(covered("SELECT '-- noclobber: ignore[x]'"), Vec::<&str>::new());
    }

    #[test]
    fn its_bytes_are_those_of_the_file_and_it_may_lead() {
        let sql = format!("{C}  \r\nUPDATE t SET d = 1;\n{C}\nB;");
        let mut map = SpanMap::default();
        map.push(sql.len(), Span::new(100..100 + sql.len()));
        let found = read(&sql, map);
        assert_eq!(found[0].span, Span::new(100..100 + C.len()));
        assert_eq!(found[0].text, "noclobber: ignore[x] -- y");
        assert_eq!(found.iter().map(|comment| comment.leads).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_line_for_a_comment_is_where_the_statement_begins() {
        let sql = "A;\n  UPDATE t\n  SET d = 1; UPDATE u SET d = 2;";
        let at = |part: &str| sql.find(part).unwrap();
        let target = |part: &str| Span::new(at(part)..at(part) + 1);
        assert_eq!(places(sql, Dialect::Postgres, &[target("d = 1"), target("d = 2")]), [Some(at("UPDATE t")), None]);
    }
}
