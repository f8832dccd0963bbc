//! Query blocks: which relations are in scope at a token, so that a column can be given its table. Says `None` rather
//! than guess.

use super::TableName;
use super::relations::{Relation, defined_names, relations};
use super::split::Statement;
use super::tokens::{is_any, is_word, table_name};
use super::update::clause_end;
use sqlparser::tokenizer::Token;
use std::ops::Range;

/// A block with more `FROM` clauses is none.
const MAX_CLAUSES: usize = 64;

/// One block: a query, or a statement that writes.
#[derive(Default)]
struct Block {
    parent: Option<usize>,
    relations: Vec<Relation>,
    /// The tokens of its `FROM` clauses.
    from: Vec<Range<usize>>,
}

/// All blocks of a statement.
pub(super) struct Blocks {
    list: Vec<Block>,
    of_token: Vec<usize>,
    /// The statement stands in procedural code, where a bare name may be a variable.
    in_routine: bool,
}

impl Blocks {
    /// Reads the blocks of `statement`.
    pub(super) fn new(statement: &Statement, in_routine: bool) -> Self {
        let mut this = Self { list: vec![Block::default()], of_token: vec![], in_routine };
        let defined = defined_names(statement);
        // The block outside each open bracket, and whether the bracket opened one.
        let mut open: Vec<(usize, bool)> = vec![];
        let mut current = 0;
        for at in 0..statement.tokens.len() {
            let Some(token) = statement.get(at) else { break };
            match token.token {
                Token::LParen | Token::LBracket | Token::LBrace => {
                    let query =
                        statement.any(at + 1, &["SELECT", "WITH", "UPDATE", "INSERT", "DELETE", "MERGE", "VALUES"]);
                    open.push((current, query));
                    if query {
                        current = this.add(Some(current));
                    }
                }
                Token::RParen | Token::RBracket | Token::RBrace => {
                    if let Some((outside, _)) = open.pop() {
                        current = outside;
                    }
                }
                Token::Word(_) if open.last().is_none_or(|(_, query)| *query) => {
                    if is_any(token, &["UNION", "EXCEPT", "INTERSECT"]) {
                        let parent = this.list.get(current).and_then(|b| b.parent);
                        current = this.add(parent);
                    } else {
                        this.keyword(statement, at, current, &defined);
                    }
                }
                _ => {}
            }
            this.of_token.push(current);
        }
        this
    }

    fn add(&mut self, parent: Option<usize>) -> usize {
        self.list.push(Block { parent, ..Block::default() });
        self.list.len() - 1
    }

    /// Notes the relations that a keyword brings into its block.
    fn keyword(&mut self, statement: &Statement, at: usize, current: usize, defined: &[String]) {
        let Some(token) = statement.get(at) else { return };
        let Some(block) = self.list.get_mut(current) else { return };
        let limit = statement.group_end(at);
        if block.from.len() > MAX_CLAUSES {
            return;
        }
        let before = |words: &[&str]| at.checked_sub(1).is_some_and(|b| statement.any(b, words));
        if (is_word(token, "FROM") && !before(&["DISTINCT"]))
            || (is_word(token, "USING")
                && !statement.at(at + 1, &Token::LParen)
                && statement.tokens.first().is_some_and(|t| is_any(t, &["DELETE", "MERGE", "WITH"])))
        {
            let end = clause_end(statement, at + 1, limit);
            block.relations.extend(relations(statement, at + 1..end, defined).list);
            block.from.push(at + 1..end);
        } else if is_word(token, "UPDATE") && !before(&["DO", "FOR", "KEY", "ON", "THEN"]) {
            let end = (at + 1..limit.min(at + 400)).find(|i| statement.is(*i, "SET"));
            if let Some(end) = end {
                let from = super::update::after_modifiers(statement, at + 1);
                block.relations.extend(relations(statement, from..end, defined).list);
            }
        } else if is_word(token, "INTO")
            || (is_word(token, "TABLE") && at < 6)
            || (is_word(token, "ON") && at < 14 && on_table(statement))
        {
            let skipped = super::schema::if_exists(statement, at + 1);
            let from = skipped + usize::from(statement.is(skipped, "ONLY"));
            if let Some((table, after)) = table_name(statement.tokens, from)
                && block.relations.is_empty()
            {
                let (alias, _) = super::relations::alias(statement, after, limit);
                let alias = alias.filter(|_| is_word(token, "INTO"));
                block.relations.push(Relation { table: Some(table), alias, tokens: from..after });
            }
        }
    }

    /// The table of a column that is named at token `at`, if it is certain.
    pub(super) fn table_of(&self, at: usize, qualifier: Option<&str>) -> Option<TableName> {
        let mut block = self.of_token.get(at).copied();
        while let Some(index) = block {
            let here = self.list.get(index)?;
            match qualifier {
                Some(name) => {
                    let named = |r: &&Relation| r.label().is_some_and(|l| l.eq_ignore_ascii_case(name));
                    if let Some(relation) = here.relations.iter().find(named) {
                        return relation.table.clone();
                    }
                    if name.eq_ignore_ascii_case("excluded") && !here.relations.is_empty() {
                        return here.relations.first().and_then(|r| r.table.clone());
                    }
                }
                None if self.in_routine => return None,
                None => {
                    let mut tables = here.relations.iter().filter_map(|r| r.table.as_ref());
                    let inside = here.from.iter().any(|f| f.contains(&at));
                    match (tables.next(), tables.next(), here.relations.len()) {
                        (Some(only), None, 1) => return Some(only.clone()),
                        (Some(only), None, _) if inside => return Some(only.clone()),
                        // Arguments of a function in FROM belong to the query outside.
                        (None, ..) if inside || here.relations.is_empty() => {}
                        _ => return None,
                    }
                }
            }
            block = here.parent;
        }
        None
    }

    /// Whether the name is a relation's in scope at `at`, and so no column.
    pub(super) fn is_relation(&self, at: usize, name: &str) -> bool {
        let mut block = self.of_token.get(at).copied();
        while let Some(here) = block.and_then(|index| self.list.get(index)) {
            if here.relations.iter().any(|r| r.label().is_some_and(|l| l.eq_ignore_ascii_case(name))) {
                return true;
            }
            block = here.parent;
        }
        name.eq_ignore_ascii_case("excluded")
    }
}

/// Whether the statement names its table behind `ON`: an index, a trigger, a policy.
fn on_table(statement: &Statement) -> bool {
    statement.is(0, "CREATE") && (1..4).any(|at| statement.any(at, &["INDEX", "TRIGGER", "POLICY"]))
}
