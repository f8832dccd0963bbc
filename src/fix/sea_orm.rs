//! The same suggestions as SeaORM code: the database edits the document, through custom SQL in an expression.
//!
//! The SQL inside has been checked like any other; only its dressing is made here. Where the value of a builder stands
//! alone (`.col_expr(column, value)`, `.value(column, value)`, `.update_column(column)`) the change is an edit of it; an
//! active model cannot say it, so that its column gets an `update_many()` of its own ([`model`]).

pub(super) mod code;
mod compared;
mod custom;
mod model;

pub(super) use compared::compared;

use super::suggestion::{Applicability, Edit, Fix};
use super::{Draft, Fixer, folded, not_applicable, spelled};
use crate::frontend::facts::{EntityPath, EntityUse};
use crate::frontend::sql::Verb;
use crate::project::writes::ColumnWrite;
use crate::source::{Site, Span};
use std::rc::Rc;

/// How the column and its value are spelled.
enum Form<'f> {
    /// The value is an argument of a builder.
    Value {
        /// The bytes of the value.
        span: Span,
    },
    /// `update_column(column)`: the value is that of the row that was to be inserted.
    Excluded {
        /// The bytes of the call, from the method's name on.
        span: Span,
        /// The column as it is spelled.
        column: &'f str,
    },
    /// A column in the list of `update_columns`.
    Listed {
        /// The column as it is spelled.
        column: &'f str,
    },
    /// A field of an active model.
    Model,
}

/// Dresses a checked assignment.
pub(super) fn dress(write: &ColumnWrite, draft: &Draft, fixer: &Fixer<'_>) -> Option<Fix> {
    let (_, value) = draft.assignment.split_once(" = ")?;
    let (files, text) = (fixer.files, fixer.files.get(write.file).text.as_str());
    let form = form(write, text)?;
    let of_model = matches!(form, Form::Model).then_some(text);
    let (sql, values) = custom::of(write, value, draft.bind.as_ref(), of_model);
    let is_spelled = !values.iter().any(|value| value == custom::UNKNOWN);
    let expr = expression(&expr_path(write, text), &sql, &values);
    let shown = |before: &str, after: String, why: Option<&str>| Fix {
        applicability: Applicability::Display,
        title: why
            .filter(|_| draft.applicability != Applicability::Display)
            .map_or_else(|| draft.title.to_owned(), |why| format!("{} (by hand: {why})", draft.title)),
        edits: vec![],
        patch: vec![(folded(before), after)],
    };
    let refused = not_applicable(write, draft).or((!is_spelled).then_some("what is bound cannot be spelled"));
    let (span, after) = match form {
        Form::Value { span } => (span, expr),
        Form::Excluded { span, column } => (span, format!("value({column}, {expr})")),
        Form::Listed { column } => {
            let why = "the column stands in a list";
            return Some(shown(column, format!(".value({column}, {expr})"), Some(why)));
        }
        Form::Model => {
            let unknown = EntityUse { path: EntityPath::default(), columns: vec![], hooks: vec![] };
            let entity = write.entity.as_deref().unwrap_or(&unknown);
            // What is only shown needs no places of the file.
            let code = if refused.is_some() { Rc::default() } else { fixer.models(write.file) };
            let case = model::Case { write, entity, code: &code, text, expr: &expr, values: &values };
            let before = &spelled(write, files);
            return Some(match refused.map_or_else(|| case.edits(), Err) {
                Ok(moved) if parses(text, &moved.edits) => {
                    let fix = shown(before, moved.statement, None);
                    let together =
                        if moved.beside { "; these are two statements: keep them in one transaction" } else { "" };
                    let title = format!("{}{together}", fix.title);
                    Fix { applicability: draft.applicability, title, edits: moved.edits, ..fix }
                }
                Ok(_) => shown(before, case.shown(), None),
                Err(why) => shown(before, case.shown(), Some(why)),
            });
        }
    };
    let site = Site { file: write.file, span };
    let before = files.text(site);
    if refused.is_some() || syn::parse_str::<syn::Expr>(&after).is_err() {
        return Some(shown(before, after, refused));
    }
    let edits = vec![Edit { site, text: after.clone() }];
    Some(Fix { applicability: draft.applicability, edits, ..shown(before, after, None) })
}

