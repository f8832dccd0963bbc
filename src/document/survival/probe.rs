//! Runs with stand-in inputs: every undecided condition both ways.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use std::borrow::Cow;

use super::names::{param_key, parts, parts_of_condition};
use super::witness::{Kind, Witness};
use super::{Column, describe};
use crate::document::run::{Inputs, OldValue, Outcome, run_apart};
use crate::document::{Cond, Document, Key, Nullability, Path, Removal, Shape, Step};

/// At most so many outcomes of conditions for one witness.
const MAX_FORKS: usize = 64;
/// At most so many runs for one document.
const MAX_RUNS: usize = 6000;

/// An input as the document uses it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// Its value when it is given.
    pub(super) value: Json,
    /// Whether it can be NULL, and is therefore also run so.
    pub(super) null: Nullability,
    /// Whether it stands where its value can reach the stored document.
    pub(super) payload: bool,
}

/// All inputs of a document, by name.
pub(super) type Given = BTreeMap<String, Seen>;

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    /// On which witness.
    pub(super) kind: Kind,
    /// Which input was NULL; several are joined with `and`.
    pub(super) null: Option<String>,
    /// The conditions that were asked for, in words, with the answers.
    pub(super) asked: Vec<(String, bool)>,
    /// What is stored.
    pub(super) outcome: Outcome,
}

/// How the keys of inputs start.
pub(super) const INPUT_KEY: &str = "~key:";

/// The text that marks an input's value.
pub(super) fn input_mark(id: &str) -> String {
    format!("~in:{}~", plain(id))
}

/// The key that an input's value holds, where it is an object.
pub(super) fn input_key(id: &str) -> String {
    format!("{INPUT_KEY}{}~", plain(id))
}

/// A name in characters that JSON text spells as they are: an input may be source code with quotes, and its mark is looked
/// for in text as well.
fn plain(id: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| c.is_control() || matches!(c, '"' | '\\');
    if !id.contains(is_escaped) {
        return Cow::Borrowed(id);
    }
    let spelled = id.chars().map(|c| if is_escaped(c) { format!("~{:x}", u32::from(c)) } else { c.to_string() });
    Cow::Owned(spelled.collect())
}

/// The inputs of a document, each with a value that can be recognised.
pub(super) fn given(document: &Document) -> Given {
    let mut collector = Collector { given: Given::new(), keys: Vec::new() };
    collector.document(document, true);
    let Collector { mut given, keys } = collector;
    for (id, list) in keys {
        let key = param_key(&id);
        let value = if list { json!([key]) } else { Json::String(key) };
        let seen = given.entry(id).or_insert(Seen { value: Json::Null, null: Nullability::Never, payload: false });
        seen.value = value;
        seen.payload = false;
    }
    given
}

struct Collector {
    given: Given,
    /// Inputs that name keys, and whether the input is a whole path.
    keys: Vec<(String, bool)>,
}

impl Collector {
    fn add(&mut self, id: &str, value: Json, null: Nullability, payload: bool) {
        let seen = self.given.entry(id.to_owned()).or_insert(Seen { value, null, payload });
        seen.payload |= payload;
        if seen.null == Nullability::Never || null == Nullability::Yes {
            seen.null = null;
        }
    }

    fn path(&mut self, path: &Path) {
        match path {
            Path::Dynamic(id) => self.keys.push((id.clone(), true)),
            Path::Steps(steps) => {
                for step in steps {
                    if let Step::Param(id) | Step::KeyParam(id) = step {
                        self.keys.push((id.clone(), false));
                    }
                }
            }
            Path::Null | Path::Invalid(_) => {}
        }
    }

