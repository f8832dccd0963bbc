//! Schema changes spelled with sea-query, as migrations do: `Table::create()`, `Table::alter()`, `table_auto(..)`.
//!
//! What stands in a function `down` is not read: it undoes.

use super::columns::{self, chain};
use super::idens::Idens;
use super::{loco, names};
use crate::frontend::facts::{Entity, SchemaFact};
use crate::frontend::rust::assemble::Reader as FileReader;
use crate::frontend::rust::names::is_test;
use crate::frontend::rust::place::{Source, first};
use crate::frontend::sql::{SchemaChange, TableName};
use crate::source::Span;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

/// Reads the schema changes of a file, in the order of the text.
pub(super) fn read<'a>(file: &'a syn::File, file_reader: &FileReader<'a, '_>, entities: &[Entity]) -> Vec<SchemaFact> {
    let mut idens = Idens::read(file);
    for entity in entities {
        idens.entity(entity);
    }
    let loco = loco::is_used(file);
    let test = file_reader.tree.test.first().copied().unwrap_or(false);
    let later = later(file_reader);
    let mut reader = Reader { source: file_reader.source, idens, test, loco, later, found: vec![] };
    reader.visit_file(file);
    reader.found
}

/// Methods that are called later on a local that holds a statement, by the first byte of what it is bound to:
/// `let mut table = Table::create(); table.col(..);`.
fn later<'a>(reader: &FileReader<'a, '_>) -> BTreeMap<usize, Vec<&'a ExprMethodCall>> {
    let mut found = BTreeMap::new();
    for scope in &reader.tree.scopes {
        for (id, binding) in scope.bindings.iter().enumerate() {
            let Some(init) = binding.init else { continue };
            let (Expr::Call(call), _) = chain(init) else { continue };
            let of_table = matches!(&*call.func, Expr::Path(path)
                if path.path.segments.iter().nth_back(1).is_some_and(|s| s.ident == "Table"));
            if of_table {
                let links: Vec<_> = scope.chains_on(id).flat_map(|later| later.links.iter().copied()).collect();
                found.insert(reader.source.start(first(init)), links);
            }
        }
    }
    found
}

struct Reader<'a, 's> {
    source: Source<'s>,
    idens: Idens,
    test: bool,
    loco: bool,
    later: BTreeMap<usize, Vec<&'a ExprMethodCall>>,
    found: Vec<SchemaFact>,
}

impl Reader<'_, '_> {
    fn emit(&mut self, span: Span, changes: impl IntoIterator<Item = SchemaChange>) {
        let test = self.test;
        self.found.extend(changes.into_iter().map(|change| SchemaFact { change, span, test }));
    }

    /// Reads a chain; whether it was a schema statement.
    fn statement(&mut self, expr: &Expr) -> bool {
        let (root, mut links) = chain(expr);
        let Expr::Call(call) = root else { return false };
        let Expr::Path(path) = &*call.func else { return false };
        let parts: Vec<String> = path.path.segments.iter().map(|s| names::plain(&s.ident)).collect();
        let span = self.source.expr(expr);
        links.extend(self.later.get(&(span.start as usize)).into_iter().flatten());
        let changes = match parts.as_slice() {
            [.., table, what] if table == "Table" => match what.as_str() {
                "create" => self.create(&links, None, span),
                "alter" => self.alter(&links, None),
                "drop" => self.drop(&links),
                "rename" => self.rename(&links),
                _ => return false,
            },
            [.., auto] if auto == "table_auto" && !links.is_empty() => {
                let table = call.args.first().and_then(|table| self.idens.table(table));
                self.create(&links, table, span)
            }
            _ => return false,
        };
        self.emit(span, changes);
        true
    }

    fn create(&self, links: &[&ExprMethodCall], table: Option<TableName>, span: Span) -> Vec<SchemaChange> {
        let mut table = table;
        let mut columns = vec![];
        let mut if_not_exists = false;
        for link in links {
            match link.method.to_string().as_str() {
                "table" => table = link.args.first().and_then(|name| self.idens.table(name)),
                "if_not_exists" => if_not_exists = true,
                "col" => {
                    columns.extend(link.args.first().and_then(|def| columns::read(def, &self.idens, self.source)));
                }
                _ => {}
            }
        }
        let Some(table) = table else { return vec![] };
        vec![SchemaChange::CreateTable { table, columns, if_not_exists, like: vec![], keys: vec![], span }]
    }

    fn alter(&self, links: &[&ExprMethodCall], table: Option<TableName>) -> Vec<SchemaChange> {
        let named = links.iter().find(|link| link.method == "table").and_then(|link| link.args.first());
        let Some(table) = table.or_else(|| named.and_then(|name| self.idens.table(name))) else { return vec![] };
        let mut changes = vec![];
        for link in links {
            let first = link.args.first();
            let column = || first.and_then(|def| columns::read(def, &self.idens, self.source));
            let table = table.clone();
            match link.method.to_string().as_str() {
                "add_column" | "add_column_if_not_exists" => {
                    changes.extend(column().map(|column| SchemaChange::AddColumn { table, column }));
                }
                "modify_column" => {
                    changes.extend(column().map(|column| SchemaChange::AlterType { table, column }));
                }
                "rename_column" => {
                    let from = first.and_then(|name| self.idens.name(name));
                    let to = link.args.get(1).and_then(|name| self.idens.name(name));
                    if let (Some(from), Some(to)) = (from, to) {
                        changes.push(SchemaChange::RenameColumn { table, from, to });
                    }
                }
                "drop_column" | "drop_column_if_exists" => {
                    if let Some(column) = first.and_then(|name| self.idens.name(name)) {
                        changes.push(SchemaChange::DropColumn { table, column });
                    }
                }
                _ => {}
            }
        }
        changes
    }

    fn drop(&self, links: &[&ExprMethodCall]) -> Vec<SchemaChange> {
        let tables = links.iter().filter(|link| link.method == "table").filter_map(|link| link.args.first());
        tables.filter_map(|name| self.idens.table(name)).map(|table| SchemaChange::DropTable { table }).collect()
    }

    fn rename(&self, links: &[&ExprMethodCall]) -> Vec<SchemaChange> {
        let link = links.iter().find(|link| link.method == "table");
        let Some((from, to)) = link.and_then(|link| link.args.first().zip(link.args.get(1))) else { return vec![] };
        match (self.idens.table(from), self.idens.table(to)) {
            (Some(from), Some(to)) => vec![SchemaChange::RenameTable { from, to }],
            _ => vec![],
        }
    }
}

impl<'a> Visit<'a> for Reader<'_, '_> {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        let before = self.test;
        self.test |= item.attrs.iter().any(is_test);
        visit::visit_item_mod(self, item);
        self.test = before;
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        let before = self.test;
        self.test |= item.attrs.iter().any(is_test);
        if item.sig.ident != "down" {
            visit::visit_item_fn(self, item);
        }
        self.test = before;
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        if item.sig.ident != "down" {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let of_chain = matches!(expr, Expr::MethodCall(_) | Expr::Call(_));
        if of_chain && self.statement(expr) {
            return;
        }
        if let Expr::Call(call) = expr {
            let changes = loco::read(call, &self.idens, self.source, self.loco);
            let span = self.source.expr(expr);
            self.emit(span, changes);
        }
        visit::visit_expr(self, expr);
    }
}
