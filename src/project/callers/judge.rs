//! Writes as their callers make them.

use super::{Caller, Callers};
use crate::document::survival::{self, Word};
use crate::document::{Document, Input, ReadSite};
use crate::frontend::facts::{Facts, TypeFacts};
use crate::project::elsewhere::Elsewhere;
use crate::project::reads::{Statements, Written};
use crate::project::writes::{ColumnWrite, HandedBy, of_column};
use crate::project::{Paths, Project, Settings};
use crate::project::{around, guards};
use crate::source::{FileId, Files, Site};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A write with the value that one caller makes.
struct Made<'a> {
    caller: &'a Caller,
    write: ColumnWrite,
}

impl Project {
    /// Judges functions that store a parameter by what their callers hand them. Where all callers change what they read
    /// before, the function's write is one that does; where only some do, each of these is a write of its own, at the
    /// place where it hands the document over.
    pub fn join_callers<'c>(&mut self, callers: &'c Callers, files: &Files, settings: &Settings) {
        self.note_outside(callers);
        let paths = Paths { files, settings };
        let statements = Statements::new(&self.facts);
        let mut by_write: BTreeMap<usize, Vec<&Caller>> = BTreeMap::new();
        for caller in callers.found.iter().filter(|caller| !caller.test) {
            by_write.entry(caller.write).or_default().push(caller);
        }
        let judge = Judge { elsewhere: &self.elsewhere, statements: &statements, paths };
        let writes = &self.writes;
        let stale_of = |(index, found): (usize, Vec<&'c Caller>)| {
            let (total, write) = (found.len(), writes.get(index)?);
            let made = found.into_iter().filter_map(|caller| Some(Made { caller, write: judge.made(write, caller)? }));
            let mut stale: Vec<Made<'_>> = made.filter(|made| is_stale(&made.write)).collect();
            stale.sort_by_key(|made| (paths.get(made.caller.file).to_owned(), made.caller.call));
            Some((index, total, stale))
        };
        let by_write: Vec<_> = by_write.into_par_iter().filter_map(stale_of).collect();
        // The adapters of one trait are called at once: one for each database.
        let adapter = |index: usize| {
            let write = writes.get(index)?;
            let within = write.within.as_ref()?;
            let column = (write.column.table.name.to_lowercase(), write.column.name.to_lowercase());
            Some((within.trait_name.clone()?, within.name.clone(), column))
        };
        let mut adapters: BTreeMap<_, usize> = BTreeMap::new();
        for (index, _, stale) in &by_write {
            if let Some(adapter) = adapter(*index).filter(|_| !stale.is_empty()) {
                *adapters.entry(adapter).or_default() += 1;
            }
        }
        let several: BTreeSet<usize> = by_write
            .iter()
            .map(|(index, ..)| *index)
            .filter(|index| adapter(*index).and_then(|adapter| adapters.get(&adapter).copied()) > Some(1))
            .collect();
        let (mut more, mut told) = (vec![], BTreeSet::new());
        for (index, total, stale) in by_write {
            let Some(write) = self.writes.get(index) else { continue };
            // A function that nobody is seen to call takes what comes from outside.
            let outside = callers.sinks.iter().any(|sink| sink.write == index && sink.forwards && !sink.called);
            if stale.is_empty() {
                continue;
            }
            if stale.len() < total || outside || several.contains(&index) {
                let (table, column) = (write.column.table.name.to_lowercase(), write.column.name.to_lowercase());
                let once = |made: &Made<'_>| {
                    let place = (made.caller.file, made.caller.bind.span);
                    told.insert((place, table.clone(), column.clone()))
                };
                let stale = stale.into_iter().filter(once);
                more.extend(stale.map(|made| at_the_call(made.write, made.caller, write)));
            } else if let Some(write) = self.writes.get_mut(index) {
                let handed_by: Vec<HandedBy> = stale.iter().map(|made| handed_by(made.caller)).collect();
                if let Some(first) = stale.into_iter().next() {
                    let Made { write: made, .. } = first;
                    *write = ColumnWrite { handed_by, ..made };
                }
            }
        }
        self.writes.extend(more);
        let key = |write: &ColumnWrite| (files.get(write.file).path.clone(), write.file, write.site);
        self.writes.sort_by_cached_key(key);
    }
}

impl Project {
    /// Takes in files that say more of what callers hand over.
    pub fn learn(&mut self, mut facts: Vec<Facts>, files: &Files, settings: &Settings) {
        facts.sort_by(|a, b| (&files.get(a.file).path, a.file).cmp(&(&files.get(b.file).path, b.file)));
        self.elsewhere.take(&mut facts, Paths { files, settings });
    }

