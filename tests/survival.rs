//! Random trees on random object documents: what `survival` says must not be contradicted by what `run` stores.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use noclobber::document::run::{Inputs, Outcome, Storage, run, same};
use noclobber::document::survival::{Column, Lands, State, Survival, Word, survival};
use noclobber::document::{
    CastTo, Cond, Document, Family, Form, Input, Key, MergeHow, Nullability, OnNull, Path, ReadSite, Removal, Rest,
    SetMode, Shape, Step,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value as Json, json};

/// Choices, used up one by one; zero when none is left, which is always the simplest one.
struct Choices<'c> {
    left: &'c [u16],
}

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.left.split_first() else { return 0 };
        self.left = rest;
        usize::from(*first) % n
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const ALL_KEYS: [&str; 7] = ["a", "b", "c", "d", "x", "y", "z"];

/// A database or program: which family its edits are of, and how it stores.
#[derive(Debug, Clone, Copy)]
enum World {
    Postgres,
    MariaDb,
    Sqlite,
    Rust,
}

impl World {
    fn storage(self) -> Storage {
        match self {
            Self::Postgres | Self::Rust => Storage::Jsonb,
            Self::MariaDb => Storage::CheckedText,
            Self::Sqlite => Storage::Text,
        }
    }
}

struct Trees<'c> {
    choices: Choices<'c>,
    world: World,
    conditions: usize,
}

