//! What other files say of a statement: whether anybody writes the model that a function makes, which macros set a
//! field, and which columns a statement means that it does not name.

use super::entities::{Entities, Match};
use crate::document::{Document, Input, ReadSite};
use crate::frontend::facts::{
    BuiltColumn, BuiltItem, BuiltWrite, Entity, EntityPath, Facts, Given as Condition, Maker, SqlPiece,
};
use crate::frontend::sql::TableName;
use crate::project::Paths;
use crate::project::place::is_migration;
use crate::source::FileId;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A function whose model is written.
struct End<'a> {
    /// The type that is converted, where it shows.
    from: Option<&'a str>,
    table: Option<&'a TableName>,
    file: FileId,
}

/// What all files say.
pub(super) struct Given<'a> {
    paths: Paths<'a>,
    /// Functions whose models are written, by name.
    ends: BTreeMap<&'a str, Vec<End<'a>>>,
    /// By name and table: the types that are converted to its models.
    sources: BTreeMap<(&'a str, &'a TableName), BTreeSet<&'a str>>,
    /// The tables whose models functions of a name make.
    makers: BTreeMap<&'a str, BTreeSet<&'a TableName>>,
    /// Macros that set a field: name, number of the model, number of the field.
    setters: BTreeSet<(&'a str, usize, usize)>,
    /// Fields of structs that become active models.
    parts: BTreeMap<&'a str, &'a [String]>,
}

impl<'a> Given<'a> {
    /// Indexes the facts of all files.
    pub(super) fn new(facts: &'a [Facts], paths: Paths<'a>, known: &Entities<'a>) -> Self {
        let (ends, sources, makers, setters, parts) = Default::default();
        let mut given = Self { paths, ends, sources, makers, setters, parts };
        for facts in facts {
            let table = |entity: &EntityPath| match known.find(entity, facts.file, paths.get(facts.file)) {
                Match::One(entity) => Some(&entity.table),
                _ => None,
            };
            for end in &facts.models.ends {
                let ends = given.ends.entry(end.maker.name.as_str()).or_default();
                let from = end.maker.from.as_deref();
                ends.push(End { from, table: end.entity.as_ref().and_then(table), file: facts.file });
            }
            for write in &facts.built {
                let Some(Condition::Made(Maker { name, from })) = &write.given else { continue };
                let Some(table) = write.entity.as_ref().and_then(table) else { continue };
                match from {
                    Some(from) => given.sources.entry((name, table)).or_default().insert(from),
                    None => given.makers.entry(name).or_default().insert(table),
                };
            }
            let setters = facts.models.setters.iter();
            given.setters.extend(setters.map(|setter| (setter.name.as_str(), setter.model, setter.field)));
            given.parts.extend(facts.models.parts.iter().map(|(name, fields)| (name.as_str(), fields.as_slice())));
        }
        given
    }

    /// Whether a statement may be sent, as far as names say: cheap, before its entity is looked up.
    pub(super) fn may_be(&self, write: &BuiltWrite) -> bool {
        match &write.given {
            None => true,
            Some(Condition::Made(maker)) => self.ends.contains_key(maker.name.as_str()),
            Some(Condition::Macro { name, model, field }) => self.setters.contains(&(name.as_str(), *model, *field)),
        }
    }

    /// Whether a statement of a file on a table is sent.
    pub(super) fn is(&self, write: &BuiltWrite, table: &TableName, file: FileId) -> bool {
        match &write.given {
            Some(Condition::Made(maker)) => self.is_written(maker, table, file),
            _ => self.may_be(write),
        }
    }

    /// Whether anybody writes the models of this table that a function of a file makes.
    fn is_written(&self, maker: &Maker, table: &TableName, file: FileId) -> bool {
        let mut ends = self.ends.get(maker.name.as_str()).into_iter().flatten();
        let old = is_migration(self.paths.get(file));
        ends.any(|end| {
            let same_table = end.table.is_none_or(|written| written == table);
            // What a migration makes, nobody else writes.
            let reaches = end.file == file || !old;
            match (&maker.from, end.from) {
                (Some(own), Some(from)) => own == from && same_table && reaches,
                // A conversion of something unknown: the only one that there is.
                (Some(_), None) => {
                    let sources = self.sources.get(&(maker.name.as_str(), table)).map_or(0, BTreeSet::len);
                    end.table.is_some() && same_table && reaches && sources == 1
                }
                // A function: the table must be known, or the name mean no other.
                (None, _) => {
                    let only = || self.makers.get(maker.name.as_str()).is_some_and(|tables| tables.len() == 1);
                    same_table && reaches && (end.table.is_some() || only())
                }
            }
        })
    }

    /// A statement with its columns named, as far as they may hold JSON or are its key.
    pub(super) fn spread<'w>(&self, write: &'w BuiltWrite, entity: &Entity) -> Cow<'w, BuiltWrite> {
        if !write.set.iter().any(|item| matches!(item.column, BuiltColumn::Rest(_))) {
            return Cow::Borrowed(write);
        }
        let mut named: Vec<BuiltItem> = vec![];
        for item in &write.set {
            let BuiltColumn::Rest(part) = &item.column else {
                named.push(item.clone());
                continue;
            };
            let fields = part.as_ref().map(|part| self.parts.get(part.as_str()).copied().unwrap_or_default());
            for column in &entity.columns {
                let is_field = fields.is_none_or(|fields| fields.contains(&column.field));
                let told = write.set.iter().any(|other| match &other.column {
                    BuiltColumn::Field(name) => *name == column.field,
                    BuiltColumn::Variant(name) => *name == column.variant,
                    BuiltColumn::Name(name) => *name == column.column,
                    BuiltColumn::Rest(_) => false,
                });
                let matters = column.primary_key || column.sql_type.starts_with("json") || column.sql_type.is_empty();
                if is_field && matters && !told {
                    let value = item.value.iter().map(|piece| of_column(piece, &column.field)).collect();
                    named.push(BuiltItem { column: BuiltColumn::Field(column.field.clone()), value, ..item.clone() });
                }
            }
        }
        Cow::Owned(BuiltWrite { set: named, ..write.clone() })
    }
}

/// What a value that stands for a row holds of one column.
fn of_column(piece: &SqlPiece, field: &str) -> SqlPiece {
    let SqlPiece::Bind(bind) = piece else { return piece.clone() };
    let mut bind = bind.clone();
    bind.value = match bind.value {
        Document::Read(read) => {
            let (what, column) = (format!("`{field}` of the row"), Some(field.to_owned()));
            Document::Read(ReadSite { what, column, ..read })
        }
        Document::Input(input) => Document::Input(Input { id: format!("{}.{field}", input.id), ..input }),
        other => other,
    };
    SqlPiece::Bind(bind)
}
