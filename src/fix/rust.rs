//! The string literals of a Rust file, and how a text is spelled inside one of them.
//!
//! Reads tokens only: which literal holds a byte, whether it is raw, whether braces mean something in it, and which
//! name it is given. Never looks at what a literal says.

use crate::frontend::rust::stripped;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::ops::Range;

/// Macros whose first string literal is a format string.
const FORMATTING: [&str; 16] = [
    "format",
    "format_args",
    "formatcp",
    "formatdoc",
    "format_compact",
    "formatx",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "writedoc",
    "panic",
    "info",
    "debug",
];
/// Macros that make a string of literals, so that what is named is still the literal.
const JOINING: [&str; 4] = ["concat", "concatcp", "indoc", "concatdoc"];

/// What the tokens of a file say about its literals.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// By their first byte, none inside another.
    literals: Vec<Literal>,
    /// How often each name stands in the file.
    names: BTreeMap<String, usize>,
}

/// One string literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    /// The whole token.
    pub(super) token: Range<usize>,
    /// What stands between the quotes.
    pub(super) body: Range<usize>,
    /// The number of `#`, for a raw literal.
    hashes: Option<usize>,
    /// It is a format string: braces are doubled.
    formatted: bool,
    /// The constant or variable that it is the value of.
    pub(super) name: Option<Name>,
}

/// What a literal is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    text: String,
    /// Other modules may use it.
    public: bool,
}

impl Code {
    /// Reads the tokens; a file that has none that are whole has no literals.
    pub(super) fn read(text: &str) -> Self {
        let shift = stripped(text);
        let mut code = Self::default();
        if let Ok(tokens) = text.get(shift..).unwrap_or("").parse::<TokenStream>() {
            code.walk(tokens, text, shift);
        }
        // Places are bytes by now; the thread's copy of the text can go.
        proc_macro2::extra::invalidate_current_thread_spans();
        code.literals.sort_by_key(|literal| literal.token.start);
        code
    }

    /// The literal whose text holds these bytes.
    pub(super) fn literal(&self, bytes: &Range<usize>) -> Option<&Literal> {
        let at = self.literals.partition_point(|literal| literal.body.start <= bytes.start);
        let found = self.literals.get(at.checked_sub(1)?)?;
        (bytes.end <= found.body.end).then_some(found)
    }

    /// The token of the literal that these bytes belong to, its quotes and `#` included.
    pub(super) fn holding(&self, bytes: &Range<usize>) -> Option<Range<usize>> {
        let at = self.literals.partition_point(|literal| literal.token.start <= bytes.start);
        let token = self.literals.get(at.checked_sub(1)?)?.token.clone();
        (bytes.end <= token.end).then_some(token)
    }

    /// Whether the literal is named, and the name may be used in more places than one.
    pub(super) fn is_shared(&self, literal: &Literal) -> bool {
        // One use is the definition.
        literal.name.as_ref().is_some_and(|name| name.public || self.names.get(&name.text).is_some_and(|n| *n > 2))
    }

    fn walk(&mut self, tokens: TokenStream, text: &str, shift: usize) {
        let mut open: Vec<Level> = vec![Level::new(tokens, None, false)];
        while let Some(level) = open.last_mut() {
            let Some(token) = level.rest.next() else {
                open.pop();
                continue;
            };
            match token {
                TokenTree::Group(group) => {
                    let called = level.macro_name.take();
                    let is = |names: &[&str]| called.as_deref().is_some_and(|name| names.contains(&name));
                    let formatted = is(&FORMATTING);
                    let value = level.starts_value || is(&JOINING) || (formatted && level.after_equals);
                    let name = level.name.clone().filter(|_| value && group.delimiter() != Delimiter::Brace);
                    level.after(&TokenTree::Group(group.clone()));
                    open.push(Level::new(group.stream(), name, formatted));
                }
                TokenTree::Literal(literal) => {
                    let bytes = literal.span().byte_range();
                    let token = bytes.start + shift..bytes.end + shift;
                    let formatted = std::mem::take(&mut level.formatted);
                    let name = level.name.clone().filter(|_| level.starts_value || level.is_value);
                    if let Some(found) = Literal::read(text, token, formatted, name) {
                        self.literals.push(found);
                    } else {
                        level.formatted = formatted;
                    }
                    level.after(&TokenTree::Literal(literal));
                }
                TokenTree::Ident(ident) => {
                    *self.names.entry(ident.to_string()).or_default() += 1;
                    level.after(&TokenTree::Ident(ident));
                }
                punct @ TokenTree::Punct(_) => level.after(&punct),
            }
        }
    }
}

