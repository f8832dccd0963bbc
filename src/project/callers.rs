//! Functions that store what they are given: what their callers hand to them.
//!
//! The statement often sits in `save()` and the read-modify-write in whoever calls it, in another file, behind a trait.
//! Which functions store a parameter is known once the writes are evaluated; the files that call them are looked at
//! again for these calls alone ([`Callers::take`]), in a few rounds: a function that only hands its parameter on is
//! called in turn. A call that may mean several functions means none.

mod fits;
mod judge;

use super::elsewhere::Missing;
use super::named::{self, Named};
use super::receivers::is_telling;
use super::writes::ColumnWrite;
use super::{Paths, Project, Settings};
use crate::document::Document;
use crate::document::survival::Word;
use crate::frontend::facts::{Bind, Function, HandedOn, WantedCall};
use crate::project::catalog::Certainty;
use crate::source::{FileId, Files, Span};
use heck::ToSnakeCase as _;
use std::collections::BTreeSet;

/// How often a parameter is handed on from function to function.
pub const MOST_ROUNDS: usize = 3;

/// More functions than this that hand one value on tell nothing any more.
const MOST_SINKS: usize = 2000;

/// A parameter that ends up in a column.
#[derive(Debug, Clone, PartialEq)]
struct Sink {
    /// The number of the write.
    write: usize,
    /// The input of the write's value that the parameter is.
    input: String,
    file: FileId,
    function: Function,
    parameter: usize,
    field: Option<String>,
    /// Somebody calls it.
    called: bool,
    /// It only hands the parameter on.
    forwards: bool,
}

/// Somebody who makes the value that is written.
#[derive(Debug, Clone, PartialEq)]
struct Caller {
    write: usize,
    input: String,
    file: FileId,
    call: Span,
    bind: Bind,
    function: Function,
    test: bool,
}

impl Caller {
    /// The names under which the column of a write may be known to it.
    fn names(&self, write: &ColumnWrite) -> Vec<String> {
        named::names(&write.column.table.name, &write.column.name, Some(&self.input))
    }

    /// What its value must be taken from, to be the column's.
    fn known<'a>(&'a self, write: &'a ColumnWrite, names: &'a [String]) -> Named<'a> {
        Named {
            names,
            column: &write.column.name,
            parameters: &self.function.parameters,
            function: &self.function.name,
        }
    }
}

/// What is known of callers so far.
#[derive(Debug, Default)]
pub struct Callers {
    sinks: Vec<Sink>,
    found: Vec<Caller>,
    seen: BTreeSet<(usize, FileId, Span)>,
}

impl Callers {
    /// The parameters that the writes store.
    pub fn of(writes: &[ColumnWrite]) -> Self {
        let mut sinks = vec![];
        for (index, write) in writes.iter().enumerate() {
            let replaces = matches!(write.survival.word, Word::Lost | Word::Unknown | Word::MayBeNull);
            let certain = write.column.certainty() > Certainty::Guessed;
            let Some(function) = &write.within else { continue };
            if write.test || write.migration || !replaces || !certain || write.survival.labels.contains(&"reset") {
                continue;
            }
            let mut inputs = vec![];
            whole_inputs(&write.value, &mut inputs);
            for input in inputs {
                if let Some((parameter, field)) = parameter_of(&input, &function.parameters) {
                    let function = function.clone();
                    let file = write.file;
                    let sink =
                        Sink { write: index, input, file, function, parameter, field, called: false, forwards: false };
                    if !sinks.contains(&sink) {
                        sinks.push(sink);
                    }
                }
            }
        }
        Self { sinks, found: vec![], seen: BTreeSet::new() }
    }

    /// The calls that are asked for by the functions from number `first` on.
    pub fn wanted(&self, first: usize, paths: &Files) -> Vec<WantedCall> {
        let sinks = self.sinks.get(first..).unwrap_or_default();
        let mut wanted: Vec<WantedCall> = sinks
            .iter()
            .map(|sink| WantedCall {
                name: sink.function.name.clone(),
                parameters: sink.function.parameters.len(),
                parameter: sink.parameter,
                field: sink.field.clone(),
                is_method: sink.function.self_type.is_some() || sink.function.trait_name.is_some(),
                modules: modules(sink, paths),
                near: near(sink, paths),
                home: sink.file,
            })
            .collect();
        wanted.sort();
        wanted.dedup();
        wanted
    }

