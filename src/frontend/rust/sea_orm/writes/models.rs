//! Active models: the values given to each in literals and by assignments, and what becomes of it.

use super::set::{is_opaque, is_unchanged, set_values};
use super::sinks::End;
use super::{Bound, Writer};
use crate::document::{CastTo, Document};
use crate::frontend::facts::{BuiltColumn, BuiltItem, BuiltKind, BuiltWrite, EntityPath, Given, SqlPiece};
use crate::frontend::rust::sea_orm::typing::{Kind, Place, last_of, parts, peel};
use crate::frontend::rust::sea_orm::walk::{Assign, Literal};
use crate::frontend::rust::sea_orm::{columns, conflict, names};
use crate::source::Span;
use std::collections::BTreeMap;
use syn::{Expr, Member};

/// Branches in branches are not followed further.
const MOST_BRANCHES: usize = 8;

/// The values given to one model.
pub(super) struct Model<'r, 'a, 's> {
    pub(super) entity: Option<EntityPath>,
    pub(super) items: Vec<BuiltItem>,
    pub(super) ends: Vec<End<'a>>,
    pub(super) span: Option<Span>,
    pub(super) place: Place<'r, 'a, 's>,
}

/// The models of a file.
#[derive(Default)]
pub(super) struct Models<'r, 'a, 's> {
    pub(super) bound: BTreeMap<Bound, Model<'r, 'a, 's>>,
    /// Those that no binding holds.
    pub(super) alone: Vec<Model<'r, 'a, 's>>,
}

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    /// Emits what becomes of every model.
    pub(super) fn models(&mut self) {
        let mut models = Models::default();
        let found = self.found;
        for literal in &found.literals {
            if let Some(place) = self.place(literal.scope, literal.own) {
                self.literal(literal, place, &mut models);
            }
        }
        for assign in &found.assigns {
            if let Some(place) = self.place(assign.scope, assign.own) {
                self.assign(assign, place, &mut models);
            }
        }
        for chain in &found.chains {
            if let Some(place) = self.place(chain.scope, chain.own) {
                self.setters(chain, place, &mut models);
            }
        }
        for call in &found.macros {
            if let Some(place) = self.place(call.scope, call.own) {
                self.macro_call(call, place);
            }
        }
        for model in models.bound.into_values().chain(models.alone) {
            self.finish(model);
        }
    }

    fn literal(&mut self, literal: &Literal<'a>, place: Place<'r, 'a, 's>, models: &mut Models<'r, 'a, 's>) {
        let Some(typed) = Self::literal_type(literal, place) else { return };
        let span = self.span(literal.expr);
        let owner = self.marks.owner(place.index, span).or_else(|| self.holder(span, place));
        let ends = self.marks.of_span(place.index, span);
        let mut model = Model { entity: Some(typed), items: vec![], ends, span: Some(span), place };
        self.fields(literal, place, &mut model);
        // A key that is known belongs to a row.
        if literal.fields.fields.iter().any(|field| is_unchanged(&field.expr)) {
            model.ends.iter_mut().filter(|end| **end == End::Save).for_each(|end| *end = End::Update);
        }
        let Some(id) = owner else { return models.alone.push(model) };
        let bound = (place.index, id);
        model.ends.extend(self.marks.of_binding(bound));
        let own = place.of_binding(id).is_some_and(|typed| typed.kind == Kind::ActiveModel);
        // Several literals that go to one list are written each on its own.
        if own && !models.bound.contains_key(&bound) {
            models.bound.insert(bound, model);
        } else {
            models.alone.push(model);
        }
    }

    fn literal_type(literal: &Literal<'a>, place: Place<'r, 'a, 's>) -> Option<EntityPath> {
        let path = parts(&literal.fields.path);
        let at = place.at(literal.expr);
        let typed = match path.as_slice() {
            [first] if first == "Self" => place.of_type(place.own.ty?, at),
            [first, ..] if first == "Self" => place.of_type(place.own.model?, at),
            _ => place.of_path(&path, at),
        };
        typed.filter(|typed| typed.kind == Kind::ActiveModel).map(|typed| typed.entity)
    }

    /// Takes over the fields of a literal that are set.
    fn fields(&self, literal: &Literal<'a>, place: Place<'r, 'a, 's>, model: &mut Model<'r, 'a, 's>) {
        for field in &literal.fields.fields {
            let Member::Named(name) = &field.member else { continue };
            let name_span = self.file.reader.source.span(name.span());
            let name = names::plain(name);
            let value_span = self.span(&field.expr);
            for value in set_values(&field.expr, place, 0) {
                model.items.push(Self::item(&name, name_span, value, value_span, place));
            }
        }
    }

    /// A field and its value.
    pub(super) fn item(
        field: &str,
        name_span: Span,
        value: &'a Expr,
        value_span: Span,
        place: Place<'r, 'a, 's>,
    ) -> BuiltItem {
        let value = vec![SqlPiece::Bind(place.bind(value, Some(field)))];
        BuiltItem { column: BuiltColumn::Field(field.to_owned()), name_span, value, value_span }
    }

    fn assign(&self, assign: &Assign<'a>, place: Place<'r, 'a, 's>, models: &mut Models<'r, 'a, 's>) {
        let values = set_values(assign.value, place, 0);
        let of_self = matches!(peel(assign.base), Expr::Path(path) if path.path.is_ident("self"));
        let typed = place.of(assign.base);
        let is_model = typed.as_ref().is_some_and(|typed| typed.kind == Kind::ActiveModel);
        if values.is_empty() && !(is_model && is_opaque(assign.value)) {
            return;
        }
        let (name_span, value_span) = (self.span(assign.left), self.span(assign.value));
        let values = if values.is_empty() { vec![assign.value] } else { values };
        let items = values.into_iter().map(|value| {
            // Of several branches, the one that sets it.
            let branches = matches!(peel(assign.value), Expr::If(_) | Expr::Match(_));
            let span = if branches { self.span(value) } else { value_span };
            Self::item(&assign.field, name_span, value, span, place)
        });
        let at = place.at(assign.left);
        let entity = |id: Option<usize>| {
            let by_end = || id.and_then(|id| self.marks.entity((place.index, id)));
            let certain = typed.as_ref().map(|typed| typed.entity.clone()).or_else(by_end);
            certain.or_else(|| place.nearby(at))
        };
        let span = Some(name_span.join(value_span));
        let Some(id) = place.binding(assign.base) else {
            // `self.updated_at = Set(..)` in a hook, `self.model.settings = Set(..)`.
            if of_self || matches!(peel(assign.base), Expr::Field(_)) {
                let (items, ends) = (items.collect(), vec![End::Update]);
                models.alone.push(Model { entity: entity(None), items, ends, span, place });
            }
            return;
        };
        let model = self.bound(id, || entity(Some(id)), place, models);
        model.span = model.span.or(span);
        model.items.extend(items);
    }

    /// The model that a binding holds.
    pub(super) fn bound<'m>(
        &self,
        id: usize,
        entity: impl FnOnce() -> Option<EntityPath>,
        place: Place<'r, 'a, 's>,
        models: &'m mut Models<'r, 'a, 's>,
    ) -> &'m mut Model<'r, 'a, 's> {
        let bound = (place.index, id);
        let model = models.bound.entry(bound).or_insert_with(|| {
            let ends = self.marks.of_binding(bound);
            Model { entity: entity(), items: vec![], ends, span: None, place }
        });
        // A row that was read has its key: to save it is to update it.
        if model.ends.iter().all(|end| *end == End::Save) && Self::comes_from_row(id, place) {
            model.ends = vec![End::Update];
        }
        model
    }

    /// Whether a model is one that was read, or that the caller goes on with.
    pub(super) fn comes_from_row(id: usize, place: Place<'r, 'a, 's>) -> bool {
        let Some(binding) = place.scope.bindings.get(id) else { return false };
        // A parameter: the caller goes on with it.
        if binding.is_closure_param || (binding.init.is_none() && binding.part_of.is_none()) {
            return true;
        }
        let Some(init) = binding.init.or(binding.part_of) else { return false };
        Self::holds_row(init, place, 0)
    }

    /// Whether a value is a row that was read, in one of its branches at least.
    fn holds_row(init: &'a Expr, place: Place<'r, 'a, 's>, depth: usize) -> bool {
        let inner = |expr| depth < MOST_BRANCHES && Self::holds_row(expr, place, depth + 1);
        match peel(init) {
            Expr::Match(branches) => return branches.arms.iter().any(|arm| inner(&arm.body)),
            Expr::If(branch) => {
                let otherwise = branch.else_branch.as_ref().is_some_and(|(_, other)| inner(other));
                return otherwise || last_of(&branch.then_branch).is_some_and(inner);
            }
            Expr::Block(block) => return last_of(&block.block).is_some_and(inner),
            _ => {}
        }
        let (root, links) = columns::chain(init);
        let converted =
            links.iter().any(|link| matches!(link.method.to_string().as_str(), "into" | "into_active_model"));
        let from = matches!(root, Expr::Call(call) if matches!(&*call.func, Expr::Path(path)
            if path.path.segments.last().is_some_and(|s| s.ident == "from")));
        converted || from || place.of(init).is_some_and(|typed| typed.kind == Kind::Model)
    }

    /// Emits the statements of one model: one for each time that a column is set.
    fn finish(&mut self, model: Model<'r, 'a, 's>) {
        let Some(span) = model.span else { return };
        let place = model.place;
        let upsert = model.ends.iter().find_map(|end| match end {
            End::Upsert(clause) => Some(*clause),
            _ => None,
        });
        let maker = if model.ends.is_empty() { Self::maker(place) } else { None };
        let kind = if model.ends.contains(&End::Update) || maker.is_some() {
            BuiltKind::Update
        } else if model.ends.contains(&End::Save) {
            BuiltKind::Save
        } else if upsert.is_some() {
            BuiltKind::Upsert
        } else if model.ends.contains(&End::Insert) && !place.test {
            BuiltKind::Insert
        } else {
            return;
        };
        if kind == BuiltKind::Insert {
            let mut inserted = first_of_each(model.items);
            inserted.retain(may_be_document);
            if !inserted.is_empty() {
                let statement = self.statement(kind, vec![], span, place);
                self.writes.push(BuiltWrite { entity: model.entity, inserted, ..statement });
            }
            return;
        }
        if let (BuiltKind::Upsert, Some(clause)) = (kind, upsert) {
            if let Some(set) = conflict::read(clause, place) {
                self.upsert(model.entity, first_of_each(model.items), set, self.span(clause), place);
            }
            return;
        }
        if let Some(maker) = &maker {
            self.made.entry(maker.name.clone()).or_insert_with(|| first_of_each(model.items.clone()));
        }
        let mut rounds: Vec<Vec<BuiltItem>> = vec![];
        for item in model.items {
            let round = rounds.iter_mut().find(|round| !round.iter().any(|other| other.column == item.column));
            match round {
                Some(round) => round.push(item),
                None => rounds.push(vec![item]),
            }
        }
        for set in rounds {
            let span = set.iter().fold(span, |span, item| span.join(item.name_span).join(item.value_span));
            let statement = self.statement(kind, set, span, place);
            let (entity, filter) = (model.entity.clone(), vec![SqlPiece::Key]);
            let given = maker.clone().map(Given::Made);
            self.writes.push(BuiltWrite { entity, given, filter, ..statement });
        }
    }
}

/// Whether what is inserted may be a document.
fn may_be_document(item: &BuiltItem) -> bool {
    item.value.iter().any(|piece| match piece {
        SqlPiece::Bind(bind) => {
            let spelled = matches!(bind.value, Document::Object { .. } | Document::Cast { to: CastTo::Text, .. });
            bind.is_json || spelled || !bind.types.is_empty()
        }
        _ => false,
    })
}

fn first_of_each(items: Vec<BuiltItem>) -> Vec<BuiltItem> {
    let mut kept: Vec<BuiltItem> = vec![];
    for item in items {
        if !kept.iter().any(|other| other.column == item.column) {
            kept.push(item);
        }
    }
    kept
}
