//! All facts of all files: the catalog of columns, and the writes on columns that hold JSON.

pub mod catalog;
mod deferred;
mod infer;
mod kinds;
mod names;
mod place;
mod predicate;
pub mod profile;
mod schema;
pub mod writes;

use crate::frontend::facts::Facts;
use crate::frontend::sql::Dialect;
use crate::source::{Files, Site};

/// The project as a whole.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Every column that is known.
    pub catalog: catalog::Catalog,
    /// Writes on columns that hold JSON, in the order of file path and place.
    pub writes: Vec<writes::ColumnWrite>,
    /// Statements that were read.
    pub statements: usize,
    /// What could not be analysed, each with its reason; in the order of file path and place.
    pub unanalysed: Vec<Unanalysed>,
}

/// A text, statement or write that could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanalysed {
    /// Where.
    pub site: Site,
    /// One sentence.
    pub reason: String,
}

/// What the project is told.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The dialect the user named; wins over everything that is guessed.
    pub dialect: Option<Dialect>,
}

impl Project {
    /// Joins the facts of all files. The order of `facts` does not matter for the result.
    pub fn build(_facts: Vec<Facts>, _files: &Files, _settings: &Settings) -> Self {
        Self::default()
    }
}
