//! Changes that keep the rest of the document: which statement it should be, and which bytes of which files make it so.
//!
//! The templates are those that were run against every state of a column on real servers. A change is offered only when
//! the evaluator, run on the changed statement, agrees that everything survives and that the value arrives
//! ([`Fixer::suggest`]); it carries edits only when the files spell the statement and what is bound to it in a way that
//! leaves no doubt. Nothing is written here: see [`apply`].

mod advice;
pub mod apply;
mod drafts;
mod edits;
mod mysql;
mod postgres;
mod rebind;
mod rust;
mod sea_orm;
mod sqlite;
pub mod suggestion;
mod text;
mod versions;

use crate::document::Document;
use crate::document::survival::{Lands, Word};
use crate::frontend::facts::Bind;
use crate::frontend::sql::{Dialect, RowScope, Verb, without_holes};
use crate::project::Project;
use crate::project::catalog::ColumnKind;
use crate::project::respelled::reevaluate;
use crate::project::writes::ColumnWrite;
use crate::source::{FileId, Files, Site};
use rust::Code;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use suggestion::{Applicability, Edit, Fix};

/// The column as an operand: how it is spelled, and what it is.
struct Target<'a> {
    /// The column as an expression, qualified where the statement needs it: `data`, `users.data`, `"Data"`.
    column: String,
    /// NULL is possible, so that a base needs `COALESCE`.
    nullable: bool,
    kind: ColumnKind,
    write: &'a ColumnWrite,
}

