//! An active model that replaces a document: the column is left to a statement of its own, in which the database edits
//! the document, and the model writes the rest as before.
//!
//! The model's hooks run as before, it returns the row that is stored, and fails where it failed before. Where the program
//! does anything with the model that does not show, or would notice the difference, there is no edit, and the reason is said.

mod seen;
mod spelling;

use super::code::{Assign, Code, Literal, Sink, Written};
use crate::fix::suggestion::Edit;
use crate::fix::text;
use crate::frontend::facts::{EntityColumn, EntityUse};
use crate::project::writes::ColumnWrite;
use crate::source::{Site, Span};
use std::fmt::Write as _;
use std::ops::Range;

/// Traits whose methods the new statement calls.
const TRAITS: [&str; 3] = ["ColumnTrait", "EntityTrait", "QueryFilter"];

/// Types that are copied, so that a key can be named twice.
const COPIED: [&str; 11] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "Uuid", "bool", "char"];

/// Why there is no edit, as the end of a sentence.
pub(super) type Reason = &'static str;

/// The new statement in the file.
pub(super) struct Moved {
    pub(super) edits: Vec<Edit>,
    /// The statement, on one line.
    pub(super) statement: String,
    /// The model writes other columns still.
    pub(super) beside: bool,
}

/// A write through a model that is to be changed.
pub(super) struct Case<'c> {
    pub(super) write: &'c ColumnWrite,
    pub(super) entity: &'c EntityUse,
    pub(super) code: &'c Code,
    pub(super) text: &'c str,
    /// The new value: `Expr::cust_with_values(..)`.
    pub(super) expr: &'c str,
    /// What is bound in it.
    pub(super) values: &'c [String],
}

/// Where the new statement goes, and what it replaces.
struct Plan {
    /// Before this byte, or instead of these.
    place: Range<usize>,
    /// What else goes.
    gone: Vec<(Range<usize>, String)>,
    /// What picks the row: a key for each column.
    keys: Vec<String>,
}