/// One level of brackets, on the way through it.
#[expect(clippy::struct_excessive_bools, reason = "each says that one sort of token was read")]
struct Level {
    rest: proc_macro2::token_stream::IntoIter,
    /// The next string literal is a format string.
    formatted: bool,
    /// The name that is being given a value: `const NAME: &str =`.
    name: Option<Name>,
    /// Everything here is the value of `name`: the inside of `concat!(..)`.
    is_value: bool,
    /// `pub` stands before what follows.
    public: bool,
    /// `const`, `static` or `let` stands before what follows.
    defines: bool,
    /// Nothing but `=` stands between the definition's head and what follows.
    starts_value: bool,
    /// What follows belongs to the value of a definition, behind a path and `!` at most.
    after_equals: bool,
    /// A `'` was read: what follows is a lifetime.
    lifetime: bool,
    last_ident: Option<String>,
    macro_name: Option<String>,
}

impl Level {
    fn new(tokens: TokenStream, name: Option<Name>, formatted: bool) -> Self {
        let is_value = name.is_some();
        let rest = tokens.into_iter();
        Self {
            rest,
            formatted,
            name,
            is_value,
            public: false,
            defines: false,
            starts_value: false,
            after_equals: false,
            lifetime: false,
            last_ident: None,
            macro_name: None,
        }
    }

    /// Takes note of a token that was read.
    fn after(&mut self, token: &TokenTree) {
        let starts = std::mem::take(&mut self.starts_value);
        let ident = self.last_ident.take();
        if self.is_value || std::mem::take(&mut self.lifetime) {
            return;
        }
        match token {
            TokenTree::Ident(word) => {
                let word = word.to_string();
                match word.as_str() {
                    "pub" => self.public = true,
                    "const" | "static" | "let" => {
                        self.defines = true;
                        self.name = None;
                        self.public &= word != "let";
                    }
                    "mut" | "ref" | "crate" | "super" | "in" => {}
                    _ if self.defines => {
                        self.name = Some(Name { text: word.clone(), public: self.public });
                        self.defines = false;
                        self.public = false;
                    }
                    _ => self.public = false,
                }
                self.last_ident = Some(word);
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                '=' => (self.starts_value, self.after_equals) = (self.name.is_some(), self.name.is_some()),
                '&' => self.starts_value = starts,
                '\'' => self.lifetime = true,
                '!' => self.macro_name = ident,
                ':' => {}
                ';' => {
                    self.name = None;
                    self.after_equals = false;
                }
                _ => self.after_equals = false,
            },
            TokenTree::Group(group) => {
                // `pub(crate)`
                self.public &= group.delimiter() == Delimiter::Parenthesis;
                self.after_equals = false;
                self.defines = false;
                if group.delimiter() == Delimiter::Brace {
                    self.name = None;
                }
            }
            TokenTree::Literal(_) => self.after_equals = false,
        }
    }
}

impl Literal {
    fn read(text: &str, token: Range<usize>, formatted: bool, name: Option<Name>) -> Option<Self> {
        let spelled = text.get(token.clone())?;
        let quote = spelled.find('"')?;
        let head = spelled.get(..quote)?;
        let raw = head.contains('r');
        let hashes = head.matches('#').count();
        if !matches!(head.trim_end_matches('#'), "" | "r" | "b" | "br" | "c" | "cr") || (hashes > 0 && !raw) {
            return None;
        }
        let body = token.start + quote + 1..token.end.checked_sub(hashes + 1)?;
        (body.start <= body.end).then_some(Self { token, body, hashes: raw.then_some(hashes), formatted, name })
    }