impl Trees<'_> {
    fn path(&mut self) -> Path {
        let pg = matches!(self.world, World::Postgres);
        let mut steps = vec![];
        for _ in 0..=self.choices.below(2) {
            let key = self.choices.one(&KEYS).to_owned();
            steps.push(if pg { Step::Name(key) } else { Step::Key(key) });
        }
        Path::Steps(steps)
    }

    fn family(&mut self) -> Family {
        match self.world {
            World::Postgres => self.choices.one(&[Family::PgFunction, Family::PgSubscript]),
            World::MariaDb => Family::MariaDb,
            World::Sqlite => Family::Sqlite,
            World::Rust => self.choices.one(&[Family::SerdeIndex, Family::SerdeInsert]),
        }
    }

    fn input(&mut self) -> Document {
        let n = self.choices.below(3);
        Document::Input(Input {
            id: format!("${n}"),
            shape: [Shape::Any, Shape::Object, Shape::Scalar][n],
            null: [Nullability::Yes, Nullability::Never, Nullability::Maybe][n],
        })
    }

    fn known(&mut self) -> Document {
        Document::Known(match self.choices.below(6) {
            0 => json!({}),
            1 => json!({"a": 1}),
            2 => json!({"a": {"b": 2}}),
            3 => json!("text"),
            4 => json!(null),
            _ => json!({"b": null, "c": [1]}),
        })
    }

    fn old(&mut self) -> Document {
        match (self.world, self.choices.below(3)) {
            (World::Rust, _) => Document::Read(ReadSite::default()),
            (_, 0 | 1) => Document::Old,
            _ => Document::First(vec![Document::Old, Document::Known(json!({}))]),
        }
    }

    fn get(&mut self) -> Document {
        let family = match self.world {
            World::Postgres => Family::PgFunction,
            World::MariaDb => Family::MariaDb,
            World::Sqlite => Family::Sqlite,
            World::Rust => Family::SerdeInsert,
        };
        let of = if matches!(self.world, World::Rust) { Document::Read(ReadSite::default()) } else { Document::Old };
        Document::Get { of: Box::new(of), path: self.path(), form: Form::Json, family }
    }

    fn value(&mut self, depth: usize) -> Document {
        match self.choices.below(if depth == 0 { 4 } else { 8 }) {
            0 | 1 => self.input(),
            2 => self.known(),
            3 => self.get(),
            4 => self.object(depth - 1),
            5 => Document::First(vec![self.value(depth - 1), self.value(depth - 1)]),
            6 => self.merge(depth - 1, false),
            _ => {
                let branch = (self.condition(), self.value(depth - 1));
                Document::Choose { branches: vec![branch], otherwise: Box::new(self.value(depth - 1)) }
            }
        }
    }

    fn object(&mut self, depth: usize) -> Document {
        let entries = (0..=self.choices.below(2))
            .map(|_| (Key::Name(self.choices.one(&KEYS).to_owned()), self.value(depth)))
            .collect();
        Document::Object { entries, rest: Rest::Closed }
    }

    /// What is merged into a document. (A part of the document itself, merged into the whole, is tried in the unit
    /// tests: it depends on the types of several keys at once.)
    fn patch(&mut self, depth: usize) -> Document {
        match self.choices.below(5) {
            0 | 1 => self.object(depth),
            2 => self.known(),
            3 => Document::StripNulls(Box::new(self.object(depth))),
            _ => self.input(),
        }
    }

    fn merge(&mut self, depth: usize, base: bool) -> Document {
        let how = match self.world {
            World::Postgres | World::Rust => MergeHow::Concat,
            World::MariaDb => self.choices.one(&[MergeHow::Patch(Family::MariaDb), MergeHow::Preserve]),
            World::Sqlite => MergeHow::Patch(Family::Sqlite),
        };
        let left = if base { self.tree(depth) } else { self.value(depth) };
        let right = if base { self.patch(depth) } else { self.value(depth) };
        let (left, right) = if self.choices.below(5) == 4 { (right, left) } else { (left, right) };
        Document::Merge { left: Box::new(left), right: Box::new(right), how }
    }

    fn condition(&mut self) -> Cond {
        match self.choices.below(6) {
            0 => {
                self.conditions += 1;
                Cond::Unknown(format!("c{}", self.conditions % 3))
            }
            1 => Cond::IsNull(Box::new(self.input())),
            2 => Cond::IsNull(Box::new(self.get())),
            3 => {
                let old = self.old();
                Cond::HasKey(Box::new(old), self.path())
            }
            4 => Cond::Equal(Box::new(self.input()), Box::new(self.known())),
            _ => Cond::Not(Box::new(Cond::Equal(Box::new(self.get()), Box::new(self.known())))),
        }
    }

    fn tree(&mut self, depth: usize) -> Document {
        let Some(depth) = depth.checked_sub(1) else { return self.old() };
        match self.choices.below(12) {
            0..=3 => {
                let family = self.family();
                let modes: &[SetMode] = match self.world {
                    World::Postgres => &[SetMode::Set, SetMode::Replace, SetMode::InsertOrFail { after: false }],
                    World::MariaDb => &[SetMode::Set, SetMode::Replace, SetMode::Insert, SetMode::Append],
                    World::Sqlite | World::Rust => &[SetMode::Set, SetMode::Replace, SetMode::Insert],
                };
                Document::Set {
                    of: Box::new(self.tree(depth)),
                    path: self.path(),
                    value: Box::new(self.value(depth.min(2))),
                    mode: if family == Family::PgSubscript { SetMode::Set } else { self.choices.one(modes) },
                    on_null: if family == Family::PgFunction {
                        self.choices.one(&[OnNull::Wipe, OnNull::Wipe, OnNull::Remove, OnNull::Keep])
                    } else {
                        OnNull::JsonNull
                    },
                    family,
                }
            }
            4..=6 => self.merge(depth, true),
            7 => {
                let family = self.family();
                let what = if self.choices.below(2) == 0 {
                    Removal::Path(self.path())
                } else {
                    Removal::Keys(vec![self.choices.one(&KEYS).to_owned()])
                };
                Document::Remove { of: Box::new(self.tree(depth)), what, family }
            }
            8 => Document::First(vec![self.tree(depth), self.tree(depth)]),
            9 => {
                let branch = (self.condition(), self.tree(depth));
                Document::Choose { branches: vec![branch], otherwise: Box::new(self.tree(depth)) }
            }
            10 => match self.world {
                World::Postgres => Document::StripNulls(Box::new(self.tree(depth))),
                World::Rust => Document::Retype {
                    of: Box::new(self.tree(depth)),
                    fields: Some(vec!["a".into(), "x".into()]),
                    rest: self.choices.one(&[Rest::Open, Rest::Closed]),
                    ty: None,
                },
                World::MariaDb | World::Sqlite => Document::Cast { of: Box::new(self.tree(depth)), to: CastTo::Json },
            },
            _ => Document::Entries {
                of: Box::new(self.tree(depth)),
                drop: vec![self.choices.one(&KEYS).to_owned()],
                replace: vec![(self.choices.one(&KEYS).to_owned(), self.value(1))],
                empty_is_null: matches!(self.world, World::Postgres),
            },
        }
    }
}

/// A document that holds an object: keys that trees name, and others.
fn object_document(choices: &mut Choices<'_>, depth: usize) -> Json {
    let mut map = Map::new();
    for _ in 0..choices.below(6) {
        let key = choices.one(&ALL_KEYS).to_owned();
        let value = match choices.below(if depth == 0 { 3 } else { 6 }) {
            0 => json!("s"),
            1 => json!(7),
            2 => json!(true),
            _ => object_document(choices, depth - 1),
        };
        map.insert(key, value);
    }
    Json::Object(map)
}

struct Values {
    inputs: [Option<Json>; 3],
    conditions: usize,
}

impl Inputs for Values {
    fn value(&self, id: &str) -> Option<Option<Json>> {
        let n: usize = id.strip_prefix('$')?.parse().ok()?;
        self.inputs.get(n).cloned()
    }
    fn condition(&self, words: &str) -> Option<bool> {
        let n: usize = words.strip_prefix('c')?.parse().ok()?;
        Some(self.conditions >> n & 1 == 1)
    }
}