/// Whether a built statement goes through an active model.
pub(super) fn is_model(write: &ColumnWrite, fixer: &Fixer<'_>) -> bool {
    matches!(form(write, &fixer.files.get(write.file).text), Some(Form::Model))
}

/// The statement that gives the column the value of some SQL; what is bound in it is left open.
pub(super) fn statement(write: &ColumnWrite, sql: &str, fixer: &Fixer<'_>) -> String {
    let text = fixer.files.get(write.file).text.as_str();
    let (sql, values) = custom::of(write, sql, None, None);
    let values = vec![custom::UNKNOWN.to_owned(); values.len()];
    let expr = expression(&expr_path(write, text), &sql, &values);
    let unknown = EntityUse { path: EntityPath::default(), columns: vec![], hooks: vec![] };
    let entity = write.entity.as_deref().unwrap_or(&unknown);
    let code = code::Code::default();
    model::Case { write, entity, code: &code, text, expr: &expr, values: &values }.shown()
}

/// Whether the file is Rust after these edits.
fn parses(text: &str, edits: &[Edit]) -> bool {
    let edits: Vec<_> = edits.iter().map(|edit| (edit.site.span.range(), edit.text.as_str())).collect();
    super::edits::replaced(text, &edits).is_some_and(|after| syn::parse_file(&after).is_ok())
}

/// How the source spells the write; `None` when its places are not what they seem.
fn form<'f>(write: &ColumnWrite, text: &'f str) -> Option<Form<'f>> {
    let head = text.get(..write.site.span.start as usize)?.trim_end();
    let span = write.sql.value_span;
    let end = text.get(span.end as usize..)?;
    let method = |name: &str| head.strip_suffix('(').is_some_and(|head| head.trim_end().ends_with(name));
    if write.verb != Verb::Update && span == write.site.span {
        let column = text.get(span.range())?;
        if !method(".update_column") {
            return Some(Form::Listed { column });
        }
        let open = head.len() - 1;
        let start = text.get(..open)?.rfind('.')? + 1;
        let close = end.len() - end.trim_start().len();
        let closes = end.trim_start().starts_with(')');
        let span = Span { start: start as u32, end: span.end + close as u32 + 1 };
        return closes.then_some(Form::Excluded { span, column });
    }
    let own = text.get(write.site.span.start as usize..span.start as usize)?.trim_end();
    // `(column, value)`, as the arguments of a builder or as a pair.
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '>');
    let pair = head.strip_suffix('(').is_some_and(|head| !head.trim_end().ends_with(is_name));
    if !pair && !method(".col_expr") && !method(".value") {
        return Some(Form::Model);
    }
    let closed = end.trim_start().starts_with([')', ',']);
    (own.ends_with(',') && closed).then_some(Form::Value { span })
}

/// sea-query's `Expr` as the file names it.
fn expr_path(write: &ColumnWrite, text: &str) -> String {
    let value = text.get(write.sql.value_span.range()).unwrap_or("");
    let path: &str = value.split("Expr::").next().filter(|path| path.len() < value.len()).unwrap_or("-");
    if path.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':')) {
        return format!("{path}Expr");
    }
    let imports = text.split("use ").skip(1).filter_map(|rest| rest.split(';').next());
    let named = imports.flat_map(|list| list.split(|c: char| !(c.is_alphanumeric() || c == '_'))).any(|w| w == "Expr");
    if named { "Expr".to_owned() } else { "sea_orm::sea_query::Expr".to_owned() }
}

/// Custom SQL as an expression.
fn expression(path: &str, sql: &str, values: &[String]) -> String {
    let sql = custom::literal(sql);
    match values {
        [] => format!("{path}::cust({sql})"),
        [one] => format!("{path}::cust_with_values({sql}, [{one}])"),
        several => {
            // An array holds one type.
            let several: Vec<String> = several.iter().map(|value| format!("sea_orm::Value::from({value})")).collect();
            format!("{path}::cust_with_values({sql}, [{}])", several.join(", "))
        }
    }
}
