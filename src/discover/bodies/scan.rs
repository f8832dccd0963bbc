//! A walk over the tokens of a Rust file, as far as they say where items and calls begin and end.

use crate::discover::names::is_name;
use std::ops::{Range, RangeInclusive};

/// What stands at a place, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(&'a [u8]),
    Byte(u8),
}

/// A walk over the tokens of a file.
pub(super) struct Scan<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

/// How many arguments a call may have, of the bytes after its opening parenthesis; `None` where that does not show.
pub fn arguments(bytes: &[u8]) -> Option<RangeInclusive<usize>> {
    /// A call that is longer is not counted.
    const FAR: usize = 4000;
    let mut scan = Scan { bytes: bytes.get(..FAR).unwrap_or(bytes), at: 0 };
    let (mut depth, mut commas) = (0_usize, 0_usize);
    loop {
        let before = scan.at;
        match scan.next_of(|byte| matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b'|' | b'<'))? {
            Token::Byte(b'(' | b'[' | b'{') => depth += 1,
            Token::Byte(b')') if depth == 0 => {
                let given = scan.bytes.get(..scan.at - 1).unwrap_or_default().trim_ascii_end();
                let most = if given.is_empty() || given.ends_with(b",") { commas } else { commas + 1 };
                // What follows the last comma may be a comment.
                let is_comment = given.get(before..).is_some_and(|last| last.contains(&b'/'));
                return Some(most.saturating_sub(usize::from(is_comment))..=most);
            }
            Token::Byte(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            // The commas of a closure's parameters, or of types.
            Token::Byte(b'|' | b'<') if depth == 0 => return None,
            Token::Byte(b',') if depth == 0 => commas += 1,
            _ => {}
        }
    }
}

impl<'a> Scan<'a> {
    /// After `#`: whether an attribute follows that marks test code. Reads to its end.
    pub(super) fn attribute(&mut self) -> bool {
        let start = self.at;
        if !matches!(self.next(), Some(Token::Byte(b'['))) {
            // `#!`, or the end of a raw string's mark: no attribute of an item.
            self.at = start;
            return false;
        }
        let (mut depth, mut says, mut negated) = (1_usize, false, false);
        let mut first = None;
        while depth > 0 {
            match self.next() {
                Some(Token::Byte(b'[' | b'(' | b'{')) => depth += 1,
                Some(Token::Byte(b']' | b')' | b'}')) => depth -= 1,
                Some(Token::Word(word)) => {
                    first = first.or(Some(word));
                    says |= word == b"test" || word == b"rstest" || word == b"test_case" || word == b"quickcheck";
                    negated |= word == b"not";
                }
                Some(_) => {}
                None => return false,
            }
        }
        says && !negated && first != Some(b"cfg_attr".as_slice())
    }

    /// After `fn`: the name, and the inside of the body. Reads past it. `None` where there is none: a declaration, a
    /// function pointer.
    pub(super) fn function(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        let Some(Token::Word(name)) = self.next() else { return None };
        let name = self.at - name.len()..self.at;
        let mut brackets = 0_usize;
        loop {
            match self.next()? {
                Token::Byte(b'(' | b'[') => brackets += 1,
                Token::Byte(b')' | b']') => brackets = brackets.saturating_sub(1),
                Token::Byte(b';') if brackets == 0 => return None,
                Token::Byte(b'{') if brackets == 0 => break,
                _ => {}
            }
        }
        let start = self.at;
        let mut braces = 1_usize;
        loop {
            match self.next()? {
                Token::Byte(b'{') => braces += 1,
                Token::Byte(b'}') => {
                    braces -= 1;
                    if braces == 0 {
                        return Some((name, start..self.at - 1));
                    }
                }
                _ => {}
            }
        }
    }