impl Case<'_> {
    /// The edits, or why there are none.
    pub(super) fn edits(&self) -> Result<Moved, Reason> {
        let column = self.column().ok_or("the entity does not name the column")?;
        self.no_hook_sees(&[&column.field, &column.variant])?;
        let prefix = self.prefix().ok_or("the entity has another name here")?;
        let site = self.write.site.span.range();
        let assign = self.code.assigns.iter().find(|assign| assign.bytes == site);
        let (sink, plan) = match assign {
            Some(assign) => self.assigned(assign)?,
            None => self.spelled(&site)?,
        };
        let literal = self.code.literals.iter().find(|literal| literal.fields.iter().any(|field| field.bytes == site));
        let beside = self.sets_others(sink, &column.field, literal);
        self.called_alike(sink, beside)?;
        let connection = self.part(&sink.connection);
        let mut filters = String::new();
        for (key, value) in self.keys().zip(&plan.keys) {
            let _ = writeln!(filters, ".filter({prefix}Column::{}.eq({value}))", key.variant);
        }
        let behind = self.behind(sink).ok_or("how the error is handled cannot be repeated")?;
        let behind = behind.replacen(".await.", ".await\n.", 1);
        let lines = format!(
            "{prefix}Entity::update_many()\n.col_expr({prefix}Column::{}, {})\n{filters}.exec({connection})\n{behind};",
            column.variant, self.expr
        );
        let (before, indent) = self.line(plan.place.start);
        let mut statement = lines.replace('\n', &format!("\n{indent}    "));
        if plan.place.is_empty() {
            statement.push('\n');
            statement.push_str(indent);
        }
        if !before.trim().is_empty() {
            return Err("the statement shares its line");
        }
        if self.text.contains("\r\n") {
            statement = statement.replace('\n', "\r\n");
        }
        let mut edits = vec![(plan.place, statement)];
        edits.extend(plan.gone);
        let (missing, first) = self.code.missing(&TRAITS, site.start);
        if !missing.is_empty() {
            let first = first.ok_or("there is no place for an import")?;
            let (_, indent) = self.line(first);
            let names = missing.join(", ");
            let names = if missing.len() == 1 { names } else { format!("{{{names}}}") };
            edits.push((first..first, format!("use sea_orm::{names};\n{indent}")));
        }
        edits.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
        let file = self.write.file;
        let edit = |(bytes, text)| Edit { site: Site { file, span: Span::new(bytes) }, text };
        let statement = lines.replace('\n', "");
        Ok(Moved { edits: edits.into_iter().map(edit).collect(), statement, beside })
    }

    /// The statement as it would be, without a place.
    pub(super) fn shown(&self) -> String {
        let prefix = self.prefix().unwrap_or_default();
        format!("{prefix}Entity::update_many().col_expr({}, {}).filter(..)", self.named(), self.expr)
    }

    /// The column as the place spells it: `users::Column::Data`.
    pub(super) fn named(&self) -> String {
        self.column_named(&self.write.column.name)
    }

    /// A column of the entity, or one that it is to have, as the place spells it.
    pub(super) fn column_named(&self, name: &str) -> String {
        let prefix = self.prefix().unwrap_or_default();
        let known = self.entity.columns.iter().find(|column| column.column == name);
        let variant = known.map(|column| column.variant.clone());
        let variant = variant.unwrap_or_else(|| heck::ToUpperCamelCase::to_upper_camel_case(name));
        format!("{prefix}Column::{variant}")
    }

    fn column(&self) -> Option<&EntityColumn> {
        self.entity.columns.iter().find(|column| column.column == self.write.column.name)
    }

    fn keys(&self) -> impl Iterator<Item = &EntityColumn> {
        self.entity.columns.iter().filter(|column| column.primary_key)
    }

    fn part(&self, bytes: &Range<usize>) -> &str {
        self.text.get(bytes.clone()).unwrap_or_default()
    }

    /// The path of the entity's module, as the place may spell it: `users::`.
    fn prefix(&self) -> Option<String> {
        let (leaf, module) = self.entity.path.path.split_last()?;
        if !["ActiveModel", "Entity", "Model", "Column"].contains(&leaf.as_str()) {
            return None;
        }
        let Some(last) = module.last() else {
            let bare = |name: &str| !self.spelled_alone(&format!("{name}::")).is_empty();
            return (bare("Entity") && bare("Column")).then(String::new);
        };
        let short = ["ActiveModel", "Entity", "Model", "Column"];
        if short.iter().any(|leaf| !self.spelled_alone(&format!("{last}::{leaf}")).is_empty()) {
            return Some(format!("{last}::"));
        }
        Some(format!("{}::", module.join("::")))
    }

    /// The only call that writes a model, behind a byte.
    fn sink(&self, of: &Written, after: usize) -> Result<&Sink, Reason> {
        let mut sinks = self.code.sinks.iter().filter(|sink| sink.of == *of && sink.bytes.start >= after);
        let body = |sink: &Sink| self.block_of(sink.statement).map(|block| self.body(block));
        match (sinks.next(), sinks.next()) {
            (Some(sink), None) => Ok(sink),
            (Some(first), Some(second)) if body(first) != body(second) => Ok(first),
            (Some(_), Some(_)) => Err("the model is written in several places"),
            (None, _) => Err("the call that writes the model does not show"),
        }
    }

    fn block_of(&self, statement: Option<usize>) -> Option<usize> {
        Some(self.code.statements.get(statement?)?.block)
    }

    /// The outermost block of a body.
    fn body(&self, block: usize) -> usize {
        self.code.around(block).last().unwrap_or(block)
    }

    /// `model.data = Set(..);`
    fn assigned(&self, assign: &Assign) -> Result<(&Sink, Plan), Reason> {
        let sink = self.sink(&Written::Variable(assign.base.clone()), assign.bytes.end)?;
        self.set_once(assign)?;
        let statement = self.code.statements.get(assign.statement).ok_or("the statement does not show")?;
        let block = self.block_of(sink.statement).ok_or("the call that writes the model is part of an expression")?;
        if self.body(block) != self.body(statement.block) {
            return Err("the model is written in another function");
        }
        let end = self.code.statements.get(sink.statement.unwrap_or_default()).map_or(0, |s| s.bytes.start);
        let between = statement.bytes.end..end.max(statement.bytes.end);
        self.only_fields(&assign.base, &assign.field, &(statement.bytes.end..sink.bytes.start))?;
        let keys = self.keys().map(|key| format!("{}.{}.clone().unwrap()", assign.base, key.field)).collect::<Vec<_>>();
        if keys.is_empty() {
            return Err("the primary key is not known");
        }
        let mut gone = self.mutable(assign);
        if !self.leaves(&between) && !self.rebinds(sink, &between) && !self.loops(statement.block, block) {
            return Ok((sink, Plan { place: statement.bytes.clone(), gone, keys }));
        }
        if !self.code.around(block).any(|around| around == statement.block) {
            return Err("the column is set under a condition, and the function may return before the model is written");
        }
        self.stays(&between)?;
        gone.push((self.whole_line(&statement.bytes), String::new()));
        Ok((sink, Plan { place: end..end, gone, keys }))
    }

    /// `users::ActiveModel { data: Set(..), .. }`
    fn spelled(&self, site: &Range<usize>) -> Result<(&Sink, Plan), Reason> {
        let is_it = |literal: &&Literal| literal.fields.iter().any(|field| field.bytes == *site);
        let literal = self.code.literals.iter().find(is_it).ok_or("the place is no plain assignment")?;
        let direct = Written::Literal(literal.bytes.clone());
        let found = match &literal.variable {
            Some(name) => self.sink(&Written::Variable(name.clone()), literal.bytes.end)?,
            None => self.sink(&direct, 0)?,
        };
        let own =
            literal.statement.and_then(|id| self.code.statements.get(id)).ok_or("the literal is part of a list")?;
        let block = self.block_of(found.statement).ok_or("the call that writes the model is part of an expression")?;
        if self.body(block) != self.body(own.block) {
            return Err("the model is written in another function");
        }
        let end = self.code.statements.get(found.statement.unwrap_or_default()).map_or(0, |s| s.bytes.start);
        let between = own.bytes.end..end.max(own.bytes.end);
        if let Some(name) = &literal.variable {
            let field = self.column().map(|column| column.field.clone()).unwrap_or_default();
            self.only_fields(name, &field, &(own.bytes.end..found.bytes.start))?;
        }
        let gone = vec![self.without_field(literal, site)];
        if !self.leaves(&between)
            && !self.rebinds(found, &between)
            && let Some(keys) = self.given_keys(literal)
        {
            return Ok((found, Plan { place: own.bytes.start..own.bytes.start, gone, keys }));
        }
        let name = literal.variable.as_ref().ok_or("the primary key is not spelled")?;
        self.stays(&(literal.bytes.start..end))?;
        let keys = self.keys().map(|key| format!("{name}.{}.clone().unwrap()", key.field)).collect::<Vec<_>>();
        if keys.is_empty() {
            return Err("the primary key is not known");
        }
        Ok((found, Plan { place: end..end, gone, keys }))
    }

    /// The keys as the literal spells them.
    fn given_keys(&self, literal: &Literal) -> Option<Vec<String>> {
        let keys: Vec<String> = self
            .keys()
            .map(|key| {
                let field = literal.fields.iter().find(|field| field.name == key.field)?;
                let inner = self.part(field.inner.as_ref()?);
                let wraps = self.part(&field.value).split('(').next().unwrap_or_default().trim();
                let wraps =
                    ["Set", "Unchanged", "set", "unchanged"].contains(&wraps.rsplit("::").next().unwrap_or(wraps));
                let named = inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
                let copied = COPIED.contains(&key.rust_type.as_str()) || !named;
                // What calls something would do it twice.
                let plain = named || inner.ends_with(".clone()") && !inner.trim_end_matches(".clone()").contains('(');
                (wraps && plain).then(|| if copied { inner.to_owned() } else { format!("{inner}.clone()") })
            })
            .collect::<Option<_>>()?;
        (!keys.is_empty()).then_some(keys)
    }

    /// Leaves a field out of a literal.
    fn without_field(&self, literal: &Literal, site: &Range<usize>) -> (Range<usize>, String) {
        let value = literal.fields.iter().find(|field| field.bytes == *site).map(|field| field.value.clone());
        if !literal.rest {
            return (value.unwrap_or_else(|| site.clone()), "sea_orm::ActiveValue::NotSet".to_owned());
        }
        let behind = self.text.get(site.end..).unwrap_or_default();
        let comma = behind.len() - behind.trim_start().len();
        let mut end = site.end;
        if behind.get(comma..).is_some_and(|rest| rest.starts_with(',')) {
            end += comma + 1;
        }
        let line = self.whole_line(&(site.start..end));
        if line.start < site.start || line.end > end {
            return (line, String::new());
        }
        let space = self.text.get(end..).is_some_and(|rest| rest.starts_with(' '));
        (site.start..end + usize::from(space), String::new())
    }

    /// `mut`, if nothing else is assigned to the model any more.
    fn mutable(&self, assign: &Assign) -> Vec<(Range<usize>, String)> {
        let Some(block) = self.block_of(Some(assign.statement)) else { return vec![] };
        let seen = |known: &&super::code::Let| {
            let own = self.block_of(Some(known.statement));
            known.name == assign.base
                && known.mutable.end < assign.bytes.start
                && own.is_some_and(|own| self.code.around(block).any(|around| around == own))
        };
        let known = self.code.lets.iter().filter(seen).max_by_key(|known| known.mutable.start);
        let Some((known, own)) = known.and_then(|known| Some((known, self.block_of(Some(known.statement))?))) else {
            return vec![];
        };
        let end = self.code.blocks.get(own).map_or(0, |block| block.bytes.end);
        // `model.field` on its way to be read, and the call that writes the model.
        let harmless = |at: usize| {
            let behind = self.text.get(at + assign.base.len()..).unwrap_or_default();
            let before = self.text.get(..at).unwrap_or_default().trim_end();
            let Some(behind) = behind.trim_start().strip_prefix('.') else { return !before.ends_with("&mut") };
            let name: String = behind.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let rest = behind.get(name.len()..).unwrap_or_default().trim_start();
            let written = name == "update" || name == "update_without_returning";
            (written || !rest.starts_with('('))
                && (!rest.starts_with('=') || rest.starts_with("=="))
                && !rest.starts_with(".take(")
        };
        let start = self.code.statements.get(known.statement).map_or(end, |statement| statement.bytes.end);
        let mut uses = self.words(&assign.base, &(start..end)).into_iter();
        if uses.all(|at| at == assign.bytes.start || harmless(at)) {
            vec![(known.mutable.clone(), String::new())]
        } else {
            vec![]
        }
    }

    /// That nothing but other fields of the model is named in these bytes.
    fn only_fields(&self, model: &str, field: &str, bytes: &Range<usize>) -> Result<(), Reason> {
        for at in self.words(model, bytes) {
            let behind = self.text.get(at + model.len()..).unwrap_or_default();
            let rest = behind.trim_start().strip_prefix('.').ok_or("the model is handed on before it is written")?;
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name == field {
                return Err("the column is set or read more than once");
            }
            if rest.get(name.len()..).unwrap_or_default().trim_start().starts_with('(') {
                return Err("the model is handed on before it is written");
            }
        }
        Ok(())
    }

    /// Whether the connection is made in these bytes.
    fn rebinds(&self, sink: &Sink, bytes: &Range<usize>) -> bool {
        let names: Vec<&str> = text::words(self.part(&sink.connection)).collect();
        let words: Vec<&str> = text::words(self.part(bytes)).collect();
        words
            .windows(2)
            .any(|pair| matches!(pair, [first, second] if matches!(*first, "let" | "mut") && names.contains(second)))
    }

    /// Whether an inner block runs more than once for one run of an outer one.
    fn loops(&self, inner: usize, outer: usize) -> bool {
        let outside: Vec<usize> = self.code.around(outer).collect();
        let own = self.code.around(inner).take_while(|block| !outside.contains(block));
        own.filter_map(|block| self.code.blocks.get(block)).any(|block| block.looped)
    }

    /// That what is bound can still be named behind these bytes.
    fn stays(&self, bytes: &Range<usize>) -> Result<(), Reason> {
        let bound = |word: &&str| word.chars().next().is_some_and(|c| c.is_lowercase() || c == '_');
        let known = ["json", "serde_json", "clone", "as_ref", "to_string", "true", "false", "null", "self"];
        let words: Vec<&str> = self.values.iter().flat_map(|value| text::words(value)).filter(bound).collect();
        let names = words.iter().filter(|word| !known.contains(word));
        let part = self.part(bytes);
        let own = self.part(&self.write.site.span.range());
        let inside = bytes.contains(&(self.write.site.span.start as usize));
        let count = |text: &str, name: &str| text::words(text).filter(|word| *word == name).count();
        let used = |name: &str| count(part, name) > if inside { count(own, name) } else { 0 };
        if names.clone().any(|name| used(name)) {
            Err("what is bound is used up before the model is written")
        } else {
            Ok(())
        }
    }
}