/// What each database can write down.
trait Templates {
    /// Keys, top-level or nested, set to the values of SQL expressions that are JSON; parents are created. `None` for a
    /// key that has no spelling that is right on every version.
    fn set(&self, target: &Target<'_>, values: &[(Vec<String>, String)]) -> Option<String>;
    /// A bound JSON value as an expression: `$1::jsonb`, `json(?)`.
    fn bound_json(&self, target: &Target<'_>, placeholder: &str) -> String;
    /// The new document merged over the old one.
    fn merge(&self, target: &Target<'_>, value: &str) -> String;
    /// An empty object, as a document.
    fn empty(&self) -> &'static str;
    /// The number at a path, 0 where there is none, plus or minus what the placeholder is.
    fn counted(&self, target: &Target<'_>, path: &[String], sign: &str, placeholder: &str) -> Option<String>;
    /// The document with one element more in the array at a path, which is made if it is not there.
    fn appended(&self, target: &Target<'_>, path: &[String], element: &str) -> Option<String>;
    /// The object at a path, an empty one where there is none, with a bound object merged into it.
    fn merged_below(&self, target: &Target<'_>, path: &[String], placeholder: &str) -> Option<String>;
    /// A key that is cut out of a document: `EXCLUDED.data - 'a'`.
    fn without(&self, document: &str, key: &str) -> Option<String>;
}

fn templates(dialect: Dialect) -> &'static dyn Templates {
    match dialect {
        Dialect::Postgres => &postgres::Postgres,
        Dialect::Mysql => &mysql::Mysql,
        Dialect::Sqlite => &sqlite::Sqlite,
    }
}

/// A changed value, before it is checked.
struct Draft {
    title: &'static str,
    applicability: Applicability,
    /// The new assignment, `data = ..`.
    assignment: String,
    /// The bound expression before and after.
    bind: Option<Rebound>,
}

/// A bound expression before and after.
struct Rebound {
    /// The number of its placeholder.
    index: usize,
    /// As it is spelled, white space folded.
    before: String,
    /// The same after the change.
    after: String,
    /// What is bound after the change.
    value: Document,
    /// The change in the file; `None` where it is only shown.
    edit: Option<Edit>,
}

/// Makes suggestions; reads each file at most once.
pub struct Fixer<'a> {
    files: &'a Files,
    project: &'a Project,
    code: RefCell<BTreeMap<FileId, Rc<Code>>>,
    models: RefCell<BTreeMap<FileId, Rc<sea_orm::code::Code>>>,
    /// How often Rust names an `.sql` file.
    mentions: RefCell<BTreeMap<FileId, usize>>,
    /// Columns that some write compares and counts up, by table in lower case.
    versions: OnceCell<BTreeMap<String, Vec<String>>>,
}

impl std::fmt::Debug for Fixer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fixer").finish_non_exhaustive()
    }
}

impl<'a> Fixer<'a> {
    /// For the writes of this project, which stand in these files.
    pub fn new(project: &'a Project, files: &'a Files) -> Self {
        let (code, models, mentions) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { files, project, code, models, mentions, versions: OnceCell::new() }
    }

    /// The change that keeps the rest of the document, or else what can be done; `Err` when neither is known, with the
    /// reason as the end of a sentence where it needs saying. `rule` is the rule that speaks of the write.
    ///
    /// # Errors
    /// When no change is known.
    pub fn suggest(&self, write: &ColumnWrite, rule: &str) -> Result<Fix, Option<String>> {
        // Where the edits stand in one function and the statement in another, no rewritten statement has them.
        let change = if write.is_handed_over() { None } else { self.change(write, rule) };
        change.map_or_else(|| advice::of(write, self), Ok)
    }

    /// The change that keeps the rest of the document; `None` when no template fits or no check passes.
    fn change(&self, write: &ColumnWrite, rule: &str) -> Option<Fix> {
        let range = &write.sql.assignment_in_statement;
        let statement = &write.sql.statement_sql;
        let (head, tail) = (statement.get(..range.start)?, statement.get(range.end..)?);
        let mut shown = None;
        for draft in drafts::of(write, rule, self) {
            if !verify(write, &format!("{head}{}{tail}", draft.assignment), &draft) {
                continue;
            }
            let fix = if write.built {
                sea_orm::dress(write, &draft, self)
            } else {
                let edits = not_applicable(write, &draft).map_or_else(|| self.edits(write, &draft), Err);
                Some(self.fix(write, &draft, edits))
            };
            match fix {
                Some(fix) if !fix.edits.is_empty() => return Some(fix),
                // A later draft may do without what stands in the way of this one.
                fix => shown = shown.or(fix),
            }
        }
        shown
    }

    /// The edits of a draft, in the order of files and bytes; or why it cannot be spelled for certain.
    fn edits(&self, write: &ColumnWrite, draft: &Draft) -> Result<Vec<Edit>, &'static str> {
        let mut edits = edits::of_assignment(write, &draft.assignment, self).ok_or("the statement is put together")?;
        if let Some(bind) = &draft.bind {
            let known = write.binds.iter().find(|known| known.index == bind.index);
            let (Some(edit), Some(bound)) = (bind.edit.clone(), known) else {
                return Err("what is bound cannot be spelled");
            };
            if !self.is_paired(write, bound, &edits) {
                return Err("the value is bound in another place");
            }
            edits.push(edit);
        }
        if self.is_shared(write, &edits) {
            return Err("the statement is used in several places");
        }
        edits.sort_by_key(|edit| edit.site);
        Ok(edits)
    }

    /// Whether the statement's text may be sent from other places too.
    fn is_shared(&self, write: &ColumnWrite, edits: &[Edit]) -> bool {
        if !edits::is_rust(&self.files.get(write.file).path) {
            return self.mentions(write.file) > 1;
        }
        let code = self.code(write.file);
        let own = edits.iter().filter(|edit| edit.site.file == write.file);
        own.filter_map(|edit| code.literal(&edit.site.span.range())).any(|literal| code.is_shared(literal))
    }

    /// Whether the bound value goes to this statement and to no other.
    fn is_paired(&self, write: &ColumnWrite, bind: &Bind, edits: &[Edit]) -> bool {
        if bind.file.is_some_and(|file| file != write.file) {
            return true;
        }
        // `push_bind` stands for its own placeholder.
        if write.sql.value_span.contains(bind.span) {
            return true;
        }
        let code = self.code(write.file);
        let text = &self.files.get(write.file).text;
        edits.iter().all(|edit| {
            let Some(literal) = code.literal(&edit.site.span.range()) else { return true };
            let bind = bind.span.range();
            let between = if literal.token.end <= bind.start {
                literal.token.end..bind.start
            } else {
                bind.end..literal.token.start
            };
            // A name that is shared is refused anyway.
            literal.name.is_some() || text.get(between).is_some_and(|between| !between.contains(';'))
        })
    }

    fn code(&self, file: FileId) -> Rc<Code> {
        let known = self.code.borrow().get(&file).cloned();
        known.unwrap_or_else(|| {
            let code = Rc::new(Code::read(&self.files.get(file).text));
            self.code.borrow_mut().insert(file, Rc::clone(&code));
            code
        })
    }

    /// Whether sqlx's offline cache knows the statement: it is found there by its text, which changes.
    fn is_prepared(&self, write: &ColumnWrite) -> bool {
        const MACROS: [&str; 3] = ["query!(", "query_as!(", "query_scalar!("];
        if !self.files.iter().any(|(_, file)| file.path.contains(".sqlx/query-")) {
            return false;
        }
        if !edits::is_rust(&self.files.get(write.file).path) {
            return true;
        }
        let text = self.files.get(write.file).text.as_str();
        let statement = write.sql.statement.range();
        let start = self.code(write.file).holding(&statement).map_or(statement.start, |token| token.start);
        let head = text.get(..start).unwrap_or_default();
        let open = head.rfind(';').map_or(head, |at| head.get(at..).unwrap_or_default());
        let open: String = open.replace("_unchecked!", "!").split_whitespace().collect();
        MACROS.iter().any(|name| open.contains(name))
    }

    /// How often Rust names an `.sql` file.
    fn mentions(&self, file: FileId) -> usize {
        if let Some(known) = self.mentions.borrow().get(&file) {
            return *known;
        }
        let path = &self.files.get(file).path;
        let name = path.rsplit('/').next().unwrap_or(path);
        let rust = self.files.iter().filter(|(_, file)| edits::is_rust(&file.path));
        let count = rust.map(|(_, file)| named(&file.text, name)).sum();
        self.mentions.borrow_mut().insert(file, count);
        count
    }

    /// What the file does with models.
    fn models(&self, file: FileId) -> Rc<sea_orm::code::Code> {
        let known = self.models.borrow().get(&file).cloned();
        known.unwrap_or_else(|| {
            let code = Rc::new(sea_orm::code::Code::read(&self.files.get(file).text));
            self.models.borrow_mut().insert(file, Rc::clone(&code));
            code
        })
    }

    fn fix(&self, write: &ColumnWrite, draft: &Draft, edits: Result<Vec<Edit>, &'static str>) -> Fix {
        let range = &write.sql.assignment_in_statement;
        let mut patch = vec![text::patch_lines(&write.sql.statement_sql, range, &draft.assignment)];
        for (before, after) in &mut patch {
            *before = without_holes(before);
            *after = without_holes(after);
        }
        if let Some(bind) = &draft.bind {
            patch.push(bind_lines(write, bind, self.files));
        }
        match edits {
            Ok(edits) => {
                let prepared = if self.is_prepared(write) { "; run `cargo sqlx prepare` afterwards" } else { "" };
                Fix { applicability: draft.applicability, title: format!("{}{prepared}", draft.title), edits, patch }
            }
            Err(why) => {
                let title = match draft.applicability {
                    Applicability::Display => draft.title.into(),
                    _ => format!("{} (by hand: {why})", draft.title),
                };
                Fix { applicability: Applicability::Display, title, edits: vec![], patch }
            }
        }
    }
}

/// Why the change may not be made by a program, whatever the source looks like.
fn not_applicable(write: &ColumnWrite, draft: &Draft) -> Option<&'static str> {
    match () {
        () if draft.applicability == Applicability::Display => Some("the new value may hold more than what changes"),
        // Without a WHERE the change would still be made to every row: which rows are meant is for the reader to say.
        () if write.scope == RowScope::All => Some("it writes every row"),
        // A migration that has run must not change: migrators compare its hash.
        () if write.migration => Some("a migration that has run must not change"),
        () => None,
    }
}

