//! An SQL text that is put together from pieces, and its rendering with the map to the file.
//!
//! Knows literals, holes and bound values; never looks at Rust syntax.

use super::literal::Literal;
use super::quotes::Quotes;
use crate::frontend::facts::{FIRST_HOLE_PLACEHOLDER, Hole};
use crate::frontend::sql::Dialect;
use crate::source::{Span, SpanMap};

/// The most bytes that a text may grow to by substitution; what does not fit is a hole.
const MAX_LEN: usize = 256 << 10;

/// A part of a text.
#[derive(Debug, Clone)]
enum Piece {
    /// SQL that is known.
    Sql(Literal),
    /// A part that is not known.
    Hole {
        source: String,
        span: Span,
        /// It is a constant of another file, with its path.
        constant: Option<String>,
        /// It is a placeholder of this number, where a value stands.
        number: Option<usize>,
    },
    /// A bound value, spelled as a placeholder: `push_bind`.
    Bind(Span),
}

/// A text that is put together from pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pieces: Vec<Piece>,
    /// The literals that went into it, by the span of the token.
    pub(super) literals: Vec<Span>,
    len: usize,
}

/// A text with its holes named and its placeholders numbered.
#[derive(Debug, Clone, Default)]
pub(super) struct Rendered {
    pub(super) sql: String,
    pub(super) map: SpanMap,
    pub(super) holes: Vec<Hole>,
    /// Tokens of holes that are constants of other files, with their paths.
    pub(super) constants: Vec<(String, String)>,
}

impl Text {
    /// The text of one literal, whose token stands at `span`.
    pub(super) fn of(literal: Literal, span: Span) -> Self {
        let mut text = Self::default();
        text.literals.push(span);
        text.sql(literal);
        text
    }

    /// A text that is one hole.
    pub(super) fn hole(source: String, span: Span) -> Self {
        Self { pieces: vec![Piece::Hole { source, span, constant: None, number: None }], literals: vec![], len: 1 }
    }

    /// A text that is a hole, and a placeholder of that number where a value stands: `placeholder(1)`.
    pub(super) fn numbered_hole(source: String, span: Span, number: Option<usize>) -> Self {
        Self { pieces: vec![Piece::Hole { source, span, constant: None, number }], literals: vec![], len: 1 }
    }

    /// A text that is a constant of another file.
    pub(super) fn constant(path: String, span: Span) -> Self {
        Self {
            pieces: vec![Piece::Hole { source: path.clone(), span, constant: Some(path), number: None }],
            literals: vec![],
            len: 1,
        }
    }

    /// Appends SQL that is known.
    pub(super) fn sql(&mut self, literal: Literal) {
        self.len += literal.value.len();
        if !literal.value.is_empty() {
            self.pieces.push(Piece::Sql(literal));
        }
    }

    /// Appends words that the file does not spell as they stand: the comma of `separated(", ")`, `VALUES`.
    pub(super) fn words(&mut self, words: &str, span: Span) {
        let mut map = SpanMap::default();
        map.push(words.len(), span);
        self.sql(Literal { value: words.to_owned(), map });
    }

    /// Appends a bound value.
    pub(super) fn bind(&mut self, span: Span) {
        self.len += 1;
        self.pieces.push(Piece::Bind(span));
    }

    /// Appends another text; a hole stands for it when the whole becomes too long.
    pub(super) fn append(&mut self, other: Self, span: Span) {
        self.literals.extend_from_slice(&other.literals);
        if self.len > 0 && self.len + other.len > MAX_LEN {
            self.pieces.push(Piece::Hole { source: "..".to_owned(), span, constant: None, number: None });
            self.len += 1;
        } else {
            self.len += other.len;
            self.pieces.extend(other.pieces);
        }
    }

    /// Whether nothing was put in.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether some SQL is known that is not white space.
    pub(super) fn has_sql(&self) -> bool {
        self.pieces.iter().any(|p| matches!(p, Piece::Sql(l) if !l.value.trim().is_empty()))
    }

    /// Takes back a comma that was appended last.
    pub(super) fn pop_comma(&mut self) {
        if matches!(self.pieces.last(), Some(Piece::Sql(last)) if last.value.trim() == ",") {
            self.pieces.pop();
        }
    }

