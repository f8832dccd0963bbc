//! The dialects as sqlparser's parser sees them, with the operator precedence the servers really have; and which
//! dialect a text is written in. Never reads statements.

use super::Dialect;
use sqlparser::dialect::{Dialect as ParserDialect, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

static POSTGRES: PostgreSqlDialect = PostgreSqlDialect {};
static GENERIC: GenericDialect = GenericDialect;
static MYSQL: TightArrows<MySqlDialect> = TightArrows { inner: MySqlDialect {}, concat: false };
static SQLITE: TightArrows<SQLiteDialect> = TightArrows { inner: SQLiteDialect {}, concat: true };

/// sqlparser's dialect for ours.
pub(super) fn parser_dialect(dialect: Dialect) -> &'static dyn ParserDialect {
    match dialect {
        Dialect::Postgres => &POSTGRES,
        Dialect::Mysql => &MYSQL,
        Dialect::Sqlite => &SQLITE,
    }
}

/// The dialects to try on an expression, the text's own first.
pub(super) fn attempts(dialect: Dialect) -> [&'static dyn ParserDialect; 4] {
    match dialect {
        Dialect::Postgres => [&POSTGRES, &SQLITE, &MYSQL, &GENERIC],
        Dialect::Sqlite => [&SQLITE, &POSTGRES, &MYSQL, &GENERIC],
        Dialect::Mysql => [&MYSQL, &POSTGRES, &SQLITE, &GENERIC],
    }
}

/// A dialect whose `->` and `->>` bind more tightly than any arithmetic, as on SQLite (with `||`, all three on one
/// level) and MySQL (a column and a path). sqlparser has them below `+`.
#[derive(Debug)]
struct TightArrows<D> {
    inner: D,
    concat: bool,
}

/// Above `*` (40) and `COLLATE` (42), below `::` (50).
const TIGHT: u8 = 45;

macro_rules! delegate {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self $(, $arg: $type)*) -> $out { self.inner.$name($($arg),*) })*
    };
}

impl<D: ParserDialect> ParserDialect for TightArrows<D> {
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match parser.peek_token_ref().token {
            Token::Arrow | Token::LongArrow => Some(Ok(TIGHT)),
            Token::StringConcat if self.concat => Some(Ok(TIGHT)),
            _ => self.inner.get_next_precedence(parser),
        }
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        expr: &sqlparser::ast::Expr,
        precedence: u8,
    ) -> Option<Result<sqlparser::ast::Expr, ParserError>> {
        self.inner.parse_infix(parser, expr, precedence)
    }

    fn is_table_factor_alias(
        &self,
        explicit: bool,
        keyword: &sqlparser::keywords::Keyword,
        parser: &mut Parser,
    ) -> bool {
        self.inner.is_table_factor_alias(explicit, keyword, parser)
    }

    delegate! {
        dialect() -> std::any::TypeId;
        is_identifier_start(ch: char) -> bool;
        is_identifier_part(ch: char) -> bool;
        is_delimited_identifier_start(ch: char) -> bool;
        identifier_quote_style(identifier: &str) -> Option<char>;
        supports_string_literal_backslash_escape() -> bool;
        supports_string_literal_concatenation() -> bool;
        ignores_wildcard_escapes() -> bool;
        supports_numeric_prefix() -> bool;
        supports_bitwise_shift_operators() -> bool;
        supports_multiline_comment_hints() -> bool;
        supports_filter_during_aggregation() -> bool;
        supports_in_empty_list() -> bool;
        supports_dollar_placeholder() -> bool;
        supports_notnull_operator() -> bool;
        supports_comma_separated_trim() -> bool;
        supports_numeric_literal_underscores() -> bool;
        supports_limit_comma() -> bool;
        require_interval_qualifier() -> bool;
        requires_single_line_comment_whitespace() -> bool;
        supports_match_against() -> bool;
        supports_select_modifiers() -> bool;
        supports_double_ampersand_operator() -> bool;
        supports_binary_kw_as_cast() -> bool;
        supports_data_type_signed_suffix() -> bool;
        supports_table_hints() -> bool;
        supports_cross_join_constraint() -> bool;
        supports_group_by_with_modifier() -> bool;
        supports_left_associative_joins_without_parens() -> bool;
    }
}
