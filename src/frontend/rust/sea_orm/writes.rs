//! Active models and query builders to the statements that they send.
//!
//! A value is followed inside its function: from the literal or the row that was read, over assignments ([`models`],
//! [`setters`]), to the call that writes it ([`sinks`]). A model that is handed in as `&mut` is taken to be written by the
//! caller; one that a function returns is written when somebody who calls it does so ([`makers`]).
//! Upserts whose rows are built elsewhere are read in [`upserts`], sea-query's own statements in [`builders`].

mod builders;
mod makers;
mod models;
mod set;
mod setters;
mod sinks;
mod upserts;

use super::idens::Idens;
use super::key_reads;
use super::names;
use super::typing::{File, Place};
use super::walk::{Found, Own, walk};
use crate::frontend::facts::{BuiltColumn, BuiltItem, BuiltKind, BuiltWrite, Imports, KeyRead, MadeEnd};
use crate::frontend::rust::assemble::Reader;
use crate::frontend::rust::key_reads::KeyUse;
use crate::frontend::rust::scope::Scope;
use crate::frontend::sql::Dialect;
use crate::source::Span;
use sinks::Marks;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{Expr, Type};

/// What the writes of a file are read with.
pub(super) struct Input<'r, 'a, 's> {
    pub(super) reader: &'r Reader<'a, 's>,
    pub(super) imports: &'r Imports,
    pub(super) idens: &'r Idens,
    pub(super) dialect: Option<Dialect>,
    /// Where keys of documents are read.
    pub(super) uses: &'r [KeyUse<'a>],
}

/// Reads the writes of a file, each with the number of its scope in `function`; the rows that it updates with models
/// that functions make; and the keys that it reads of models.
pub(super) fn read<'a>(
    file: &'a syn::File,
    input: &Input<'_, 'a, '_>,
) -> (Vec<BuiltWrite>, Vec<MadeEnd>, Vec<KeyRead>) {
    let reader = input.reader;
    let found = walk(file, reader);
    let mut types = Types::new(reader);
    types.visit_file(file);
    let file = File {
        reader,
        imports: input.imports,
        idens: input.idens,
        returns: types.returns,
        returns_at: types.returns_at,
        clauses: types.clauses,
        fields: types.fields,
    };
    let mut writer = Writer {
        file: &file,
        found: &found,
        dialect: input.dialect,
        holders: BTreeMap::new(),
        set_on: BTreeSet::new(),
        marks: Marks::default(),
        made: BTreeMap::new(),
        told: BTreeSet::new(),
        ends: vec![],
        writes: vec![],
    };
    writer.assigned();
    for chain in &found.chains {
        writer.sinks(chain);
    }
    writer.marks.spread();
    writer.models();
    writer.upserts();
    for chain in &found.chains {
        writer.builders(chain);
    }
    writer.pairs();
    writer.clauses();
    writer.writes.sort_by_key(|write| write.span);
    (writer.writes, writer.ends, key_reads::read(&file, input.uses))
}

/// Return types and field types of a file.
struct Types<'r, 'a, 's> {
    reader: &'r Reader<'a, 's>,
    returns: BTreeMap<String, &'a Type>,
    returns_at: BTreeMap<usize, &'a Type>,
    clauses: BTreeMap<String, (usize, &'a syn::Block)>,
    fields: BTreeMap<String, &'a Type>,
}

impl<'r, 'a, 's> Types<'r, 'a, 's> {
    fn new(reader: &'r Reader<'a, 's>) -> Self {
        let (returns, returns_at, clauses, fields) = Default::default();
        Self { reader, returns, returns_at, clauses, fields }
    }

    fn body(&mut self, signature: &'a syn::Signature, block: &'a syn::Block) {
        if let syn::ReturnType::Type(_, ty) = &signature.output
            && names::last_segment(ty).is_some_and(|last| last.ident == "OnConflict")
        {
            let at = self.reader.source.start(signature.fn_token.span);
            self.clauses.insert(names::plain(&signature.ident), (at, block));
        }
    }
}

impl<'a> Visit<'a> for Types<'_, 'a, '_> {
    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        if let syn::ReturnType::Type(_, ty) = &signature.output {
            self.returns.insert(names::plain(&signature.ident), ty);
            self.returns_at.insert(self.reader.source.start(signature.fn_token.span), ty);
        }
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.body(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.body(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_field(&mut self, field: &'a syn::Field) {
        if let Some(ident) = &field.ident {
            self.fields.entry(names::plain(ident)).or_insert(&field.ty);
        }
    }

    fn visit_block(&mut self, _: &'a syn::Block) {}
}

/// A binding, by its scope and number.
type Bound = (usize, usize);

struct Writer<'r, 'a, 's> {
    file: &'r File<'r, 'a, 's>,
    found: &'r Found<'a>,
    dialect: Option<Dialect>,
    /// By scope: the bytes of what bindings are bound to.
    holders: BTreeMap<usize, Vec<(Span, usize)>>,
    /// Bindings with a field that is `Set`.
    set_on: BTreeSet<Bound>,
    marks: Marks<'a>,
    /// Columns of conflict clauses that a statement has told of.
    told: BTreeSet<Span>,
    /// What functions of the file give the models that they return.
    made: BTreeMap<String, Vec<BuiltItem>>,
    ends: Vec<MadeEnd>,
    writes: Vec<BuiltWrite>,
}

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    fn place(&self, scope: usize, own: Own<'a>) -> Option<Place<'r, 'a, 's>>
    where
        'a: 'r,
    {
        let file = self.file;
        let tree = file.reader.tree;
        let found: &'a Scope<'a> = tree.scopes.get(scope)?;
        let test = tree.test.get(scope).copied().unwrap_or(false);
        Some(Place { file, scope: found, index: scope, own, test })
    }

    fn span(&self, expr: &Expr) -> Span {
        self.file.reader.source.expr(expr)
    }

    /// Notes the bindings whose fields are set.
    fn assigned(&mut self) {
        for assign in &self.found.assigns {
            if set::is_set(assign.value)
                && let Some(place) = self.place(assign.scope, assign.own)
                && let Some(id) = place.binding(assign.base)
            {
                self.set_on.insert((assign.scope, id));
            }
        }
    }

    /// The innermost binding that holds what stands in these bytes.
    fn holder(&mut self, span: Span, place: Place<'r, 'a, 's>) -> Option<usize> {
        let source = self.file.reader.source;
        let holders = self.holders.entry(place.index).or_insert_with(|| {
            let bindings = place.scope.bindings.iter().enumerate();
            let held = bindings.filter_map(|(id, binding)| Some((source.expr(binding.init?), id)));
            held.collect()
        });
        let holding = holders.iter().filter(|(init, _)| init.contains(span));
        holding.min_by_key(|(init, id)| (init.end - init.start, *id)).map(|(_, id)| *id)
    }

    /// A statement of which only this much is known yet.
    fn statement(&self, kind: BuiltKind, set: Vec<BuiltItem>, span: Span, place: Place<'r, 'a, 's>) -> BuiltWrite {
        BuiltWrite {
            entity: None,
            table: None,
            kind,
            given: None,
            set,
            inserted: vec![],
            filter: vec![],
            span,
            dialect: self.dialect,
            function: Some(place.index).filter(|index| *index > 0),
            test: place.test,
        }
    }
}

/// The model's field that a column most likely has.
pub(super) fn field_of(column: &BuiltColumn) -> String {
    match column {
        BuiltColumn::Field(name) | BuiltColumn::Name(name) => name.clone(),
        BuiltColumn::Variant(variant) => names::snake(variant),
        BuiltColumn::Rest(_) => String::new(),
    }
}
