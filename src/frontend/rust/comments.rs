//! Comments of Rust files that speak to noclobber: the gaps between the tokens, and what follows them.
//!
//! Lexing is proc-macro2's, so a string that looks like a comment is none, and neither is a doc comment, which is a
//! token. What a comment speaks for is the statement or item that begins after it, by `syn`; inside of macros, which
//! nobody but the macro can parse, the part up to the next comma or semicolon.

mod nodes;

use super::stripped;
use crate::frontend::comments::{Comment, line_end, line_start, may_hold, spoken};
use crate::source::Span;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A token, or one delimiter of a group.
#[derive(Debug, Clone)]
struct Token {
    /// Its bytes in the file.
    range: Range<usize>,
    what: What,
    /// The opening delimiter of the group that it stands in.
    parent: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// An opening delimiter: whether it is a brace, and the number of the closing one.
    Open(bool, usize),
    Close,
    Punct(char),
    Other,
}

/// The comments of a file that speak to noclobber. None where the file cannot be read as tokens.
pub(super) fn read(text: &str) -> Vec<Comment> {
    if !may_hold(text) {
        return vec![];
    }
    let shift = stripped(text);
    let Some(stream) = tokens_of(text, shift) else { return vec![] };
    let tokens = flatten(stream.clone(), shift);
    let found = comments(text, shift, &tokens);
    let own_line = |range: &Range<usize>| is_first_on_line(text, range.start);
    let next = |range: &Range<usize>| tokens.partition_point(|token| token.range.start < range.start);
    let starts: BTreeSet<usize> = found
        .iter()
        .filter(|range| own_line(range))
        .filter_map(|range| tokens.get(next(range)))
        .filter(|token| token.what != What::Close && in_block(token, &tokens))
        .map(|token| token.range.start)
        .collect();
    let ends = if starts.is_empty() { BTreeMap::new() } else { nodes::ends(stream, shift, &starts) };
    let first = first_item(&tokens);
    let comment = |range: Range<usize>| {
        let said = spoken(text.get(range.clone())?)?.to_owned();
        let covers =
            if own_line(&range) { after(next(&range), &tokens, &ends) } else { Some(line(text, range.start, &tokens)) };
        let covers = covers.map(Span::new).into_iter().collect();
        let leads = first.is_none_or(|first| range.start < first);
        Some(Comment { span: Span::new(range), text: said, covers, leads })
    };
    found.into_iter().filter_map(comment).collect()
}

/// For each place, where a line can be put in so that a comment on it speaks for the place: the byte where a statement,
/// an item or the like begins that holds the place and has its line for itself. `None` where there is none.
pub fn places(text: &str, targets: &[Span]) -> Vec<Option<usize>> {
    let shift = stripped(text);
    match tokens_of(text, shift) {
        Some(stream) => nodes::around(stream, shift, targets, &|start| is_first_on_line(text, start)),
        None => vec![None; targets.len()],
    }
}

fn tokens_of(text: &str, shift: usize) -> Option<TokenStream> {
    text.get(shift..)?.parse().ok()
}

/// Whether nothing but blanks and comments stands before the byte on its line.
fn is_first_on_line(text: &str, byte: usize) -> bool {
    let before = text.get(line_start(text, byte)..byte).unwrap_or("");
    before.trim_start_matches('\u{feff}').trim().is_empty()
}

/// The tokens of a group that are left, and its opening token and the bytes of its closing one.
type Level = (proc_macro2::token_stream::IntoIter, Option<(usize, Range<usize>)>);

/// All tokens in the order of the file. Groups without delimiters are nothing by themselves.
fn flatten(stream: TokenStream, shift: usize) -> Vec<Token> {
    let mut tokens: Vec<Token> = vec![];
    let mut open: Vec<Level> = vec![(stream.into_iter(), None)];
    let at = |span: proc_macro2::Span| {
        let range = span.byte_range();
        range.start + shift..range.end + shift
    };
    while let Some((level, group)) = open.last_mut() {
        let opener = group.as_ref().map(|(opener, _)| *opener);
        let Some(tree) = level.next() else {
            if let Some((opener, range)) = group.take() {
                let (close, parent) = (tokens.len(), Some(opener));
                tokens.push(Token { range, what: What::Close, parent });
                if let Some(Token { what: What::Open(_, end), .. }) = tokens.get_mut(opener) {
                    *end = close;
                }
            }
            open.pop();
            continue;
        };
        let parent = opener.or_else(|| open.iter().rev().find_map(|(_, group)| group.as_ref().map(|(at, _)| *at)));
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                open.push((group.stream().into_iter(), None));
            }
            TokenTree::Group(group) => {
                let what = What::Open(group.delimiter() == Delimiter::Brace, usize::MAX);
                tokens.push(Token { range: at(group.span_open()), what, parent });
                open.push((group.stream().into_iter(), Some((tokens.len() - 1, at(group.span_close())))));
            }
            TokenTree::Punct(punct) => {
                tokens.push(Token { range: at(punct.span()), what: What::Punct(punct.as_char()), parent });
            }
            other => tokens.push(Token { range: at(other.span()), what: What::Other, parent }),
        }
    }
    tokens
}

