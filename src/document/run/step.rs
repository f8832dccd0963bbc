//! A path whose outside parts have been filled in.

use crate::document::{Path, Step};
use serde_json::Value as Json;

use super::Inputs;
use super::value::Stop;

/// Longer paths are not run: no real path comes near, and edits recurse along it.
const MAX_STEPS: usize = 200;

/// A step with its text and, where it was written as a number, that number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// PostgreSQL path text: a key, or an index when it meets an array.
    Name(String),
    /// A key.
    Key(String),
    /// An index; negative counts from the end.
    Index(i64),
    /// One past the last element.
    End,
    /// SQL NULL.
    Null,
}

impl Place {
    /// The key that the step means on an object, where it can mean one.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Name(key) | Self::Key(key) => Some(key),
            Self::Index(_) | Self::End | Self::Null => None,
        }
    }

    /// The text that PostgreSQL sees.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Name(key) | Self::Key(key) => key.clone(),
            Self::Index(index) => index.to_string(),
            Self::End | Self::Null => String::new(),
        }
    }
}

/// A path ready to be walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// Its steps.
    Places(Vec<Place>),
    /// SQL NULL.
    Null,
    /// Malformed.
    Invalid(String),
}

/// Fills in what comes from outside.
pub(super) fn resolve(path: &Path, inputs: &dyn Inputs) -> Result<Resolved, Stop> {
    match path {
        Path::Null => Ok(Resolved::Null),
        Path::Invalid(why) => Ok(Resolved::Invalid(why.clone())),
        Path::Dynamic(id) => match inputs.value(id) {
            None => Err(Stop::Unknown(format!("the path `{id}` is not known"))),
            Some(None) => Ok(Resolved::Null),
            Some(Some(Json::Array(items))) => items
                .iter()
                .map(|item| match item {
                    Json::String(key) => Ok(Place::Name(key.clone())),
                    Json::Null => Ok(Place::Null),
                    Json::Number(n) if n.is_i64() => Ok(Place::Index(n.as_i64().unwrap_or(0))),
                    _ => Err(Stop::Unknown(format!("the path `{id}` is not a list of keys"))),
                })
                .collect::<Result<_, _>>()
                .map(Resolved::Places),
            Some(Some(_)) => Err(Stop::Unknown(format!("the path `{id}` is not a list of keys"))),
        },
        Path::Steps(steps) if steps.len() > MAX_STEPS => Err(Stop::Unknown("the path is too long".into())),
        Path::Steps(steps) => {
            let mut places = Vec::with_capacity(steps.len());
            for step in steps {
                places.push(match step {
                    Step::Name(name) => Place::Name(name.clone()),
                    Step::Key(key) => Place::Key(key.clone()),
                    Step::Index(index) => Place::Index(*index),
                    Step::End => Place::End,
                    Step::Null => Place::Null,
                    Step::Param(id) | Step::KeyParam(id) => match inputs.value(id) {
                        None => return Err(Stop::Unknown(format!("the path step `{id}` is not known"))),
                        Some(None) => Place::Null,
                        Some(Some(Json::String(key))) if matches!(step, Step::KeyParam(_)) => Place::Key(key),
                        Some(Some(Json::String(key))) => Place::Name(key),
                        Some(Some(Json::Number(n))) if n.is_i64() => Place::Index(n.as_i64().unwrap_or(0)),
                        Some(Some(_)) => {
                            return Err(Stop::Unknown(format!("the path step `{id}` is not a key")));
                        }
                    },
                });
            }
            Ok(Resolved::Places(places))
        }
    }
}

/// The position of an index in an array of `len`, negative ones counted from the end; `None` when it is before the start.
/// The position may lie past the end.
pub(super) fn position(index: i64, len: usize) -> Option<usize> {
    if index >= 0 { usize::try_from(index).ok() } else { len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?) }
}
