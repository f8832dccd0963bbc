//! All facts of all files: the catalog of columns, and the writes on columns that hold JSON.

pub mod around;
pub mod bound;
mod built;
pub mod callers;
pub mod calls;
pub mod catalog;
pub mod crates;
pub mod created;
pub mod declare;
mod deferred;
pub mod elsewhere;
mod environment;
mod file_queries;
mod guards;
mod infer;
mod kinds;
mod models;
mod named;
mod names;
mod place;
mod predicate;
pub mod profile;
mod provenance;
pub mod readings;
mod reads;
mod receivers;
mod resolve;
pub mod respelled;
mod schema;
mod siblings;
mod steps;
pub mod types;
pub mod writes;

use crate::declared::ColumnRules;
use crate::frontend::facts::{Facts, Problem, Route, TextFacts};
use crate::frontend::sql::Dialect;
use crate::source::{FileId, Files, Site};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The project as a whole.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Every column that is known.
    pub catalog: catalog::Catalog,
    /// Writes on columns that hold JSON, in the order of file path and place.
    pub writes: Vec<writes::ColumnWrite>,
    /// Documents that rows are created with, but those of tests; in the order of file path and place.
    pub created: Vec<created::Created>,
    /// Statements that leave a column of JSON NULL, in the order of file path and place.
    pub unfilled: Vec<created::Unfilled>,
    /// Statements that were read.
    pub statements: usize,
    /// What could not be analysed, each with its reason; in the order of file path and place.
    pub unanalysed: Vec<Unanalysed>,
    /// What the user says of columns.
    pub declared: ColumnRules,
    /// The numbers of the column rules (in [`ColumnRules::iter`]) that fit no column.
    pub unmatched: Vec<usize>,
    /// Rust types and functions.
    pub elsewhere: elsewhere::Elsewhere,
    /// The types as which columns are read.
    pub readings: BTreeMap<profile::ColumnId, Vec<readings::Reading>>,
    /// The columns that are arrays, as a model's field says.
    pub lists: BTreeSet<profile::ColumnId>,
    /// What was read off the files.
    facts: Vec<Facts>,
}

/// A text, statement or write that could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanalysed {
    /// Where.
    pub site: Site,
    /// One sentence.
    pub reason: String,
}

/// What the project is told.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The dialect the user named; wins over everything that is guessed.
    pub dialect: Option<Dialect>,
    /// The dialect of the crate that a file belongs to, where it is known; for texts that are put together from
    /// constants of several files.
    pub of_file: BTreeMap<FileId, Dialect>,
    /// Paths below the project's root, forward slashes; a file without one is taken by its path as shown. What stands
    /// above the root must not be mistaken for a folder of migrations or tests.
    pub in_project: BTreeMap<FileId, String>,
    /// The project's crates.
    pub crates: crates::Crates,
    /// What the user says of columns.
    pub columns: ColumnRules,
}

/// The paths of a run's files below the project's root.
#[derive(Clone, Copy)]
struct Paths<'a> {
    files: &'a Files,
    settings: &'a Settings,
}

impl<'a> Paths<'a> {
    fn get(&self, file: FileId) -> &'a str {
        let below_root = self.settings.in_project.get(&file);
        below_root.map_or_else(|| self.files.get(file).path.as_str(), String::as_str)
    }
}

impl Project {
    /// Joins the facts of all files. The order of `facts` does not matter for the result.
    pub fn build(mut facts: Vec<Facts>, files: &Files, settings: &Settings) -> Self {
        facts.sort_by(|a, b| (&files.get(a.file).path, a.file).cmp(&(&files.get(b.file).path, b.file)));
        let paths = Paths { files, settings };
        let elsewhere = elsewhere::Elsewhere::of(&mut facts, paths);
        elsewhere.fill(&mut facts, paths);
        let types = &elsewhere.types;
        deferred::resolve(&mut facts, paths, |file| settings.dialect.or_else(|| settings.of_file.get(&file).copied()));
        let unresolved =
            built::expand(&mut facts, paths, |file| settings.dialect.or_else(|| settings.of_file.get(&file).copied()));
        let functions = file_queries::join(&mut facts, paths);
        for facts in &mut facts {
            facts.texts.sort_by_key(|text| text.text.span);
        }
        let mut catalog = schema::build(&facts, paths);
        declare::before_use(&mut catalog, &settings.columns);
        infer::infer(&mut catalog, &facts, paths);
        declare::after_use(&mut catalog, &settings.columns);
        let (mut writes, mut unanalysed, mut created, mut unfilled) = (vec![], vec![], vec![], vec![]);
        let by_name = resolve::JsonColumns::new(&catalog);
        let models = models::Models::new(&facts, &catalog, types, paths);
        let patch_handlers = around::patch_handlers(&facts);
        let collector = writes::Collector {
            catalog: &catalog,
            paths,
            settings,
            functions: &functions,
            by_name,
            patch_handlers: &patch_handlers,
            types,
            models: &models,
            statements: reads::Statements::new(&facts),
        };
        let of_file = |facts: &Facts| {
            let (mut writes, mut unanalysed) = (vec![], problems(facts));
            collector.file(facts, &mut writes, &mut unanalysed);
            unanalysed.extend(unresolved.get(&facts.file).into_iter().flatten().cloned());
            unanalysed.sort_by_key(|entry| entry.site);
            unanalysed.dedup();
            writes.sort_by_key(|write| write.site);
            let dialect = |text: &TextFacts| collector.dialect(text, paths.get(facts.file));
            (writes, unanalysed, created::of_file(facts, &catalog, paths, dialect))
        };
        let of_files: Vec<_> = facts.par_iter().map(of_file).collect();
        for (mut of_file, mut not_analysed, made) in of_files {
            writes.append(&mut of_file);
            unanalysed.append(&mut not_analysed);
            created.extend(made.created);
            unfilled.extend(made.unfilled);
        }
        let read = facts.iter().flat_map(|facts| &facts.texts).filter(|text| text.text.route != Route::Cache);
        let statements = read.map(|text| text.facts.statements).sum();
        let mut left_alone = BTreeSet::new();
        writes.retain(|write| {
            let left = declare::is_left_alone(&write.column, &settings.columns);
            left_alone.extend(left.then_some(write.site));
            !left
        });
        unanalysed.retain(|entry| !left_alone.contains(&entry.site));
        let unmatched = declare::unmatched(&catalog, &writes, &settings.columns);
        let declared = settings.columns.clone();
        let readings = readings::of(&facts, &catalog, types, &models, paths);
        let lists = models.into_lists();
        Self {
            catalog,
            writes,
            created,
            unfilled,
            statements,
            unanalysed,
            declared,
            unmatched,
            elsewhere,
            readings,
            lists,
            facts,
        }
    }
}

/// What the front ends could not analyse.
fn problems(facts: &Facts) -> Vec<Unanalysed> {
    let of_texts = facts.texts.iter().flat_map(|text| &text.facts.unanalysed);
    let to_entry = |problem: &Problem| Unanalysed {
        site: Site { file: facts.file, span: problem.span.unwrap_or_default() },
        reason: problem.message.clone(),
    };
    facts.problems.iter().chain(of_texts).map(to_entry).collect()
}
