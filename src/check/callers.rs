//! Files that are looked at for calls of wanted functions: those that matter by themselves once more, others for the
//! first time.

use super::{Loaded, Reader, Relevance, Report, load};
use crate::discover::prefilter::Names;
use crate::discover::{Candidate, Kind};
use crate::frontend::facts::{HandedOn, WantedCall};
use crate::frontend::rust::{self, Context};
use crate::source::{FileId, Files, SourceFile};
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A file that was looked at: its text, where it was read late, and its calls or a sentence on what went wrong.
type Read = (FileId, Option<SourceFile>, Result<Vec<HandedOn>, String>);

impl Reader<'_> {
    /// The calls of wanted functions in all files, in the order of files and places. A file that was put aside gets its
    /// text.
    pub(super) fn read_calls(&self, wanted: &[WantedCall], report: &mut Report) -> Vec<HandedOn> {
        let spelled: Vec<String> = wanted.iter().map(|wanted| format!("{}(", wanted.name)).collect();
        let names = Names::new(&spelled);
        let files = &report.files;
        let found: Vec<Read> = self
            .files
            .par_iter()
            .enumerate()
            .filter(|(_, file)| file.kind == Kind::Rust)
            .filter_map(|(index, file)| {
                let id = FileId(index as u32);
                let (late, source) = self.text(files, id, file, &names)?;
                let source = late.as_ref().or(source)?;
                let wanted: Vec<WantedCall> =
                    wanted.iter().filter(|wanted| may_call(&source.text, wanted)).cloned().collect();
                if wanted.is_empty() {
                    return None;
                }
                let context = Context { dialect: None, test: file.test };
                let read = catch_unwind(AssertUnwindSafe(|| rust::handed_on(id, source, context, &wanted)));
                let read =
                    read.map_err(|_| format!("{}: a fault of noclobber kept it from reading its calls", file.shown));
                Some((id, late, read))
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

    /// The text of a file that spells one of the names: as it is known, or read again from the disk.
    fn text<'f>(
        &self,
        files: &'f Files,
        id: FileId,
        file: &Candidate,
        names: &Names,
    ) -> Option<(Option<SourceFile>, Option<&'f SourceFile>)> {
        let known = files.get(id);
        if !known.text.is_empty() {
            return names.are_in(known.text.as_bytes()).then_some((None, Some(known)));
        }
        let look = |bytes: &[u8]| if names.are_in(bytes) { Relevance::Matters } else { Relevance::Nothing };
        match load(file, self.instead(file), &look) {
            Loaded::Text(late, _) => Some((Some(late), None)),
            _ => None,
        }
    }
}

/// Whether a file may call a wanted function.
fn may_call(text: &str, wanted: &WantedCall) -> bool {
    text.contains(&format!("{}(", wanted.name))
        && (wanted.near.is_empty() || wanted.near.iter().any(|near| text.contains(near.as_str())))
}
