//! Files that are looked at for calls of wanted functions: those that matter by themselves once more, others for the
//! first time.

use super::{Loaded, Reader, Relevance, Report, load};
use crate::discover::Candidate;
use crate::discover::bodies;
use crate::discover::prefilter::{CalledNames, Names};
use crate::frontend::facts::{HandedOn, WantedCall};
use crate::frontend::rust::{self, Context};
use crate::source::{FileId, Files, SourceFile};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A function that more files seem to call than these is not followed.
const MOST_FILES: usize = 40;

/// Calls that may be wanted: the number of the function, and the place.
type Places = Vec<(usize, usize)>;

/// A file that may call wanted functions: its text, where it was read late, and its calls.
struct Looked {
    id: FileId,
    late: Option<SourceFile>,
    places: Places,
}

impl Looked {
    /// The numbers of the functions that it may call.
    fn numbers(&self) -> BTreeSet<usize> {
        self.places.iter().map(|(number, _)| *number).collect()
    }
}

/// A file that was looked at: its text, where it was read late, and its calls or a sentence on what went wrong.
type Read = (FileId, Option<SourceFile>, Result<Vec<HandedOn>, String>);

impl Reader<'_> {
    /// The calls of wanted functions in all files, in the order of files and places. A file that was put aside gets its
    /// text.
    pub(super) fn read_calls(&self, wanted: &[WantedCall], report: &mut Report) -> Vec<HandedOn> {
        let spelled: Vec<String> = wanted.iter().map(|wanted| format!("{}(", wanted.name)).collect();
        let hashes: Vec<u32> = wanted.iter().map(|call| CalledNames::hash(call.name.as_bytes())).collect();
        let near = wanted.iter().map(|call| Names::new(&call.near)).collect();
        let wanted = Wanted { calls: wanted, names: Names::new(&spelled), near };
        let files = &report.files;
        let looked: Vec<Looked> = self
            .files
            .par_iter()
            .enumerate()
            .filter(|(index, _)| self.called.get(*index).is_some_and(|called| called.may_hold(&hashes)))
            .filter_map(|(index, file)| {
                let id = FileId(index as u32);
                let (late, places) = self.text(files, id, file, &wanted)?;
                Some(Looked { id, late, places })
            })
            .collect();
        let mut callers: BTreeMap<usize, usize> = BTreeMap::new();
        for looked in &looked {
            for number in looked.numbers() {
                *callers.entry(number).or_default() += 1;
            }
        }
        // What is called all over is another function each time, and tells nothing.
        let is_rare = |number: usize| callers.get(&number).is_some_and(|files| *files <= MOST_FILES);
        let found: Vec<Read> = looked
            .into_par_iter()
            .filter_map(|mut looked| {
                looked.places.retain(|(number, _)| is_rare(*number));
                let calls: Vec<WantedCall> =
                    looked.numbers().into_iter().filter_map(|number| wanted.calls.get(number).cloned()).collect();
                let file = self.files.get(looked.id.0 as usize).filter(|_| !calls.is_empty())?;
                let source = looked.late.as_ref().unwrap_or_else(|| files.get(looked.id));
                let idle = bodies::but(&source.text, |function| {
                    !function.test && looked.places.iter().any(|(_, place)| function.whole.contains(place))
                });
                let context = Context { dialect: None, test: file.test, idle: &idle };
                let read = catch_unwind(AssertUnwindSafe(|| rust::handed_on(looked.id, source, context, &calls)));
                let read =
                    read.map_err(|_| format!("{}: a fault of noclobber kept it from reading its calls", file.shown));
                Some((looked.id, looked.late, read))
            })
            .collect();
        let mut calls = vec![];
        for (id, late, read) in found {
            match read {
                Ok(read) => {
                    if let (Some(late), false) = (late, read.is_empty()) {
                        report.files.fill(id, late);
                    }
                    calls.extend(read);
                }
                Err(fault) => report.faults.push(fault),
            }
        }
        calls
    }

    /// Where a file may call one of the functions; with its text, where that is not known and is read again from the
    /// disk. `None` where it calls none.
    fn text(
        &self,
        files: &Files,
        id: FileId,
        file: &Candidate,
        wanted: &Wanted<'_>,
    ) -> Option<(Option<SourceFile>, Places)> {
        let known = &files.get(id).text;
        if !known.is_empty() {
            let places = wanted.places(known.as_bytes());
            return (!places.is_empty()).then_some((None, places));
        }
        let mut places = vec![];
        let mut look = |bytes: &[u8]| {
            places = wanted.places(bytes);
            if places.is_empty() { Relevance::Nothing } else { Relevance::Matters }
        };
        match load(file, self.instead(file), &mut look) {
            Loaded::Text(late, _) => Some((Some(late), places)),
            _ => None,
        }
    }
}

/// The functions whose calls are wanted.
struct Wanted<'a> {
    calls: &'a [WantedCall],
    /// Each as a call spells it: `save(`.
    names: Names,
    /// What a file spells that means it, for each.
    near: Vec<Names>,
}

impl Wanted<'_> {
    /// Where the bytes of a file may call one of the functions: its number, and the place.
    fn places(&self, bytes: &[u8]) -> Places {
        // Whether the file can mean a function, by its number.
        let mut meant: BTreeMap<usize, bool> = BTreeMap::new();
        let mut may_call = |number: usize, place: usize| {
            let (Some(call), Some(near)) = (self.calls.get(number), self.near.get(number)) else { return false };
            let is_near = || near.is_empty() || near.are_in(bytes);
            may_mean(call, bytes.get(..place).unwrap_or_default()) && *meant.entry(number).or_insert_with(is_near)
        };
        self.names.places(bytes).filter(|(number, place)| may_call(*number, *place)).collect()
    }
}

/// Whether a call may mean the function, by what stands before its name.
fn may_mean(call: &WantedCall, before: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    match before.last() {
        Some(b'.') => call.is_method,
        Some(b':') => {
            let path = before.strip_suffix(b"::").unwrap_or_default();
            let length = path.iter().rev().take_while(|byte| is_name(byte)).count();
            let module = path.get(path.len() - length..).unwrap_or_default();
            match module.first() {
                Some(first) if first.is_ascii_uppercase() => call.is_method,
                Some(_) => {
                    !call.is_method && (call.modules.is_empty() || call.modules.iter().any(|m| m.as_bytes() == module))
                }
                // `<T as Trait>::`, `Type::<T>::`
                None => call.is_method,
            }
        }
        Some(byte) if is_name(byte) => false,
        // Its own declaration is no call.
        _ => !call.is_method && !before.trim_ascii_end().ends_with(b"fn"),
    }
}
