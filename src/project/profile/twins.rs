//! Twin statements: the same columns of a table set in the same way in another file, for another database or another
//! adapter. Where one twin protects the row or keeps the document and the other does not, one of them is wrong.

use super::writer::{Writer, WriterKind};
use crate::frontend::sql::{Verb, without_holes};
use crate::project::writes::ColumnWrite;
use crate::source::Site;
use std::collections::BTreeMap;

/// What makes two statements twins: verb, table as it is spelled, the written column, all columns that are assigned, and
/// whether the document is a constant.
type Likeness = (Verb, String, String, Vec<String>, bool);

/// A twin.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    /// The write.
    pub writer: Writer,
}

/// All statements, by what makes them alike.
#[derive(Debug, Clone, Default)]
pub struct Twins {
    alike: BTreeMap<Likeness, Vec<Twin>>,
}

impl Twins {
    /// Sorts the writes of production code.
    pub(super) fn new(writes: &[ColumnWrite]) -> Self {
        let mut alike: BTreeMap<Likeness, Vec<Twin>> = BTreeMap::new();
        for write in writes.iter().filter(|write| !write.test && !write.migration) {
            alike.entry(likeness(write)).or_default().push(Twin { writer: Writer::of(write) });
        }
        alike.retain(|_, twins| twins.len() > 1);
        Self { alike }
    }

    /// The twins of a write that stand in other files.
    pub(super) fn of(&self, write: &ColumnWrite) -> Vec<&Twin> {
        let twins = self.alike.get(&likeness(write)).map(Vec::as_slice).unwrap_or_default();
        twins.iter().filter(|twin| twin.writer.site.file != write.site.file).collect()
    }
}

impl Twin {
    /// The twin keeps what this write loses.
    pub fn keeps(&self) -> Option<Site> {
        matches!(self.writer.kind, WriterKind::ByKey | WriterKind::FillsOnly).then_some(self.writer.site)
    }
}

/// What makes a statement like another.
fn likeness(write: &ColumnWrite) -> Likeness {
    let mut together: Vec<String> = write.sql.together.iter().map(|name| name.to_lowercase()).collect();
    together.sort();
    together.dedup();
    let table = without_holes(&write.sql.table.name).to_lowercase();
    let constant = write.survival.labels.contains(&"constant");
    (write.verb, table, write.column.name.to_lowercase(), together, constant)
}
