//! The state of reading one text: where its bytes are in the file, and what has been found. Turns token ranges into
//! spans and assignments into writes; never reads tokens for their meaning.

use super::assignments::Assignment;
use super::relations::Relation;
use super::split::Statement;
use super::tokens::bytes;
use super::{Assigned, ColumnUse, Dialect, RowScope, SqlFacts, SqlWrite, TableName, UseKind, Verb, bound};
use crate::frontend::facts::Problem;
use crate::source::{Span, SpanMap};
use sqlparser::ast::{Expr, ObjectNamePart, Value, Visit, Visitor};
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

/// More columns in one `SET` list are not read: every write names all of its statement.
const MAX_ASSIGNMENTS: usize = 400;

/// Reading one text, or the body of a routine inside one.
pub(super) struct Reader<'a> {
    /// The text.
    pub text: &'a str,
    /// Its bytes in the file.
    pub map: &'a SpanMap,
    /// The dialect it is read in.
    pub dialect: Dialect,
    /// Named placeholders of the text, numbered from 1.
    pub names: &'a BTreeMap<String, usize>,
    /// It is SQL for certain, and not a string that may be prose.
    pub certain: bool,
    /// It is the body of a routine.
    pub in_routine: bool,
    /// The first bytes of the targets that the statement in hand assigns to.
    pub targets: Vec<usize>,
    /// The table of the trigger whose body is read: what `NEW` and `OLD` stand for.
    pub trigger: Option<TableName>,
    /// How many texts it lies inside: a string in a body in a string ..
    pub depth: usize,
    /// What is found.
    pub facts: &'a mut SqlFacts,
}

/// What the writes of one `SET` list have in common.
pub(super) struct Target<'s> {
    /// The statement kind.
    pub verb: Verb,
    /// The tables that may be written; the first unless an assignment names another.
    pub relations: &'s [Relation],
    /// The whole statement's tokens.
    pub statement: Range<usize>,
    /// Which rows.
    pub scope: RowScope,
    /// The predicate.
    pub predicate: Option<Box<Expr>>,
    /// For upserts: the inserted columns.
    pub inserted: &'s [(String, Vec<Expr>)],
    /// Other relations in scope.
    pub sources: &'s [Relation],
}

impl Reader<'_> {
    /// The bytes of these tokens in the file.
    pub(super) fn span(&self, statement: &Statement, tokens: Range<usize>) -> Span {
        self.map.span(bytes(statement.slice(tokens)))
    }

    /// Lists something as not analysed.
    pub(super) fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.facts.unanalysed.push(Problem { span: Some(span), message: message.into() });
    }

    /// Adds the writes of a `SET` list: one per column.
    pub(super) fn push_writes(&mut self, statement: &Statement, target: &Target, assignments: Vec<Assignment>) {
        let mut assignments = assignments;
        if assignments.len() > MAX_ASSIGNMENTS {
            let rest = assignments.split_off(MAX_ASSIGNMENTS);
            if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
                let span = self.span(statement, first.tokens.start..last.tokens.end);
                self.problem(span, format!("only the first {MAX_ASSIGNMENTS} columns of this statement are read"));
            }
        }
        self.targets.extend(assignments.iter().map(|a| bytes(statement.slice(a.target_tokens.clone())).start));
        if target.verb != Verb::Replace {
            self.note_bound(statement, target, &assignments);
        }
        let columns: Vec<Option<String>> = assignments.iter().map(|a| column_of(a, target.relations)).collect();
        let together: Vec<String> = unique(columns.iter().flatten());
        let mut groups: Vec<(Option<String>, Vec<usize>)> = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            match groups.iter_mut().find(|(name, _)| column.is_some() && same(name.as_ref(), column.as_ref())) {
                Some((_, members)) => members.push(index),
                None => groups.push((column.clone(), vec![index])),
            }
        }
        let mut assignments: Vec<Option<Assignment>> = assignments.into_iter().map(Some).collect();
        for (_, members) in groups {
            let first_at = members.first().copied().unwrap_or(0);
            let taken: Vec<Assignment> =
                members.iter().filter_map(|i| assignments.get_mut(*i).and_then(Option::take)).collect();
            let earlier = unique(columns.get(..first_at).unwrap_or(&[]).iter().flatten());
            let in_a_row = members.windows(2).all(|pair| matches!(pair, [a, b] if a + 1 == *b));
            if let Some(assignment) = merged(taken, in_a_row) {
                self.push_write(statement, target, assignment, earlier, together.clone());
            }
        }
    }

    /// Notes which columns take a bare placeholder or JSON.
    fn note_bound(&mut self, statement: &Statement, target: &Target, assignments: &[Assignment]) {
        for assignment in assignments {
            let column = column_of(assignment, target.relations);
            let table = relation_of(assignment, target.relations).and_then(|r| r.table.clone());
            let (Some(column), Some(table)) = (column, table) else { continue };
            let (name, value) = (assignment.target_tokens.clone(), assignment.value_tokens.clone());
            match &assignment.value {
                Assigned::Value(_) => bound::note(self, statement, &table, &column, name, value),
                Assigned::Subscript(path, _) if path.first().is_some_and(is_text) => {
                    let (how, span) = (UseKind::JsonFunction("[]".into()), self.span(statement, name));
                    self.facts.uses.push(ColumnUse { table: Some(table), column, how, span });
                }
                _ => {}
            }
        }
    }

    fn push_write(
        &mut self,
        statement: &Statement,
        target: &Target,
        assignment: Assignment,
        earlier: Vec<String>,
        together: Vec<String>,
    ) {
        let Some(relation) = relation_of(&assignment, target.relations) else { return };
        let whole = bytes(statement.slice(target.statement.clone()));
        let own = bytes(statement.slice(assignment.tokens.clone()));
        let others = target.relations.iter().filter(|r| r.tokens != relation.tokens).chain(target.sources);
        self.facts.writes.push(SqlWrite {
            verb: target.verb,
            table: relation.table.clone().unwrap_or(TableName { schema: None, name: String::new() }),
            table_span: self.span(statement, relation.tokens.clone()),
            alias: relation.alias.clone(),
            assignment: self.map.span(own.clone()),
            target_span: self.span(statement, assignment.target_tokens),
            value_span: self.span(statement, assignment.value_tokens),
            statement: self.map.span(whole.clone()),
            statement_sql: self.text.get(whole.clone()).unwrap_or("").to_owned(),
            map: self.map.slice(whole.clone()),
            assignment_in_statement: own.start.saturating_sub(whole.start)..own.end.saturating_sub(whole.start),
            target: assignment.target,
            value: assignment.value,
            earlier,
            together,
            scope: target.scope,
            predicate: target.predicate.clone(),
            inserted: target.inserted.to_vec(),
            sources: others.filter_map(|r| Some((r.label()?.to_owned(), r.table.clone()))).collect(),
            in_routine: self.in_routine,
        });
    }
}

