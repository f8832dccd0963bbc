//! What stands inside macro calls, read as expressions and statements as far as it can be.
//!
//! `syn` leaves a macro's tokens alone. They are parsed once for the whole file, before anything is read off it, so
//! that the rest of the front end sees one tree. What does not parse is taken apart group by group, down to its
//! literals.

use super::place::{Source, path_start};
use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree, token_stream};
use std::collections::BTreeMap;
use std::iter::Peekable;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Macro, Stmt, Token, Type};

/// How deep groups are taken apart and tried again; deeper ones give their literals only.
const MAX_TRIES: usize = 12;

/// The tokens of one macro call, read.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// The type before the SQL, of `query_as!` and its like.
    pub(super) output: Option<Type>,
    /// Arguments, or expressions found inside.
    pub(super) exprs: Vec<Expr>,
    /// The exprs are the arguments, all of them and in order.
    pub(super) is_list: bool,
    /// Values by name: `named_params! { ":a": x }`, `params! { "a" => x }`.
    pub(super) named: Vec<(String, Expr)>,
    /// Statements found inside.
    pub(super) stmts: Vec<Stmt>,
    /// Literals that stand in nothing that could be parsed.
    pub(super) loose: Vec<Literal>,
}

/// All macro calls of a file, by the first byte of their path.
#[derive(Debug)]
pub(super) struct Macros<'s> {
    source: Source<'s>,
    map: BTreeMap<usize, Parsed>,
}

impl<'s> Macros<'s> {
    /// Nothing yet.
    pub(super) fn new(source: Source<'s>) -> Self {
        Self { source, map: BTreeMap::new() }
    }

    /// What was read of a macro call.
    pub(super) fn get(&self, mac: &Macro) -> Option<&Parsed> {
        self.map.get(&self.source.start(path_start(&mac.path)))
    }

    /// Reads a stream that is no macro call: a file that does not parse.
    pub(super) fn recover(&mut self, tokens: TokenStream) -> Parsed {
        let mut parsed = Parsed::default();
        take_apart(tokens, MAX_TRIES, &mut parsed);
        self.descend(&parsed);
        parsed
    }

    fn descend(&mut self, parsed: &Parsed) {
        parsed.exprs.iter().for_each(|e| self.visit_expr(e));
        parsed.named.iter().for_each(|(_, e)| self.visit_expr(e));
        parsed.stmts.iter().for_each(|s| self.visit_stmt(s));
    }
}

impl<'ast> Visit<'ast> for Macros<'_> {
    fn visit_macro(&mut self, mac: &'ast Macro) {
        let parsed = parse(mac);
        self.descend(&parsed);
        self.map.insert(self.source.start(path_start(&mac.path)), parsed);
        visit::visit_path(self, &mac.path);
    }
}

/// The last segment of the macro's path.
pub(super) fn name(mac: &Macro) -> String {
    mac.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default()
}

/// Whether the macro's first argument is a type: `query_as!` and `query_file_as!`, checked or not.
fn takes_type(name: &str) -> bool {
    matches!(name, "query_as" | "query_as_unchecked" | "query_file_as" | "query_file_as_unchecked")
}

/// A type, a comma and the arguments.
struct TypeThenArguments(Type, Vec<Expr>);

impl Parse for TypeThenArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let output = input.parse()?;
        input.parse::<Token![,]>()?;
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated(input)?;
        Ok(Self(output, arguments.into_iter().collect()))
    }
}

fn parse(mac: &Macro) -> Parsed {
    let tokens = mac.tokens.clone();
    let mut parsed = Parsed::default();
    if takes_type(&name(mac))
        && let Ok(TypeThenArguments(output, exprs)) = syn::parse2(tokens.clone())
    {
        parsed.output = Some(output);
        parsed.exprs = exprs;
        parsed.is_list = true;
        return parsed;
    }
    if let Ok(exprs) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
        parsed.exprs = exprs.into_iter().collect();
        parsed.is_list = true;
        return parsed;
    }
    if matches!(name(mac).as_str(), "named_params" | "params")
        && let Ok(pairs) = Punctuated::<Pair, Token![,]>::parse_terminated.parse2(tokens.clone())
    {
        parsed.named = pairs.into_iter().map(|pair| (pair.0, pair.1)).collect();
        return parsed;
    }
    take_apart(tokens, MAX_TRIES, &mut parsed);
    parsed
}

/// `":name": value` or `"name" => value`.
struct Pair(String, Expr);

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: syn::LitStr = input.parse()?;
        if input.peek(Token![=>]) {
            input.parse::<Token![=>]>()?;
        } else {
            input.parse::<Token![:]>()?;
        }
        Ok(Self(name.value(), input.parse()?))
    }
}

