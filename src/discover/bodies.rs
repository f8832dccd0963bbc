//! Which functions of a Rust file are not worth parsing.
//!
//! A file matters for some of its functions; the others, and most tests, only call and compare: [`idle`]. A file that is
//! read for a function or two needs these and what they call: [`but`]. Signatures and attributes are left out with the
//! bodies: in handlers of requests they are as long.
//!
//! Works on bytes, by the rules of Rust's lexer as far as they say where a brace is one. What it does not understand it
//! leaves in.

mod scan;

use super::prefilter::{Relevance, may_tell, relevance};
pub use scan::arguments;
use scan::{Scan, Token};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

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
    const RESULT: &[u8] = b"Result<";
    let arrow = signature.windows(2).rposition(|part| part == b"->");
    let returned = arrow.and_then(|at| signature.get(at + 2..)).unwrap_or_default().trim_ascii();
    let result = returned.windows(RESULT.len()).position(|part| part == RESULT);
    let returned = result.and_then(|at| returned.get(at + RESULT.len()..)).unwrap_or(returned);
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

/// The bytes of a part of a text; none where it is not a part.
pub fn bytes<'s>(source: &'s str, range: &Range<usize>) -> &'s [u8] {
    source.as_bytes().get(range.clone()).unwrap_or_default()
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

#[cfg(test)]
mod tests;
