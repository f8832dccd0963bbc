//! Writes on columns that hold JSON, evaluated: the one hand-over to the rules.

use super::around::{self, EarlierRead, Protection, ProtectionKind};
use super::catalog::{Catalog, Column, Hint, Lookup};
use super::environment::Answers;
use super::guards::{self, Guarded};
use super::kinds::sql_type;
use super::models::Models;
use super::named::{self, Named};
use super::place::is_migration;
use super::predicate::{self, Target, state_of};
use super::reads::{self, Statements, Written};
use super::resolve::{JsonColumns, Resolved, Resolver};
use super::types::Types;
use super::{Paths, Settings, Unanalysed, siblings, steps};
use crate::document::survival::{self, State, Survival, Word};
use crate::document::{Document, Input, Nullability, ReadSite, Shape};
use crate::frontend::dialect_hint;
use crate::frontend::facts::{Bind, EntityUse, Facts, Function, Route, Sign, SignKind, TextFacts};
use crate::frontend::sql::value::evaluate;
use crate::frontend::sql::{Assigned, Dialect, RowScope, SqlWrite, TableName, Verb};
use crate::source::{FileId, Site};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// One statement's write of one column that holds JSON.
// Each flag stands for itself: any may hold with any other.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone)]
pub struct ColumnWrite {
    /// The column, with how we know it.
    pub column: Column,
    /// Which statement writes.
    pub verb: Verb,
    /// What is stored.
    pub value: Document,
    /// What survives of the old document.
    pub survival: Survival,
    /// What the old value can be.
    pub states: Vec<State>,
    /// Which rows.
    pub scope: RowScope,
    /// The dialect.
    pub dialect: Dialect,
    /// The assignment: the primary place of a finding.
    pub site: Site,
    /// The file.
    pub file: FileId,
    /// The statement as it was read, for messages and suggestions.
    pub sql: SqlWrite,
    /// The binds of the statement's text.
    pub binds: Vec<Bind>,
    /// The table is not certain: it stands in a hole, or several tables fit.
    pub table_guessed: bool,
    /// Something that compares a version or the old value protects the row, in words.
    pub guard: Option<Guard>,
    /// The column that the condition compares with a constant and the same statement sets: a change of state.
    pub state_moved: Option<String>,
    /// Stands in test code or a down migration.
    pub test: bool,
    /// Stands in a migration (a one-off statement).
    pub migration: bool,
    /// The assignment's target as spelled, where it is a path into the document and not a column: `data.phone`.
    /// No database takes it for that.
    pub dotted: Option<String>,
    /// The function it stands in.
    pub function: Option<String>,
    /// The same with what else is known of it.
    pub within: Option<Function>,
    /// Callers of its function, where the value is the one that they hand it.
    pub handed_by: Vec<HandedBy>,
    /// The assignment that stores the value, where the write stands in a caller of its function.
    pub stored_by: Option<Site>,
    /// The statement is built by calls; `sql` is what they send.
    pub built: bool,
    /// The entity that a built statement writes, where it is known.
    pub entity: Option<Box<EntityUse>>,
    /// How the write is meant, as the Rust around it shows it; in the order of kind and place, none twice.
    pub signs: Vec<Sign>,
    /// Earlier reads of this column that the value is made from, in the order of place.
    pub reads: Vec<EarlierRead>,
    /// The row that is written: each column that the condition compares, in lower case, with the source of the value;
    /// in the order of the names, to be held against [`EarlierRead::key`].
    pub key: Vec<(String, String)>,
    /// All columns that the condition holds equal to something given, in lower case.
    pub compared: Vec<String>,
    /// The names of the parameters of its function.
    pub parameters: Vec<String>,
    /// What protects the row, and what only looks like it.
    pub protections: Vec<Protection>,
    /// Other columns that the same statement keeps when no value is given (`COALESCE($n, column)`), each with the place
    /// of its assignment: the statement is a partial update.
    pub protected_siblings: Vec<(String, Site)>,
    /// A column that the same statement sets to a constant word, with the place: a state that the row goes to.
    pub goes_to: Option<(String, Site)>,
    /// Other JSON columns of the same statement in which what was there is kept or merged, each with its place; none where
    /// it is a single one that the program reads, changes and puts back.
    pub merged_siblings: Vec<(String, Site)>,
}

