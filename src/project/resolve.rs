//! Which column a write means: through aliases, holes, dotted targets and tables of one name.

use super::catalog::{Catalog, Certainty, Column, ColumnKind, Hint, Lookup, Provenance};
use super::environment::find;
use super::names::{has_hole, known_end, suggestions};
use crate::frontend::facts::{Bind, Hole};
use crate::frontend::sql::{Assigned, Dialect, SqlWrite, TableName, number_of};
use crate::source::{FileId, Site};
use sqlparser::ast::{CastKind, DataType, Expr, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A column that a write means.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    /// The column.
    pub column: Column,
    /// The table is not certain.
    pub guessed: bool,
    /// The target as spelled, where it is a path into the document.
    pub dotted: Option<String>,
}

/// The JSON columns by name in lower case, for statements whose table is not known.
#[derive(Debug, Default)]
pub(super) struct JsonColumns<'a>(BTreeMap<String, Vec<&'a Column>>);

impl<'a> JsonColumns<'a> {
    /// Indexes the catalog.
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        let mut by_name: BTreeMap<String, Vec<&Column>> = BTreeMap::new();
        for column in catalog.columns() {
            by_name.entry(column.name.to_lowercase()).or_default().push(column);
        }
        // A name that another table uses for something else decides nothing.
        by_name.retain(|_, columns| columns.iter().all(|column| column.kind.is_json()));
        Self(by_name)
    }

    /// The column of that name; where tables of several names have it, one that stands for them all, and `false`.
    fn only(&self, column: &str, dialect: Dialect) -> Option<(&'a Column, bool)> {
        let columns = self.0.get(&column.to_lowercase())?;
        let tables: BTreeSet<String> = columns.iter().map(|column| column.table.name.to_lowercase()).collect();
        let own = columns.iter().find(|column| column.dialect == Some(dialect));
        own.or(columns.first()).map(|column| (*column, tables.len() == 1))
    }
}

/// Everything a resolution looks at.
pub(super) struct Resolver<'a> {
    pub catalog: &'a Catalog,
    pub by_name: &'a JsonColumns<'a>,
    pub hint: Hint<'a>,
    pub holes: &'a [Hole],
    pub binds: &'a [Bind],
    pub file: FileId,
    pub dialect: Dialect,
}

