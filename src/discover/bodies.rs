//! Which functions of a Rust file are not worth parsing.
//!
//! A file matters for some of its functions; the others, and most tests, only call and compare: [`idle`]. A file that is
//! read for a function or two needs these and what they call: [`but`]. Signatures and attributes are left out with the
//! bodies: in handlers of requests they are as long.
//!
//! Works on bytes, by the rules of Rust's lexer as far as they say where a brace is one. What it does not understand it
//! leaves in.

use super::names::is_name;
use super::prefilter::{Relevance, may_tell, relevance};
use std::collections::{HashMap, VecDeque};
use std::ops::{Range, RangeInclusive};

/// Nothing is gained by leaving out less.
const SHORT: usize = 80;

/// How many calls into each other are followed to see what a value is.
const CALLS: usize = 2;

/// A function with a body, in bytes of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    name: Range<usize>,
    /// From its attributes to the closing brace.
    pub whole: Range<usize>,
    /// What stands between its braces.
    body: Range<usize>,
    /// It stands under an attribute that makes it test code.
    pub test: bool,
    /// What stands before the braces around it, by its number: `impl From<User> for ActiveModel`.
    around: Option<usize>,
}

impl Function {
    /// What stands between its name and its body: parameters, what it returns, `where`.
    fn signature(&self) -> Range<usize> {
        self.name.end..self.body.start.saturating_sub(1)
    }
}

/// The items of a file, each in the order of the text.
#[derive(Debug, Default)]
struct Items {
    /// All functions but those in the body of another.
    functions: Vec<Function>,
    /// What stands between the braces that an attribute makes test code.
    tests: Vec<Range<usize>>,
    /// What stands before braces.
    heads: Vec<Range<usize>>,
}

/// What tells nothing by itself and is called by nothing that does, in the order of the text: functions, and modules of
/// tests. All functions are test code when `test` is set, else those under an attribute that says so; what only tests read
/// tells nothing.
pub fn idle(source: &str, test: bool) -> Vec<Range<usize>> {
    let matters = |range: &Range<usize>| relevance(bytes(source, range)) != Relevance::Nothing;
    let items = items(source);
    let heads: Vec<bool> = items.heads.iter().map(matters).collect();
    let wanted = |function: &Function| {
        let of_head = || function.around.is_some_and(|head| heads.get(head) == Some(&true));
        matters(&function.whole) || !test && !function.test && (of_head() || may_tell(bytes(source, &function.whole)))
    };
    left_out(source, items, wanted, matters)
}

/// All functions but those that are wanted, those that these name, and those that these name in turn; modules of tests
/// without any of these are left out as a whole. In the order of the text.
pub fn but(source: &str, wanted: impl Fn(&Function) -> bool) -> Vec<Range<usize>> {
    left_out(source, items(source), wanted, |_| false)
}

/// What is left out: functions that are not reached from the wanted ones, and modules of tests that hold none of those
/// and do not matter.
fn left_out(
    source: &str,
    items: Items,
    wanted: impl Fn(&Function) -> bool,
    matters: impl Fn(&Range<usize>) -> bool,
) -> Vec<Range<usize>> {
    let kept = reached(source, &items.functions, wanted);
    let mut functions = items.functions.into_iter().zip(kept).peekable();
    let mut idle = vec![];
    // What follows the last module is taken for one that ends never and holds something.
    for module in items.tests.into_iter().chain(std::iter::once(source.len()..source.len())) {
        while let Some((function, kept)) = functions.next_if(|(function, _)| function.whole.start < module.start) {
            idle.extend((!kept).then_some(function.whole));
        }
        let before = idle.len();
        let mut is_kept = false;
        while let Some((function, kept)) = functions.next_if(|(function, _)| function.whole.start < module.end) {
            is_kept |= kept;
            idle.extend((!kept).then_some(function.whole));
        }
        if !is_kept && module.start < source.len() && !matters(&module) {
            idle.truncate(before);
            idle.push(module);
        }
    }
    idle.retain(|range| range.len() > SHORT);
    idle
}

/// Which functions are wanted, named by those that are, or named by these in turn.
fn reached(source: &str, all: &[Function], wanted: impl Fn(&Function) -> bool) -> Vec<bool> {
    let mut by_name: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (index, function) in all.iter().enumerate() {
        by_name.entry(bytes(source, &function.name)).or_default().push(index);
    }
    let mut kept: Vec<bool> = all.iter().map(wanted).collect();
    let mut open: VecDeque<(usize, usize)> =
        kept.iter().enumerate().filter(|(_, kept)| **kept).map(|(index, _)| (index, 0)).collect();
    while let Some((index, depth)) = open.pop_front() {
        let Some(function) = all.get(index).filter(|_| depth < CALLS) else { continue };
        let mut scan = Scan { bytes: bytes(source, &function.body), at: 0 };
        while let Some(token) = scan.next() {
            let Token::Word(word) = token else { continue };
            for index in by_name.remove(word).unwrap_or_default() {
                let gives = || all.get(index).is_some_and(|function| gives(bytes(source, &function.signature())));
                if let Some(kept) = kept.get_mut(index).filter(|kept| !**kept && gives()) {
                    *kept = true;
                    open.push_back((index, depth + 1));
                }
            }
        }
    }
    kept
}