/// Somebody who hands a function the document that it stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedBy {
    /// The argument.
    pub site: Site,
    /// The function that calls.
    pub function: String,
}

impl ColumnWrite {
    /// Values of the statement that are written only when a field is given, each once.
    pub fn given_only(&self) -> Vec<&Sign> {
        let signs = self.binds.iter().flat_map(|bind| &bind.signs).filter(|sign| sign.kind == SignKind::IfGiven);
        let mut signs: Vec<&Sign> = signs.collect();
        signs.sort_unstable();
        signs.dedup_by_key(|sign| &sign.words);
        signs
    }

    /// What protects the row, if anything does.
    pub fn protection(&self) -> Option<&Protection> {
        self.protections.iter().find(|protection| match protection.kind {
            // What others wrote is not replaced, whether or not somebody looks: only a change made to a document that
            // was read is lost without a word.
            ProtectionKind::RowsNotLookedAt => self.reads.is_empty(),
            // A lock is one around a read and the write after it.
            kind => kind.protects() && (!kind.is_lock() || !self.reads.is_empty()),
        })
    }

    /// What is written back is what was read earlier, by way of a type that may not know all of it.
    pub fn is_through_type(&self) -> bool {
        let label = |name: &str| self.survival.labels.contains(&name);
        self.survival.word == Word::Lost && label("retyped") && !label("conditional") && !self.reads.is_empty()
    }

    /// The value is made by a caller of the function that writes it.
    pub fn is_handed_over(&self) -> bool {
        self.stored_by.is_some() || !self.handed_by.is_empty()
    }

    /// The statement is a partial update of which this column is a part: it and others are left alone unless given.
    pub fn is_partial_update(&self) -> bool {
        let given = self.signs.iter().any(|sign| sign.kind == SignKind::IfGiven);
        let conditional = self.survival.labels.contains(&"conditional");
        // A row that is inserted is given as a whole, in whatever case that is done.
        (given && self.verb == Verb::Update && self.given_only().len() > 1)
            || (conditional && !self.protected_siblings.is_empty())
    }
}

/// Evaluates the writes of all files.
pub(super) struct Collector<'a> {
    /// The columns.
    pub catalog: &'a Catalog,
    /// The files' paths.
    pub paths: Paths<'a>,
    /// What the user said.
    pub settings: &'a Settings,
    /// The functions that run `.sql` files.
    pub functions: &'a BTreeMap<FileId, String>,
    /// JSON columns by name.
    pub by_name: JsonColumns<'a>,
    /// Functions that answer PATCH requests.
    pub patch_handlers: &'a BTreeMap<String, Vec<Site>>,
    /// The statements that earlier reads came from.
    pub statements: Statements<'a>,
    /// Rust types.
    pub types: &'a Types,
    /// As which of them models read their columns.
    pub models: &'a Models,
}

/// One text, and where it stands.
struct Context<'a> {
    facts: &'a Facts,
    file: FileId,
    path: &'a str,
    text: &'a TextFacts,
    function: Option<&'a str>,
    /// What the function says of its writes.
    signs: &'a [Sign],
    test: bool,
    migration: bool,
}