    /// Takes in what the files of callers say of types.
    pub fn learn_types(&mut self, types: Vec<(FileId, TypeFacts)>, files: &Files, settings: &Settings) {
        for (file, types) in types {
            self.elsewhere.take_types(file, types, Paths { files, settings });
        }
    }

    /// What the functions say that hand a parameter on: a handler of PATCH requests passes what was sent.
    fn note_outside(&mut self, callers: &Callers) {
        let handlers = around::patch_handlers(&self.facts);
        for sink in callers.sinks.iter().filter(|sink| sink.forwards) {
            let Some(write) = self.writes.get_mut(sink.write) else { continue };
            write.signs.extend(around::signs_of(&sink.function, sink.file, &handlers));
            write.signs.sort();
            write.signs.dedup();
        }
    }
}

/// Whether the value is made from what was read before: with changes, or with a part of its keys.
fn is_stale(write: &ColumnWrite) -> bool {
    match write.survival.word {
        Word::Stale => true,
        Word::Unknown => !write.reads.is_empty(),
        // What is only called like the column may be something to merge in.
        Word::Lost => !write.reads.is_empty() && write.reads.iter().all(|read| read.site.is_some()),
        _ => false,
    }
}

/// Whether a value is what a function of another file read, as it came: of the same row or of another one.
fn is_copy(given: &Document, file: FileId) -> bool {
    let is_read_there = |read: &ReadSite| read.site.is_none_or(|site| site.file != file);
    match given {
        Document::Read(read) => is_read_there(read),
        Document::Cast { of, .. } | Document::Retype { of, .. } => is_copy(of, file),
        Document::First(items) => {
            let mut held = items.iter().filter(|item| item.holds_old()).peekable();
            held.peek().is_some() && held.all(|item| is_copy(item, file))
        }
        _ => false,
    }
}

fn handed_by(caller: &Caller) -> HandedBy {
    HandedBy { site: Site { file: caller.file, span: caller.bind.span }, function: caller.function.name.clone() }
}

/// What a caller's value is held against.
struct Judge<'a> {
    elsewhere: &'a Elsewhere,
    statements: &'a Statements<'a>,
    paths: Paths<'a>,
}

impl Judge<'_> {
    /// The write with a caller's value in the place of the parameter; `None` where that holds nothing that was read.
    fn made(&self, write: &ColumnWrite, caller: &Caller) -> Option<ColumnWrite> {
        let mut bind = caller.bind.clone();
        self.elsewhere.put_in(&mut bind, caller.file, self.paths);
        let names = caller.names(write);
        let written = Written { table: &write.sql.table, column: &write.column.name };
        let given = self.statements.settle(caller.known(write, &names).read_in(bind.value, &bind.calls), written);
        if !given.holds_old() || is_copy(&given, caller.file) {
            return None;
        }
        let value = write.value.clone().transformed(&|part| match part {
            Document::Input(Input { id, .. }) if id == caller.input => given.clone(),
            object if object.fields_of() == Some(&caller.input) => given.clone(),
            other => other,
        });
        let survival = survival::survival(&value, &of_column(&write.column, write.dialect, &write.states));
        let reads = self.statements.of(&value);
        let function = Site { file: caller.file, span: caller.function.span };
        let mut protections = write.protections.clone();
        let handed_in = caller.function.parameters.iter().any(|name| guards::is_transaction(name));
        protections.extend(guards::around_call(function, caller.call, &reads, write.dialect, handed_in, self.paths));
        protections.sort();
        protections.dedup();
        let mut signs = write.signs.clone();
        signs.extend(caller.function.signs.iter().chain(&bind.signs).cloned());
        signs.sort();
        signs.dedup();
        Some(ColumnWrite {
            value,
            survival,
            reads,
            protections,
            signs,
            // The row is picked in one function and read in another: which names mean the same there does not show.
            key: vec![],
            parameters: caller.function.parameters.clone(),
            ..write.clone()
        })
    }
}

/// The same, as a write that stands where the document is handed over.
fn at_the_call(made: ColumnWrite, caller: &Caller, of: &ColumnWrite) -> ColumnWrite {
    let mut binds = made.binds.clone();
    for bind in &mut binds {
        bind.file.get_or_insert(of.file);
    }
    let mut sql = made.sql.clone();
    (sql.statement, sql.assignment) = (caller.call, caller.bind.span);
    ColumnWrite {
        site: Site { file: caller.file, span: caller.bind.span },
        file: caller.file,
        stored_by: Some(of.site),
        function: Some(caller.function.name.clone()),
        within: None,
        binds,
        sql,
        ..made
    }
}
