//! `SET` lists: from tokens to targets and values, each with its exact range. One path for every statement that
//! assigns. Never decides what an assignment means for the table.

use super::split::Statement;
use super::tokens::{is_any, is_hole, is_word, string};
use super::{Assigned, Dialect, Ident, expr};
use sqlparser::ast::Expr;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Why `c[1:2] = v` is [`Assigned::Unparsed`]: fine for an array, an error for `jsonb`.
pub(super) const SLICE: &str = "a slice of an array is assigned";

/// One column of a `SET` list; ranges are indices of the statement's tokens.
pub(super) struct Assignment {
    /// The target's parts.
    pub target: Vec<Ident>,
    /// The target's tokens.
    pub target_tokens: Range<usize>,
    /// `target = value`; for a tuple the whole of `(a, b) = (..)`.
    pub tokens: Range<usize>,
    /// The value's tokens.
    pub value_tokens: Range<usize>,
    /// What is assigned.
    pub value: Assigned,
}

/// A `SET` list.
pub(super) struct SetList {
    /// Its columns in order.
    pub assignments: Vec<Assignment>,
    /// The index after it.
    pub end: usize,
    /// An unknown part stands in it where assignments or a further clause may be.
    pub open: bool,
}

/// Reads the list that starts at `from` and ends before `limit` at the latest.
pub(super) fn set_list(statement: &Statement, from: usize, limit: usize, dialect: Dialect) -> SetList {
    let mut list = SetList { assignments: vec![], end: from, open: false };
    let mut at = from;
    loop {
        let (stop, equals) = item_end(statement, at, limit);
        read_item(statement, at, stop, equals, dialect, &mut list);
        list.end = stop;
        if stop >= limit || !statement.at(stop, &Token::Comma) {
            return list;
        }
        at = stop + 1;
    }
}

/// The end of the item at `from` (a comma, a clause, or `limit`) and its `=`.
fn item_end(statement: &Statement, from: usize, limit: usize) -> (usize, Option<usize>) {
    let mut at = from;
    let mut equals = None;
    let mut cases = 0_usize;
    while at < limit {
        let Some(token) = statement.get(at) else { break };
        match &token.token {
            Token::Comma | Token::SemiColon => break,
            Token::Eq | Token::Assignment if equals.is_none() => equals = Some(at),
            Token::Word(_) if is_word(token, "CASE") => cases += 1,
            Token::Word(_) if is_word(token, "END") && cases > 0 => cases -= 1,
            Token::Word(_) if cases == 0 && ends_list(statement, at) => break,
            _ => {}
        }
        at = statement.skip(at);
    }
    (at.min(limit), equals)
}

/// Whether the word at `at` starts the clause after a `SET` list.
fn ends_list(statement: &Statement, at: usize) -> bool {
    let before = at.checked_sub(1);
    if before.is_some_and(|b| statement.at(b, &Token::Period)) || statement.at(at + 1, &Token::Eq) {
        return false;
    }
    let Some(token) = statement.get(at) else { return false };
    if is_any(token, &["WHERE", "RETURNING", "LIMIT", "OUTPUT"]) {
        return true;
    }
    if is_word(token, "FROM") {
        // `IS [NOT] DISTINCT FROM` is an operator.
        return !(before.is_some_and(|b| statement.is(b, "DISTINCT"))
            && at.checked_sub(2).is_some_and(|b| statement.any(b, &["IS", "NOT"])));
    }
    (is_word(token, "ORDER") && statement.is(at + 1, "BY"))
        || (is_word(token, "ON") && statement.any(at + 1, &["CONFLICT", "DUPLICATE"]))
        || (is_word(token, "WHEN") && statement.any(at + 1, &["MATCHED", "NOT"]))
        || is_any(token, &["END", "LOOP"])
}

fn read_item(
    statement: &Statement,
    from: usize,
    stop: usize,
    equals: Option<usize>,
    dialect: Dialect,
    list: &mut SetList,
) {
    let Some(equals) = equals else {
        list.open |= statement.slice(from..stop).iter().any(is_hole);
        return;
    };
    if equals == from || equals + 1 >= stop {
        return;
    }
    // What stands behind a value is not part of it: a hole for further clauses.
    let mut end = stop;
    while end > equals + 2 && statement.get(end - 1).is_some_and(is_hole) && !continues(statement, end - 2) {
        end -= 1;
        list.open = true;
    }
    let item = Item { statement, dialect, tokens: from..end, value: equals + 1..end };
    if statement.at(from, &Token::LParen) && statement.closing(from) + 1 == equals {
        item.tuple(from + 1..equals - 1, list);
    } else {
        let value = item.value_of(equals + 1..end);
        let (target, value) = item.target(from..equals, value);
        list.assignments.push(Assignment {
            target,
            target_tokens: from..equals,
            tokens: from..end,
            value_tokens: equals + 1..end,
            value,
        });
    }
}

/// Whether an operand must follow the token at `at`.
fn continues(statement: &Statement, at: usize) -> bool {
    statement.get(at).is_some_and(|t| match &t.token {
        Token::Word(_) => is_any(t, &["AND", "OR", "NOT", "FROM", "THEN", "ELSE", "WHEN", "CASE", "LIKE", "COLLATE"]),
        Token::RParen | Token::RBracket | Token::Number(..) | Token::Placeholder(_) => false,
        _ => string(t).is_none(),
    })
}

struct Item<'s, 't> {
    statement: &'s Statement<'t>,
    dialect: Dialect,
    tokens: Range<usize>,
    value: Range<usize>,
}

