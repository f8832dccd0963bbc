//! What the user says of columns, whatever the project shows: the `[columns]` of the configuration.
//!
//! Knows names and places only; what follows from a rule is decided where columns are known and writes are judged.

use crate::source::{FileId, Site, Span};
use globset::{GlobBuilder, GlobMatcher};

/// What one pattern says of the columns it fits.
#[derive(Debug, Clone)]
pub struct ColumnRule {
    /// The pattern as it is spelled: `users.settings`, `*.payload`, `app.users.data`.
    pub pattern: String,
    /// Its place in the configuration file.
    pub span: Span,
    /// The document is replaced as a whole, on purpose.
    pub whole: bool,
    /// Whether the column holds JSON, where the user says it.
    pub json: Option<bool>,
    /// Top-level keys that the document has.
    pub keys: Vec<String>,
    matcher: GlobMatcher,
}

impl ColumnRule {
    /// A rule that says nothing yet.
    ///
    /// # Errors
    /// When the pattern is no glob, or names no column (`table.column`).
    pub fn new(pattern: &str, span: Span) -> Result<Self, String> {
        if !pattern.contains('.') {
            return Err(format!("`{pattern}` names no column: write `table.column`, or `*.{pattern}` for every table"));
        }
        let glob = GlobBuilder::new(pattern).case_insensitive(true).build();
        let glob = glob.map_err(|error| format!("`{pattern}` is no pattern: {}", error.kind()))?;
        let matcher = glob.compile_matcher();
        Ok(Self { pattern: pattern.to_owned(), span, whole: false, json: None, keys: vec![], matcher })
    }

    /// The same pattern with something to say.
    #[must_use]
    pub fn saying(self, whole: bool, json: Option<bool>, keys: Vec<String>) -> Self {
        Self { whole, json, keys, ..self }
    }

    /// The table and the column, where the pattern has no wildcard: `(schema, table, column)`.
    pub fn exact(&self) -> Option<(Option<&str>, &str, &str)> {
        if self.pattern.contains(['*', '?', '[', '{', '\\']) {
            return None;
        }
        let (table, column) = self.pattern.rsplit_once('.')?;
        let (schema, table) = table.rsplit_once('.').map_or((None, table), |(schema, table)| (Some(schema), table));
        Some((schema, table, column))
    }

    /// Whether the rule is about this column. A pattern without a schema fits the table in every schema.
    fn fits(&self, schema: Option<&str>, table: &str, column: &str) -> bool {
        let short = format!("{table}.{column}");
        self.matcher.is_match(&short) || schema.is_some_and(|schema| self.matcher.is_match(format!("{schema}.{short}")))
    }
}

/// Every rule of a configuration.
#[derive(Debug, Clone, Default)]
pub struct ColumnRules {
    /// In the order of their weight: those with wildcards first, then as they stand in the file; later ones win.
    rules: Vec<ColumnRule>,
    /// The configuration file among the files of the run.
    file: Option<FileId>,
}

/// What all fitting rules together say of one column.
#[derive(Debug, Clone, Default)]
pub struct Declared<'a> {
    /// The rule that says that it is replaced as a whole.
    pub whole: Option<&'a ColumnRule>,
    /// Whether it holds JSON, and the rule that says so.
    pub json: Option<(bool, &'a ColumnRule)>,
    /// Keys of its document, each with the rule that names it.
    pub keys: Vec<(&'a str, &'a ColumnRule)>,
}

impl ColumnRules {
    /// The rules of a file.
    pub fn new(mut rules: Vec<ColumnRule>) -> Self {
        rules.sort_by_key(|rule| (rule.exact().is_some(), rule.span));
        Self { rules, file: None }
    }

    /// Says which file of the run the rules stand in, so that findings can point at them.
    pub fn stand_in(&mut self, file: FileId) {
        self.file = Some(file);
    }

    /// The rules, by weight.
    pub fn iter(&self) -> impl Iterator<Item = &ColumnRule> {
        self.rules.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The place of a rule, where its file is one of the run's.
    pub fn site(&self, rule: &ColumnRule) -> Option<Site> {
        self.file.map(|file| Site { file, span: rule.span })
    }

    /// The numbers (in [`Self::iter`]) of the rules that are about this column.
    pub fn fitting<'a>(
        &'a self,
        schema: Option<&'a str>,
        table: &'a str,
        column: &'a str,
    ) -> impl Iterator<Item = usize> + 'a {
        let fits = move |(_, rule): &(usize, &ColumnRule)| rule.fits(schema, table, column);
        self.rules.iter().enumerate().filter(fits).map(|(index, _)| index)
    }

    /// What the rules say of this column.
    pub fn of(&self, schema: Option<&str>, table: &str, column: &str) -> Declared<'_> {
        let mut declared = Declared::default();
        for rule in self.rules.iter().filter(|rule| rule.fits(schema, table, column)) {
            if rule.whole {
                declared.whole = Some(rule);
            }
            if let Some(json) = rule.json {
                declared.json = Some((json, rule));
            }
            declared.keys.extend(rule.keys.iter().map(|key| (key.as_str(), rule)));
        }
        declared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str, at: usize, json: Option<bool>) -> ColumnRule {
        ColumnRule { json, ..ColumnRule::new(pattern, Span::new(at..at + 1)).unwrap() }
    }

    #[test]
    fn a_pattern_fits_in_any_case_and_with_or_without_the_schema() {
        let fits = |pattern: &str, schema: Option<&str>, table: &str, column: &str| {
            rule(pattern, 0, None).fits(schema, table, column)
        };
        assert!(fits("users.settings", None, "Users", "settings"));
        assert!(fits("users.settings", Some("app"), "users", "settings"));
        assert!(fits("app.users.settings", Some("app"), "users", "settings"));
        assert!(!fits("app.users.settings", None, "users", "settings"));
        assert!(fits("*.payload", Some("app"), "jobs", "payload"));
        assert!(fits("job_*.state", None, "job_runs", "state"));
        assert!(!fits("*.payload", None, "jobs", "payload_old"));
    }

    #[test]
    fn an_exact_rule_wins_over_a_wildcard_and_a_later_one_over_an_earlier_one() {
        let rules = ColumnRules::new(vec![
            rule("jobs.payload", 0, Some(true)),
            rule("*.payload", 10, Some(false)),
            rule("*.pay*", 20, Some(true)),
        ]);
        let json = |table: &str, column: &str| rules.of(None, table, column).json.map(|(json, _)| json);
        assert_eq!(json("jobs", "payload"), Some(true));
        assert_eq!(json("mails", "payload"), Some(true));
        assert_eq!(json("mails", "state"), None);
        assert_eq!(rules.fitting(None, "mails", "payload").count(), 2);
    }

    #[test]
    fn a_pattern_without_a_table_is_refused() {
        assert!(ColumnRule::new("payload", Span::default()).unwrap_err().contains("`*.payload`"));
        assert!(ColumnRule::new("users.[", Span::default()).is_err());
        assert_eq!(rule("a.b.c", 0, None).exact(), Some((Some("a"), "b", "c")));
        assert_eq!(rule("*.c", 0, None).exact(), None);
    }
}
