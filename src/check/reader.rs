//! Files to facts: the first look at each, the read of those that matter, and a second read of those that turn out to.

use super::{Report, Warning};
use crate::discover::bodies;
use crate::discover::dialect::Dialects;
use crate::discover::names::{self, Names};
use crate::discover::prefilter::{self, Relevance};
use crate::discover::{Candidate, Kind, read};
use crate::frontend::facts::{BuiltColumn, BuiltKind, Facts, Problem};
use crate::frontend::sql::Dialect;
use crate::frontend::{self, dialect_hint};
use crate::project::elsewhere::Missing;
use crate::project::{calls, types};
use crate::source::{FileId, LineIndex, SourceFile};
use heck::ToSnakeCase as _;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// A function or struct that more files declare than these is not looked for.
const MOST_DECLARED: usize = 8;

/// A file after the first look at it.
pub(super) enum Loaded {
    /// It is read as facts.
    Text(SourceFile, Vec<Problem>),
    /// It holds nothing that matters, as far as it shows by itself.
    Dropped,
    /// It decodes or encodes these fields as JSON, and matters if one of them is a column.
    Codes(Vec<String>),
    /// It could not be read.
    Failed(String),
}

/// Reads a file, and drops it unless it matters.
pub(super) fn load(file: &Candidate, stdin: Option<&[u8]>, look: &mut dyn FnMut(&[u8]) -> Relevance) -> Loaded {
    let bytes = match stdin.map_or_else(|| read::bytes(&file.path), |bytes| Ok(bytes.to_vec())) {
        Ok(bytes) => bytes,
        Err(error) => return Loaded::Failed(error.to_string()),
    };
    match look(&bytes) {
        Relevance::Matters => {}
        Relevance::Codes(fields) => return Loaded::Codes(fields),
        Relevance::Nothing => return Loaded::Dropped,
    }
    match read::text(bytes) {
        Ok((text, replaced)) => {
            let problem = (replaced > 0).then(|| Problem {
                span: None,
                message: match replaced {
                    1 => "1 byte is not UTF-8 and is read as `?`".to_owned(),
                    _ => format!("{replaced} bytes are not UTF-8 and are read as `?` each"),
                },
            });
            let source = SourceFile { path: file.shown.clone(), absolute: file.path.clone(), text };
            Loaded::Text(source, problem.into_iter().collect())
        }
        Err(reason) => Loaded::Failed(reason.to_owned()),
    }
}

/// The bodies of a file that need not be read.
pub(super) type Idle<'a> = dyn Fn(&Candidate, &str) -> Vec<Range<usize>> + Sync + 'a;

/// Reads files as facts.
pub(super) struct Reader<'a> {
    pub(super) files: &'a [Candidate],
    pub(super) dialects: &'a Dialects,
    /// The dialect that the user named.
    pub(super) named: Option<Dialect>,
    /// Texts that stand for those on disk.
    pub(super) instead: &'a BTreeMap<PathBuf, Vec<u8>>,
    /// What each file calls (nothing for tests) and declares (nothing where it matters by itself).
    pub(super) names: &'a [Names],
}

