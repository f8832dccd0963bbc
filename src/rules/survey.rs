//! Every JSON column of a project: what it is, who reads which key, who writes it and how that was judged.

use super::finding::{Confidence, Finding, Severity};
use crate::document::survival::Word;
use crate::project::Project;
use crate::project::catalog::{Certainty, Column, ColumnKind};
use crate::project::profile::{ColumnId, Creator, Profile, Profiles, WriterKind, column_id};
use crate::project::types::Keys;
use crate::source::Site;
use std::collections::BTreeMap;

/// One JSON column.
#[derive(Debug, Clone)]
pub struct SurveyedColumn {
    /// The table, with its schema where that is known.
    pub table: String,
    /// The column.
    pub column: String,
    /// `jsonb`, `json`, or `text` that holds JSON.
    pub kind: &'static str,
    /// Whether NULL is allowed; `None` when not known.
    pub nullable: Option<bool>,
    /// How sure it is that it holds JSON.
    pub certainty: Certainty,
    /// How we know, strongest first, each with its place where there is one.
    pub provenance: Vec<(String, Option<Site>)>,
    /// What the documents are: `object`, `array`, `scalar`, `mixed`, `unknown`.
    pub shape: &'static str,
    /// Top-level keys that exist, in the order of their names.
    pub keys: Vec<SurveyedKey>,
    /// Rust types that are stored in it, or as which it is read.
    pub owners: Vec<SurveyedType>,
    /// The writes, in the order of file and place.
    pub writers: Vec<SurveyedWriter>,
}

/// A Rust type of a column's documents.
#[derive(Debug, Clone)]
pub struct SurveyedType {
    /// Its name.
    pub name: String,
    /// A place that stores or reads it.
    pub site: Site,
    /// It is stored.
    pub stored: bool,
    /// Documents are read as it.
    pub read: bool,
    /// Its declaration, where the project has it, and its keys.
    pub declared: Option<(Site, Vec<String>)>,
    /// It may carry other keys.
    pub open: bool,
}

/// A top-level key of a column's documents.
#[derive(Debug, Clone)]
pub struct SurveyedKey {
    /// The key.
    pub key: String,
    /// The places that read it.
    pub readers: Vec<Site>,
    /// The configuration declares it.
    pub declared: bool,
    /// It is written.
    pub written: bool,
}

/// One write of a column.
#[derive(Debug, Clone)]
pub struct SurveyedWriter {
    /// The assignment.
    pub site: Site,
    /// The function it stands in.
    pub function: Option<String>,
    /// How it treats the document.
    pub kind: WriterKind,
    /// What survives; `None` for an insert, which finds nothing there.
    pub survival: Option<Word>,
    /// How it was judged; `None` when nothing is said of it.
    pub verdict: Option<(Severity, Confidence)>,
    /// What protects the row, in words.
    pub guard: Option<String>,
    /// Test code.
    pub test: bool,
    /// A one-off statement of a migration.
    pub migration: bool,
}

/// Every JSON column, by table and column. `findings` are those of the whole project.
pub fn survey(project: &Project, findings: &[Finding]) -> Vec<SurveyedColumn> {
    let profiles = Profiles::new(project);
    let verdicts: BTreeMap<Site, (Severity, Confidence)> =
        findings.iter().map(|finding| (finding.site, (finding.severity, finding.confidence))).collect();
    // A table may be declared in several places: the declaration that says most speaks.
    let mut columns: BTreeMap<ColumnId, &Column> = BTreeMap::new();
    let known = project.catalog.columns().into_iter().filter(|column| column.kind.is_json());
    for column in known.chain(project.writes.iter().map(|write| &write.column)) {
        let entry = columns.entry(column_id(column)).or_insert(column);
        if column.certainty() > entry.certainty() {
            *entry = column;
        }
    }
    columns
        .into_values()
        .map(|column| {
            if let Some(profile) = profiles.get(column) {
                return surveyed(column, profile, &verdicts);
            }
            let mut profile = Profile::of(column, project);
            let id = column_id(column);
            project.created.iter().filter(|created| created.column == id).for_each(|created| profile.begin(created));
            surveyed(column, &profile, &verdicts)
        })
        .collect()
}

