//! Active models and query builders to the statements that they send.
//!
//! A value is followed inside its function: from the literal or the row that was read, over assignments ([`models`]), to
//! the call that writes it ([`sinks`]). A model that is handed in as `&mut` is taken to be written by the caller.
//! Upserts whose rows are built elsewhere are read in [`upserts`], sea-query's own statements in [`builders`].

mod builders;
mod models;
mod set;
mod sinks;
mod upserts;

use super::idens::Idens;
use super::imports::Imports;
use super::names;
use super::typing::{File, Place};
use super::walk::{Found, walk};
use crate::frontend::facts::{BuiltColumn, BuiltItem, BuiltKind, BuiltWrite};
use crate::frontend::rust::assemble::Reader;
use crate::frontend::rust::scope::Scope;
use crate::frontend::sql::Dialect;
use crate::source::Span;
use sinks::Marks;
use std::collections::BTreeMap;
use syn::visit::Visit;
use syn::{Expr, Type};

/// What the writes of a file are read with.
pub(super) struct Input<'r, 'a, 's> {
    pub(super) reader: &'r Reader<'a, 's>,
    pub(super) imports: &'r Imports,
    pub(super) idens: &'r Idens,
    pub(super) dialect: Option<Dialect>,
}

/// Reads the writes of a file; each with the number of its scope in `function`.
pub(super) fn read<'a>(file: &'a syn::File, input: &Input<'_, 'a, '_>) -> Vec<BuiltWrite> {
    let found = walk(file, input.reader);
    let mut types = Types::default();
    types.visit_file(file);
    let file = File {
        reader: input.reader,
        imports: input.imports,
        idens: input.idens,
        returns: types.returns,
        fields: types.fields,
    };
    let mut writer =
        Writer { file: &file, found: &found, dialect: input.dialect, marks: Marks::default(), writes: vec![] };
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
    writer.writes.sort_by_key(|write| write.span);
    writer.writes
}

/// Return types and field types of a file.
#[derive(Default)]
struct Types<'a> {
    returns: BTreeMap<String, &'a Type>,
    fields: BTreeMap<String, &'a Type>,
}

impl<'a> Visit<'a> for Types<'a> {
    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        if let syn::ReturnType::Type(_, ty) = &signature.output {
            self.returns.insert(names::plain(&signature.ident), ty);
        }
    }

    fn visit_field(&mut self, field: &'a syn::Field) {
        if let Some(ident) = &field.ident {
            self.fields.entry(names::plain(ident)).or_insert(&field.ty);
        }
    }

    fn visit_block(&mut self, _: &'a syn::Block) {}
}

struct Writer<'r, 'a, 's> {
    file: &'r File<'r, 'a, 's>,
    found: &'r Found<'a>,
    dialect: Option<Dialect>,
    marks: Marks<'a>,
    writes: Vec<BuiltWrite>,
}

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    fn place(&self, scope: usize, self_model: Option<&'a Type>) -> Option<Place<'r, 'a, 's>>
    where
        'a: 'r,
    {
        let file = self.file;
        let tree = file.reader.tree;
        let found: &'a Scope<'a> = tree.scopes.get(scope)?;
        Some(Place {
            file,
            scope: found,
            index: scope,
            self_model,
            test: tree.test.get(scope).copied().unwrap_or(false),
        })
    }

    fn span(&self, expr: &Expr) -> Span {
        self.file.reader.source.expr(expr)
    }

    /// A statement of which only this much is known yet.
    fn statement(&self, kind: BuiltKind, set: Vec<BuiltItem>, span: Span, test: bool) -> BuiltWrite {
        BuiltWrite {
            entity: None,
            table: None,
            kind,
            set,
            inserted: vec![],
            filter: vec![],
            span,
            dialect: self.dialect,
            function: self.scope_at(span),
            test,
        }
    }

    /// The innermost function around some bytes.
    fn scope_at(&self, span: Span) -> Option<usize> {
        let scopes = self.file.reader.tree.scopes.iter().enumerate().skip(1);
        let around = scopes.filter(|(_, s)| s.range.0 <= span.start as usize && span.end as usize <= s.range.1);
        around.min_by_key(|(_, s)| s.range.1 - s.range.0).map(|(index, _)| index)
    }
}

/// The model's field that a column most likely has.
pub(super) fn field_of(column: &BuiltColumn) -> String {
    match column {
        BuiltColumn::Field(name) | BuiltColumn::Name(name) => name.clone(),
        BuiltColumn::Variant(variant) => names::snake(variant),
    }
}
