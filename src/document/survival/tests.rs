//! The verdicts of known cases, by what is done to the document. Here: the words they are written in.

use serde_json::json;

use super::*;
use crate::document::run::Storage;
use crate::document::{
    CastTo, Cond, Family, Form, Input, Key, MergeHow, OnNull, Path, ReadSite, Removal, Rest, SetMode, Shape, Step,
};

mod found;
mod merged;
mod nulls;
mod paths;
mod read_earlier;
mod replaced;
mod undecided;

fn column() -> Column {
    Column { storage: Storage::Jsonb, not_null: None, states: State::ALL.to_vec() }
}

fn of(document: &Document) -> Survival {
    survival(document, &column())
}

fn not_null(document: &Document) -> Survival {
    survival(document, &Column { not_null: Some(true), ..column() })
}

fn in_text(document: &Document) -> Survival {
    survival(document, &Column { storage: Storage::Text, ..column() })
}

fn in_maria(document: &Document) -> Survival {
    survival(document, &Column { storage: Storage::CheckedText, ..column() })
}

fn input(id: &str, null: Nullability) -> Document {
    Document::Input(Input { id: id.into(), shape: Shape::Any, null })
}

/// A bind that is never NULL.
fn bind() -> Document {
    input("$1", Nullability::Never)
}

fn optional() -> Document {
    input("$1", Nullability::Yes)
}

fn known(json: serde_json::Value) -> Document {
    Document::Known(json)
}

fn read() -> Document {
    Document::Read(ReadSite { what: "find_by_id".into(), ..ReadSite::default() })
}

fn path(keys: &[&str]) -> Path {
    Path::Steps(keys.iter().map(|key| Step::Name((*key).into())).collect())
}

fn set_on(of: Document, keys: &[&str], value: Document, mode: SetMode, family: Family) -> Document {
    Document::Set {
        of: Box::new(of),
        path: path(keys),
        value: Box::new(value),
        mode,
        on_null: if family == Family::PgFunction { OnNull::Wipe } else { OnNull::JsonNull },
        family,
    }
}

fn set(keys: &[&str], value: Document) -> Document {
    set_on(Document::Old, keys, value, SetMode::Set, Family::PgFunction)
}

fn merge(left: Document, right: Document, how: MergeHow) -> Document {
    Document::Merge { left: Box::new(left), right: Box::new(right), how }
}

fn concat(left: Document, right: Document) -> Document {
    merge(left, right, MergeHow::Concat)
}

fn get(of: Document, keys: &[&str]) -> Document {
    Document::Get { of: Box::new(of), path: path(keys), form: Form::Json, family: Family::PgFunction }
}

fn object(entries: &[(&str, Document)]) -> Document {
    Document::Object {
        entries: entries.iter().map(|(key, part)| (Key::Name((*key).into()), part.clone())).collect(),
        rest: Rest::Closed,
    }
}

fn first(items: &[Document]) -> Document {
    Document::First(items.to_vec())
}

fn choose(condition: Cond, then: Document, otherwise: Document) -> Document {
    Document::Choose { branches: vec![(condition, then)], otherwise: Box::new(otherwise) }
}

fn remove(what: Removal) -> Document {
    Document::Remove { of: Box::new(Document::Old), what, family: Family::PgFunction }
}

fn trails(list: &[&[&str]]) -> Vec<Vec<String>> {
    list.iter().map(|trail| trail.iter().map(|key| (*key).to_owned()).collect()).collect()
}

fn keys(list: &[&str]) -> Vec<String> {
    list.iter().map(|key| (*key).to_owned()).collect()
}

#[track_caller]
fn labelled(survival: &Survival, label: &str) {
    assert!(survival.labels.contains(&label), "no label {label}: {survival:#?}");
}
