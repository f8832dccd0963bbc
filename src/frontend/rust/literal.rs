//! The value of a Rust string literal, with the bytes of the file that spell each byte of it.
//!
//! Reads the token's own text (plain, raw, byte and C strings). Never looks at what the value means.

use crate::source::{Span, SpanMap};

/// A string literal's value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Literal {
    /// The value as the program sees it.
    pub(super) value: String,
    /// From bytes of `value` to bytes of the file.
    pub(super) map: SpanMap,
}

impl Literal {
    /// A part of it; empty when `range` does not lie on character boundaries.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        match self.value.get(range.clone()) {
            Some(value) => Self { value: value.to_owned(), map: self.map.slice(range) },
            None => Self::default(),
        }
    }
}

/// Collects the value: runs of bytes that stand for themselves, and escapes that are spelled longer than they are.
struct Writer {
    bytes: Vec<u8>,
    map: SpanMap,
}

impl Writer {
    /// Bytes `from..to` of the token stand for themselves.
    fn run(&mut self, token: &[u8], at: usize, from: usize, to: usize) {
        if let Some(bytes) = token.get(from..to) {
            self.bytes.extend_from_slice(bytes);
            self.map.push(to - from, Span::new(at + from..at + to));
        }
    }

    /// `value` is spelled by bytes `from..to`.
    fn escape(&mut self, value: &[u8], at: usize, from: usize, to: usize) {
        self.bytes.extend_from_slice(value);
        self.map.push(value.len(), Span::new(at + from..at + to));
    }
}

/// Reads a literal from its token's text; `at` is the offset of the token in the file.
///
/// `None` when the token is not a string literal (a number, a character, a doc comment) or its value is not UTF-8.
/// A `\r\n` inside the literal counts as `\n`, as the language reference has it.
pub(super) fn read(token: &str, at: usize) -> Option<Literal> {
    let bytes = token.as_bytes();
    let mut i = 0;
    let mut raw = false;
    let mut any_byte = false;
    loop {
        match bytes.get(i)? {
            b'r' => raw = true,
            b'b' | b'c' => any_byte = true,
            b'"' | b'#' => break,
            _ => return None,
        }
        i += 1;
    }
    let mut hashes = 0;
    while bytes.get(i) == Some(&b'#') {
        hashes += 1;
        i += 1;
    }
    if bytes.get(i) != Some(&b'"') || (hashes > 0 && !raw) {
        return None;
    }
    i += 1;
    let mut out = Writer { bytes: Vec::with_capacity(token.len()), map: SpanMap::default() };
    if raw {
        let close = format!("\"{}", "#".repeat(hashes));
        let end = token.rfind(&close).filter(|end| *end >= i)?;
        body_of_raw(bytes, at, i, end, &mut out);
    } else {
        body_of_cooked(token, at, i, any_byte, &mut out)?;
    }
    Some(Literal { value: String::from_utf8(out.bytes).ok()?, map: out.map })
}

fn body_of_raw(bytes: &[u8], at: usize, start: usize, end: usize, out: &mut Writer) {
    let mut run = start;
    let mut i = start;
    while i < end {
        if bytes.get(i) == Some(&b'\r') && bytes.get(i + 1) == Some(&b'\n') && i + 1 < end {
            out.run(bytes, at, run, i);
            out.escape(b"\n", at, i, i + 2);
            i += 2;
            run = i;
        } else {
            i += 1;
        }
    }
    out.run(bytes, at, run, end);
}

/// Reads up to the closing quote; `None` when an escape is malformed or the quote is missing.
fn body_of_cooked(token: &str, at: usize, start: usize, any_byte: bool, out: &mut Writer) -> Option<()> {
    let bytes = token.as_bytes();
    let mut run = start;
    let mut i = start;
    loop {
        match bytes.get(i)? {
            b'"' => {
                out.run(bytes, at, run, i);
                return Some(());
            }
            b'\r' if bytes.get(i + 1) == Some(&b'\n') => {
                out.run(bytes, at, run, i);
                out.escape(b"\n", at, i, i + 2);
                i += 2;
                run = i;
            }
            b'\\' => {
                out.run(bytes, at, run, i);
                let from = i;
                let simple: &[u8] = match bytes.get(i + 1)? {
                    b'n' => b"\n",
                    b'r' => b"\r",
                    b't' => b"\t",
                    b'\\' => b"\\",
                    b'0' => b"\0",
                    b'\'' => b"'",
                    b'"' => b"\"",
                    b'x' => {
                        let value = u8::from_str_radix(token.get(i + 2..i + 4)?, 16).ok()?;
                        if value > 0x7f && !any_byte {
                            return None;
                        }
                        i += 4;
                        run = i;
                        out.escape(&[value], at, from, i);
                        continue;
                    }
                    b'u' => {
                        // A scalar value has at most six digits; underscores may stand between them.
                        let close = i + token.get(i..)?.find('}')?;
                        let digits: String = token.get(i + 3..close)?.chars().filter(|c| *c != '_').collect();
                        let value = char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?;
                        i = close + 1;
                        run = i;
                        out.escape(value.encode_utf8(&mut [0; 4]).as_bytes(), at, from, i);
                        continue;
                    }
                    b'\n' | b'\r' => {
                        // A line continued: all white space that follows belongs to it.
                        i += 1;
                        while matches!(bytes.get(i), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                            i += 1;
                        }
                        run = i;
                        continue;
                    }
                    _ => return None,
                };
                i += 2;
                run = i;
                out.escape(simple, at, from, i);
            }
            _ => i += 1,
        }
    }
}

