//! Calls of functions in other files: their summaries, put into the values that call them.
//!
//! Both for values that are bound and for values that a caller hands over. At most two calls deep. A function that is
//! not found, or found several times with different summaries, is not followed: the value keeps saying that it holds
//! what it was given.

use super::Paths;
use super::place::shared_folders;
use super::receivers::{self, is_telling};
use super::types::{self, Types};
use crate::document::{Document, Family, Form, Input, Key, Nullability, Path, ReadSite, Rest, Shape, Step};
use crate::frontend::facts::{Bind, Facts, PendingCall, Sign, SqlPiece, Summary};
use crate::source::FileId;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// How many calls are followed into each other.
const MAX_CALLS: usize = 2;

/// The summaries of all files, by the function's name.
#[derive(Debug, Clone, Default)]
pub struct Known {
    by_name: BTreeMap<String, Vec<Made>>,
}

/// A function, and where it stands.
#[derive(Debug, Clone)]
struct Made {
    file: FileId,
    path: String,
    summary: Summary,
}

/// What comes to light while calls are followed.
#[derive(Default)]
struct Noted {
    /// What the functions say of the value.
    signs: Vec<Sign>,
    /// What they do that is not followed, with what they were given in the place of their parameters.
    left: Vec<PendingCall>,
}