    /// All of it as one literal; `None` when a part is not known.
    pub(super) fn known(&self) -> Option<Literal> {
        let mut whole = Literal::default();
        for piece in &self.pieces {
            let Piece::Sql(literal) = piece else { return None };
            whole.value.push_str(&literal.value);
            whole.map.append(&literal.map);
        }
        Some(whole)
    }

    /// Puts `by` wherever `pattern` stands.
    pub(super) fn replace(self, pattern: &str, by: &Self) -> Self {
        if pattern.is_empty() {
            return self;
        }
        let mut out = Self { literals: self.literals, ..Self::default() };
        for piece in self.pieces {
            let Piece::Sql(literal) = piece else {
                out.len += 1;
                out.pieces.push(piece);
                continue;
            };
            let mut from = 0;
            for (at, _) in literal.value.match_indices(pattern) {
                out.sql(literal.part(from..at));
                let span = literal.map.span(at..at + pattern.len());
                out.append(by.clone().placed(span), span);
                from = at + pattern.len();
            }
            out.sql(literal.part(from..literal.value.len()));
        }
        out
    }

    /// The same text with its holes at `span`.
    fn placed(mut self, at: Span) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Hole { span, .. } = piece {
                *span = at;
            }
        }
        self
    }

    /// The same text without a comma at its start and at its end.
    pub(super) fn without_outer_commas(mut self) -> Self {
        if let Some(Piece::Sql(first)) = self.pieces.first_mut() {
            let blank = first.value.len() - first.value.trim_start_matches([',', ' ', '\n', '\t', '\r']).len();
            *first = first.part(blank..first.value.len());
        }
        if let Some(Piece::Sql(last)) = self.pieces.last_mut() {
            *last = last.part(0..last.value.trim_end_matches([',', ' ', '\n', '\t', '\r']).len());
        }
        self
    }

    /// The end of the known text before the last piece that is not known, for looking back at keywords.
    pub(super) fn tail(&self) -> &str {
        match self.pieces.last() {
            Some(Piece::Sql(literal)) => &literal.value,
            _ => "",
        }
    }

    /// Names the holes and numbers the placeholders of bound values.
    ///
    /// A hole becomes an identifier; inside a quoted string, or as the number of a placeholder, it becomes a
    /// placeholder instead. A quoted string that is nothing but a hole becomes one placeholder without its quotes.
    pub(super) fn render(&self, dialect: Option<Dialect>) -> Rendered {
        let mut out = Rendered::default();
        let mut quotes = Quotes::default();
        let mut placeholders = FIRST_HOLE_PLACEHOLDER;
        let mut binds = 0;
        // Holes inside the string that is open: where the quote opened, when nothing but one hole follows it.
        let mut only_hole: Option<(usize, Span, usize)> = None;
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Sql(literal) => {
                    let mut skip = 0;
                    if let Some((open, span, index)) = only_hole.take()
                        && literal.value.starts_with('\'')
                        && !literal.value.starts_with("''")
                    {
                        // `'{}'`: the quotes go, the placeholder stands alone.
                        let close = literal.map.span(0..1);
                        let token = format!("${placeholders}");
                        placeholders += 1;
                        let whole = out.map.span(open..open + 1).join(close).join(span);
                        out.map = out.map.slice(0..open);
                        out.sql.truncate(open);
                        out.sql.push_str(&token);
                        out.map.push(token.len(), whole);
                        if let Some(hole) = out.holes.get_mut(index) {
                            hole.token = token;
                        }
                        quotes.close();
                        skip = 1;
                    }
                    let rest = literal.value.get(skip..).unwrap_or("");
                    quotes.read(rest, out.sql.len());
                    out.sql.push_str(rest);
                    if skip == 0 {
                        out.map.append(&literal.map);
                    } else {
                        out.map.append(&literal.map.slice(skip..literal.value.len()));
                    }
                }
                Piece::Bind(span) => {
                    only_hole = None;
                    binds += 1;
                    let token = if dialect == Some(Dialect::Mysql) { "?".to_owned() } else { format!("${binds}") };
                    out.sql.push_str(&token);
                    out.map.push(token.len(), *span);
                }
                Piece::Hole { source, span, constant, number } => {
                    let in_string = quotes.open_string();
                    let sigil = match self.pieces.get(at + 1) {
                        Some(Piece::Sql(next)) => starts_with_number(&next.value),
                        _ => false,
                    };
                    if in_string.is_none() && constant.is_none() && stands_for_value(&out.sql, sigil) {
                        // `{prefix}1`, `placeholder(1)`: a placeholder whose sigil is chosen at run time.
                        let text = match number {
                            _ if sigil => Some("$".to_owned()),
                            Some(_) if dialect == Some(Dialect::Mysql) => Some("?".to_owned()),
                            Some(number) => Some(format!("${number}")),
                            None => None,
                        };
                        if let Some(text) = text {
                            only_hole = None;
                            out.sql.push_str(&text);
                            out.map.push(text.len(), *span);
                            continue;
                        }
                    }
                    let (text, token) = if in_string.is_some() {
                        let token = format!("${placeholders}");
                        placeholders += 1;
                        (token.clone(), token)
                    } else if out.sql.ends_with(['$', '?']) {
                        let sigil = if out.sql.ends_with('$') { '$' } else { '?' };
                        let number = placeholders.to_string();
                        placeholders += 1;
                        (number.clone(), format!("{sigil}{number}"))
                    } else {
                        let token = format!("noclobber_hole_{}", out.holes.len());
                        (token.clone(), token)
                    };
                    if let Some(constant) = constant {
                        out.constants.push((token.clone(), constant.clone()));
                    }
                    let index = out.holes.len();
                    out.holes.push(Hole { token, source: source.clone(), span: *span });
                    only_hole = in_string.filter(|open| open + 1 == out.sql.len()).map(|open| (open, *span, index));
                    out.sql.push_str(&text);
                    out.map.push(text.len(), *span);
                }
            }
        }
        out
    }
}