fn surveyed(column: &Column, profile: &Profile, verdicts: &BTreeMap<Site, (Severity, Confidence)>) -> SurveyedColumn {
    let writer = |writer: &crate::project::profile::Writer| SurveyedWriter {
        site: writer.site,
        function: writer.function.clone(),
        kind: writer.kind,
        survival: Some(writer.word),
        verdict: verdicts.get(&writer.site).copied(),
        guard: writer.protection.clone(),
        test: writer.test,
        migration: writer.migration,
    };
    let insert = |creator: &Creator| SurveyedWriter {
        site: creator.site,
        function: creator.function.clone(),
        kind: WriterKind::InsertOnly,
        survival: None,
        verdict: None,
        guard: None,
        test: false,
        migration: creator.migration,
    };
    // What an upsert inserts stands where it writes over: one writer, not two.
    let of_upsert = |creator: &&Creator| {
        let within = |other: Site| other.file == creator.site.file && other.span.contains(creator.site.span);
        profile.writers.iter().any(|writer| within(writer.statement))
    };
    let mut inserts: Vec<&Creator> = profile.creators.iter().filter(|creator| !of_upsert(creator)).collect();
    // Of several rows each has its place in the profile.
    inserts.dedup_by_key(|creator| creator.site);
    let mut writers: Vec<SurveyedWriter> =
        profile.writers.iter().map(writer).chain(inserts.into_iter().map(insert)).collect();
    writers.sort_by_key(|writer| writer.site);
    SurveyedColumn {
        table: super::wording::table(&column.table),
        column: column.name.clone(),
        kind: match column.kind {
            ColumnKind::Jsonb => "jsonb",
            ColumnKind::Json => "json",
            _ => "text",
        },
        nullable: column.nullable,
        certainty: column.certainty(),
        provenance: column.provenance.iter().map(|reason| (reason.message.clone(), reason.site)).collect(),
        shape: profile.shape.word(),
        keys: keys(profile),
        owners: types(profile),
        writers,
    }
}

/// The keys that are known by a write, a reader, a type or the user.
fn keys(profile: &Profile) -> Vec<SurveyedKey> {
    let mut found: BTreeMap<&str, SurveyedKey> = BTreeMap::new();
    let new = |key: &str| SurveyedKey { key: key.to_owned(), readers: vec![], declared: false, written: false };
    for (key, readers) in &profile.keys {
        let declared = profile.declared.contains_key(key);
        found.insert(key, SurveyedKey { readers: readers.clone(), declared, written: !declared, ..new(key) });
    }
    for reading in &profile.readings {
        for key in &reading.keys.keys {
            found.entry(&key.field.key).or_insert_with(|| new(&key.field.key));
        }
        for (key, site) in &reading.fields {
            found.entry(key).or_insert_with(|| new(key)).readers.push(*site);
        }
    }
    let mut keys: Vec<SurveyedKey> = found.into_values().collect();
    for key in &mut keys {
        key.readers.sort_unstable();
        key.readers.dedup();
    }
    keys
}

/// The types that are stored, then those that are only read.
fn types(profile: &Profile) -> Vec<SurveyedType> {
    let of = |name: &str, site: Site, keys: Option<&Keys>| SurveyedType {
        name: name.to_owned(),
        site,
        stored: true,
        read: keys.is_some_and(|keys| profile.readings.iter().any(|reading| reading.keys.site == keys.site)),
        declared: keys.map(|keys| (keys.site, keys.names())),
        open: keys.is_some_and(|keys| keys.open),
    };
    let stored = profile.owners.iter().map(|(name, owner)| of(name, owner.site, owner.keys.as_ref()));
    let stored: Vec<SurveyedType> = stored.collect();
    let is_stored =
        |keys: &Keys| stored.iter().any(|ty| ty.declared.as_ref().is_some_and(|(site, _)| *site == keys.site));
    let only_read = profile.readings.iter().filter(|reading| !is_stored(&reading.keys));
    let only_read: Vec<SurveyedType> = only_read
        .map(|reading| SurveyedType { stored: false, ..of(&reading.name, reading.site, Some(&reading.keys)) })
        .collect();
    stored.into_iter().chain(only_read).collect()
}
