//! Calls of functions in other files: their summaries, put into the values that call them.
//!
//! At most two calls deep. A function that is not found, or found several times with different summaries, is not
//! followed: the value keeps saying that it holds what it was given.

use super::Paths;
use super::place::shared_folders;
use crate::document::{Document, Input, Nullability, Shape};
use crate::frontend::facts::{Bind, Facts, PendingCall, Sign, SqlPiece, Summary};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How many calls are followed into each other.
const MAX_CALLS: usize = 2;

/// The summaries of all files, by the function's name.
struct Known {
    by_name: BTreeMap<String, Vec<(String, Summary)>>,
}

/// The names of functions that values call, and that no file has a summary of.
pub fn wanted(facts: &[Facts]) -> Vec<String> {
    let known: std::collections::BTreeSet<&str> =
        facts.iter().flat_map(|facts| &facts.summaries).map(|summary| summary.name.as_str()).collect();
    let mut names: Vec<String> = facts
        .iter()
        .flat_map(binds)
        .flat_map(|bind| &bind.calls)
        .filter_map(|call| call.path.rsplit("::").next())
        .filter(|name| is_function(name) && !known.contains(name))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a name is one of a function that a project may have written: not a constructor, and long enough to say
/// something.
fn is_function(name: &str) -> bool {
    name.len() > 3 && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && name.contains('_')
}

/// Every bind of a file.
pub(super) fn binds(facts: &Facts) -> impl Iterator<Item = &Bind> {
    let texts = facts.texts.iter().flat_map(|text| &text.text.binds);
    let deferred = facts.deferred.iter().flat_map(|text| &text.text.binds);
    let queries = facts.file_queries.iter().flat_map(|query| &query.binds);
    let items = facts.built.iter().flat_map(|built| built.set.iter().chain(&built.inserted));
    let built = items.flat_map(|item| &item.value).filter_map(|piece| match piece {
        SqlPiece::Bind(bind) => Some(bind),
        _ => None,
    });
    texts.chain(deferred).chain(queries).chain(built)
}

/// Puts summaries into the values of all files.
pub(super) fn resolve(facts: &mut [Facts], paths: Paths<'_>) {
    if facts.iter().flat_map(binds).all(|bind| bind.calls.is_empty()) {
        return;
    }
    let mut by_name: BTreeMap<String, Vec<(String, Summary)>> = BTreeMap::new();
    for facts in facts.iter() {
        for summary in &facts.summaries {
            let path = paths.get(facts.file).to_owned();
            by_name.entry(summary.name.clone()).or_default().push((path, summary.clone()));
        }
    }
    let known = Known { by_name };
    for facts in facts {
        let path = paths.get(facts.file);
        let fill = |bind: &mut Bind| {
            if !bind.calls.is_empty() {
                let value = std::mem::replace(&mut bind.value, Document::Null);
                let signs = RefCell::new(vec![]);
                if let Some(ty) = known.encoded(&value, &bind.calls, path) {
                    bind.rust_type = Some(format!("serde_json::Value<{ty}>"));
                }
                bind.value = known.followed(value, &bind.calls, path, 0, &signs);
                bind.signs.append(&mut signs.into_inner());
                bind.signs.sort();
                bind.signs.dedup();
            }
        };
        facts.texts.iter_mut().flat_map(|text| &mut text.text.binds).for_each(fill);
        facts.deferred.iter_mut().flat_map(|text| &mut text.text.binds).for_each(fill);
        facts.file_queries.iter_mut().flat_map(|query| &mut query.binds).for_each(fill);
        let items = facts.built.iter_mut().flat_map(|built| built.set.iter_mut().chain(&mut built.inserted));
        for piece in items.flat_map(|item| &mut item.value) {
            if let SqlPiece::Bind(bind) = piece {
                fill(bind);
            }
        }
    }
}

impl Known {
    /// A value with its calls followed; what their functions say of it goes to `signs`.
    fn followed(
        &self,
        value: Document,
        calls: &[PendingCall],
        path: &str,
        depth: usize,
        signs: &RefCell<Vec<Sign>>,
    ) -> Document {
        if depth >= MAX_CALLS || calls.is_empty() {
            return value;
        }
        value.transformed(&|part| {
            let tag = match &part {
                Document::Input(input) => &input.id,
                Document::Through { why, .. } => why,
                _ => return part,
            };
            let Some(call) = calls.iter().find(|call| call.tag == *tag) else { return part };
            self.result(call, path, depth, signs).unwrap_or(part)
        })
    }

    /// The type whose own encoding a value is: what a method of it gives, perhaps as text.
    fn encoded(&self, value: &Document, calls: &[PendingCall], path: &str) -> Option<&str> {
        let tag = match value {
            Document::Cast { of, .. } => return self.encoded(of, calls, path),
            Document::Input(input) => &input.id,
            _ => return None,
        };
        let call = calls.iter().find(|call| call.tag == *tag && call.lent.is_none())?;
        self.function(call, path).filter(|(_, summary)| summary.encodes)?.1.self_type.as_deref()
    }

    fn result(&self, call: &PendingCall, path: &str, depth: usize, signs: &RefCell<Vec<Sign>>) -> Option<Document> {
        let (own_path, summary) = self.function(call, path)?;
        let made = match call.lent {
            Some(argument) => summary.lent.iter().find(|(index, _)| *index == argument).map(|(_, made)| made),
            None => summary.returned.as_ref(),
        }?;
        let made = filled(made.clone(), &call.arguments);
        signs.borrow_mut().extend(summary.signs.iter().cloned());
        let inner: Vec<PendingCall> = summary
            .calls
            .iter()
            .map(|inner| PendingCall {
                arguments: inner.arguments.iter().map(|given| filled(given.clone(), &call.arguments)).collect(),
                ..inner.clone()
            })
            .collect();
        Some(self.followed(made, &inner, own_path, depth + 1, signs))
    }

    /// The function that a call means: of the type or module that it names, else the nearest; `None` where several differ.
    fn function(&self, call: &PendingCall, path: &str) -> Option<(&str, &Summary)> {
        let mut segments = call.path.rsplit("::");
        let name = segments.next()?;
        let qualifier = segments.next();
        let candidates = self.by_name.get(name)?;
        let fits = |(own_path, summary): &&(String, Summary)| {
            if summary.parameters != call.arguments.len() {
                return false;
            }
            match qualifier {
                None | Some("crate" | "self" | "super" | "Self") => true,
                Some(ty) if ty.starts_with(char::is_uppercase) => summary.self_type.as_deref() == Some(ty),
                Some(module) => {
                    let stem = own_path.rsplit('/').find_map(|part| match part.trim_end_matches(".rs") {
                        "mod" | "lib" | "main" | "src" => None,
                        stem => Some(stem),
                    });
                    let as_crate = own_path.split('/').any(|part| part.replace('-', "_") == module);
                    summary.module.last().is_some_and(|own| own == module) || stem == Some(module) || as_crate
                }
            }
        };
        let near = |own: &str| shared_folders(own, path);
        let best = candidates.iter().filter(fits).map(|(own, _)| near(own)).max()?;
        let mut fitting = candidates.iter().filter(fits).filter(|(own, _)| near(own) == best);
        let (own, first) = fitting.next()?;
        fitting
            .all(|(_, other)| other.returned == first.returned && other.lent == first.lent)
            .then_some((own.as_str(), first))
    }
}

/// A summary with arguments in the place of its parameters.
fn filled(summary: Document, arguments: &[Document]) -> Document {
    summary.transformed(&|part| {
        let Document::Input(Input { id, null, .. }) = &part else {
            return match part {
                // What was handed in holds no old document after all.
                Document::Through { of, why } if !of.iter().any(may_hold) => {
                    Document::Input(Input { id: why, shape: Shape::Any, null: Nullability::Maybe })
                }
                part => part,
            };
        };
        let index = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).and_then(|index| index.parse().ok());
        let Some(given) = index.and_then(|index: usize| arguments.get(index)) else { return part };
        match given.clone() {
            Document::Input(input) if *null == Nullability::Never => Document::Input(Input { null: *null, ..input }),
            given => given,
        }
    })
}

/// Whether a value holds the old document, or a parameter of the summary that calls.
fn may_hold(document: &Document) -> bool {
    let mut found = document.holds_old();
    document.visit(&mut |part| found |= matches!(part, Document::Input(input) if Summary::is_parameter(&input.id)));
    found
}

#[cfg(test)]
mod tests;