/// Whether a text starts with a number that ends there: not `1_jobs`.
fn starts_with_number(sql: &str) -> bool {
    let rest = sql.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < sql.len() && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Whether what follows is compared, assigned or (`in_list`) an element of a list.
fn stands_for_value(before: &str, in_list: bool) -> bool {
    before.trim_end().ends_with(|c: char| matches!(c, '=' | '<' | '>') || in_list && matches!(c, '(' | ','))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> Literal {
        Literal { value: text.to_owned(), map: SpanMap::identity(0, text.len()) }
    }

    fn assemble(parts: &[&str]) -> Rendered {
        let mut text = Text::default();
        for part in parts {
            match *part {
                "{}" => text.append(Text::hole("x".into(), Span::new(500..502)), Span::default()),
                "$" => text.bind(Span::new(600..601)),
                other => text.sql(sql(other)),
            }
        }
        text.render(None)
    }

    #[test]
    fn holes_become_what_can_stand_there() {
        let r = assemble(&["UPDATE ", "{}", " SET a = ", "$", ", b = ", "$"]);
        assert_eq!(r.sql, "UPDATE noclobber_hole_0 SET a = $1, b = $2");
        assert_eq!(r.map.sql_len(), r.sql.len());
        assert_eq!(r.holes[0].token, "noclobber_hole_0");

        let r = assemble(&["SET a = '", "{}", "', b = '%", "{}", "%', c = $", "", "{}", " -- it's ", "{}"]);
        assert_eq!(r.sql, "SET a = $9002, b = '%$9003%', c = $9004 -- it's noclobber_hole_3");
        assert_eq!(r.map.sql_len(), r.sql.len());
        let tokens: Vec<&str> = r.holes.iter().map(|h| h.token.as_str()).collect();
        assert_eq!(tokens, ["$9002", "$9003", "$9004", "noclobber_hole_3"]);
    }

    #[test]
    fn a_sigil_before_a_number_is_a_placeholder() {
        let r = assemble(&[
            "UPDATE t SET a = ",
            "{}",
            "1, b = ",
            "{}",
            "12 WHERE id IN (",
            "{}",
            "3) AND x = ",
            "{}",
            "4_",
        ]);
        assert_eq!(r.sql, "UPDATE t SET a = $1, b = $12 WHERE id IN ($3) AND x = noclobber_hole_04_");
        assert_eq!(r.holes.len(), 1);
        assert_eq!(r.map.sql_len(), r.sql.len());
    }

    #[test]
    fn a_doubled_quote_does_not_end_a_string() {
        let r = assemble(&["a = 'it''s ", "{}", "', b = ", "{}"]);
        assert_eq!(r.sql, "a = 'it''s $9001', b = noclobber_hole_1");
    }
}
