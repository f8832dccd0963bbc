//! What is assigned: targets, subscripts, several assignments of one column, and the column's type at the end.

use super::super::{Assigned, Dialect, SqlWrite, Verb};
use super::typed::{Ty, Typed, as_json, as_part, as_stored, is_malformed};
use super::{Evaluator, SqlType};
use crate::document::run::Storage;
use crate::document::{Document, Family, Nullability, OnNull, Path, SetMode, Shape, Step};
use sqlparser::ast::Expr;

impl Evaluator<'_> {
    /// The document that the column holds afterwards.
    pub(super) fn assigned(&mut self, assigned: &Assigned, write: &SqlWrite) -> Document {
        if let Some(why) = self.target_mistake(write) {
            return self.reject(why).doc;
        }
        match assigned {
            Assigned::Value(value) => {
                let value = self.eval(value);
                self.stored(value)
            }
            Assigned::Subscript(path, value) => {
                let of = self.own.clone();
                self.subscript(of, path, value)
            }
            Assigned::RowItem(row, index) => {
                let value = self.row_item(row, *index);
                self.stored(value)
            }
            Assigned::Several(parts) => self.several(parts, write),
            Assigned::Inserted => {
                let column = self.column.to_owned();
                if column.is_empty() {
                    // No column list: the values go by position.
                    return super::typed::input("VALUES", Shape::Any, Nullability::Maybe);
                }
                let value = self.inserted(&column);
                self.stored(value)
            }
            Assigned::Omitted => Document::Null,
            Assigned::Default => self.default_value().doc,
            Assigned::Rejected(why) => self.reject(why.clone()).doc,
            Assigned::Unparsed(why) if why == super::super::assignments::SLICE && self.own_ty.is_json() => {
                self.reject("a JSON subscript does not support slices").doc
            }
            Assigned::Unparsed(why) => Document::Unknown(why.clone()),
        }
    }

    /// `DEFAULT`: SQL NULL, as far as is known here. Not SQLite's.
    pub(super) fn default_value(&mut self) -> Typed {
        if self.dialect == Dialect::Sqlite {
            return self.reject("SQLite has no DEFAULT in SET");
        }
        Typed::new(Document::Null, Ty::Untyped)
    }

    /// Several assignments of one column, folded as the dialect folds them.
    fn several(&mut self, parts: &[Assigned], write: &SqlWrite) -> Document {
        match self.dialect {
            // Measured: only the last one counts.
            Dialect::Sqlite => parts.last().map_or(Document::Null, |last| self.assigned(last, write)),
            // Measured on MariaDB: evaluated from left to right, each sees what the one before stored.
            Dialect::Mysql => {
                for part in parts {
                    self.own = self.assigned(part, write);
                }
                self.own.clone()
            }
            Dialect::Postgres => {
                let mut result = self.own.clone();
                for part in parts {
                    let Assigned::Subscript(path, value) = part else {
                        return self.reject(format!("multiple assignments to same column \"{}\"", self.column)).doc;
                    };
                    result = self.subscript(result, path, value);
                }
                result
            }
        }
    }

    /// `c['a']['b'] = v`.
    fn subscript(&mut self, of: Document, path: &[Expr], value: &Expr) -> Document {
        if self.own_ty != Ty::Jsonb || self.server.lacks_subscripts() {
            return self.reject("cannot subscript this type").doc;
        }
        let mut steps = vec![];
        for index in path {
            let index = self.eval(index);
            let step = match index.doc {
                Document::Null => return self.reject("jsonb subscript in assignment must not be null").doc,
                Document::Text(text) if super::typed::has_hole(&text) => Step::Param(text),
                Document::Text(text) => Step::Name(text),
                Document::Known(serde_json::Value::Number(n)) if n.is_i64() => Step::Index(n.as_i64().unwrap_or(0)),
                Document::Input(input) => Step::Param(input.id),
                Document::Computed { what, .. } => Step::Param(what),
                _ => return Document::Unknown("a subscript that is computed".into()),
            };
            steps.push(step);
        }
        let value = self.eval(value);
        let value = match value.ty {
            Ty::Json => value.doc,
            _ => self.jsonb(value, "subscripted assignment requires type jsonb"),
        };
        Document::Set {
            of: Box::new(of),
            path: Path::Steps(steps),
            value: Box::new(value),
            mode: SetMode::Set,
            on_null: OnNull::JsonNull,
            family: Family::PgSubscript,
        }
    }

    /// The value of a type as a column of the written kind takes it.
    fn stored(&mut self, value: Typed) -> Document {
        self.stored_in(value, self.own_ty)
    }

    /// The value as a column of type `ty` takes it.
    pub(super) fn stored_in(&mut self, value: Typed, ty: Ty) -> Document {
        if matches!(value.doc, Document::Fails(_)) {
            return value.doc;
        }
        match (self.dialect, ty) {
            (Dialect::Postgres, Ty::Jsonb | Ty::Json) => match value.ty {
                Ty::Jsonb | Ty::Json => value.doc,
                Ty::Untyped | Ty::Any => {
                    let doc = as_json(value.doc, self.old_is_text());
                    if value.ty == Ty::Untyped && is_malformed(&doc) {
                        return self.reject("invalid input syntax for type json").doc;
                    }
                    doc
                }
                Ty::Text | Ty::TextArray | Ty::Scalar | Ty::Record => {
                    self.reject(format!(
                        "column \"{}\" is of a JSON type but the expression is not: it needs a cast",
                        self.column
                    ))
                    .doc
                }
            },
            (Dialect::Mysql, Ty::Json) => {
                let doc = as_stored(value.doc);
                if is_malformed(&doc) && self.environment.storage() == Storage::CheckedText && !can_choose(&doc) {
                    return Document::Fails("the text is not valid JSON".into());
                }
                doc
            }
            (Dialect::Postgres, _) if value.ty == Ty::Record => as_part(value, self.old_is_text()),
            _ => as_stored(value.doc),
        }
    }

    /// Mistakes on the left of `=`, measured: they are rejected in every state.
    fn target_mistake(&self, write: &SqlWrite) -> Option<String> {
        if write.verb == Verb::Replace {
            return None;
        }
        let whole = write.target.iter().map(|i| i.text.as_str()).collect::<Vec<_>>().join(".");
        match write.target.as_slice() {
            [] => None,
            [only] => {
                // A quoted name with a dot is a column of that name, which is rarely meant.
                let (first, _) = only.text.split_once('.')?;
                let known = |name: &str| self.environment.column_type(&write.table, name).is_some();
                (known(first) && !known(&only.text)).then(|| format!("column \"{whole}\" does not exist"))
            }
            [.., qualifier, _] => match self.dialect {
                Dialect::Mysql if self.names_target(&qualifier.text) => None,
                Dialect::Mysql if self.is_source(&qualifier.text) => None,
                Dialect::Mysql => Some(format!("unknown column '{whole}'")),
                Dialect::Sqlite => Some("a SET target cannot be qualified".into()),
                Dialect::Postgres if self.names_target(&qualifier.text) => {
                    Some(format!("column \"{}\" does not exist: SET targets cannot be qualified", qualifier.text))
                }
                Dialect::Postgres => match self.environment.column_type(&write.table, &qualifier.text) {
                    // A field of a composite column.
                    Some(SqlType::Other) => None,
                    _ => {
                        Some(format!("cannot assign to a field of column \"{}\": it is not composite", qualifier.text))
                    }
                },
            },
        }
    }

    fn names_target(&self, name: &str) -> bool {
        self.write.table.name.eq_ignore_ascii_case(name)
            || self.write.alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(name))
    }

    fn is_source(&self, name: &str) -> bool {
        self.write.sources.iter().any(|(alias, _)| alias.eq_ignore_ascii_case(name))
    }
}

/// Whether the value depends on the state, so that an invalid text in it is rejected only in some.
fn can_choose(doc: &Document) -> bool {
    matches!(doc, Document::First(_) | Document::Choose { .. })
}