/// The first part of the target, where it names one of the tables.
fn qualifier<'a>(assignment: &'a Assignment, relations: &[Relation]) -> Option<&'a str> {
    let [first, _, ..] = assignment.target.as_slice() else { return None };
    relations.iter().any(|r| r.label().is_some_and(|l| l.eq_ignore_ascii_case(&first.text))).then_some(&first.text)
}

/// The table that is written: the one that the target names, or the first.
fn relation_of<'r>(assignment: &Assignment, relations: &'r [Relation]) -> Option<&'r Relation> {
    qualifier(assignment, relations)
        .and_then(|name| relations.iter().find(|r| r.label().is_some_and(|l| l.eq_ignore_ascii_case(name))))
        .or(relations.first())
}

/// Whether the expression is a string literal.
fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(v) if matches!(v.value, Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_)))
}

/// The column that is assigned: the first part of the target that is no table.
fn column_of(assignment: &Assignment, relations: &[Relation]) -> Option<String> {
    let skip = usize::from(qualifier(assignment, relations).is_some());
    assignment.target.get(skip).map(|i| i.text.clone())
}

fn same(a: Option<&String>, b: Option<&String>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if !out.contains(name) {
            out.push(name.clone());
        }
    }
    out
}

/// One assignment of all that name the same column. Its range is that of all when they stand side by side, else of the
/// first.
fn merged(mut members: Vec<Assignment>, in_a_row: bool) -> Option<Assignment> {
    if members.len() < 2 {
        return members.pop();
    }
    let last = members.last().map(|l| (l.tokens.end, l.value_tokens.end));
    let values: Vec<Assigned> = members.iter().map(|m| m.value.clone()).collect();
    let mut first = members.into_iter().next()?;
    if let Some((end, value_end)) = last.filter(|_| in_a_row) {
        first.tokens.end = end;
        first.value_tokens.end = value_end;
    }
    first.value = Assigned::Several(values);
    Some(first)
}

/// Which rows a parsed predicate selects: one that names no column selects all or none.
pub(super) fn scope_of(predicate: &Expr) -> RowScope {
    struct Names;
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(name)
                    if name.quote_style.is_some()
                        || !["TRUE", "FALSE"].iter().any(|k| name.value.eq_ignore_ascii_case(k)) =>
                {
                    ControlFlow::Break(())
                }
                Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
        fn pre_visit_relation(&mut self, name: &sqlparser::ast::ObjectName) -> ControlFlow<()> {
            // A subquery over a table is a comparison with data.
            if name.0.iter().any(|p| matches!(p, ObjectNamePart::Identifier(_))) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
    }
    if predicate.visit(&mut Names).is_break() { RowScope::Predicate } else { RowScope::All }
}