/// Takes the common indentation off, as `indoc!` does: a first line that is empty goes; lines of white space only do
/// not count.
pub(super) fn unindent(literal: &Literal) -> Literal {
    let value = &literal.value;
    let starts_on_new_line = value.starts_with('\n') || value.starts_with("\r\n");
    let indent = value
        .split('\n')
        .skip(1)
        .filter_map(|line| line.find(|c: char| c != ' ' && c != '\t' && c != '\r'))
        .min()
        .unwrap_or(usize::MAX);
    let mut out = Literal::default();
    let mut at = 0;
    for (number, line) in value.split_inclusive('\n').enumerate() {
        let range = if number == 0 {
            if starts_on_new_line { at + line.len()..at + line.len() } else { at..at + line.len() }
        } else {
            let blank = line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
            at + blank.min(indent)..at + line.len()
        };
        if let Some(kept) = value.get(range.clone()) {
            out.value.push_str(kept);
            out.map.append(&literal.map.slice(range));
        }
        at += line.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(token: &str, value: &str) -> Literal {
        let literal = read(token, 100).unwrap();
        assert_eq!(literal.value, value, "{token}");
        assert_eq!(literal.map.sql_len(), value.len());
        literal
    }

    #[test]
    fn values_are_those_of_the_language() {
        check(r#""a\n\"b\"""#, "a\n\"b\"");
        check("r#\"a \"q\" \\n\"#", "a \"q\" \\n");
        check("r\"raw\"", "raw");
        check("\"one \\\n      two\"", "one two");
        check("\"tail\\\r\n   x\"", "tailx");
        check("\"a\\\n\n\n   b\"", "ab");
        check("\"crlf\r\nline\"", "crlf\nline");
        check("r\"crlf\r\nline\"", "crlf\nline");
        check("b\"by\"", "by");
        check("c\"cs\\n\"", "cs\n");
        check("br#\"q\"#", "q");
        check("\"\\u{65e5}z\\u{1_F600}\"", "日z😀");
        check("\"x\"suffix", "x");
        check("\"\"", "");
        for none in ["1", "'a'", "b'a'", "b\"\\xff\"", "\"open", "/// doc", "", "r#\"open", "r#x", "\"\\q\""] {
            assert_eq!(read(none, 0), None, "{none}");
        }
    }

    #[test]
    fn an_escape_maps_as_a_whole_and_the_rest_byte_by_byte() {
        let literal = check(r#""a\tbc""#, "a\tbc");
        assert_eq!(literal.map.span(0..1), Span::new(101..102));
        assert_eq!(literal.map.span(1..2), Span::new(102..104));
        assert_eq!(literal.map.span(2..4), Span::new(104..106));
    }

    #[test]
    fn indentation_goes_and_the_map_follows() {
        let token = "\"\n    UPDATE t\n      SET a = 1\n\n    \"";
        let literal = unindent(&read(token, 0).unwrap());
        assert_eq!(literal.value, "UPDATE t\n  SET a = 1\n\n");
        let at = literal.value.find("SET").unwrap();
        assert_eq!(&token[literal.map.span(at..at + 3).range()], "SET");
        assert_eq!(unindent(&read("\"a\n  b\n c\"", 0).unwrap()).value, "a\n b\nc");
    }

    /// One piece of a literal: how it is spelled and what it means.
    fn piece() -> impl Strategy<Value = (String, String)> {
        prop_oneof![
            "[a-zA-Z0-9 =$?{}'é日]{1,6}".prop_map(|s| (s.clone(), s)),
            Just(("\\n".into(), "\n".into())),
            Just(("\\\"".into(), "\"".into())),
            Just(("\\\\".into(), "\\".into())),
            Just(("\\x41".into(), "A".into())),
            Just(("\\u{e9}".into(), "é".into())),
            Just(("\\u{1_F600}".into(), "😀".into())),
            Just(("\r\n".into(), "\n".into())),
            Just(("\\\n   ".into(), String::new())),
        ]
    }

    proptest! {
        #[test]
        fn each_byte_is_mapped_to_what_spells_it(pieces in prop::collection::vec(piece(), 0..12), at in 0usize..1000) {
            // A continued line swallows white space that follows: keep it visible.
            let mut pieces = pieces;
            for i in 1..pieces.len() {
                if pieces[i - 1].1.is_empty() {
                    pieces[i] = ("x".into(), "x".into());
                }
            }
            let token: String = format!("\"{}\"", pieces.iter().map(|p| p.0.as_str()).collect::<String>());
            let literal = read(&token, at).unwrap();
            prop_assert_eq!(&literal.value, &pieces.iter().map(|p| p.1.as_str()).collect::<String>());
            prop_assert_eq!(literal.map.sql_len(), literal.value.len());
            let (mut source, mut value) = (at + 1, 0);
            for (spelled, meant) in &pieces {
                if !meant.is_empty() {
                    let whole = literal.map.span(value..value + meant.len());
                    prop_assert_eq!(whole, Span::new(source..source + spelled.len()));
                    if spelled == meant {
                        for k in 0..meant.len() {
                            prop_assert_eq!(literal.map.span(value + k..value + k + 1), Span::new(source + k..source + k + 1));
                        }
                    }
                }
                source += spelled.len();
                value += meant.len();
            }
        }

        #[test]
        fn no_token_makes_it_panic(token in "[brc]{0,2}#{0,2}\"?[\\\\nux{}0-9a\"# \n\r]{0,20}\"?") {
            if let Some(literal) = read(&token, 0) {
                prop_assert_eq!(literal.map.sql_len(), literal.value.len());
            }
        }
    }
}