    /// What the values that callers make depend on, and no file says so far.
    pub fn missing(&self, project: &Project) -> Missing {
        let mut missing = Missing::default();
        for caller in self.found.iter().filter(|caller| !caller.test) {
            let Some(write) = project.writes.get(caller.write) else { continue };
            let names = caller.names(write);
            project.elsewhere.miss(&caller.bind, caller.file, &caller.known(write, &names), &mut missing);
        }
        missing
    }

    /// How many functions are known by now.
    pub fn known(&self) -> usize {
        self.sinks.len()
    }

    /// Takes in calls. What hands a parameter on is a function to be asked for itself.
    pub fn take(&mut self, calls: &[HandedOn], files: &Files, settings: &Settings) {
        let paths = Paths { files, settings };
        for call in calls {
            let meant = fits::meant(&self.sinks, call, paths);
            for (index, sure) in meant {
                let Some(sink) = self.sinks.get(index) else { continue };
                let given = call.given.iter().find(|g| g.parameter == sink.parameter && g.field == sink.field);
                let Some(given) = given else { continue };
                let itself = sink.file == call.file && sink.function.span == call.function.span;
                let by_name = sure && !fits::speaks_of(sink, given);
                if itself || by_name || !self.seen.insert((index, call.file, call.span)) {
                    continue;
                }
                let (write, input) = (sink.write, sink.input.clone());
                let handed_on = match &given.bind.value {
                    Document::Input(own) => parameter_of(&own.id, &call.function.parameters),
                    _ => None,
                };
                if !call.test
                    && let Some(sink) = self.sinks.get_mut(index)
                {
                    sink.called = true;
                }
                match handed_on {
                    Some((parameter, field)) if !call.test && self.sinks.len() < MOST_SINKS => {
                        let function = call.function.clone();
                        let (file, called, forwards) = (call.file, false, true);
                        let next = Sink { write, input, file, function, parameter, field, called, forwards };
                        let same = |other: &Sink| Sink { called: false, ..other.clone() } == next;
                        if !self.sinks.iter().any(same) {
                            self.sinks.push(next);
                        }
                    }
                    _ => {
                        let (bind, function) = (given.bind.clone(), call.function.clone());
                        let (file, test) = (call.file, call.test);
                        self.found.push(Caller { write, input, file, call: call.span, bind, function, test });
                    }
                }
            }
        }
    }
}

/// The inputs that are the whole document, not a part of one.
fn whole_inputs(value: &Document, found: &mut Vec<String>) {
    match value {
        Document::Input(input) if !found.contains(&input.id) => found.push(input.id.clone()),
        Document::Object { .. } => found.extend(value.fields_of().map(str::to_owned)),
        Document::Cast { of, .. } => whole_inputs(of, found),
        Document::First(items) => items.iter().for_each(|item| whole_inputs(item, found)),
        Document::Choose { branches, otherwise } => {
            for (_, part) in branches {
                whole_inputs(part, found);
            }
            whole_inputs(otherwise, found);
        }
        _ => {}
    }
}

/// The parameter that an input is, and perhaps the field of it: `data`, `user.data`.
fn parameter_of(input: &str, parameters: &[String]) -> Option<(usize, Option<String>)> {
    let mut parts = input.splitn(2, '.');
    let root = parts.next().filter(|root| !root.is_empty())?;
    let parameter = parameters.iter().position(|name| name == root)?;
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    match parts.next() {
        None => Some((parameter, None)),
        Some(field) => is_name(field).then(|| (parameter, Some(field.to_owned()))),
    }
}

/// What a file spells that calls this function.
fn near(sink: &Sink, files: &Files) -> Vec<String> {
    if is_telling(&sink.function.name) {
        return vec![];
    }
    let names = [&sink.function.self_type, &sink.function.trait_name];
    let mut near: Vec<String> =
        names.into_iter().flatten().flat_map(|name| [name.clone(), name.to_snake_case()]).collect();
    if near.is_empty() {
        near.extend(sink.function.module.last().cloned());
        near.extend(fits::stem(&files.get(sink.file).path).map(str::to_owned));
    }
    near.sort();
    near.dedup();
    near
}

/// What a path to a function of this file may name before it.
fn modules(sink: &Sink, files: &Files) -> Vec<String> {
    if is_telling(&sink.function.name) {
        return vec![];
    }
    let path = &files.get(sink.file).path;
    let folders = path.split('/').map(|part| part.trim_end_matches(".rs").replace('-', "_"));
    folders.chain(sink.function.module.last().cloned()).collect()
}

#[cfg(test)]
mod tests;