    /// How `sql` is spelled in here; `None` where the literal has no way to.
    pub(super) fn encode(&self, sql: &str) -> Option<String> {
        let mut text = sql.to_owned();
        if self.formatted {
            text = text.replace('{', "{{").replace('}', "}}");
        }
        match self.hashes {
            None => Some(text.replace('\\', "\\\\").replace('"', "\\\"").replace('\0', "\\0")),
            Some(hashes) => {
                let close = format!("\"{}", "#".repeat(hashes));
                (!text.contains(&close)).then_some(text)
            }
        }
    }

    /// The raw literal with one `#` more at both ends, and where they are put.
    pub(super) fn with_hash(&self) -> Option<(Self, [usize; 2])> {
        let hashes = self.hashes?;
        let open = self.body.start.checked_sub(hashes + 1)?;
        Some((Self { hashes: Some(hashes + 1), ..self.clone() }, [open, self.token.end]))
    }

    /// Whether the file still has one string literal here when `token` is spelled like this.
    pub(super) fn still_reads(token: &str) -> bool {
        syn::parse_str::<syn::Lit>(token).is_ok_and(|lit| matches!(lit, syn::Lit::Str(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal<'c>(code: &'c Code, text: &str, part: &str) -> &'c Literal {
        let at = text.find(part).unwrap();
        code.literal(&(at..at + part.len())).unwrap_or_else(|| panic!("{part}: {code:?}"))
    }

    #[test]
    fn a_text_is_spelled_for_the_literal_it_goes_into() {
        let text = r##"f("plain é", r"raw", r#"hash"#, format!("{a} braces", "none"), write!(w, "held", 1));"##;
        let code = Code::read(text);
        let encode = |part: &str, sql: &str| literal(&code, text, part).encode(sql);
        assert_eq!(encode("plain", r#"'{a}' "C" \"#).as_deref(), Some(r#"'{a}' \"C\" \\"#));
        assert_eq!(encode("raw", r"'{a}' \").as_deref(), Some(r"'{a}' \"));
        assert_eq!(encode("raw", r#""C" "#), None);
        assert_eq!(encode("hash", r#""C" "#).as_deref(), Some(r#""C" "#));
        assert_eq!(encode("braces", "'{a}'").as_deref(), Some("'{{a}}'"));
        assert_eq!(encode("none", "'{a}'").as_deref(), Some("'{a}'"));
        assert_eq!(encode("held", "'{a}'").as_deref(), Some("'{{a}}'"));
        assert!(code.literal(&(0..1)).is_none());
    }

    #[test]
    fn a_name_that_is_used_once_is_not_shared() {
        let text = r#"
            const ONCE: &str = "once";
            const TWICE: &'static str = concat!("twi", "ce");
            pub(crate) const OPEN: &str = "open";
            fn f() { let q = format!("local {x}"); g(ONCE, TWICE, TWICE); h(&q); let r = query("direct").run(); r.x(r) }
        "#;
        let code = Code::read(text);
        let shared = |part: &str| {
            let found = literal(&code, text, part);
            (found.name.as_ref().map(|name| name.text.as_str()), code.is_shared(found))
        };
        assert_eq!(shared("once"), (Some("ONCE"), false));
        assert_eq!(shared("twi"), (Some("TWICE"), true));
        assert_eq!(shared("open"), (Some("OPEN"), true));
        assert_eq!(shared("local"), (Some("q"), false));
        assert_eq!(shared("direct"), (None, false));
    }

    #[test]
    fn offsets_count_from_the_start_of_the_file() {
        let text = "\u{feff}#!/usr/bin/env run\nconst A: &str = \"here\";";
        let code = Code::read(text);
        assert_eq!(text.get(literal(&code, text, "here").token.clone()), Some("\"here\""));
        assert!(Code::read("fn f( {").literals.is_empty());
    }
}