/// The comments in the gaps between the tokens, those that speak to noclobber.
fn comments(text: &str, shift: usize, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut found = vec![];
    let mut reached = shift;
    let ends = tokens.iter().map(|token| token.range.clone()).chain(std::iter::once(text.len()..text.len()));
    for token in ends {
        let gap = text.get(reached..token.start).unwrap_or("");
        if may_hold(gap) {
            split(gap, reached, &mut found);
        }
        // A doc comment is several tokens in one place.
        reached = reached.max(token.end);
    }
    found.retain(|range| text.get(range.clone()).is_some_and(|comment| spoken(comment).is_some()));
    found
}

/// The comments of a gap, which holds nothing but white space and comments.
fn split(gap: &str, offset: usize, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(start) = gap.get(at..).and_then(|rest| rest.find('/')).map(|start| at + start) {
        let rest = gap.get(start..).unwrap_or("");
        let len = if rest.starts_with("//") { line_end(rest, 0) } else { block_len(rest) };
        found.push(offset + start..offset + start + len);
        at = start + len.max(1);
    }
}

/// The length of a block comment at the start of `text`; they nest.
fn block_len(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = text.as_bytes();
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Whether a token stands in a block or at the top, where statements and items are.
fn in_block(token: &Token, tokens: &[Token]) -> bool {
    let parent = token.parent.and_then(|parent| tokens.get(parent));
    parent.is_none_or(|parent| matches!(parent.what, What::Open(true, _)))
}

/// The first byte that belongs to no attribute or doc comment of the file as a whole.
fn first_item(tokens: &[Token]) -> Option<usize> {
    let mut at = 0;
    loop {
        let what = |at: usize| tokens.get(at).map(|token| token.what);
        match (what(at), what(at + 1), what(at + 2)) {
            (Some(What::Punct('#')), Some(What::Punct('!')), Some(What::Open(_, close))) => {
                at = close.saturating_add(1);
            }
            _ => return tokens.get(at).map(|token| token.range.start),
        }
    }
}

/// The bytes of what begins at a token: a statement or item where there is one, else up to the next comma or semicolon.
fn after(index: usize, tokens: &[Token], ends: &BTreeMap<usize, usize>) -> Option<Range<usize>> {
    let first = tokens.get(index).filter(|token| token.what != What::Close)?;
    let start = first.range.start;
    if let Some(end) = ends.get(&start) {
        return Some(start..*end);
    }
    let (mut at, mut end, mut angles) = (index, first.range.end, 0_usize);
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map(|token| token.what);
        match token.what {
            What::Close => break,
            What::Punct(';') => return Some(start..token.range.end),
            What::Punct(',') if angles == 0 => break,
            // `::<A, B>`
            What::Punct('<') if before == Some(What::Punct(':')) || angles > 0 => angles += 1,
            What::Punct('>') if !matches!(before, Some(What::Punct('-' | '='))) => angles = angles.saturating_sub(1),
            What::Open(_, close) if close > at => {
                at = close;
            }
            _ => {}
        }
        end = tokens.get(at).map_or(end, |token| token.range.end);
        at += 1;
    }
    Some(start..end)
}

/// The bytes of the line of a comment, from the start of a literal that ends there to the end of one that begins there.
fn line(text: &str, comment: usize, tokens: &[Token]) -> Range<usize> {
    let (start, end) = (line_start(text, comment), line_end(text, comment));
    let first = tokens.get(tokens.partition_point(|token| token.range.end <= start));
    let last = tokens.partition_point(|token| token.range.start < end).checked_sub(1).and_then(|last| tokens.get(last));
    first.map_or(start, |token| token.range.start.min(start))..last.map_or(end, |token| token.range.end.max(end))
}

#[cfg(test)]
mod tests;
