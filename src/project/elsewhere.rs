//! What other files say of a value: the types that it is of, the functions that it is given to.
//!
//! Values that are bound to a statement, and values that a caller hands to the function which writes them, are resolved
//! here alike.

use super::Paths;
use super::calls::{self, Known};
use super::named::Named;
use super::types::{self, Types};
use crate::document::Document;
use crate::frontend::facts::{Bind, Facts, PendingCall, TypeFacts};
use crate::source::FileId;
use std::collections::BTreeSet;

/// Types and functions of all files.
#[derive(Debug, Clone, Default)]
pub struct Elsewhere {
    /// Rust types.
    pub types: Types,
    calls: Known,
}

/// What values depend on and no file says so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Names of functions.
    pub functions: BTreeSet<String>,
    /// Names of structs.
    pub types: BTreeSet<String>,
}

impl Missing {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.types.is_empty()
    }
}

impl Elsewhere {
    /// Takes types and functions out of the facts of all files.
    pub(super) fn of(facts: &mut [Facts], paths: Paths<'_>) -> Self {
        let mut elsewhere = Self { types: Types::new(paths), calls: Known::default() };
        elsewhere.take(facts, paths);
        elsewhere
    }

    /// Takes in more files.
    pub(super) fn take(&mut self, facts: &mut [Facts], paths: Paths<'_>) {
        for facts in &mut *facts {
            self.types.take(facts.file, std::mem::take(&mut facts.types), paths);
        }
        for facts in facts {
            self.calls.take(facts.file, std::mem::take(&mut facts.summaries), &self.types, paths);
        }
    }

    /// Takes in what a file says of types alone.
    pub(super) fn take_types(&mut self, file: FileId, types: TypeFacts, paths: Paths<'_>) {
        self.types.take(file, types, paths);
    }

    /// Puts what is known into the values of all files.
    pub(super) fn fill(&self, facts: &mut [Facts], paths: Paths<'_>) {
        for facts in facts {
            let file = facts.file;
            calls::binds_mut(facts).for_each(|bind| self.put_in(bind, file, paths));
        }
    }

    /// Puts what is known into a value that a file makes.
    pub(super) fn put_in(&self, bind: &mut Bind, file: FileId, paths: Paths<'_>) {
        types::fill(bind, file, &self.types);
        self.calls.put_in(bind, paths.get(file), &self.types);
    }

    /// Notes what a value depends on and no file says, as far as it may hold what a column held before.
    pub(super) fn miss(&self, bind: &Bind, file: FileId, known: &Named<'_>, missing: &mut Missing) {
        let holds = |document: &Document| known.read_in(edited(document), &bind.calls).holds_old();
        let may_hold = |call: &&PendingCall| call.arguments.iter().any(holds);
        let calls: Vec<&PendingCall> = bind.calls.iter().filter(may_hold).collect();
        if calls.is_empty() && !holds(&bind.value) {
            return;
        }
        missing.functions.extend(calls.iter().filter_map(|call| self.calls.missing(call)).map(str::to_owned));
        let types = bind.types.iter().filter_map(|pending| self.types.missing(&pending.ty, file, pending.at));
        missing.types.extend(types);
    }
}

/// A document as if it were edited: what a function is given it may edit.
fn edited(document: &Document) -> Document {
    Document::Through { of: vec![document.clone()], why: String::new() }
}