impl Item<'_, '_> {
    fn value_of(&self, range: Range<usize>) -> Assigned {
        let tokens = self.statement.slice(range.clone());
        if let [only] = tokens
            && is_word(only, "DEFAULT")
        {
            return Assigned::Default;
        }
        expr::parse(tokens, self.dialect).map_or_else(|| Assigned::Unparsed(spelled(tokens)), Assigned::Value)
    }

    /// The parts of a single target, and what is assigned to them.
    fn target(&self, range: Range<usize>, value: Assigned) -> (Vec<Ident>, Assigned) {
        let mut parts = Vec::new();
        let mut at = range.start;
        loop {
            match self.statement.get(at).filter(|_| at < range.end).map(|t| &t.token) {
                Some(Token::Word(w)) => {
                    parts.push(Ident { text: w.value.clone(), quoted: w.quote_style.is_some() });
                }
                Some(Token::DoubleQuotedString(text)) => parts.push(Ident { text: text.clone(), quoted: true }),
                Some(Token::SingleQuotedString(text)) if self.dialect == Dialect::Sqlite => {
                    parts.push(Ident { text: text.clone(), quoted: true });
                }
                Some(Token::Placeholder(text)) if text.starts_with(['{', '$', ':']) => {
                    parts.push(Ident { text: text.clone(), quoted: false });
                }
                _ => return (parts, self.rejected(range)),
            }
            at += 1;
            if at >= range.end || !self.statement.at(at, &Token::Period) {
                break;
            }
            at += 1;
        }
        if at >= range.end {
            return (parts, value);
        }
        let subscripts = self.subscripts(at..range.end);
        let value = match (subscripts, value) {
            (None, _) => self.rejected(range),
            (Some(_), _) if self.dialect != Dialect::Postgres => self.rejected(range),
            (Some(Err(why)), _) => Assigned::Unparsed(why),
            (Some(Ok(path)), Assigned::Value(value)) => Assigned::Subscript(path, value),
            (Some(Ok(_)), Assigned::Default) => Assigned::Rejected("DEFAULT cannot be assigned to a subscript".into()),
            (Some(Ok(_)), other) => other,
        };
        (parts, value)
    }

    /// `['a'][1]`: the expressions inside; `None` when it is something else, `Err` when one cannot be parsed.
    fn subscripts(&self, range: Range<usize>) -> Option<Result<Vec<Expr>, String>> {
        let mut path = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let close = self.statement.closing(at);
            if !self.statement.at(at, &Token::LBracket) || close >= range.end {
                return None;
            }
            let inner = self.statement.slice(at + 1..close);
            if inner.iter().any(|t| t.token == Token::Colon) {
                return Some(Err(SLICE.to_owned()));
            }
            match expr::parse(inner, self.dialect) {
                Some(step) => path.push(step),
                None => return Some(Err(spelled(inner))),
            }
            at = close + 1;
        }
        Some(Ok(path))
    }

    fn rejected(&self, range: Range<usize>) -> Assigned {
        Assigned::Rejected(format!("`{}` cannot be assigned to", spelled(self.statement.slice(range))))
    }

    /// `(a, b) = (1, 2)`, `= ROW(1, 2)`, `= (SELECT ..)`.
    fn tuple(&self, targets: Range<usize>, list: &mut SetList) {
        let targets = self.statement.comma_parts(targets);
        let items = self.row_items();
        let whole = if items.is_some() { None } else { Some(self.value_of(self.value.clone())) };
        for (index, range) in targets.iter().enumerate() {
            let (value, value_tokens) = match (&items, &whole) {
                (Some(items), _) if items.len() == targets.len() => {
                    let item = items.get(index).cloned().unwrap_or(self.value.clone());
                    (self.value_of(item.clone()), item)
                }
                (Some(items), _) => {
                    let why = format!("{} columns are assigned {} values", targets.len(), items.len());
                    (Assigned::Rejected(why), self.value.clone())
                }
                (None, Some(Assigned::Value(row))) if targets.len() == 1 && !matches!(row, Expr::Subquery(_)) => {
                    (Assigned::Value(row.clone()), self.value.clone())
                }
                (None, Some(Assigned::Value(row))) => (Assigned::RowItem(row.clone(), index), self.value.clone()),
                (None, other) => {
                    (other.clone().unwrap_or_else(|| Assigned::Unparsed(String::new())), self.value.clone())
                }
            };
            let (target, value) = self.target(range.clone(), value);
            list.assignments.push(Assignment {
                target,
                target_tokens: range.clone(),
                tokens: self.tokens.clone(),
                value_tokens,
                value,
            });
        }
    }

    /// The items of a row that is spelled out.
    fn row_items(&self) -> Option<Vec<Range<usize>>> {
        let at = self.value.start + usize::from(self.statement.is(self.value.start, "ROW"));
        let close = self.statement.closing(at);
        let spelled_out = self.statement.at(at, &Token::LParen)
            && close + 1 == self.value.end
            && !self.statement.any(at + 1, &["SELECT", "WITH", "VALUES"]);
        let items = spelled_out.then(|| self.statement.comma_parts(at + 1..close))?;
        // `ROW(v.*)` has as many items as `v` has columns.
        let star = |item: &Range<usize>| item.len() > 1 && self.statement.at(item.end - 1, &Token::Mul);
        (!items.iter().any(star)).then_some(items)
    }
}

/// Tokens as text, for messages.
pub(super) fn spelled(tokens: &[TokenWithSpan]) -> String {
    let mut out = String::new();
    for (index, token) in tokens.iter().enumerate() {
        let gap = index
            .checked_sub(1)
            .and_then(|i| tokens.get(i))
            .is_some_and(|b| super::tokens::end(b) < super::tokens::start(token));
        if gap {
            out.push(' ');
        }
        if out.len() > 200 {
            out.push_str("..");
            break;
        }
        out.push_str(&token.token.to_string());
    }
    out
}
