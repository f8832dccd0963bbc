//! Says which statements hold a write or a schema change that was not understood. Never guesses what they do.

use super::reader::Reader;
use super::split::Statement;
use super::statements::Ddl;
use super::tokens::{bytes, is_hole, is_word};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Lists the statement, in which nothing was found, if it is one that writes. A string that may be prose is listed only
/// when it has a statement's structure.
pub(super) fn note(reader: &mut Reader, tokens: &[TokenWithSpan], ddl: Ddl) {
    let statement = Statement::new(tokens);
    let has = |word: &str| tokens.iter().any(|t| is_word(t, word));
    let bound = tokens.iter().any(|t| is_hole(t) || matches!(t.token, Token::Placeholder(_)));
    let assigns = tokens.iter().any(|t| t.token == Token::Eq) && (bound || has("WHERE"));
    let why = if statement.is(0, "UPDATE") && has("SET") && (reader.certain || assigns) {
        "this UPDATE cannot be read"
    } else if statement.is(0, "MERGE") && statement.is(1, "INTO") && has("MATCHED") && has("UPDATE") && has("SET") {
        "this MERGE cannot be read"
    } else if statement.any(0, &["INSERT", "REPLACE"])
        && has("INTO")
        && ((has("CONFLICT") && has("UPDATE")) || has("DUPLICATE") || statement.is(0, "REPLACE"))
        && tokens.iter().any(|t| t.token == Token::LParen)
    {
        "this upsert cannot be read"
    } else if ddl == Ddl::Waits {
        return;
    } else if statement.is(0, "CREATE")
        && (statement.is(1, "TABLE") || (reader.certain && (2..4).any(|at| statement.is(at, "TABLE"))))
        && !statement.is(1, "VIRTUAL")
        && tokens.iter().any(|t| t.token == Token::LParen)
    {
        "this CREATE TABLE cannot be read"
    } else if statement.is(0, "ALTER") && statement.is(1, "TABLE") && reader.certain && tokens.len() < 4 {
        "this ALTER TABLE cannot be read"
    } else {
        return;
    };
    let span = reader.map.span(bytes(tokens));
    reader.problem(span, why);
}