impl Collector<'_> {
    /// The writes of one file, and what could not be decided.
    pub(super) fn file(&self, facts: &Facts, writes: &mut Vec<ColumnWrite>, unanalysed: &mut Vec<Unanalysed>) {
        let path = self.paths.get(facts.file);
        let in_migrations = is_migration(path);
        for text in facts.texts.iter().filter(|text| text.text.route != Route::Cache) {
            let function = text.text.function.and_then(|index| facts.functions.get(index)).map(|f| f.name.as_str());
            let signs = around::of_function(facts, text.text.function, self.patch_handlers);
            let context = Context {
                facts,
                signs: &signs,
                file: facts.file,
                path,
                text,
                function: function.or_else(|| self.functions.get(&facts.file).map(String::as_str)),
                test: text.text.test,
                migration: in_migrations
                    || !text.facts.schema.is_empty()
                    || function.is_some_and(steps::migrates)
                    || steps::is_step(text, facts, self.paths),
            };
            let first = writes.len();
            for write in &text.facts.writes {
                self.write(write, &context, writes);
            }
            siblings::protect(writes.get_mut(first..).unwrap_or_default(), &text.facts.writes);
        }
        for write in writes.iter().filter(|write| write.file == facts.file) {
            if let (Word::Unknown, value) = (write.survival.word, &write.value) {
                let why = match (&write.survival.why, value) {
                    (Some(why), _) | (None, Document::Unknown(why)) => why.as_str(),
                    _ => "the value is not understood",
                };
                let reason =
                    format!("what `{}.{}` keeps is not decided: {why}", write.column.table.name, write.column.name);
                unanalysed.push(Unanalysed { site: write.site, reason });
            }
        }
    }

    /// The columns that one assignment writes.
    fn write(&self, write: &SqlWrite, context: &Context<'_>, writes: &mut Vec<ColumnWrite>) {
        let dialect = self.dialect(context.text, context.path);
        let hint = Hint { file: Some(context.file), path: context.path, dialect: Some(dialect), test: context.test };
        if matches!(write.value, Assigned::Omitted) {
            writes.extend(self.omitted(write, context, &hint, dialect));
            return;
        }
        let resolver = Resolver {
            catalog: self.catalog,
            by_name: &self.by_name,
            hint,
            holes: &context.text.text.holes,
            binds: &context.text.text.binds,
            file: context.file,
            dialect,
        };
        if let Some(resolved) = resolver.column(write).filter(|resolved| !resolved.column.generated) {
            writes.push(self.evaluated(write, resolved, context, &hint, dialect));
        }
    }

    /// The JSON columns that a `REPLACE` leaves out: each becomes its default.
    fn omitted(&self, write: &SqlWrite, context: &Context<'_>, hint: &Hint<'_>, dialect: Dialect) -> Vec<ColumnWrite> {
        let given = |name: &str| {
            let inserted = write.inserted.iter().map(|(column, _)| column);
            inserted.chain(&write.together).any(|column| column.eq_ignore_ascii_case(name))
        };
        let columns = self.catalog.table_columns(&write.table, hint);
        let left_out = columns.into_iter().filter(|c| c.kind.is_json() && !c.generated && !given(&c.name));
        left_out
            .map(|column| {
                let resolved = Resolved { column: column.clone(), guessed: false, dotted: None };
                self.evaluated(write, resolved, context, hint, dialect)
            })
            .collect()
    }

    /// The dialect of a text: as the call or the user says; else as it was read, unless nothing but the default speaks
    /// for that and its folder or the schema says otherwise.
    pub(super) fn dialect(&self, text: &TextFacts, path: &str) -> Dialect {
        let said = text.text.dialect.or(self.settings.dialect);
        said.or_else(|| dialect_hint::of_path(path)).unwrap_or(text.facts.dialect)
    }

    fn evaluated(
        &self,
        write: &SqlWrite,
        resolved: Resolved,
        context: &Context<'_>,
        hint: &Hint<'_>,
        dialect: Dialect,
    ) -> ColumnWrite {
        let Resolved { column, guessed, dotted } = resolved;
        let types = |table: &TableName, name: &str| {
            if table.name.eq_ignore_ascii_case(&write.table.name) && name.eq_ignore_ascii_case(&column.name) {
                return Some(sql_type(column.kind, &column.sql_type, dialect));
            }
            match self.catalog.column(table, name, hint) {
                Lookup::Found(found) => Some(sql_type(found.kind, &found.sql_type, dialect)),
                _ => None,
            }
        };
        let used = RefCell::new(BTreeSet::new());
        // A built statement knows its own fields; their names may differ from those of the columns.
        let is_built = matches!(context.text.text.route, Route::Builder(_));
        let as_model = |value| {
            let of_model = |read: &ReadSite| read.site.is_some() && !self.statements.reads(read);
            self.models.read_in(value, &column, self.types, &of_model)
        };
        let value = if let Some(spelled) = &dotted {
            Document::Fails(format!("`{spelled}` is no column of `{}`", column.table.name))
        } else if matches!(write.value, Assigned::Omitted) {
            default_value(&column)
        } else {
            let storage = column.storage(dialect);
            let binds = &context.text.text.binds;
            let written = Written { table: &write.table, column: &column.name };
            let names = named::names(&write.table.name, &column.name, None);
            let parameters = parameters(context);
            let function = context.function.unwrap_or_default();
            let known = Named { names: &names, column: &column.name, parameters: &parameters, function };
            let given = |value, index| {
                used.borrow_mut().insert(index);
                let calls = binds.iter().find(|bind| bind.index == index).map_or(&[][..], |bind| &bind.calls);
                let value = known.read_in(value, calls);
                if is_built { as_model(value) } else { self.statements.settle(value, written) }
            };
            evaluate(write, &Answers { dialect, storage, binds, types: &types, given: &given })
        };
        let mut binds = context.text.text.binds.clone();
        let is_stored = |bind: &&mut Bind| is_built && used.borrow().contains(&bind.index);
        for bind in binds.iter_mut().filter(is_stored) {
            bind.value = as_model(std::mem::replace(&mut bind.value, Document::Null));
        }
        let states = states(write, &column, context.migration.then_some(context.file));
        let survival = survival::survival(&value, &of_column(&column, dialect, &states));
        let target = target(write, &column);
        let assigned = if let Assigned::Value(value) = &write.value { Some(value) } else { None };
        let moved = siblings::moved(write, &context.text.facts.writes);
        let mut guard = predicate::guard(&target, write.predicate.as_deref(), assigned, &moved);
        if let Some(guard) = &mut guard {
            let (writes, binds) = (&context.text.facts.writes, &context.text.text.binds);
            guard.stays = siblings::stays(write, writes, &guard.column, binds);
        }
        let reads = self.statements.of(&value);
        let guarded = Guarded {
            facts: context.facts,
            text: context.text,
            write,
            guard: guard.as_ref(),
            conditional: survival.labels.contains(&"conditional"),
            reads: &reads,
            dialect,
        };
        let protections = guards::protections(&guarded, self.paths);
        ColumnWrite {
            verb: write.verb,
            value,
            survival,
            states,
            scope: scope(write, &context.text.text.route),
            dialect,
            site: Site { file: context.file, span: write.assignment },
            file: context.file,
            sql: write.clone(),
            binds,
            table_guessed: guessed,
            state_moved: write.predicate.as_deref().and_then(|it| predicate::moved_state(&target, it, &moved)),
            guard,
            test: context.test,
            migration: context.migration,
            dotted,
            function: context.function.map(str::to_owned),
            within: context.text.text.function.and_then(|index| context.facts.functions.get(index)).cloned(),
            handed_by: vec![],
            stored_by: None,
            built: is_built,
            entity: if let Route::Builder(entity) = &context.text.text.route { entity.clone() } else { None },
            signs: signs(write, context, &used.into_inner()),
            reads,
            compared: write.predicate.as_deref().map_or_else(Vec::new, |it| predicate::compared(&target, it)),
            parameters: parameters(context),
            key: reads::key(write.predicate.as_deref(), &context.text.text.binds),
            protections,
            protected_siblings: vec![],
            goes_to: None,
            merged_siblings: vec![],
            column,
        }
    }
}

