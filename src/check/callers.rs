//! Files that are looked at for calls of wanted functions: those that matter by themselves once more, others for the
//! first time.

use super::Report;
use super::reader::{Loaded, Reader, load};
use crate::discover::Candidate;
use crate::discover::bodies;
use crate::discover::names::{self, Before, Call};
use crate::discover::prefilter::{self, Relevance};
use crate::frontend::facts::{HandedOver, WantedCall};
use crate::frontend::rust::{self, Context};
use crate::source::{FileId, Files, SourceFile};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
type Read = (FileId, Option<SourceFile>, Result<HandedOver, String>);

impl Reader<'_> {
    /// The calls of wanted functions in all files, in the order of files. A file that was put aside gets its text.
    pub(super) fn read_calls(&self, wanted: &[WantedCall], report: &mut Report) -> Vec<(FileId, HandedOver)> {
        let wanted = Wanted::new(wanted);
        let files = &report.files;
        let mut looked: Vec<Looked> = self
            .files
            .par_iter()
            .enumerate()
            .filter(|(index, _)| self.names.get(*index).is_some_and(|names| names.may_call(&wanted.keys)))
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
        let length = |looked: &Looked| looked.late.as_ref().unwrap_or_else(|| files.get(looked.id)).text.len();
        looked.sort_by_cached_key(|looked| Reverse(length(looked)));
        let mut found: Vec<Read> = looked
            .into_par_iter()
            .with_max_len(1)
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
        found.sort_by_key(|(id, ..)| *id);
        let mut calls = vec![];
        for (id, late, read) in found {
            match read {
                Ok(read) => {
                    if let (Some(late), false) = (late, read.calls.is_empty()) {
                        report.files.fill(id, late);
                    }
                    calls.push((id, read));
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
            let places = wanted.places(known.as_bytes(), id);
            return (!places.is_empty()).then_some((None, places));
        }
        let mut places = vec![];
        let mut look = |bytes: &[u8]| {
            places = wanted.places(bytes, id);
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
    /// The numbers of the functions of a name.
    by_name: HashMap<&'a [u8], Vec<usize>>,
    /// How calls of the functions are spelled, sorted; as [`names::Names::may_call`] takes it.
    keys: Vec<u32>,
    /// What a file spells that means it, for each.
    near: Vec<prefilter::Spelled>,
}

impl<'a> Wanted<'a> {
    fn new(calls: &'a [WantedCall]) -> Self {
        let mut by_name: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (number, call) in calls.iter().enumerate() {
            by_name.entry(call.name.as_bytes()).or_default().push(number);
        }
        let near = calls.iter().map(|call| prefilter::Spelled::new(&call.near)).collect();
        let mut keys = vec![];
        for call in calls {
            let name = call.name.as_bytes();
            if call.is_method {
                keys.extend([Before::Receiver.key(name), Before::Type.key(name)]);
                continue;
            }
            keys.push(Before::Nothing.key(name));
            if call.modules.is_empty() {
                keys.push(Before::Module(b"").key(name));
            }
            keys.extend(call.modules.iter().map(|module| Before::Module(module.as_bytes()).key(name)));
        }
        keys.sort_unstable();
        keys.dedup();
        Self { calls, by_name, keys, near }
    }

    /// Whether a call may be one of a wanted function, by its name.
    fn may_be(&self, call: &Call<'_>) -> bool {
        let is_key = |before: Before<'_>| self.keys.binary_search(&before.key(call.name)).is_ok();
        is_key(call.before) || matches!(call.before, Before::Module(_)) && is_key(Before::Module(b""))
    }

    /// Where the bytes of a file may call one of the functions: its number, and the place.
    fn places(&self, bytes: &[u8], file: FileId) -> Places {
        // Whether the file can mean a function, by its number.
        let mut meant: BTreeMap<usize, bool> = BTreeMap::new();
        let mut places = vec![];
        for call in names::calls(bytes).filter(|call| self.may_be(call)) {
            let given = bytes.get(call.at + call.name.len() + 1..).and_then(bodies::arguments);
            for &number in self.by_name.get(call.name).into_iter().flatten() {
                let (Some(wanted), Some(near)) = (self.calls.get(number), self.near.get(number)) else { continue };
                let is_near = || near.is_empty() || wanted.home == file || near.are_in(bytes);
                let as_many = given.as_ref().is_none_or(|given| given.contains(&wanted.parameters));
                if as_many && may_mean(wanted, call.before) && *meant.entry(number).or_insert_with(is_near) {
                    places.push((number, call.at));
                }
            }
        }
        places
    }
}

/// Whether a call may mean the function, by what stands before its name.
fn may_mean(call: &WantedCall, before: Before<'_>) -> bool {
    match before {
        Before::Receiver | Before::Type => call.is_method,
        Before::Nothing => !call.is_method,
        Before::Module(module) => {
            !call.is_method && (call.modules.is_empty() || call.modules.iter().any(|known| known.as_bytes() == module))
        }
    }
}
