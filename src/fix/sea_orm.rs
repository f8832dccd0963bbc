//! The same suggestions as SeaORM code: the database edits the document, through custom SQL in an expression.
//!
//! The SQL inside has been checked like any other; only its dressing is made here. Where the value of a builder stands
//! alone (`.col_expr(column, value)`, `.value(column, value)`, `.update_column(column)`) the change is an edit; an active
//! model cannot say it, so that an `update_many()` is shown for it, whose condition is left to the reader.

mod custom;

use super::suggestion::{Applicability, Edit, Fix};
use super::{Draft, is_applicable};
use crate::frontend::sql::Verb;
use crate::project::writes::ColumnWrite;
use crate::source::{Files, Site, Span};
use heck::ToUpperCamelCase;

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
pub(super) fn dress(write: &ColumnWrite, draft: &Draft, files: &Files) -> Option<Fix> {
    let (_, value) = draft.assignment.split_once(" = ")?;
    let (sql, values) = custom::of(write, value, draft.bind.as_ref());
    let text = files.get(write.file).text.as_str();
    let form = form(write, text)?;
    let expr = expression(&expr_path(write, text), &sql, &values);
    let shown = Fix {
        applicability: Applicability::Display,
        title: draft.title.to_owned(),
        edits: vec![],
        patch: vec![(folded(files.text(write.site)), String::new())],
    };
    let (span, after) = match form {
        Form::Value { span } => (span, expr),
        Form::Excluded { span, column } => (span, format!("value({column}, {expr})")),
        Form::Listed { column } => {
            let after = format!(".value({column}, {expr})");
            return Some(Fix { patch: vec![(folded(column), after)], ..shown });
        }
        Form::Model => {
            // The variant is named after the model's field, whatever the column is called.
            let field = text.get(write.sql.target_span.range()).unwrap_or("").rsplit(['.', ' ', ':']).next();
            let field = field.map(|field| field.trim_start_matches("r#")).filter(|field| super::text::is_plain(field));
            let column = field.unwrap_or(&write.column.name).to_upper_camel_case();
            let after = format!("Entity::update_many().col_expr(Column::{column}, {expr}).filter(..)");
            let before = shown.patch.into_iter().map(|(before, _)| (before, after.clone())).collect();
            return Some(Fix { patch: before, ..shown });
        }
    };
    let site = Site { file: write.file, span };
    let patch = vec![(folded(files.text(site)), after.clone())];
    let is_spelled = !values.iter().any(|value| value == custom::UNKNOWN);
    if !is_spelled || !is_applicable(write, draft) || syn::parse_str::<syn::Expr>(&after).is_err() {
        return Some(Fix { patch, ..shown });
    }
    Some(Fix { applicability: draft.applicability, patch, edits: vec![Edit { site, text: after }], ..shown })
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

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
