//! Placeholders of every driver, as one kind of token. Never looks at what is bound to them.

use super::tokens::{end, is_word, span_of, start, string, word};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Words after which an operand stands, so that a `?` there is a placeholder and no operator.
const BEFORE_OPERAND: &[&str] = &[
    "SELECT",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "IN",
    "THEN",
    "ELSE",
    "WHEN",
    "VALUES",
    "VALUE",
    "SET",
    "BY",
    "LIMIT",
    "OFFSET",
    "RETURNING",
    "LIKE",
    "ILIKE",
    "BETWEEN",
    "CASE",
    "ON",
    "HAVING",
    "FROM",
    "IS",
    "INTERVAL",
    "USING",
    "DISTINCT",
    "AS",
    "GLOB",
    "REGEXP",
    "MATCH",
    "ESCAPE",
    "CALL",
    "EXECUTE",
];

/// Whether an operand, and no operator, is due after `previous`.
fn operand_due(previous: Option<&TokenWithSpan>) -> bool {
    let Some(previous) = previous else { return true };
    match &previous.token {
        Token::Word(w) => w.quote_style.is_none() && BEFORE_OPERAND.iter().any(|k| w.value.eq_ignore_ascii_case(k)),
        Token::RParen | Token::RBracket | Token::RBrace | Token::Number(..) | Token::Placeholder(_) => false,
        _ => string(previous).is_none(),
    }
}

/// Makes one [`Token::Placeholder`] of each placeholder: `?1` and `@p` where the dialect does not know them, `{name}`,
/// `%s`, `$1` under MySQL; and numbers the bare `?`.
pub(super) fn normalise(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut ordinal = 1;
    let mut input = tokens.into_iter().peekable();
    while let Some(token) = input.next() {
        let (from, mut to) = (start(&token), end(&token));
        let adjacent = |next: Option<&TokenWithSpan>, to: usize| next.is_some_and(|n| start(n) == to);
        let due = operand_due(out.last());
        let mut after = None;
        let placeholder = match &token.token {
            Token::Placeholder(name) => Some(name.clone()),
            Token::Question if due => {
                let mut name = "?".to_owned();
                if adjacent(input.peek(), to)
                    && let Some(Token::Number(digits, _)) = input.peek().map(|n| &n.token)
                {
                    name.push_str(digits);
                    to = input.next().map_or(to, |n| end(&n));
                }
                Some(name)
            }
            Token::QuestionMarkDoubleVerticalBar if due => {
                after = Some((Token::StringConcat, to));
                to = from + 1;
                Some("?".to_owned())
            }
            Token::Word(w)
                if w.quote_style.is_none()
                    && (w.value.starts_with('@')
                        || w.value
                            .strip_prefix('$')
                            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))) =>
            {
                Some(w.value.clone())
            }
            Token::AtSign if due && adjacent(input.peek(), to) => {
                match input.next_if(|n| matches!(&n.token, Token::Word(w) if w.quote_style.is_none())) {
                    Some(name) => {
                        to = end(&name);
                        word(&name).map(|w| format!("@{}", w.value))
                    }
                    None => None,
                }
            }
            // `:name`; not the second half of a slice.
            Token::Colon
                if due && adjacent(input.peek(), to) && out.last().is_none_or(|t| t.token != Token::LBracket) =>
            {
                match input.next_if(|n| word(n).is_some()) {
                    Some(name) => {
                        to = end(&name);
                        word(&name).map(|w| format!(":{}", w.value))
                    }
                    None => None,
                }
            }
            Token::Mod if due && adjacent(input.peek(), to) => match input.next_if(|n| is_word(n, "s")) {
                Some(name) => {
                    to = end(&name);
                    Some("%s".to_owned())
                }
                None => None,
            },
            Token::LBrace => {
                let mut name = "{".to_owned();
                let inner = input.next_if(|n| matches!(n.token, Token::Number(..) | Token::Word(_)));
                if let Some(inner) = &inner {
                    name.push_str(&inner.token.to_string());
                }
                if let Some(close) = input.next_if(|n| n.token == Token::RBrace) {
                    to = end(&close);
                    name.push('}');
                    Some(name)
                } else {
                    if let Some(inner) = inner {
                        out.push(renumbered(token, ordinal));
                        out.push(renumbered(inner, ordinal));
                        continue;
                    }
                    None
                }
            }
            _ => None,
        };
        match placeholder {
            Some(name) => {
                let bare = name == "?";
                out.push(TokenWithSpan { token: Token::Placeholder(name), span: span_of(ordinal, from, to) });
                ordinal += u64::from(bare);
            }
            None => out.push(renumbered(token, ordinal)),
        }
        if let Some((token, end)) = after {
            out.push(TokenWithSpan { token, span: span_of(ordinal, to, end) });
        }
    }
    out
}

fn renumbered(token: TokenWithSpan, ordinal: u64) -> TokenWithSpan {
    let span = span_of(ordinal, start(&token), end(&token));
    TokenWithSpan { token: token.token, span }
}