    fn document(&mut self, document: &Document, payload: bool) {
        match document {
            Document::Input(input) => {
                let mark = input_mark(&input.id);
                let value = match input.shape {
                    Shape::Any | Shape::Object => json!({ input_key(&input.id): mark }),
                    Shape::Array => json!([mark]),
                    Shape::Scalar => Json::String(mark),
                    Shape::Text => Json::String(json!({ input_key(&input.id): mark }).to_string()),
                    Shape::SqlScalar => number(&input.id),
                };
                self.add(&input.id, value, input.null, payload);
            }
            Document::Computed { what, .. } => self.add(what, number(what), Nullability::Never, payload),
            Document::Set { path, .. } | Document::Get { path, .. } => self.path(path),
            Document::Remove { what, .. } => match what {
                Removal::Dynamic(input) => {
                    self.add(&input.id, Json::Null, input.null, false);
                    self.keys.push((input.id.clone(), false));
                }
                Removal::Path(path) => self.path(path),
                Removal::Keys(_) | Removal::Index(_) | Removal::Null => {}
            },
            Document::Object { entries, .. } => {
                for (key, _) in entries {
                    if let Key::Param(id) = key {
                        self.keys.push((id.clone(), false));
                    }
                }
            }
            _ => {}
        }
        if let Some((entries, cut)) = cut_down(document) {
            // What is cut out again is not meant to arrive.
            for (key, part) in entries {
                let gone = matches!(key, Key::Name(name) if cut.contains(&name.as_str()));
                self.document(part, payload && !gone);
            }
            return;
        }
        let (documents, conditions) = parts(document);
        let inside = payload && !matches!(document, Document::Computed { .. });
        for part in documents {
            self.document(part, inside);
        }
        for part in conditions {
            self.condition(part);
        }
    }

    fn condition(&mut self, condition: &Cond) {
        if let Cond::HasKey(_, path) = condition {
            self.path(path);
        }
        let (documents, conditions) = parts_of_condition(condition);
        for part in documents {
            self.document(part, false);
        }
        for part in conditions {
            self.condition(part);
        }
    }
}

/// The entries of an object that is built from parts.
type Entries = [(Key, Document)];

/// The entries of an object of which keys are cut out, and those keys; `None` for anything else.
fn cut_down(document: &Document) -> Option<(&Entries, Vec<&str>)> {
    let mut cut = vec![];
    let mut document = document;
    loop {
        document = match document {
            Document::Remove { of, what: Removal::Keys(keys), .. } => {
                cut.extend(keys.iter().map(String::as_str));
                of
            }
            Document::Remove { of, what: Removal::Path(Path::Steps(steps)), .. } => {
                let [Step::Key(key) | Step::Name(key)] = steps.as_slice() else { return None };
                cut.push(key);
                of
            }
            Document::Cast { of, .. } if !cut.is_empty() => of,
            Document::Object { entries, .. } if !cut.is_empty() => {
                let named = entries.iter().all(|(key, _)| matches!(key, Key::Name(_)));
                return named.then_some((entries, cut));
            }
            _ => return None,
        };
    }
}

/// A number that stands for a scalar of that name and for nothing else.
fn number(id: &str) -> Json {
    let hash = id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    json!(7_000_000_000_000_u64 + u64::from(hash))
}

/// Answers for one run: given values, and a script of answers that grows when a new condition is asked.
struct Probe<'p> {
    given: &'p Given,
    nulls: &'p [&'p str],
    script: RefCell<Vec<Answer>>,
}

#[derive(Debug, Clone)]
struct Answer {
    key: String,
    words: String,
    truth: bool,
}

impl Probe<'_> {
    fn ask(&self, key: String, words: impl FnOnce() -> String) -> bool {
        let mut script = self.script.borrow_mut();
        if let Some(answer) = script.iter().find(|answer| answer.key == key) {
            return answer.truth;
        }
        script.push(Answer { key, words: words(), truth: true });
        true
    }
}

impl Probe<'_> {
    /// Whether an input that stands in it is NULL in this run.
    fn is_null(&self, document: &Document) -> bool {
        let mut found = false;
        document.visit(&mut |part| {
            found |= matches!(part, Document::Input(input) if self.nulls.contains(&input.id.as_str()));
        });
        found
    }
}

impl Inputs for Probe<'_> {
    fn value(&self, id: &str) -> Option<Option<Json>> {
        if self.nulls.contains(&id) {
            return Some(None);
        }
        self.given.get(id).map(|seen| Some(seen.value.clone()))
    }

    fn condition(&self, words: &str) -> Option<bool> {
        Some(self.ask(words.to_owned(), || words.to_owned()))
    }

    fn decide(&self, condition: &Cond) -> Option<bool> {
        let open = match condition {
            Cond::Equal(a, b) => !settled(a, b),
            // A text may hold JSON of any type.
            Cond::TypeIs(of, _) => {
                holds_input(of, |shape| matches!(shape, Shape::Any | Shape::Text)) && !self.is_null(of)
            }
            Cond::HasKey(of, _) => holds_input(of, |_| true),
            // A key of an input may be there or not; an input that is NULL has none.
            Cond::IsNull(of) => reads_input(of) && !self.is_null(of),
            _ => false,
        };
        open.then(|| self.ask(format!("{condition:?}"), || describe::condition(condition)))
    }
}

