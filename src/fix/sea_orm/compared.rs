//! A built write with a condition that compares what was read.

use super::{custom, expr_path, expression, is_model, model};
use crate::fix::advice::compare::{Compared, of_document};
use crate::fix::{Fixer, folded, qualifier, spelled, text};
use crate::frontend::facts::{EntityPath, EntityUse};
use crate::frontend::sql::Verb;
use crate::project::around::EarlierRead;
use crate::project::catalog::ColumnKind;
use crate::project::writes::ColumnWrite;

/// The write before and after.
pub(in crate::fix) fn compared(
    write: &ColumnWrite,
    read: &EarlierRead,
    compared: &Compared,
    fixer: &Fixer<'_>,
) -> (String, String) {
    let file = fixer.files.get(write.file).text.as_str();
    let before = spelled(write, fixer.files);
    let bound = crate::project::bound::of_assignment(write);
    let value = bound.first().map_or(custom::UNKNOWN, |(_, bind)| bind.source.as_str());
    let unknown = EntityUse { path: EntityPath::default(), columns: vec![], hooks: vec![] };
    let entity = write.entity.as_deref().unwrap_or(&unknown);
    let code = super::code::Code::default();
    let path = expr_path(write, file);
    let expr = format!("{path}::value({value})");
    let case = model::Case { write, entity, code: &code, text: file, expr: &expr, values: &[] };
    let head = file.get(..write.site.span.start as usize).unwrap_or_default().trim_end();
    let setter = if write.verb == Verb::Update { "col_expr" } else { "value" };
    let (counted, condition) = match compared {
        Compared::Document => (String::new(), of_old(write, read, &path, &case.named(), fixer)),
        Compared::Version { name, .. } => {
            let column = text::quote_if_needed(name, write.dialect);
            let column = qualifier(write).map_or_else(|| column.clone(), |table| format!("{table}.{column}"));
            let next = expression(&path, &format!("{column} + 1"), &[]);
            let named = case.column_named(name);
            (format!(".{setter}({named}, {next})"), format!("{named}.eq({name})"))
        }
    };
    let after = match () {
        () if write.verb == Verb::Upsert => format!("{counted}.action_and_where({condition})"),
        () if is_model(write, fixer) => {
            case.shown().replace(".filter(..)", &format!("{counted}.filter(..).filter({condition})"))
        }
        () if head.ends_with(".col_expr(") => format!("{before}){counted}.filter({condition}"),
        () => format!("{counted}.filter({condition})"),
    };
    (before, after)
}

/// The comparison with the document that was read.
fn of_old(write: &ColumnWrite, read: &EarlierRead, path: &str, named: &str, fixer: &Fixer<'_>) -> String {
    let old = match read.site.filter(|_| read.handed_in).map(|site| folded(fixer.files.text(site))) {
        Some(old) if text::words(&old).count() < 5 && !old.contains('(') => format!("{old}.clone()"),
        _ => custom::UNKNOWN.to_owned(),
    };
    if write.column.kind == ColumnKind::Jsonb && write.column.nullable == Some(false) {
        return format!("{named}.eq({old})");
    }
    let condition = of_document(write, "$1").unwrap_or_else(|| custom::UNKNOWN.to_owned());
    expression(path, &custom::plain(&condition, write.dialect), &[old])
}