/// The names of functions that values call, and that no file has a summary of.
pub fn wanted(facts: &[Facts]) -> Vec<String> {
    let known: BTreeSet<&str> =
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

/// Whether a name is one of a function that a project may have written: not a constructor or a conversion, and long
/// enough to say something.
fn is_function(name: &str) -> bool {
    let of_a_trait = matches!(name, "try_from" | "try_into" | "from_str" | "to_string" | "to_owned" | "as_ref");
    name.len() > 3
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.contains('_')
        && !of_a_trait
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

/// Every bind of a file, to be changed.
pub(super) fn binds_mut(facts: &mut Facts) -> impl Iterator<Item = &mut Bind> {
    let Facts { texts, deferred, file_queries, constant_queries, built, .. } = facts;
    let texts = texts.iter_mut().flat_map(|text| &mut text.text.binds);
    let deferred = deferred.iter_mut().flat_map(|text| &mut text.text.binds);
    let files = file_queries.iter_mut().flat_map(|query| &mut query.binds);
    let constants = constant_queries.iter_mut().flat_map(|query| &mut query.binds);
    let items = built.iter_mut().flat_map(|built| built.set.iter_mut().chain(&mut built.inserted));
    let built = items.flat_map(|item| &mut item.value).filter_map(|piece| match piece {
        SqlPiece::Bind(bind) => Some(bind),
        _ => None,
    });
    texts.chain(deferred).chain(files).chain(constants).chain(built)
}

impl Known {
    /// Takes in functions of a file, each once; their types are those that the project knows.
    pub(super) fn take(&mut self, file: FileId, summaries: Vec<Summary>, types: &Types, paths: Paths<'_>) {
        let path = paths.get(file);
        for mut summary in summaries {
            types::fill_summary(&mut summary, file, types);
            let known = self.by_name.entry(summary.name.clone()).or_default();
            if !known.iter().any(|other| other.file == file && other.summary == summary) {
                known.push(Made { file, path: path.to_owned(), summary });
            }
        }
    }

    /// Puts summaries into a value; `path` is that of the file whose value it is.
    pub(super) fn put_in(&self, bind: &mut Bind, path: &str, types: &Types) {
        if bind.calls.is_empty() {
            return;
        }
        let value = std::mem::replace(&mut bind.value, Document::Null);
        let noted = RefCell::new(Noted::default());
        if let Some(ty) = self.encoded(&value, &bind.calls, path) {
            bind.rust_type = Some(format!("serde_json::Value<{ty}>"));
        }
        // What a call is given stands before it.
        for number in 0..bind.calls.len() {
            let Some((call, before)) = bind.calls.get_mut(..=number).and_then(<[_]>::split_last_mut) else { break };
            for argument in &mut call.arguments {
                let given = std::mem::replace(argument, Document::Null);
                *argument = self.followed(given, before, path, 0, &noted, types);
            }
        }
        bind.value = self.followed(value, &bind.calls, path, 0, &noted, types);
        let mut noted = noted.into_inner();
        bind.calls.append(&mut noted.left);
        bind.signs.append(&mut noted.signs);
        bind.signs.sort();
        bind.signs.dedup();
    }

    /// The name of a function that a call may mean and that is not known.
    pub(super) fn missing<'c>(&self, call: &'c PendingCall) -> Option<&'c str> {
        let name = call.path.rsplit("::").next()?;
        (is_function(name) && !self.by_name.contains_key(name)).then_some(name)
    }

    /// A value with its calls followed; what comes to light goes to `noted`.
    fn followed(
        &self,
        value: Document,
        calls: &[PendingCall],
        path: &str,
        depth: usize,
        noted: &RefCell<Noted>,
        types: &Types,
    ) -> Document {
        if depth >= MAX_CALLS || calls.is_empty() {
            return value;
        }
        value.transformed(&|part| {
            let tag = match &part {
                Document::Input(input) => input.id.as_str(),
                Document::Through { why, .. } => why,
                Document::Object { .. } => match part.fields_of() {
                    Some(tag) => tag,
                    None => return part,
                },
                _ => return part,
            };
            let Some(call) = calls.iter().find(|call| call.tag == *tag) else { return part };
            // What is encoded field by field is of another type than a document that was read.
            if matches!(part, Document::Object { .. })
                && !self.function(call, path).is_some_and(|made| made.summary.reads())
            {
                return part;
            }
            self.result(call, path, depth, noted, types).unwrap_or(part)
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
        let call = self.function(call, path).filter(|made| made.summary.encodes)?;
        call.summary.self_type.as_deref()
    }

    fn result(
        &self,
        call: &PendingCall,
        path: &str,
        depth: usize,
        noted: &RefCell<Noted>,
        types: &Types,
    ) -> Option<Document> {
        let Made { file, path: own_path, summary } = self.function(call, path)?;
        let made = match call.lent {
            Some(argument) => summary.lent.iter().find(|(index, _)| *index == argument).map(|(_, made)| made),
            None => summary.returned.as_ref(),
        }?;
        let mut made = filled(made.clone(), &call.arguments, &summary.name, noted);
        if let Some(field) = &call.field {
            let ty = summary.row.as_ref().and_then(|(row, at)| {
                let fields = types.fields(row, *file, *at).into_iter();
                let (known, file) = fields.into_iter().find(|(known, _)| known.name == *field)?;
                let ty = known.ty.as_ref().filter(|ty| ty.document().may_be_declared())?;
                let keys = types.keys(ty, file, known.span.start as usize).filter(|keys| keys.decoded)?;
                Some((keys, ty))
            });
            made = field_of(made, field, &|read| match &ty {
                Some((keys, ty)) => keys.retyped(read, ty),
                None => read,
            })?;
        }
        noted.borrow_mut().signs.extend(summary.signs.iter().cloned());
        let given_to = |given: &Document| filled(given.clone(), &call.arguments, &summary.name, noted);
        let inner: Vec<PendingCall> = summary
            .calls
            .iter()
            .map(|inner| PendingCall { arguments: inner.arguments.iter().map(given_to).collect(), ..inner.clone() })
            .collect();
        Some(self.followed(made, &inner, own_path, depth + 1, noted, types))
    }

    /// The function that a call means: of the type or module that it names, else the nearest; `None` where several differ.
    fn function(&self, call: &PendingCall, path: &str) -> Option<&Made> {
        let mut segments = call.path.rsplit("::");
        let name = segments.next()?;
        let qualifier = segments.next();
        let fits = |made: &&Made| {
            let summary = &made.summary;
            if summary.parameters != call.arguments.len() {
                return false;
            }
            // A name is not enough to tell a function that reads from one that looks something up elsewhere.
            let own = || [&summary.self_type, &summary.trait_name].into_iter().flatten().map(String::as_str);
            match (qualifier, &call.receiver) {
                (None, Some(receiver)) if summary.reads() => {
                    receivers::method(&own().collect::<Vec<_>>(), name, receiver).is_some()
                }
                (None, None) if summary.reads() => {
                    summary.self_type.is_none() && (is_telling(name) || shared_folders(&made.path, path) > 0)
                }
                (None | Some("crate" | "self" | "super" | "Self"), _) => true,
                (Some(ty), _) if ty.starts_with(char::is_uppercase) => own().any(|own| own == ty),
                (Some(module), _) => {
                    let stem = made.path.rsplit('/').find_map(|part| match part.trim_end_matches(".rs") {
                        "mod" | "lib" | "main" | "src" => None,
                        stem => Some(stem),
                    });
                    let as_crate = made.path.split('/').any(|part| part.replace('-', "_") == module);
                    summary.module.last().is_some_and(|own| own == module) || stem == Some(module) || as_crate
                }
            }
        };
        let fitting: Vec<&Made> = self.by_name.get(name)?.iter().filter(fits).collect();
        let near = |made: &&Made| shared_folders(&made.path, path);
        let best = fitting.iter().map(near).max()?;
        let mut fitting = fitting.into_iter().filter(|made| near(made) == best);
        let first = fitting.next()?;
        let same = |other: &Made| {
            let (one, other) = (&first.summary, &other.summary);
            // The adapters of one trait read the same, each of its database.
            let of_trait = one.trait_name.is_some() && one.trait_name == other.trait_name;
            (other.returned == one.returned && other.lent == one.lent) || (of_trait && one.reads() && other.reads())
        };
        fitting.all(same).then_some(first)
    }
}

/// A field of what a function read, as `typed` says of it; `None` where it does not show.
fn field_of(made: Document, field: &str, typed: &dyn Fn(Document) -> Document) -> Option<Document> {
    match made {
        Document::Read(row) if row.column.is_none() => {
            let what = format!("`{field}` of {}", row.what);
            Some(typed(Document::Read(ReadSite { what, column: Some(field.to_owned()), ..row })))
        }
        Document::Object { entries, .. } => {
            entries.into_iter().find(|(key, _)| matches!(key, Key::Name(name) if name == field)).map(|(_, value)| value)
        }
        Document::First(items) => items.into_iter().find_map(|item| field_of(item, field, typed)),
        Document::Choose { branches, otherwise } => {
            let parts = branches.into_iter().map(|(_, part)| part).chain([*otherwise]);
            parts.into_iter().find_map(|part| field_of(part, field, typed))
        }
        _ => None,
    }
}

/// What the function `name` makes with arguments in the place of its parameters.
fn filled(made: Document, arguments: &[Document], name: &str, noted: &RefCell<Noted>) -> Document {
    made.transformed(&|part| {
        let argument = |id: &str| {
            let index = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).and_then(|id| id.parse().ok());
            index.and_then(|index: usize| arguments.get(index))
        };
        let Document::Input(Input { id, null, .. }) = &part else {
            return match part {
                Document::Get { of, path, form, family } => part_of(*of, path, form, family),
                // A parameter, field by field.
                Document::Object { entries, rest } => encoded(entries, rest, argument),
                // What was handed in holds no old document, as far as it shows by itself.
                Document::Through { of, why } if !of.iter().any(may_hold) => {
                    let null = if of.iter().all(is_given) { Nullability::Never } else { Nullability::Maybe };
                    let (tag, path, edits) = (why.clone(), name.to_owned(), true);
                    let (receiver, lent, field) = (None, None, None);
                    noted.borrow_mut().left.push(PendingCall {
                        tag,
                        path,
                        receiver,
                        arguments: of,
                        lent,
                        field,
                        edits,
                    });
                    Document::Input(Input { id: why, shape: Shape::Any, null })
                }
                part => part,
            };
        };
        let Some(given) = argument(id) else { return part };
        match given.clone() {
            Document::Input(input) if *null == Nullability::Never => Document::Input(Input { null: *null, ..input }),
            given => given,
        }
    })
}

/// A part of an argument: of a value from outside another one, of a row its column.
fn part_of(of: Document, path: Path, form: Form, family: Family) -> Document {
    let first = match &path {
        Path::Steps(steps) => steps.split_first(),
        _ => None,
    };
    match (of, first) {
        (Document::Input(input), Some((Step::Key(key) | Step::Param(key), _))) if !Summary::is_parameter(&input.id) => {
            Document::Input(Input { id: format!("{}.{key}", input.id), shape: Shape::Any, null: Nullability::Maybe })
        }
        (Document::Read(row), Some((Step::Key(column), rest))) if row.column.is_none() => {
            let what = format!("`{column}` of {}", row.what);
            let read = Document::Read(ReadSite { what, column: Some(column.clone()), ..row });
            if rest.is_empty() {
                return read;
            }
            Document::Get { of: Box::new(read), path: Path::Steps(rest.to_vec()), form, family }
        }
        (of, _) => Document::Get { of: Box::new(of), path, form, family },
    }
}

/// An object that spells a parameter field by field, with the argument in its place.
fn encoded<'d>(entries: Vec<(Key, Document)>, rest: Rest, argument: impl Fn(&str) -> Option<&'d Document>) -> Document {
    let object = Document::Object { entries, rest };
    let Some((parameter, given)) = object.fields_of().and_then(|id| Some((id.to_owned(), argument(id)?))) else {
        return object;
    };
    match given {
        Document::Input(Input { id: given, .. }) => object.transformed(&|part| match part {
            Document::Input(Input { id, shape, null }) => match id.strip_prefix(&parameter) {
                Some(field) => Document::Input(Input { id: format!("{given}{field}"), shape, null }),
                None => Document::Input(Input { id, shape, null }),
            },
            other => other,
        }),
        given => given.clone(),
    }
}

/// Whether a value is one from outside that is never NULL.
fn is_given(document: &Document) -> bool {
    matches!(document, Document::Input(Input { null: Nullability::Never, .. }))
}

/// Whether a value holds the old document, or a parameter of the summary that calls.
fn may_hold(document: &Document) -> bool {
    let mut found = document.holds_old();
    document.visit(&mut |part| found |= matches!(part, Document::Input(input) if Summary::is_parameter(&input.id)));
    found
}

#[cfg(test)]
mod tests;
