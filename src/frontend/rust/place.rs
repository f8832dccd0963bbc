//! Where syntax stands in the file, without rendering it to tokens again.
//!
//! `syn`'s own `Spanned` renders the whole node each time; asked at every level of a nested expression that is
//! quadratic. These walks follow the first or the last token only.

use crate::source::Span;
use proc_macro2::{LineColumn, Span as TokenSpan};
use syn::spanned::Spanned;
use syn::{Expr, Path};

/// The file's text, what of it is parsed, and where the lines of that start.
///
/// A span tells its line and column from a sorted table; its byte range it only tells by way of a growing tree of all
/// places that were ever asked for, which cost a tenth of the whole reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'s> {
    /// The whole file.
    pub(super) text: &'s str,
    /// The same with blanks for what is left out: as many bytes on as many lines, but perhaps fewer characters.
    parsed: &'s str,
    lines: &'s Lines,
}

/// Where lines start, in bytes of the file.
#[derive(Debug, Default)]
pub(super) struct Lines {
    starts: Vec<usize>,
    /// A column of the parsed text counts bytes.
    is_ascii: bool,
}

impl Lines {
    /// The lines of what is parsed of a text: all but its first `shift` bytes (byte-order mark, shebang line).
    pub(super) fn new(text: &str, shift: usize) -> Self {
        let parsed = text.get(shift..).unwrap_or_default();
        let ends = parsed.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| shift + at + 1);
        Self { starts: std::iter::once(shift).chain(ends).collect(), is_ascii: parsed.is_ascii() }
    }
}

impl<'s> Source<'s> {
    /// A file, what of it is parsed, and the lines of that.
    pub(super) fn new(text: &'s str, parsed: &'s str, lines: &'s Lines) -> Self {
        Self { text, parsed, lines }
    }

    /// The bytes of the file that a token or node covers.
    pub(super) fn span(&self, span: TokenSpan) -> Span {
        let start = self.start(span);
        Span::new(start..self.end(span).max(start))
    }

    /// The first byte of a token.
    pub(super) fn start(&self, span: TokenSpan) -> usize {
        self.byte(span.start(), || span.byte_range().start)
    }

    /// One past the last byte of a token.
    pub(super) fn end(&self, span: TokenSpan) -> usize {
        self.byte(span.end(), || span.byte_range().end)
    }

    /// The byte of a line and column, or, where characters would have to be counted in a very long line, the place in
    /// the parsed text that the span itself gives.
    fn byte(&self, at: LineColumn, in_parsed: impl FnOnce() -> usize) -> usize {
        const LONG: usize = 2000;
        let line = at.line.saturating_sub(1);
        let start = self.lines.starts.get(line).copied().unwrap_or(self.text.len());
        let byte = if self.lines.is_ascii {
            start + at.column
        } else if at.column > LONG {
            self.lines.starts.first().copied().unwrap_or_default() + in_parsed()
        } else {
            let line = self.parsed.get(start..).unwrap_or_default();
            start + line.char_indices().nth(at.column).map_or(line.len(), |(offset, _)| offset)
        };
        byte.min(self.text.len())
    }

    /// The bytes of an expression.
    pub(super) fn expr(&self, expr: &Expr) -> Span {
        let start = self.start(first(expr));
        Span::new(start..self.end(last(expr)).max(start))
    }

    /// The source of a span, white space folded to single spaces.
    pub(super) fn folded(&self, span: Span) -> String {
        let text = self.text.get(span.range()).unwrap_or("");
        let mut out = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            // A method chain that is broken before its dots reads as one line.
            if !out.is_empty() && !word.starts_with('.') {
                out.push(' ');
            }
            out.push_str(word);
        }
        out
    }
}

/// The first token of a path.
pub(super) fn path_start(path: &Path) -> TokenSpan {
    match (&path.leading_colon, path.segments.first()) {
        (Some(colon), _) => colon.spans.first().copied().unwrap_or_else(TokenSpan::call_site),
        (None, Some(segment)) => segment.ident.span(),
        (None, None) => TokenSpan::call_site(),
    }
}

/// A token span at which the expression starts.
pub(super) fn first(mut expr: &Expr) -> TokenSpan {
    loop {
        expr = match expr {
            Expr::MethodCall(e) if e.attrs.is_empty() => &e.receiver,
            Expr::Await(e) if e.attrs.is_empty() => &e.base,
            Expr::Try(e) if e.attrs.is_empty() => &e.expr,
            Expr::Field(e) if e.attrs.is_empty() => &e.base,
            Expr::Index(e) if e.attrs.is_empty() => &e.expr,
            Expr::Call(e) if e.attrs.is_empty() => &e.func,
            Expr::Binary(e) if e.attrs.is_empty() => &e.left,
            Expr::Assign(e) if e.attrs.is_empty() => &e.left,
            Expr::Cast(e) if e.attrs.is_empty() => &e.expr,
            Expr::Reference(e) => return e.and_token.span,
            Expr::Paren(e) => return e.paren_token.span.open(),
            Expr::Lit(e) => return e.lit.span(),
            Expr::Macro(e) => return path_start(&e.mac.path),
            Expr::Path(e) if e.qself.is_none() => return path_start(&e.path),
            Expr::Array(e) => return e.bracket_token.span.open(),
            Expr::Tuple(e) => return e.paren_token.span.open(),
            Expr::Match(e) => return e.match_token.span,
            Expr::If(e) => return e.if_token.span,
            Expr::Block(e) if e.label.is_none() => return e.block.brace_token.span.open(),
            Expr::Struct(e) if e.qself.is_none() => return path_start(&e.path),
            other => return other.span(),
        }
    }
}

/// A token span at which the expression ends.
pub(super) fn last(mut expr: &Expr) -> TokenSpan {
    loop {
        expr = match expr {
            Expr::Reference(e) => &e.expr,
            Expr::Unary(e) => &e.expr,
            Expr::Binary(e) => &e.right,
            Expr::Assign(e) => &e.right,
            Expr::Closure(e) => &e.body,
            Expr::MethodCall(e) => return e.paren_token.span.close(),
            Expr::Call(e) => return e.paren_token.span.close(),
            Expr::Macro(e) => return e.mac.delimiter.span().close(),
            Expr::Block(e) => return e.block.brace_token.span.close(),
            Expr::Async(e) => return e.block.brace_token.span.close(),
            Expr::Unsafe(e) => return e.block.brace_token.span.close(),
            Expr::Loop(e) => return e.body.brace_token.span.close(),
            Expr::ForLoop(e) => return e.body.brace_token.span.close(),
            Expr::While(e) => return e.body.brace_token.span.close(),
            Expr::Await(e) => return e.await_token.span,
            Expr::Try(e) => return e.question_token.span,
            Expr::Paren(e) => return e.paren_token.span.close(),
            Expr::Lit(e) => return e.lit.span(),
            Expr::Match(e) => return e.brace_token.span.close(),
            Expr::Struct(e) => return e.brace_token.span.close(),
            Expr::Array(e) => return e.bracket_token.span.close(),
            Expr::Tuple(e) => return e.paren_token.span.close(),
            Expr::Index(e) => return e.bracket_token.span.close(),
            Expr::Field(e) => return e.member.span(),
            Expr::If(e) => match &e.else_branch {
                Some((_, other)) => other,
                None => return e.then_branch.brace_token.span.close(),
            },
            Expr::Path(e) => match e.path.segments.last() {
                Some(segment) if segment.arguments.is_empty() => return segment.ident.span(),
                _ => return e.span(),
            },
            other => return other.span(),
        }
    }
}
