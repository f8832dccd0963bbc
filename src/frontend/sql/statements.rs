//! Finds the statements that write inside a statement: at its head, in CTEs, behind `EXPLAIN` or `PREPARE`, in rules and
//! bodies. Decides where each begins; what it does is read by the module of its kind.

use super::reader::Reader;
use super::relations::defined_names;
use super::split::Statement;
use super::tokens::is_word;
use super::update::{self, Place};
use sqlparser::tokenizer::Token;

/// Reads every write of one statement.
pub(super) fn read_writes(reader: &mut Reader, statement: &Statement) {
    let heads: Vec<usize> = (0..statement.tokens.len()).filter(|at| is_update(statement, *at)).collect();
    if heads.is_empty() {
        return;
    }
    let defined = defined_names(statement);
    for head in heads {
        let place = Place { head, statement: 0..statement.tokens.len(), defined: &defined };
        update::read(reader, statement, &place);
    }
}

/// Whether an `UPDATE` statement may start at `at`: the word stands there, and not in `FOR UPDATE`, `ON UPDATE`, a
/// trigger's events or a grant.
fn is_update(statement: &Statement, at: usize) -> bool {
    if !statement.get(at).is_some_and(|t| is_word(t, "UPDATE")) || statement.any(at + 1, &["SET", "OF", "ON"]) {
        return false;
    }
    let Some(before) = at.checked_sub(1) else { return true };
    if statement.any(before, &["FOR", "KEY", "ON", "BEFORE", "AFTER", "OF"]) {
        return false;
    }
    !matches!(statement.get(before).map(|t| &t.token), Some(Token::Comma | Token::Period | Token::Eq))
}
