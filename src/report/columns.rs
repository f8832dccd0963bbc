//! The columns of a project, for people, for a summary page, and for programs: who clobbers whom.

use super::sanitize::one_line;
use super::{Lines, plural, word};
use crate::check::Report;
use crate::project::catalog::Certainty;
use crate::project::profile::WriterKind;
use crate::rules::finding::{Confidence, Severity};
use crate::rules::survey::{SurveyedColumn, SurveyedKey, SurveyedType, SurveyedWriter};
use crate::source::{Position, Site};
use serde::Serialize;
use std::io::{self, Write};

/// Writes a table a column.
///
/// # Errors
/// When `out` does not take it.
pub fn text(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    for column in &report.columns {
        writeln!(out, "{}  {}", one_line(&name(column)), one_line(&kind(column)))?;
        for (reason, site) in column.provenance.iter().take(1) {
            let place = site.map_or_else(String::new, |site| format!("  ({})", lines.place(site)));
            writeln!(out, "  because  {}{}", one_line(reason), one_line(&place))?;
        }
        if !column.keys.is_empty() {
            writeln!(out, "  keys     {}", one_line(&keys(column)))?;
        }
        if !column.owners.is_empty() {
            writeln!(out, "  types    {}", one_line(&owners(column)))?;
        }
        let rows: Vec<[String; 5]> = column.writers.iter().map(|writer| row(writer, &lines)).collect();
        let width = |index: usize| rows.iter().map(|row| row[index].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for (index, [how, verdict, function, place, guard]) in rows.iter().enumerate() {
            let head = if index == 0 { "writers" } else { "" };
            let [a, b, c, d] = widths;
            let line = format!("  {head:7}  {how:a$}  {verdict:b$}  {function:c$}  {place:d$}  {guard}");
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    let writers: usize = report.columns.iter().map(|column| column.writers.len()).sum();
    writeln!(out, "{}, {}", plural(report.columns.len(), "JSON column"), plural(writers, "write"))
}

/// Writes one table of columns and one of writers.
///
/// # Errors
/// When `out` does not take it.
pub fn markdown(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    writeln!(out, "| column | type | keys | Rust types | writes |\n|---|---|---|---|---|")?;
    for column in &report.columns {
        let (name, kind) = (code(&name(column)), cell(&kind(column)));
        let (keys, owners) = (cell(&keys(column)), cell(&owners(column)));
        writeln!(out, "| {name} | {kind} | {keys} | {owners} | {} |", column.writers.len())?;
    }
    writeln!(out, "\n| column | write | verdict | function | place | guard |\n|---|---|---|---|---|---|")?;
    for column in &report.columns {
        for writer in &column.writers {
            let [how, verdict, function, place, guard] = row(writer, &lines);
            let (function, place) = (code(&function), code(&place));
            let (name, guard) = (code(&name(column)), cell(&guard));
            writeln!(out, "| {name} | {how} | {verdict} | {function} | {place} | {guard} |")?;
        }
    }
    Ok(())
}

/// Writes one JSON document, version 1.
///
/// # Errors
/// When `out` does not take it.
pub fn json(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let lines = Lines::new(&report.files);
    let place = |site: Site| {
        let (start, end) = lines.ends(site);
        Place { path: &report.files.get(site.file).path, start, end }
    };
    let columns = report.columns.iter().map(|column| JsonColumn {
        table: &column.table,
        column: &column.column,
        r#type: column.kind,
        nullable: column.nullable,
        certainty: column.certainty,
        provenance: column
            .provenance
            .iter()
            .map(|(message, site)| Reason { message, place: site.map(place) })
            .collect(),
        shape: column.shape,
        keys: column
            .keys
            .iter()
            .map(|key| JsonKey {
                key: &key.key,
                declared: key.declared,
                readers: key.readers.iter().copied().map(place).collect(),
            })
            .collect(),
        owners: column
            .owners
            .iter()
            .map(|owner| Owner {
                r#type: &owner.name,
                stored: owner.stored,
                read: owner.read,
                keys: owner.declared.as_ref().map(|(_, keys)| keys.as_slice()),
                open: owner.open,
                declared: owner.declared.as_ref().map(|(site, _)| place(*site)),
                place: place(owner.site),
            })
            .collect(),
        writers: column
            .writers
            .iter()
            .map(|writer| JsonWriter {
                kind: writer.kind,
                survival: writer.survival,
                severity: writer.verdict.map(|(severity, _)| severity),
                confidence: writer.verdict.map(|(_, confidence)| confidence),
                function: writer.function.as_deref(),
                guard: writer.guard.as_deref(),
                test: writer.test,
                migration: writer.migration,
                place: place(writer.site),
            })
            .collect(),
    });
    serde_json::to_writer_pretty(&mut *out, &Document { version: 1, columns: columns.collect() })?;
    writeln!(out)
}

fn name(column: &SurveyedColumn) -> String {
    format!("{}.{}", column.table, column.column)
}

/// `jsonb, not null, object`.
fn kind(column: &SurveyedColumn) -> String {
    let mut parts = vec![if column.kind == "text" { "JSON in text" } else { column.kind }];
    parts.extend(column.nullable.map(|nullable| if nullable { "nullable" } else { "not null" }));
    parts.extend((column.shape != "unknown").then_some(column.shape));
    parts.extend((column.certainty == Certainty::Guessed).then_some("a guess"));
    parts.join(", ")
}

/// `address (2 readers), phone (only written), step (declared)`.
fn keys(column: &SurveyedColumn) -> String {
    let key = |SurveyedKey { key, readers, declared, written }: &SurveyedKey| match readers.len() {
        0 if *declared => format!("{key} (declared)"),
        0 if !written => format!("{key} (a field)"),
        0 => format!("{key} (only written)"),
        count => format!("{key} ({})", plural(count, "reader")),
    };
    column.keys.iter().map(key).collect::<Vec<_>>().join(", ")
}

/// `Settings {theme, tel, ..}, Old {theme} (only read)`.
fn owners(column: &SurveyedColumn) -> String {
    let owner = |owner: &SurveyedType| {
        let how = if owner.stored { "" } else { " (only read)" };
        let keys = owner.declared.as_ref().map_or_else(String::new, |(_, keys)| {
            let open = owner.open.then_some("..");
            let keys: Vec<&str> = keys.iter().map(String::as_str).chain(open).collect();
            format!(" {{{}}}", keys.join(", "))
        });
        format!("{}{keys}{how}", owner.name)
    };
    column.owners.iter().map(owner).collect::<Vec<_>>().join(", ")
}

/// How, the verdict, the function, the place, the guard.
fn row(writer: &SurveyedWriter, lines: &Lines<'_>) -> [String; 5] {
    let how = match writer.kind {
        WriterKind::Whole => "whole",
        WriterKind::WhenGiven => "whole, when given",
        WriterKind::ByKey => "by key",
        WriterKind::ReadModifyWrite => "read, change, write",
        WriterKind::Reset => "reset",
        WriterKind::FillsOnly => "fills what is empty",
        WriterKind::InsertOnly => "insert",
        WriterKind::Unknown => "not decided",
    };
    let verdict = match writer.verdict {
        Some((severity, _)) => word(severity),
        None => "fine",
    };
    let stands = match (writer.test, writer.migration) {
        (true, _) => " (test)",
        (_, true) => " (migration)",
        _ => "",
    };
    let guard = writer.guard.as_ref().map_or_else(String::new, |guard| format!("guarded: {guard}"));
    [
        format!("{how}{stands}"),
        verdict.to_owned(),
        one_line(writer.function.as_deref().unwrap_or("-")),
        one_line(&lines.place(writer.site)),
        one_line(&guard),
    ]
}

/// Text of a table's cell.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|").replace('<', "&lt;")
}

/// The same as code.
fn code(text: &str) -> String {
    format!("`{}`", one_line(text).replace('|', "\\|").replace('`', "'"))
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    columns: Vec<JsonColumn<'a>>,
}

#[derive(Serialize)]
struct JsonColumn<'a> {
    table: &'a str,
    column: &'a str,
    r#type: &'a str,
    nullable: Option<bool>,
    certainty: Certainty,
    provenance: Vec<Reason<'a>>,
    shape: &'a str,
    keys: Vec<JsonKey<'a>>,
    owners: Vec<Owner<'a>>,
    writers: Vec<JsonWriter<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct JsonKey<'a> {
    key: &'a str,
    declared: bool,
    readers: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Owner<'a> {
    r#type: &'a str,
    stored: bool,
    read: bool,
    keys: Option<&'a [String]>,
    open: bool,
    declared: Option<Place<'a>>,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct JsonWriter<'a> {
    kind: WriterKind,
    survival: Option<crate::document::survival::Word>,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    function: Option<&'a str>,
    guard: Option<&'a str>,
    test: bool,
    migration: bool,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    start: Position,
    end: Position,
}
