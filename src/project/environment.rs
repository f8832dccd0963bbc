//! What the evaluator asks of the project: the types of columns, and the values bound to placeholders.

use crate::document::Document;
use crate::document::run::Storage;
use crate::frontend::facts::Bind;
use crate::frontend::sql::value::{Environment, SqlType};
use crate::frontend::sql::{Dialect, TableName};

/// The answers for one write.
pub(super) struct Answers<'a> {
    /// The dialect.
    pub dialect: Dialect,
    /// How the written column is kept.
    pub storage: Storage,
    /// The binds of the statement's text.
    pub binds: &'a [Bind],
    /// Types of columns.
    pub types: &'a dyn Fn(&TableName, &str) -> Option<SqlType>,
    /// Changes a bound value before it is handed out; the second argument is the placeholder's number.
    pub given: &'a dyn Fn(Document, usize) -> Document,
}

impl Environment for Answers<'_> {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn storage(&self) -> Storage {
        self.storage
    }

    fn column_type(&self, table: &TableName, column: &str) -> Option<SqlType> {
        (self.types)(table, column)
    }

    fn bind(&self, placeholder: &str, ordinal: usize) -> Option<Document> {
        let bind = find(self.binds, placeholder, ordinal)?;
        Some((self.given)(bind.value.clone(), bind.index))
    }
}

/// The bind of a placeholder: by its number, its name, or its order.
pub(super) fn find<'a>(binds: &'a [Bind], placeholder: &str, ordinal: usize) -> Option<&'a Bind> {
    let rest = placeholder.trim_start_matches(['$', '?', ':', '@', '#']);
    if rest.is_empty() {
        return binds.iter().find(|bind| bind.index == ordinal);
    }
    if let Ok(number) = rest.parse::<usize>() {
        return binds.iter().find(|bind| bind.index == number);
    }
    let same = |bind: &&Bind| bind.name.as_deref().is_some_and(|name| name.trim_start_matches([':', '@', '$']) == rest);
    binds.iter().find(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn binds_are_found_by_number_name_and_order() {
        let bind = |index, name: Option<&str>| Bind {
            file: None,
            index,
            name: name.map(str::to_owned),
            span: Span::default(),
            source: String::new(),
            value: Document::Null,
            rust_type: None,
            is_json: false,
            signs: vec![],
            calls: vec![],
            types: vec![],
        };
        let binds = [bind(1, None), bind(2, Some(":data")), bind(3, None)];
        let found = |placeholder, ordinal| find(&binds, placeholder, ordinal).map(|bind| bind.index);
        assert_eq!(found("$3", 1), Some(3));
        assert_eq!(found("?3", 1), Some(3));
        assert_eq!(found("?", 1), Some(1));
        assert_eq!(found("@data", 9), Some(2));
        assert_eq!(found("$9", 1), None);
        assert_eq!(found(":other", 1), None);
    }
}