/// The signs of a write: those of its function, of the values that it stores, and of the columns beside it.
fn signs(write: &SqlWrite, context: &Context<'_>, used: &BTreeSet<usize>) -> Vec<Sign> {
    let mut signs = context.signs.to_vec();
    let binds = context.text.text.binds.iter().filter(|bind| used.contains(&bind.index));
    signs.extend(binds.flat_map(|bind| bind.signs.iter().cloned()));
    signs.extend(siblings::sign(write, &context.text.facts.writes, context.file));
    signs.sort();
    signs.dedup();
    signs
}

/// The names of the parameters of the text's function.
fn parameters(context: &Context<'_>) -> Vec<String> {
    let function = context.text.text.function.and_then(|index| context.facts.functions.get(index));
    function.map(|function| function.parameters.clone()).unwrap_or_default()
}

/// Which rows: a string that is handed to nothing we know may be the start of a longer statement.
fn scope(write: &SqlWrite, route: &Route) -> RowScope {
    match (write.scope, route) {
        (RowScope::All, Route::Literal) => RowScope::Open,
        (scope, _) => scope,
    }
}

/// The column as the survival asks for it.
pub(super) fn of_column(column: &Column, dialect: Dialect, states: &[State]) -> survival::Column {
    let not_null = column.nullable.map(|nullable| !nullable);
    survival::Column { storage: column.storage(dialect), not_null, states: states.to_vec() }
}