/// With white space folded.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The source of a write on one line; of a value that stands in a branch (`model.data = if a { Set(b) } else { .. }`) only
/// the value.
fn spelled(write: &ColumnWrite, files: &Files) -> String {
    let text = files.text(write.site);
    let count = |brackets: [char; 3]| text.chars().filter(|c| brackets.contains(c)).count();
    let (target, is_cut) =
        (text.split('=').next().unwrap_or_default(), count(['(', '[', '{']) != count([')', ']', '}']));
    if !is_cut || target.len() == text.len() {
        return folded(text);
    }
    let value = files.text(Site { file: write.file, span: write.sql.value_span });
    format!("{} = .. {}", folded(target), folded(value))
}

/// How often a text has a file of that name in a string: `"save.sql"`, `"queries/save.sql"`.
fn named(text: &str, name: &str) -> usize {
    let starts = |at: usize| text.get(..at).is_some_and(|head| head.ends_with(['"', '/', '\\']));
    let ends = |at: usize| text.get(at + name.len()..).is_some_and(|tail| tail.starts_with('"'));
    text.match_indices(name).filter(|(at, _)| starts(*at) && ends(*at)).count()
}

/// The evaluator's word on the changed statement: everything survives, and the value arrives.
fn verify(write: &ColumnWrite, statement: &str, draft: &Draft) -> bool {
    let mut binds = write.binds.clone();
    if let Some(changed) = &draft.bind {
        match binds.iter_mut().find(|bind| bind.index == changed.index) {
            Some(bind) => bind.value = changed.value.clone(),
            None => return false,
        }
    }
    let Some(survival) = reevaluate(write, statement, &binds) else { return false };
    let arrives = !matches!(survival.lands, Lands::Never);
    // What is left to the reader to judge: a value whose keys are not known may hold nested objects or be NULL.
    let judged = draft.applicability == Applicability::Display;
    match survival.word {
        Word::Kept => arrives,
        Word::NestedLost | Word::MayBeNull => arrives && judged,
        // What others changed in between is lost before and after; the keys that a type does not know are not any more.
        Word::Stale => arrives && judged && write.survival.labels.contains(&"retyped"),
        _ => false,
    }
}