impl Reader<'_> {
    /// The text that stands for the one on disk.
    pub(super) fn instead(&self, file: &Candidate) -> Option<&[u8]> {
        self.instead.get(&file.path).map(Vec::as_slice)
    }

    /// Reads the loaded files that `which` (by index) picks, Rust without the bodies that are `idle` in it. The id of a
    /// file is its index, whatever is picked. Long files are read first, so that no thread is left with one at the end.
    pub(super) fn read(
        &self,
        loaded: &[Loaded],
        report: &mut Report,
        idle: &Idle<'_>,
        which: impl Fn(usize) -> bool + Sync,
    ) -> Vec<Facts> {
        let texts = loaded.iter().enumerate().filter_map(|(index, loaded)| match loaded {
            Loaded::Text(source, problems) => Some((index, self.files.get(index)?, source, problems)),
            _ => None,
        });
        let mut texts: Vec<_> = texts.filter(|(index, file, ..)| which(*index) && file.kind != Kind::Dialect).collect();
        texts.sort_by_key(|(_, _, source, _)| Reverse(source.text.len()));
        let mut read: Vec<(usize, Result<Facts, String>)> = texts
            .into_par_iter()
            .with_max_len(1)
            .map(|(index, file, source, problems)| {
                let id = FileId(index as u32);
                let read = catch_unwind(AssertUnwindSafe(|| self.read_one(id, file, source, idle)));
                let read = match read {
                    Ok(mut facts) => {
                        facts.problems.extend(problems.iter().cloned());
                        Ok(facts)
                    }
                    Err(_) => Err(format!("{}: a fault of noclobber kept it from reading the file", file.shown)),
                };
                (index, read)
            })
            .collect();
        read.sort_by_key(|(index, _)| *index);
        let mut all = vec![];
        for (_, result) in read {
            match result {
                Ok(facts) => {
                    let index = facts.file.0 as usize;
                    if let (Some(file), Some(Loaded::Text(source, _))) = (self.files.get(index), loaded.get(index)) {
                        let warning = |problem: &Problem| Warning {
                            message: sentence(source, problem),
                            named: file.named,
                            place: Some((facts.file, problem.span)),
                        };
                        report.warnings.extend(facts.problems.iter().map(warning));
                    }
                    all.push(facts);
                }
                Err(fault) => report.faults.push(fault),
            }
        }
        all
    }

    fn read_one(&self, id: FileId, file: &Candidate, source: &SourceFile, idle: &Idle<'_>) -> Facts {
        let dialect = self.named.or_else(|| self.dialects.for_path(&file.path)).or_else(|| {
            let of_source = || (file.kind == Kind::Rust).then(|| dialect_hint::of_source(&source.text)).flatten();
            dialect_hint::of_path(&file.in_project).or_else(of_source)
        });
        match file.kind {
            Kind::Rust => {
                let idle = idle(file, &source.text);
                frontend::rust::read(id, source, frontend::rust::Context { dialect, test: file.test, idle: &idle })
            }
            Kind::Sql => frontend::sql_file::read(id, source, dialect, file.test),
            Kind::SqlxCache => frontend::sqlx_cache::read(id, source),
            Kind::Dialect => Facts::new(id),
        }
    }

    /// Reads files that were put off, but decode or encode a column that is written, spell a constant that another file
    /// builds its SQL from, or hold a function that makes a value which is written. Of these files only the functions
    /// that do are read, and what they call.
    pub(super) fn read_late(&self, loaded: &mut [Loaded], facts: &mut Vec<Facts>, report: &mut Report) {
        let columns = written_names(facts);
        let deferred = facts.iter().flat_map(|facts| &facts.deferred).flat_map(|deferred| &deferred.constants);
        let constants: BTreeSet<String> =
            deferred.filter_map(|(_, path)| path.rsplit("::").next()).map(str::to_owned).collect();
        let makers = calls::wanted(facts);
        let types = types::wanted(facts);
        let all = constants.iter().chain(&makers).chain(&types);
        let keys: Vec<u32> = all.map(|name| names::declaration(name.as_bytes())).collect();
        let structs = structs_of(&types);
        let constants = prefilter::Spelled::new(&constants.into_iter().collect::<Vec<_>>());
        let makers: Vec<String> = makers.into_iter().map(|name| format!("fn {name}")).collect();
        let makers = prefilter::Spelled::new(&makers);
        let wanted = |bytes: &[u8]| {
            constants.are_in(bytes)
                || structs.are_in(bytes)
                || makers.places(bytes).any(|(_, place)| prefilter::makes_document(bytes, place))
        };
        let codes = |fields: &[String]| fields.iter().any(|field| columns.contains(&field.to_lowercase()));
        let again = |index: usize, file: &Candidate, loaded: &Loaded| match loaded {
            Loaded::Codes(fields) if codes(fields) => Some(load(file, self.instead(file), &mut |_| Relevance::Matters)),
            Loaded::Dropped | Loaded::Codes(_) if self.names.get(index)?.may_declare(&keys) => {
                let mut look = |bytes: &[u8]| if wanted(bytes) { Relevance::Matters } else { Relevance::Nothing };
                Some(load(file, self.instead(file), &mut look))
            }
            _ => None,
        };
        let indices = self.take_late(loaded, again);
        let idle = |_: &Candidate, source: &str| {
            bodies::but(source, |function| {
                let function = bodies::bytes(source, &function.whole);
                wanted(function)
                    || match prefilter::relevance(function) {
                        Relevance::Matters => true,
                        Relevance::Codes(fields) => codes(&fields),
                        Relevance::Nothing => false,
                    }
            })
        };
        facts.extend(self.read(loaded, report, &idle, |index| indices.contains(&index)));
        // Types that are part of those that were found.
        let more: BTreeSet<String> = types::wanted(facts).difference(&types).cloned().collect();
        if !more.is_empty() {
            let keys: Vec<u32> = more.iter().map(|name| names::declaration(name.as_bytes())).collect();
            let structs = structs_of(&more);
            let indices = self.take_late(loaded, |index, file, loaded| {
                let unread = matches!(loaded, Loaded::Dropped | Loaded::Codes(_));
                let mut look =
                    |bytes: &[u8]| if structs.are_in(bytes) { Relevance::Matters } else { Relevance::Nothing };
                let may = unread && !file.test && self.names.get(index)?.may_declare(&keys);
                may.then(|| load(file, self.instead(file), &mut look))
            });
            let idle = |_: &Candidate, source: &str| bodies::but(source, |_| false);
            facts.extend(self.read(loaded, report, &idle, |index| indices.contains(&index)));
        }
        facts.sort_by_key(|facts| facts.file);
    }

    /// Reads files that were put off for the functions and structs that callers of writing functions use.
    pub(super) fn read_missing(&self, missing: &Missing, report: &mut Report) -> Vec<Facts> {
        if missing.is_empty() {
            return vec![];
        }
        // What is declared all over is another one each time.
        let key = |name: &String| names::declaration(name.as_bytes());
        let mut declared: HashMap<u32, usize> =
            missing.functions.iter().chain(&missing.types).map(|name| (key(name), 0)).collect();
        for own in self.names.iter().flat_map(Names::declared) {
            if let Some(files) = declared.get_mut(own) {
                *files += 1;
            }
        }
        let is_rare = |name: &&String| declared.get(&key(name)).is_some_and(|files| *files <= MOST_DECLARED);
        let functions: Vec<&String> = missing.functions.iter().filter(is_rare).collect();
        let types: BTreeSet<String> = missing.types.iter().filter(is_rare).cloned().collect();
        let all = functions.iter().copied().chain(&types);
        let keys: Vec<u32> = all.map(|name| names::declaration(name.as_bytes())).collect();
        let structs = structs_of(&types);
        let functions: Vec<String> = functions.iter().map(|name| format!("fn {name}")).collect();
        let functions = prefilter::Spelled::new(&functions);
        let wanted = |bytes: &[u8]| structs.are_in(bytes) || functions.are_in(bytes);
        let may = |(index, file): &(usize, &Candidate)| {
            file.kind == Kind::Rust && !file.test && self.names.get(*index).is_some_and(|own| own.may_declare(&keys))
        };
        let idle = |_: &Candidate, source: &str| {
            bodies::but(source, |function| functions.are_in(bodies::bytes(source, &function.whole)))
        };
        let loaded: Vec<Loaded> = self
            .files
            .par_iter()
            .enumerate()
            .map(|(index, file)| {
                let mut look = |bytes: &[u8]| if wanted(bytes) { Relevance::Matters } else { Relevance::Nothing };
                if may(&(index, file)) { load(file, self.instead(file), &mut look) } else { Loaded::Dropped }
            })
            .collect();
        // They were no part of the check before: their problems are not either.
        let mut aside = Report::default();
        let facts = self.read(&loaded, &mut aside, &idle, |_| true);
        report.faults.append(&mut aside.faults);
        facts
    }

    /// Keeps the texts of files that turn out to matter; returns which.
    fn take_late(
        &self,
        loaded: &mut [Loaded],
        again: impl Fn(usize, &Candidate, &Loaded) -> Option<Loaded> + Sync,
    ) -> BTreeSet<usize> {
        let files = self.files.par_iter().zip(&*loaded).enumerate();
        let late = files.filter_map(|(index, (file, loaded))| Some((index, again(index, file, loaded)?)));
        let late: Vec<(usize, Loaded)> = late.filter(|(_, loaded)| matches!(loaded, Loaded::Text(..))).collect();
        let indices = late.iter().map(|(index, _)| *index).collect();
        for (index, file) in late {
            if let Some(slot) = loaded.get_mut(index) {
                *slot = file;
            }
        }
        indices
    }
}