/// Whether a function gives a value to whoever calls it: it returns one, or changes one that it is lent. Of the rest of
/// its signature, after the name.
fn gives(signature: &[u8]) -> bool {
    let find = |what: &[u8]| signature.windows(what.len()).rposition(|part| part == what);
    let returned = find(b"->").and_then(|at| signature.get(at + 2..)).unwrap_or_default().trim_ascii();
    let result = find(b"Result<").filter(|_| !returned.is_empty());
    let returned = result.and_then(|at| signature.get(at + b"Result<".len()..)).unwrap_or(returned);
    let nothing =
        returned.is_empty() || returned.starts_with(b"()") || returned == b"bool" || returned.starts_with(b"!");
    !nothing || lends(signature)
}

/// Whether a signature takes something to change it, other than itself.
fn lends(signature: &[u8]) -> bool {
    const MUT: &[u8] = b"&mut ";
    let mut rest = signature;
    while let Some(at) = rest.windows(MUT.len()).position(|part| part == MUT) {
        rest = rest.get(at + MUT.len()..).unwrap_or_default();
        if !rest.starts_with(b"self") {
            return true;
        }
    }
    false
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

/// The bytes of a part of a text; none where it is not a part.
pub fn bytes<'s>(source: &'s str, range: &Range<usize>) -> &'s [u8] {
    source.as_bytes().get(range.clone()).unwrap_or_default()
}

/// What stands at a place, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a [u8]),
    Byte(u8),
}

/// A walk over the tokens of a file.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn items(source: &str) -> Items {
    let mut scan = Scan { bytes: source.as_bytes(), at: 0 };
    let mut items = Items::default();
    // How deep the braces stand whose contents are test code, and where they begin; an attribute was read that makes
    // what follows so.
    let (mut within, mut announced) = (None, false);
    // Where the item begins that is being read, with its documentation, its attributes and `pub(crate)`; the same without
    // regard to brackets; and what stands before the braces that are open.
    let (mut item, mut head, mut open) = (0, 0, vec![]);
    let (mut is_public, mut is_visibility) = (false, false);
    while let Some(token) = scan.next() {
        let after_pub = std::mem::replace(&mut is_public, token == Token::Word(b"pub"));
        match token {
            Token::Byte(b'#') => {
                let of_module = scan.peek(0) == Some(b'!');
                announced |= scan.attribute();
                if of_module {
                    item = scan.at;
                }
                continue;
            }
            Token::Byte(b'{') => {
                if announced && within.is_none() {
                    within = Some((open.len(), scan.at));
                }
                open.push(items.heads.len());
                items.heads.push(head..scan.at - 1);
            }
            Token::Byte(b'}') => {
                open.pop();
                if let Some((_, start)) = within.filter(|(outer, _)| *outer >= open.len()) {
                    items.tests.push(start..scan.at - 1);
                    within = None;
                }
            }
            Token::Byte(b';') => {}
            Token::Byte(b'(') if after_pub => {
                is_visibility = true;
                continue;
            }
            Token::Byte(b'(' | b'[') => {
                item = scan.at;
                continue;
            }
            // `$(one!($name);)* fn next()`: what closes a repetition of a macro is no part of the function.
            Token::Byte(b')' | b']') => {
                if !std::mem::take(&mut is_visibility) {
                    item = scan.at;
                }
                continue;
            }
            Token::Word(b"fn") => {
                if let Some((name, body)) = scan.function() {
                    let test = announced || within.is_some();
                    let around = open.last().copied();
                    items.functions.push(Function { name, whole: item..scan.at, body, test, around });
                }
            }
            _ => continue,
        }
        announced = false;
        (item, head) = (scan.at, scan.at);
    }
    items
}

impl<'a> Scan<'a> {
    /// After `#`: whether an attribute follows that marks test code. Reads to its end.
    fn attribute(&mut self) -> bool {
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
    fn function(&mut self) -> Option<(Range<usize>, Range<usize>)> {
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
    fn next(&mut self) -> Option<Token<'a>> {
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

    fn peek(&self, ahead: usize) -> Option<u8> {
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

#[cfg(test)]
mod tests;