/// Whether the witness states decide an equality: it compares with a value that they contain, or constants.
fn settled(a: &Document, b: &Document) -> bool {
    let outside = |document: &Document| {
        let mut found = false;
        document.visit(&mut |part| {
            found |= matches!(part, Document::Input(_) | Document::Computed { .. } | Document::Read(_));
        });
        found
    };
    let common = |document: &Document| match document {
        Document::Known(Json::Null) | Document::Null => true,
        Document::Known(Json::Object(map)) => map.is_empty(),
        Document::Known(Json::Array(items)) => items.is_empty(),
        _ => false,
    };
    let whole = |document: &Document| matches!(document, Document::Old);
    // The old document with more in it is as empty or null as the witness is.
    let grown = |document: &Document| {
        matches!(document, Document::Merge { .. } | Document::Set { .. } | Document::Entries { .. })
            && document.holds_old()
    };
    if (common(a) && grown(b)) || (common(b) && grown(a)) {
        return true;
    }
    if outside(a) || outside(b) {
        return false;
    }
    (!a.holds_old() && !b.holds_old()) || common(a) || common(b) || whole(a) || whole(b)
}

/// Whether it is a part of a document that comes from outside.
fn reads_input(document: &Document) -> bool {
    match document {
        Document::Get { of, path: Path::Steps(steps), .. } => {
            !steps.is_empty() && !of.holds_old() && holds_input(of, |_| true)
        }
        Document::Cast { of, .. } => reads_input(of),
        _ => false,
    }
}

fn holds_input(document: &Document, shape: impl Fn(Shape) -> bool) -> bool {
    let mut found = false;
    document.visit(&mut |part| {
        found |= match part {
            Document::Input(input) => shape(input.shape),
            Document::Computed { .. } => true,
            _ => false,
        };
    });
    found
}

/// Several inputs as one name.
pub(super) fn joined(ids: &[&str]) -> String {
    ids.join(" and ")
}

/// All runs: every witness, with all inputs given, with each nullable one NULL, and with all of them NULL; every
/// undecided condition both ways. `None` when there are too many.
pub(super) fn runs(document: &Document, witnesses: &[Witness], given: &Given, column: &Column) -> Option<Vec<Run>> {
    let nullable: Vec<&str> =
        given.iter().filter(|(_, seen)| seen.null != Nullability::Never).map(|(id, _)| id.as_str()).collect();
    let mut sets: Vec<Vec<&str>> = std::iter::once(vec![]).chain(nullable.iter().map(|id| vec![*id])).collect();
    if nullable.len() > 1 {
        sets.push(nullable);
    }
    let mut all = Vec::new();
    for nulls in &sets {
        for witness in witnesses {
            if matches!(witness.kind, Kind::Subset(_)) && all.len() >= MAX_RUNS / 2 {
                // The finer states are for the trees that are small enough.
                continue;
            }
            let mut script = Vec::new();
            for fork in 0.. {
                if fork >= MAX_FORKS || all.len() >= MAX_RUNS {
                    return None;
                }
                let probe = Probe { given, nulls, script: RefCell::new(script) };
                let old = witness.old.as_ref().map_or(OldValue::Null, OldValue::Document);
                let read = witness.read.as_ref().map_or(OldValue::Null, OldValue::Document);
                let mut outcome = run_apart(document, old, read, &probe, column.storage);
                if outcome == Outcome::Null && column.not_null == Some(true) {
                    outcome = Outcome::Error("the column is NOT NULL and the result is NULL".into());
                }
                script = probe.script.into_inner();
                all.push(Run {
                    kind: witness.kind,
                    null: (!nulls.is_empty()).then(|| joined(nulls)),
                    asked: script.iter().map(|answer| (answer.words.clone(), answer.truth)).collect(),
                    outcome,
                });
                while script.last().is_some_and(|answer| !answer.truth) {
                    script.pop();
                }
                match script.last_mut() {
                    Some(answer) => answer.truth = false,
                    None => break,
                }
            }
        }
    }
    Some(all)
}