    /// The next word, bracket, `#` or `;`; everything else is passed over.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        self.next_of(|byte| matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b';' | b'#'))
    }

    /// The next word, or byte that is wanted; everything else is passed over.
    #[inline]
    fn next_of(&mut self, wanted: impl Fn(u8) -> bool) -> Option<Token<'a>> {
        loop {
            let byte = self.peek(0)?;
            match byte {
                _ if wanted(byte) => {
                    self.at += 1;
                    return Some(Token::Byte(byte));
                }
                b'/' => self.slash(),
                b'"' => {
                    self.at += 1;
                    self.string();
                }
                b'\'' => self.quote(),
                _ if is_name(byte) => {
                    if let Some(word) = self.word() {
                        return Some(Token::Word(word));
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes the bytes before the first that is `wanted`, or all that are left.
    fn pass_to(&mut self, wanted: impl Fn(u8) -> bool) {
        self.at += self.rest().iter().take_while(|byte| !wanted(**byte)).count();
    }

    /// A comment, or a division.
    fn slash(&mut self) {
        match self.peek(1) {
            Some(b'/') => self.pass_to(|byte| byte == b'\n'),
            Some(b'*') => {
                self.at += 2;
                let mut depth = 1_usize;
                while depth > 0 {
                    self.pass_to(|byte| matches!(byte, b'/' | b'*'));
                    match (self.peek(0), self.peek(1)) {
                        (Some(b'*'), Some(b'/')) => depth -= 1,
                        (Some(b'/'), Some(b'*')) => depth += 1,
                        (None, _) => return,
                        _ => {
                            self.at += 1;
                            continue;
                        }
                    }
                    self.at += 2;
                }
            }
            _ => self.at += 1,
        }
    }

    /// The rest of a string, after its opening quote.
    fn string(&mut self) {
        loop {
            self.pass_to(|byte| matches!(byte, b'"' | b'\\'));
            match self.peek(0) {
                Some(b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
                Some(_) => {
                    self.at += 1;
                    return;
                }
                None => return,
            }
        }
    }

    /// A character, or a lifetime.
    fn quote(&mut self) {
        self.at += 1;
        if self.peek(0) == Some(b'\\') {
            self.at = (self.at + 2).min(self.bytes.len());
            // The rest of `\u{..}` and `\x41`.
            self.pass_to(|byte| matches!(byte, b'\'' | b'\n' | b';'));
            self.at += usize::from(self.peek(0) == Some(b'\''));
            return;
        }
        let text = self.rest();
        let width = text.iter().skip(1).take_while(|byte| **byte & 0xc0 == 0x80).count() + 1;
        if text.get(width) == Some(&b'\'') {
            self.at += width + 1;
        }
    }

    /// A word; `None` where it was the beginning of a string: `r#".."#`, `b"..`, `b'x'`.
    fn word(&mut self) -> Option<&'a [u8]> {
        let length = self.rest().iter().take_while(|byte| is_name(**byte)).count();
        let word = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        let raw = matches!(word, b"r" | b"br" | b"cr");
        match self.peek(0) {
            Some(b'"' | b'#') if raw => {
                let marks = self.rest().iter().take_while(|byte| **byte == b'#').count();
                if self.peek(marks) == Some(b'"') {
                    self.at += marks + 1;
                    self.raw_string(marks);
                    return None;
                }
                // `r#name`.
                self.at += 1;
                self.word()
            }
            Some(b'"') if matches!(word, b"b" | b"c") => {
                self.at += 1;
                self.string();
                None
            }
            Some(b'\'') if word == b"b" => {
                self.quote();
                None
            }
            _ => Some(word),
        }
    }

    /// The rest of a raw string, after its opening quote.
    fn raw_string(&mut self, marks: usize) {
        loop {
            self.pass_to(|byte| byte == b'"');
            if self.peek(0).is_none() {
                return;
            }
            self.at += 1;
            if self.rest().iter().take(marks).filter(|byte| **byte == b'#').count() == marks {
                self.at += marks;
                return;
            }
        }
    }
}