impl Resolver<'_> {
    /// The JSON column that `write` sets; `None` when it is not JSON, or not known to be.
    pub(super) fn column(&self, write: &SqlWrite) -> Option<Resolved> {
        let table = self.table(write);
        let parts: Vec<&str> = write.target.iter().map(|part| part.text.as_str()).collect();
        let own = |name: &str| {
            let names = [Some(write.table.name.as_str()), Some(table.name.as_str()), write.alias.as_deref()];
            names.into_iter().flatten().any(|own| own.eq_ignore_ascii_case(name))
                || write.sources.iter().any(|(source, _)| source.eq_ignore_ascii_case(name))
        };
        match parts.as_slice() {
            [] => None,
            [column] => {
                let known =
                    matches!(self.catalog.column(&table, column, &self.hint), Lookup::Found(_) | Lookup::Ambiguous(_));
                let path = column.split_once('.').filter(|(_, rest)| !rest.is_empty() && !known);
                path.and_then(|(head, _)| self.dotted(&table, head, column))
                    .or_else(|| self.named(write, &table, column))
            }
            [first, column] if own(first) => self.named(write, &table, column),
            [_, second, column] if own(second) => self.named(write, &table, column),
            [first, column, rest @ ..] if own(first) => {
                let spelled = [&[*column], rest].concat().join(".");
                self.dotted(&table, column, &spelled)
            }
            [first, .., last] => {
                self.dotted(&table, first, &parts.join(".")).or_else(|| self.named(write, &table, last))
            }
        }
    }

    /// The table as the catalog may know it: an alias of `UPDATE a SET .. FROM t a` is followed.
    fn table(&self, write: &SqlWrite) -> TableName {
        let name = &write.table.name;
        if self.catalog.knows(name) {
            return write.table.clone();
        }
        let source = write.sources.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        source.and_then(|(_, table)| table.clone()).unwrap_or_else(|| write.table.clone())
    }

    /// A column by its name.
    fn named(&self, write: &SqlWrite, table: &TableName, column: &str) -> Option<Resolved> {
        if has_hole(column) {
            return None;
        }
        if has_hole(&table.name) {
            return self.in_hole(table, column).or_else(|| self.by_value(write, table, column, true));
        }
        let resolved = |column: &Column, guessed| Resolved { column: column.clone(), guessed, dotted: None };
        match self.catalog.column(table, column, &self.hint) {
            Lookup::Found(found) => found.kind.is_json().then(|| resolved(found, false)),
            Lookup::Ambiguous(all) => {
                let json = || all.iter().copied().filter(|found| found.kind.is_json());
                let own = json().find(|found| found.dialect == Some(self.dialect));
                let certain = all.iter().all(|found| found.kind.is_json());
                own.or_else(|| json().next()).map(|found| resolved(found, !certain))
            }
            Lookup::UnknownTable | Lookup::NoSuchColumn => self.by_value(write, table, column, false),
        }
    }

    /// A path into a JSON column. The table must have no column that is spelled so.
    fn dotted(&self, table: &TableName, column: &str, spelled: &str) -> Option<Resolved> {
        let Lookup::Found(found) = self.catalog.column(table, column, &self.hint) else { return None };
        let dotted = Some(spelled.to_owned());
        found.kind.is_json().then(|| Resolved { column: found.clone(), guessed: false, dotted })
    }

    /// The column of a table whose name has a hole: by the known end of the name, by what the hole's source suggests,
    /// or by the only JSON column of that name.
    fn in_hole(&self, table: &TableName, column: &str) -> Option<Resolved> {
        let look_up = |name: &str| {
            let table = TableName { schema: table.schema.clone(), name: name.to_owned() };
            match self.catalog.column(&table, column, &self.hint) {
                Lookup::Found(found) => Some(found),
                _ => None,
            }
        };
        let json = |found: &&Column| found.kind.is_json();
        let guessed = |found: &Column| Resolved { column: found.clone(), guessed: true, dotted: None };
        let end = known_end(&table.name);
        if end.trim_matches('_').len() > 1 {
            let found: Vec<&Column> =
                self.catalog.names_ending(end).into_iter().take(MOST_ENDINGS).filter_map(look_up).collect();
            if let [only] = found.as_slice() {
                return Some(guessed(only)).filter(|_| json(only));
            }
        }
        let suggested = suggestions(&table.name, self.holes).iter().find_map(|name| look_up(name));
        if let Some(found) = suggested {
            return Some(guessed(found)).filter(|_| json(&found));
        }
        let (found, only) = self.by_name.only(column, self.dialect)?;
        let mut resolved = guessed(found);
        if !only {
            // Whichever table it is, a column of that name holds JSON in all of them.
            resolved.column.table = self.spelled(table);
            resolved.column.default = None;
            resolved.column.nullable = None;
            resolved.column.key_reads.clear();
            for provenance in &mut resolved.column.provenance {
                provenance.certainty = Certainty::Guessed;
            }
        }
        Some(resolved)
    }

    /// The table as a person would read it, where its name has a hole: `{table}`.
    fn spelled(&self, table: &TableName) -> TableName {
        let hole = self.holes.iter().find(|hole| hole.token == table.name);
        let name = hole.map_or_else(|| table.name.clone(), |hole| format!("{{{}}}", hole.source));
        TableName { schema: table.schema.clone().filter(|schema| !has_hole(schema)), name }
    }

    /// A column that nothing is known of but what is stored in it here.
    fn by_value(&self, write: &SqlWrite, table: &TableName, column: &str, guessed: bool) -> Option<Resolved> {
        if !self.stores_json(write, column) {
            return None;
        }
        let kind = match self.dialect {
            Dialect::Postgres => ColumnKind::Jsonb,
            Dialect::Mysql => ColumnKind::Json,
            Dialect::Sqlite => ColumnKind::TextJson,
        };
        let site = Some(Site { file: self.file, span: write.value_span });
        let message = format!("a JSON value is stored in `{column}` here");
        let certainty = if guessed { Certainty::Guessed } else { Certainty::Inferred };
        let column = Column {
            table: self.spelled(table),
            name: column.to_owned(),
            kind,
            sql_type: String::new(),
            nullable: None,
            default: None,
            provenance: vec![Provenance { site, message, certainty }],
            dialect: None,
            key_reads: vec![],
            keys_tested: BTreeMap::new(),
            generated: false,
            checked: false,
            added_in: None,
        };
        Some(Resolved { column, guessed, dotted: None })
    }

    /// Whether the stored value is JSON for certain, whatever the column.
    fn stores_json(&self, write: &SqlWrite, column: &str) -> bool {
        let Assigned::Value(expr) = &write.value else { return false };
        if self.is_json(expr) {
            return true;
        }
        // `EXCLUDED.c` is what the same statement inserts.
        let Expr::CompoundIdentifier(parts) = expr else { return false };
        let excluded = parts.first().is_some_and(|first| first.value.eq_ignore_ascii_case("excluded"));
        let source = parts.last().map_or(column, |last| last.value.as_str());
        let inserted = write.inserted.iter().find(|(name, _)| name.eq_ignore_ascii_case(source));
        excluded && inserted.is_some_and(|(_, values)| values.iter().any(|value| self.is_json(value)))
    }

    fn is_json(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Nested(inner) => self.is_json(inner),
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, data_type, .. } => {
                matches!(data_type, DataType::JSON | DataType::JSONB)
            }
            Expr::Function(function) => {
                let name = function.name.to_string().to_lowercase();
                let parts = ["jsonb_build_", "json_build_", "jsonb_set", "json_set", "json_object", "json_array"];
                matches!(name.as_str(), "to_jsonb" | "to_json" | "row_to_json" | "json" | "jsonb")
                    || (parts.iter().any(|part| name.starts_with(part)) && !name.ends_with("_length"))
            }
            Expr::Value(value) => match &value.value {
                Value::Placeholder(name) => {
                    find(self.binds, name, number_of(value.span)).is_some_and(|bind| bind.is_json)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// More tables with the same end of their name than this decide nothing anyway.
const MOST_ENDINGS: usize = 64;