/// A search for the declarations of types.
fn structs_of(names: &BTreeSet<String>) -> prefilter::Spelled {
    let declared = names.iter().flat_map(|name| [format!("struct {name}"), format!("enum {name}")]);
    prefilter::Spelled::new(&declared.collect::<Vec<_>>())
}

/// The names of all columns that are written, and of all fields that are bound, in lower case.
fn written_names(facts: &[Facts]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for facts in facts {
        for text in &facts.texts {
            let targets = text.facts.writes.iter().flat_map(|write| &write.target);
            names.extend(targets.map(|part| part.text.to_lowercase()));
            names.extend(text.facts.placeholders.iter().map(|placeholder| placeholder.column.to_lowercase()));
        }
        let over = facts.built.iter().filter(|built| built.kind != BuiltKind::Insert);
        for item in over.flat_map(|built| built.set.iter().chain(&built.inserted)) {
            names.extend(match &item.column {
                BuiltColumn::Field(name) | BuiltColumn::Name(name) => Some(name.to_lowercase()),
                BuiltColumn::Variant(name) => Some(name.to_snake_case()),
                // A row is written back as a whole: nothing is said of what its columns hold.
                BuiltColumn::Rest(_) => None,
            });
        }
        names.extend(facts.fields.bound.iter().map(|(_, field)| field.field.to_lowercase()));
    }
    names
}

/// A problem of a file as a sentence that begins with its place.
fn sentence(source: &SourceFile, problem: &Problem) -> String {
    let at = problem.span.map_or_else(String::new, |span| {
        let position = LineIndex::new(&source.text).position(&source.text, span.start as usize);
        format!(":{}:{}", position.line, position.column)
    });
    format!("{}{at}: {}", source.path, problem.message)
}