/// The written column, as the statement's conditions may spell it.
pub(super) fn target<'a>(write: &'a SqlWrite, column: &'a Column) -> Target<'a> {
    Target { table: &write.table.name, alias: write.alias.as_deref(), column: &column.name }
}

/// The states that the old value can be in. `migration` is the file of a one-off statement: a column that the same file
/// adds holds its default in every row.
fn states(write: &SqlWrite, column: &Column, migration: Option<FileId>) -> Vec<State> {
    if migration.is_some() && column.added_in == migration {
        return match default_value(column) {
            Document::Null => vec![State::SqlNull],
            Document::Known(value) => vec![state_of(&value)],
            _ => State::ALL.to_vec(),
        };
    }
    let possible = match write.predicate.as_deref() {
        Some(condition) => target(write, column).states(condition),
        None => State::ALL.to_vec(),
    };
    let possible = possible.into_iter().filter(|state| column.nullable != Some(false) || *state != State::SqlNull);
    possible.collect()
}

/// What a column is without a value.
fn default_value(column: &Column) -> Document {
    let Some(default) = column.default.as_deref().map(str::trim) else { return Document::Null };
    let mut text = default.trim_matches(['(', ')']).trim();
    if text.eq_ignore_ascii_case("null") || text.to_ascii_lowercase().starts_with("null::") {
        return Document::Null;
    }
    // `'{}'::jsonb`, `CAST('{}' AS JSON)`, `_utf8mb4'{}'`: what is quoted is the document.
    if let (Some(first), Some(last)) = (text.find('\''), text.rfind('\''))
        && first < last
    {
        text = text.get(first + 1..last).unwrap_or_default();
        if let Ok(value) = serde_json::from_str(&text.replace("''", "'")) {
            return Document::Known(value);
        }
    }
    match default.to_ascii_lowercase().replace([' ', '(', ')'], "").as_str() {
        "json_object" | "jsonb_build_object" | "json_build_object" => Document::Known(serde_json::json!({})),
        "json_array" | "jsonb_build_array" | "json_build_array" => Document::Known(serde_json::json!([])),
        _ => Document::Input(Input {
            id: format!("the default of {}", column.name),
            shape: Shape::Any,
            null: Nullability::Never,
        }),
    }
}

/// What protects a row from being written over by somebody who has not seen its present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// In words: ``"`version` is compared in WHERE and set by the same statement"``.
    pub words: String,
    /// The old document itself is compared.
    pub compares_document: bool,
    /// The column that is compared.
    pub column: String,
    /// The statement sets it to what it is compared with: it says whose row it is, and tells no two states apart.
    pub stays: bool,
}

#[cfg(test)]
mod tests;