/// How the column is spelled on the right of `=`.
fn target(write: &ColumnWrite) -> Option<Target<'_>> {
    if write.verb == Verb::Replace {
        return None;
    }
    let name = write.sql.target.last()?;
    let name = if write.dotted.is_some() {
        text::quote_if_needed(&write.column.name, write.dialect)
    } else {
        text::spell(name, write.dialect)
    };
    let column = qualifier(write).map_or_else(|| name.clone(), |table| format!("{table}.{name}"));
    Some(Target { column, nullable: write.column.nullable != Some(false), kind: write.column.kind, write })
}

/// How the table is spelled before its columns; `None` where they stand alone.
fn qualifier(write: &ColumnWrite) -> Option<String> {
    let qualified = write.verb != Verb::Update || !write.sql.sources.is_empty();
    let table = write.sql.alias.as_ref().unwrap_or(&write.sql.table.name);
    qualified.then(|| text::quote_if_needed(table, write.dialect))
}

impl Target<'_> {
    /// The left side of the assignment, as the statement spells it.
    fn assigned(&self) -> String {
        let statement = &self.write.sql.statement_sql;
        let text = statement.get(self.write.sql.assignment_in_statement.clone()).unwrap_or("");
        text.split('=').next().unwrap_or("").trim().to_owned()
    }

    fn assignment(&self, value: &str) -> String {
        format!("{} = {value}", self.assigned())
    }
}

/// The place and the text of a bound expression.
fn bound_text<'f>(write: &ColumnWrite, bind: &Bind, files: &'f Files) -> (Site, &'f str) {
    let site = Site { file: bind.file.unwrap_or(write.file), span: bind.span };
    (site, files.text(site))
}

/// The bind's call before and after: `.bind(..)` where the source spells it so.
fn bind_lines(write: &ColumnWrite, changed: &Rebound, files: &Files) -> (String, String) {
    let bind = write.binds.iter().find(|bind| bind.index == changed.index);
    let called = bind.is_some_and(|bind| {
        let text = &files.get(bind.file.unwrap_or(write.file)).text;
        text.get(..bind.span.start as usize).is_some_and(|head| head.trim_end().ends_with(".bind("))
    });
    if called {
        return (format!(".bind({})", changed.before), format!(".bind({})", changed.after));
    }
    (changed.before.clone(), changed.after.clone())
}