/// How many inputs the document has.
fn inputs_of(document: &Document) -> usize {
    let mut ids = vec![];
    document.visit(&mut |part| {
        if let Document::Input(input) = part {
            ids.push(input.id.clone());
        }
    });
    ids.sort();
    ids.dedup();
    ids.len()
}

/// Whether something that the write is said to touch or lose covers `path`.
fn covered(survival: &Survival, path: &[String]) -> bool {
    let above =
        |trail: &Vec<String>| path.len() >= trail.len() && trail.iter().zip(path).all(|(a, b)| a == b || a == "?");
    let below = |trail: &Vec<String>| trail.len() > path.len() && path.iter().zip(trail).all(|(a, b)| a == b);
    [&survival.touched, &survival.removed, &survival.nested_lost, &survival.nested_opaque]
        .into_iter()
        .flatten()
        // A value that is no object may turn into one when something is set below it.
        .any(|trail| above(trail) || below(trail))
}

/// The leaves of `old` that `new` does not hold in place, nothing covering them.
fn missing(survival: &Survival, old: &Json, new: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    if let (Json::Object(map), false) = (old, path.len() > 4) {
        for (key, value) in map {
            path.push(key.clone());
            match new.get(key) {
                Some(new) => missing(survival, value, new, path, found),
                None if covered(survival, path) => {}
                None => found.push(path.clone()),
            }
            path.pop();
        }
        if !map.is_empty() || new.is_object() {
            return;
        }
    }
    if !same(old, new) && !covered(survival, path) {
        found.push(path.clone());
    }
}

fn check(entropy: &[u16]) {
    let mut choices = Choices { left: entropy };
    let world = choices.one(&[World::Postgres, World::MariaDb, World::Sqlite, World::Rust]);
    let mut trees = Trees { choices, world, conditions: 0 };
    let depth = 1 + trees.choices.below(4);
    let document = trees.tree(depth);
    let mut choices = trees.choices;
    let column = Column { storage: world.storage(), not_null: None, states: State::ALL.to_vec() };
    let survival = survival(&document, &column);
    let old = object_document(&mut choices, 2);
    let patch = |choices: &mut Choices<'_>| {
        let mut map = Map::new();
        map.insert("in".into(), json!("given"));
        if choices.below(3) == 0 {
            map.insert(choices.one(&KEYS).to_owned(), json!("given"));
        }
        Json::Object(map)
    };
    let nulls = choices.below(8);
    let values = Values {
        inputs: [
            (nulls & 1 == 0).then(|| patch(&mut choices)),
            Some(patch(&mut choices)),
            (nulls & 2 == 0).then(|| json!("given")),
        ],
        conditions: choices.below(8),
    };
    let outcome = run(&document, Some(&old), &values, world.storage());
    let told = || format!("{document:#?}\nold {old}\ninputs {:?}\n{survival:#?}\n{outcome:?}", values.inputs);

    match &outcome {
        Outcome::Unknown(_) => panic!("everything is given, so everything is decided\n{}", told()),
        Outcome::Null => {
            let said = !survival.null_when.is_empty() || matches!(survival.word, Word::Lost | Word::Unknown);
            assert!(said, "nobody said NULL\n{}", told());
        }
        Outcome::Malformed(_) => assert_eq!(survival.word, Word::Lost, "{}", told()),
        Outcome::Error(_) => {
            // Nothing is stored, so nothing is lost.
        }
        Outcome::Stored(new) => {
            let silent_loss = !matches!(survival.word, Word::Lost | Word::Unknown)
                && !survival.labels.contains(&"moved")
                && !survival.labels.contains(&"nested-array")
                && !survival.labels.contains(&"nulls-dropped")
                && !survival.labels.contains(&"nested-reset")
                && !survival.array_when.contains(&State::Object);
            // Patches of unknown keys may replace any top-level key: those that were given.
            let patched = survival.labels.contains(&"touches-unknown-keys");
            if silent_loss {
                let mut found = vec![];
                missing(&survival, &old, new, &mut vec![], &mut found);
                if patched {
                    found.retain(|path| !values.inputs.iter().flatten().any(|input| input.get(&path[0]).is_some()));
                }
                assert!(found.is_empty(), "lost without a word: {found:?}\n{}", told());
            }
            // Of several inputs the worst one is told.
            if survival.lands == Lands::Never && survival.word != Word::Lost && inputs_of(&document) == 1 {
                assert!(!new.to_string().contains("given"), "it does arrive\n{}", told());
            }
        }
    }
}

/// The same cases every time; `PROPTEST_CASES` asks for more, and for other ones.
fn config() -> ProptestConfig {
    let more = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let (cases, rng_seed) = more.map_or((1000, RngSeed::Fixed(1)), |cases| (cases, RngSeed::Random));
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_said_to_survive_does(entropy in prop::collection::vec(any::<u16>(), 0..120)) {
        check(&entropy);
    }
}
