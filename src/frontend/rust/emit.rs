//! From texts to facts: names holes, reads the SQL, and keeps one fact for each place.

use super::binds::List;
use super::text::Text;
use crate::frontend::facts::{ConstantQuery, DeferredText, Facts, Function, Route, SqlText, TextFacts};
use crate::frontend::sql::{self, Dialect};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// A text that is ready to be read.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) text: Text,
    pub(super) route: Route,
    pub(super) span: Span,
    pub(super) dialect: Option<Dialect>,
    pub(super) binds: List,
    pub(super) scope: usize,
    pub(super) test: bool,
}

/// Turns texts into facts.
#[derive(Debug)]
pub(super) struct Emitter {
    pub(super) facts: Facts,
    /// The dialect of the crate.
    dialect: Option<Dialect>,
    /// Literals that went into a text, by their first byte.
    consumed: BTreeSet<u32>,
    /// Texts that were read, by SQL and place.
    seen: BTreeMap<(String, Span), usize>,
    /// Writes that were read, by assignment, table and target.
    writes: BTreeSet<(Span, String, Vec<String>)>,
    /// Facts index of a scope's function.
    pub(super) functions: BTreeMap<usize, usize>,
}

impl Emitter {
    /// Fills `facts`.
    pub(super) fn new(facts: Facts, dialect: Option<Dialect>) -> Self {
        Self {
            facts,
            dialect,
            consumed: BTreeSet::new(),
            seen: BTreeMap::new(),
            writes: BTreeSet::new(),
            functions: BTreeMap::new(),
        }
    }

    /// Whether a literal went into a text.
    pub(super) fn is_consumed(&self, literal: Span) -> bool {
        self.consumed.contains(&literal.start)
    }

    /// Whether any literal of a text went into an earlier one.
    pub(super) fn is_partly_consumed(&self, text: &Text) -> bool {
        text.literals.iter().any(|l| self.is_consumed(*l))
    }

    /// The index of a scope's function, when it holds a text.
    pub(super) fn function_of(&self, scope: usize) -> Option<usize> {
        self.functions.get(&scope).copied()
    }

    /// The index of a scope's function among the facts.
    pub(super) fn function(&mut self, scope: usize, name: &str, range: (usize, usize)) -> usize {
        if let Some(index) = self.functions.get(&scope) {
            return *index;
        }
        let index = self.facts.functions.len();
        self.facts.functions.push(Function {
            name: name.to_owned(),
            span: Span::new(range.0..range.1),
            self_type: None,
            trait_name: None,
            module: vec![],
            parameters: vec![],
            signs: vec![],
        });
        self.functions.insert(scope, index);
        index
    }

    /// Reads a text and keeps its facts; `function` is the index of its function.
    pub(super) fn emit(&mut self, ready: Ready, function: Option<usize>) {
        // What a constant of another file spells alone is read there.
        if !ready.text.has_sql() {
            let rendered = ready.text.render(ready.dialect.or(self.dialect));
            if let ([(token, constant)], false) = (rendered.constants.as_slice(), ready.binds.binds.is_empty())
                && rendered.sql.trim() == token
            {
                let query = ConstantQuery { constant: constant.clone(), binds: ready.binds.binds };
                self.facts.constant_queries.push(query);
            }
            return;
        }
        for literal in &ready.text.literals {
            self.consumed.insert(literal.start);
        }
        let rendered = ready.text.render(ready.dialect.or(self.dialect));
        let place = if rendered.map.sql_len() > 0 { rendered.map.span(0..rendered.sql.len()) } else { ready.span };
        let text = SqlText {
            sql: rendered.sql,
            map: rendered.map,
            span: ready.span,
            route: ready.route,
            dialect: ready.dialect,
            holes: rendered.holes,
            binds: ready.binds.binds,
            function,
            test: ready.test,
        };
        if !rendered.constants.is_empty() {
            self.facts.deferred.push(DeferredText { text, constants: rendered.constants });
            return;
        }
        let key = (text.sql.clone(), place);
        if let Some(earlier) = self.seen.get(&key).and_then(|i| self.facts.texts.get_mut(*i)) {
            // The same constant handed to several calls: once is enough, with the binds that show.
            if earlier.text.binds.is_empty() {
                earlier.text.binds = text.binds;
            }
            return;
        }
        let mut facts = sql::read(&text, self.dialect);
        let writes = &mut self.writes;
        facts.writes.retain(|w| {
            let target = w.target.iter().map(|i| i.text.clone()).collect();
            w.assignment == Span::default() || writes.insert((w.assignment, w.table.name.clone(), target))
        });
        let nothing =
            facts.writes.is_empty() && facts.schema.is_empty() && facts.uses.is_empty() && facts.unanalysed.is_empty();
        if nothing && text.route == Route::Literal {
            return;
        }
        self.seen.insert(key, self.facts.texts.len());
        self.facts.texts.push(TextFacts { text, facts });
    }
}
