//! SQL text to facts: column writes with their value, schema statements, uses of columns as JSON.

mod alter;
mod assignments;
mod bare;
mod blocks;
mod bound;
mod clean;
mod column;
mod comments;
mod dialect;
mod expr;
mod facts;
mod insert;
mod inserted;
mod json_functions;
mod keys;
mod marks;
mod merge;
mod placeholders;
mod reader;
mod relations;
mod routine;
mod schema;
mod select;
mod sniff;
mod split;
mod statements;
#[cfg(test)]
mod tests;
mod tokens;
mod unread;
mod update;
mod uses;
pub mod value;

pub use bare::{bare, named_column};
pub(crate) use comments::comments;
pub use comments::places as comment_places;
pub use facts::{
    Assigned, ColumnDef, ColumnUse, Dialect, Ident, InsertedColumn, PlaceholderColumn, RowScope, SchemaChange,
    SqlFacts, SqlInsert, SqlWrite, TableName, UseKind, Verb, without_holes,
};
pub use select::{Select, select};
pub use sniff::{head_table, looks_like_sql};

use super::facts::SqlText;

/// How the identifiers start that stand for unknown parts of a text ([`super::facts::Hole::token`]).
pub const HOLE_PREFIX: &str = "noclobber_hole_";

/// Reads an SQL text. Never fails: what cannot be analysed is listed in [`SqlFacts::unanalysed`].
///
/// `project` is the dialect of the crate or project, used where the text itself does not decide.
///
/// The locations inside parsed expressions are those of [`number_of`] and bytes of the text, not lines and columns.
pub fn read(text: &SqlText, project: Option<Dialect>) -> SqlFacts {
    let mut dialect = marks::choose(&text.sql, text.dialect, project);
    let mut facts = SqlFacts {
        dialect,
        statements: 0,
        writes: vec![],
        inserts: vec![],
        schema: vec![],
        uses: vec![],
        placeholders: vec![],
        unanalysed: vec![],
    };
    if text.route == super::facts::Route::Literal && !looks_like_sql(&text.sql) {
        return facts;
    }
    let mut lexed = tokens::lex(&clean::clean(&text.sql, dialect), dialect);
    if lexed.error.is_some() && text.dialect.is_none() {
        // A string that has no end is more often one of another dialect.
        for other in [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql].into_iter().filter(|d| *d != dialect) {
            let again = tokens::lex(&clean::clean(&text.sql, other), other);
            if again.error.is_none() {
                (dialect, facts.dialect, lexed) = (other, other, again);
                break;
            }
        }
    }
    let mut reader = reader::Reader {
        text: &text.sql,
        map: &text.map,
        dialect,
        names: &lexed.names,
        certain: text.route != super::facts::Route::Literal,
        in_routine: false,
        targets: vec![],
        trigger: None,
        depth: 0,
        facts: &mut facts,
    };
    facts.statements = statements::read_text(&mut reader, &lexed, statements::Ddl::Runs);
    facts
}

/// The number of a bare `?` placeholder in its text, from 1, by the span that the parsed placeholder carries.
///
/// In expressions of [`SqlWrite`] a location's `column` is the byte in the SQL text plus 1, and its `line` is the number
/// of bare `?` placeholders before it plus 1.
pub fn number_of(placeholder: sqlparser::tokenizer::Span) -> usize {
    placeholder.start.line as usize
}