/// Reads what can be read: the whole as statements, each part between `,`, `;` and `=>` as an expression, each group
/// again; literals at last.
fn take_apart(tokens: TokenStream, tries: usize, into: &mut Parsed) {
    if tries == 0 {
        literals(tokens, &mut into.loose);
        return;
    }
    if let Ok(stmts) = Block::parse_within.parse2(tokens.clone()) {
        into.stmts.extend(stmts);
        return;
    }
    let mut part: Vec<TokenTree> = vec![];
    let mut after_equals = false;
    for tree in tokens {
        let ends = match &tree {
            TokenTree::Punct(p) => match p.as_char() {
                ',' | ';' => true,
                '>' if after_equals => {
                    part.pop();
                    true
                }
                _ => false,
            },
            _ => false,
        };
        after_equals =
            matches!(&tree, TokenTree::Punct(p) if p.as_char() == '=' && p.spacing() == proc_macro2::Spacing::Joint);
        if ends {
            take_part(std::mem::take(&mut part), tries, into);
        } else {
            part.push(tree);
        }
    }
    take_part(part, tries, into);
}

fn take_part(part: Vec<TokenTree>, tries: usize, into: &mut Parsed) {
    if part.is_empty() {
        return;
    }
    if let Ok(expr) = syn::parse2::<Expr>(part.iter().cloned().collect()) {
        into.exprs.push(expr);
        return;
    }
    let mut hash = false;
    for tree in part {
        match tree {
            // An attribute carries no SQL.
            TokenTree::Group(g) if hash && g.delimiter() == Delimiter::Bracket => {}
            TokenTree::Group(g) => take_apart(g.stream(), tries - 1, into),
            TokenTree::Literal(l) => into.loose.push(l),
            TokenTree::Punct(p) if p.as_char() == '#' || (hash && p.as_char() == '!') => {
                hash = true;
                continue;
            }
            _ => {}
        }
        hash = false;
    }
}

/// All literals of a stream, at any depth, attributes left out. Never recurses.
pub(super) fn literals(tokens: TokenStream, into: &mut Vec<Literal>) {
    let mut open = vec![tokens.into_iter()];
    let mut hash = false;
    while let Some(stream) = open.last_mut() {
        match stream.next() {
            None => {
                open.pop();
            }
            Some(TokenTree::Group(g)) if hash && g.delimiter() == Delimiter::Bracket => {}
            Some(TokenTree::Group(g)) => open.push(g.stream().into_iter()),
            Some(TokenTree::Literal(l)) => into.push(l),
            Some(TokenTree::Punct(p)) if p.as_char() == '#' || (hash && p.as_char() == '!') => {
                hash = true;
                continue;
            }
            Some(_) => {}
        }
        hash = false;
    }
}

/// The tokens again, unless the tree that they make may be deeper than a thread's stack takes.
///
/// Counts groups inside groups, and the longest run of tokens without a separator, which bounds how deep operators
/// and method calls nest. Never recurses, and copies no token: they are taken out of their groups and put back.
pub(super) fn shallow(tokens: TokenStream) -> Option<TokenStream> {
    const MAX_GROUPS: usize = 200;
    const MAX_RUN: usize = 6000;
    let mut open = vec![Level::of(tokens, None)];
    loop {
        let depth = open.len();
        let level = open.last_mut()?;
        let Some(tree) = level.left.next() else {
            let done = open.pop()?;
            let stream: TokenStream = done.taken.into_iter().collect();
            let (Some((delimiter, span)), Some(around)) = (done.group, open.last_mut()) else { return Some(stream) };
            let mut group = Group::new(delimiter, stream);
            group.set_span(span);
            around.taken.push(TokenTree::Group(group));
            continue;
        };
        match &tree {
            TokenTree::Punct(p) if matches!(p.as_char(), ',' | ';' | '#') => level.run = 0,
            TokenTree::Group(g) => {
                // A block ends a statement unless an operator, a method or `else` follows.
                let goes_on = match level.left.peek() {
                    Some(TokenTree::Punct(p)) => p.as_char() != '#',
                    Some(TokenTree::Ident(i)) => *i == "else",
                    _ => false,
                };
                level.run = if g.delimiter() == Delimiter::Brace && !goes_on { 0 } else { level.run + 1 };
            }
            _ => level.run += 1,
        }
        if level.run > MAX_RUN {
            return None;
        }
        match tree {
            TokenTree::Group(g) => {
                if depth >= MAX_GROUPS {
                    return None;
                }
                let (delimiter, span, stream) = (g.delimiter(), g.span(), g.stream());
                // A stream that nobody else holds is taken apart without a copy.
                drop(g);
                open.push(Level::of(stream, Some((delimiter, span))));
            }
            other => level.taken.push(other),
        }
    }
}

/// A group that [`shallow`] is in.
struct Level {
    left: Peekable<token_stream::IntoIter>,
    taken: Vec<TokenTree>,
    /// Tokens since the last separator.
    run: usize,
    group: Option<(Delimiter, Span)>,
}

impl Level {
    fn of(tokens: TokenStream, group: Option<(Delimiter, Span)>) -> Self {
        let left = tokens.into_iter();
        let taken = Vec::with_capacity(left.size_hint().0);
        Self { left: left.peekable(), taken, run: 0, group }
    }
}
