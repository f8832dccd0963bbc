//! Tokens to expressions, by sqlparser's expression parser. Never reads statements.

use super::Dialect;
use super::dialect::attempts;
use super::tokens::{is_any, is_word};
use sqlparser::ast::Expr;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Deeper nesting is not parsed: the parser, and everything that walks the tree, recurses.
const MAX_NESTING: usize = 48;
/// Longer chains of operators are not parsed: `a || b || ..` makes a tree as deep as the chain is long.
const MAX_OPERATORS: usize = 400;
/// Words that make the tree deeper.
const DEEPENS: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "IS",
    "CASE",
    "COLLATE",
    "XOR",
    "LIKE",
    "ILIKE",
    "RLIKE",
    "REGEXP",
    "GLOB",
    "MATCH",
    "BETWEEN",
    "IN",
    "AT",
    "SIMILAR",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "DIV",
    "PRIOR",
    "BINARY",
    "ESCAPE",
    "ISNULL",
    "NOTNULL",
];
/// The parser's own count of nested calls, which grows by more than one a bracket.
const RECURSION_LIMIT: usize = 120;

/// Parses all of `tokens` as one expression; in the text's dialect, or else in any other.
pub(super) fn parse(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<Expr> {
    if tokens.is_empty() || too_large(tokens) {
        return None;
    }
    let tokens = joined_literals(tokens);
    let attempt = |tokens: &[TokenWithSpan]| {
        attempts(dialect).into_iter().find_map(|attempt| {
            let mut parser =
                Parser::new(attempt).with_recursion_limit(RECURSION_LIMIT).with_tokens_with_locations(tokens.to_vec());
            let expr = parser.parse_expr().ok()?;
            (parser.peek_token_ref().token == Token::EOF).then_some(expr)
        })
    };
    attempt(&tokens).or_else(|| attempt(&plain_comparisons(&tokens)?))
}

/// SQLite's `a ISNULL`, `a NOTNULL`, `a IS b` and `a IS NOT b` in words that the parser knows; `None` when there are
/// none.
fn plain_comparisons(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    const KNOWN: &[&str] = &["NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT", "JSON", "NORMALIZED"];
    let mut out = Vec::with_capacity(tokens.len() + 2);
    let mut changed = false;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = |ahead: usize| tokens.get(at + ahead);
        let mut push = |new: Token| out.push(TokenWithSpan { token: new, span: token.span });
        let word = |text: &str| Token::make_word(text, None);
        let mut taken = 1;
        if is_any(token, &["ISNULL", "NOTNULL"]) && next(1).is_none_or(|t| t.token != Token::LParen) {
            push(word("IS"));
            if is_word(token, "NOTNULL") {
                push(word("NOT"));
            }
            push(word("NULL"));
            changed = true;
        } else if is_word(token, "IS") && next(1).is_some_and(|t| !is_any(t, KNOWN) && !is_word(t, "NOT")) {
            push(Token::Eq);
            changed = true;
        } else if is_word(token, "IS")
            && next(1).is_some_and(|t| is_word(t, "NOT"))
            && next(2).is_some_and(|t| !is_any(t, KNOWN))
        {
            push(Token::Neq);
            taken = 2;
            changed = true;
        } else {
            out.push(token.clone());
        }
        at += taken;
    }
    changed.then_some(out)
}

/// Whether the expression is one that must not become a tree.
fn too_large(tokens: &[TokenWithSpan]) -> bool {
    let (mut depth, mut deepest, mut operators) = (0_usize, 0, 0);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Comma | Token::Number(..) | Token::Placeholder(_) => {}
            Token::Word(_) => {
                operators += usize::from(is_any(token, DEEPENS));
            }
            _ if super::tokens::string(token).is_some() => {}
            _ => operators += 1,
        }
    }
    deepest > MAX_NESTING || operators > MAX_OPERATORS
}

/// Adjacent string literals are one literal, and `VARIADIC` before an argument changes nothing we look at: sqlparser
/// knows neither.
fn joined_literals(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if let Token::SingleQuotedString(more) = &token.token
            && let Some(last) = out.last_mut()
            && let Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) = &mut last.token
        {
            text.push_str(more);
            last.span.end = token.span.end;
        } else if !is_word(token, "VARIADIC") {
            out.push(token.clone());
        }
    }
    out
}
