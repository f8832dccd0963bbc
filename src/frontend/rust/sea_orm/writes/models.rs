//! Active models: the values given to each, from the literal over assignments and setters.

use super::set::{is_opaque, is_unchanged, set_values};
use super::sinks::End;
use super::{Writer, field_of};
use crate::frontend::facts::{BuiltColumn, BuiltItem, BuiltKind, BuiltWrite, EntityPath, SqlPiece};
use crate::frontend::rust::sea_orm::typing::{Kind, Place, column_path, parts, peel};
use crate::frontend::rust::sea_orm::walk::{Assign, Chain, Literal};
use crate::frontend::rust::sea_orm::{columns, conflict, names};
use crate::source::Span;
use std::collections::BTreeMap;
use syn::{Expr, Member};

/// The values given to one model.
#[derive(Default)]
struct Model<'a> {
    entity: Option<EntityPath>,
    items: Vec<BuiltItem>,
    ends: Vec<End<'a>>,
    span: Option<Span>,
    test: bool,
}

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    /// The binding that a literal is given to.
    fn owner(&self, literal: &Literal<'a>, place: Place<'r, 'a, 's>) -> Option<usize> {
        let span = self.span(literal.expr);
        let pushed =
            self.marks.owned.iter().find(|(owned, (scope, _))| *scope == literal.scope && owned.contains(span));
        if let Some((_, (_, id))) = pushed {
            return Some(*id);
        }
        let bindings = place.scope.bindings.iter().enumerate();
        let holding = bindings.filter_map(|(id, binding)| {
            let init = self.span(binding.init?);
            init.contains(span).then_some((init.end - init.start, id))
        });
        holding.min().map(|(_, id)| id)
    }

    /// Emits what becomes of every model.
    pub(super) fn models(&mut self) {
        // By scope and binding; literals without one stand alone.
        let mut bound: BTreeMap<(usize, usize), Model<'a>> = BTreeMap::new();
        let mut alone: Vec<Model<'a>> = vec![];
        for literal in &self.found.literals {
            let Some(place) = self.place(literal.scope, literal.self_model) else { continue };
            let Some(typed) = Self::literal_type(literal, place) else { continue };
            let owner = self.owner(literal, place);
            let mut model = Model { entity: Some(typed), test: place.test, ..Model::default() };
            self.fields(literal, place, &mut model);
            let span = self.span(literal.expr);
            model.span = Some(span);
            model.ends =
                self.marks.spans.iter().filter(|(marked, _)| marked.contains(span)).map(|(_, end)| *end).collect();
            let unchanged = literal.fields.fields.iter().any(|field| is_unchanged(&field.expr));
            if unchanged {
                model.ends.iter_mut().filter(|end| **end == End::Save).for_each(|end| *end = End::Update);
            }
            match owner {
                // Several literals that go to one list are written each on its own.
                Some(id) => {
                    model.ends.extend(self.marks.bindings.get(&(literal.scope, id)).into_iter().flatten().copied());
                    let own = place.of_binding(id).is_some_and(|typed| typed.kind == Kind::ActiveModel);
                    if own && !bound.contains_key(&(literal.scope, id)) {
                        bound.insert((literal.scope, id), model);
                    } else {
                        alone.push(model);
                    }
                }
                None => alone.push(model),
            }
        }
        for assign in &self.found.assigns {
            let Some(place) = self.place(assign.scope, assign.self_model) else { continue };
            self.assign(assign, place, &mut bound, &mut alone);
        }
        for chain in &self.found.chains {
            if let Some(place) = self.place(chain.scope, chain.self_model) {
                self.setters(chain, place, &mut bound);
            }
        }
        for model in bound.into_values().chain(alone) {
            self.finish(model);
        }
    }

    fn literal_type(literal: &Literal<'a>, place: Place<'r, 'a, 's>) -> Option<EntityPath> {
        let path = parts(&literal.fields.path);
        if path.first().is_some_and(|first| first == "Self") {
            let own = if path.len() > 1 { place.self_model.map(|ty| place.of_type(ty, 0)) } else { None };
            if let Some(found) = own {
                return found.map(|typed| typed.entity);
            }
            let own = place.scope.self_type.clone().filter(|own| own.ends_with("ActiveModel"))?;
            return place.of_path(&[own], place.at(literal.expr)).map(|typed| typed.entity);
        }
        let typed = place.of_path(&path, place.at(literal.expr))?;
        (typed.kind == Kind::ActiveModel).then_some(typed.entity)
    }

    /// Takes over the fields of a literal that are set.
    fn fields(&self, literal: &Literal<'a>, place: Place<'r, 'a, 's>, model: &mut Model<'a>) {
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

    fn item(field: &str, name_span: Span, value: &'a Expr, value_span: Span, place: Place<'r, 'a, 's>) -> BuiltItem {
        let mut bind = place.bind(value, Some(field));
        // What names the value is not what it was wrapped in.
        bind.index = 0;
        BuiltItem {
            column: BuiltColumn::Field(field.to_owned()),
            name_span,
            value: vec![SqlPiece::Bind(bind)],
            value_span,
        }
    }

    fn assign(
        &self,
        assign: &Assign<'a>,
        place: Place<'r, 'a, 's>,
        bound: &mut BTreeMap<(usize, usize), Model<'a>>,
        alone: &mut Vec<Model<'a>>,
    ) {
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
        let by_end = |id: usize| self.marks.entities.get(&(assign.scope, id)).cloned();
        let entity = |id: Option<usize>| {
            let certain = typed.as_ref().map(|typed| typed.entity.clone()).or_else(|| id.and_then(by_end));
            certain.or_else(|| place.nearby(at))
        };
        let Some(id) = place.binding(assign.base) else {
            // `self.updated_at = Set(..)` in a hook, `self.model.settings = Set(..)`.
            if of_self || matches!(peel(assign.base), Expr::Field(_)) {
                let items = items.collect();
                let ends = vec![End::Update];
                alone.push(Model {
                    entity: entity(None),
                    items,
                    ends,
                    span: Some(name_span.join(value_span)),
                    test: place.test,
                });
            }
            return;
        };
        let key = (assign.scope, id);
        let model = bound.entry(key).or_insert_with(|| {
            let ends = self.marks.bindings.get(&key).cloned().unwrap_or_default();
            Model { entity: entity(Some(id)), ends, test: place.test, ..Model::default() }
        });
        if model.ends.is_empty() && Self::comes_from_row(id, place) {
            model.ends.push(End::Update);
        }
        if model.ends.iter().all(|end| *end == End::Save) && Self::comes_from_row(id, place) {
            model.ends = vec![End::Update];
        }
        model.span.get_or_insert(name_span.join(value_span));
        model.items.extend(items);
    }

    /// Whether a model is one that was read, or that the caller goes on with.
    fn comes_from_row(id: usize, place: Place<'r, 'a, 's>) -> bool {
        let Some(binding) = place.scope.bindings.get(id) else { return false };
        // A parameter: the caller goes on with it.
        if binding.is_closure_param || (binding.init.is_none() && binding.part_of.is_none()) {
            return true;
        }
        let Some(init) = binding.init.or(binding.part_of) else { return false };
        let (root, links) = columns::chain(init);
        let converted =
            links.iter().any(|link| matches!(link.method.to_string().as_str(), "into" | "into_active_model"));
        let from = matches!(root, Expr::Call(call) if matches!(&*call.func, Expr::Path(path)
            if path.path.segments.last().is_some_and(|s| s.ident == "from")));
        converted || from || place.of(init).is_some_and(|typed| typed.kind == Kind::Model)
    }

    /// `am.set(Column::X, v)`, `am.settings.set_if_not_equals(v)`, `ActiveModel::builder().set_settings(v)`.
    fn setters(&self, chain: &Chain<'a>, place: Place<'r, 'a, 's>, bound: &mut BTreeMap<(usize, usize), Model<'a>>) {
        let built = chain.call().is_some_and(|(_, path)| path.last().is_some_and(|last| last == "builder"));
        for link in &chain.links {
            let method = link.method.to_string();
            let (column, base, value) = match (method.as_str(), link.args.first(), link.args.get(1)) {
                ("set" | "try_set" | "set_if_not_equals", Some(column), Some(value)) => match column_path(column) {
                    Some((_, variant)) => (BuiltColumn::Variant(variant), &*link.receiver, value),
                    None => continue,
                },
                ("set_if_not_equals" | "set_ne", Some(value), None) => match peel(&link.receiver) {
                    Expr::Field(field) => match &field.member {
                        Member::Named(name) => (BuiltColumn::Field(names::plain(name)), &*field.base, value),
                        Member::Unnamed(_) => continue,
                    },
                    _ => continue,
                },
                (other, Some(value), None) if built && other.starts_with("set_") => {
                    let field = other.strip_prefix("set_").unwrap_or(other).to_owned();
                    (BuiltColumn::Field(field), chain.root, value)
                }
                _ => continue,
            };
            let name_span = match link.args.first() {
                Some(first) if link.args.len() == 2 => self.span(first),
                _ => self.file.reader.source.span(link.method.span()),
            };
            let (field, value_span) = (field_of(&column), self.span(value));
            let value = vec![SqlPiece::Bind(place.bind(value, Some(&field)))];
            let item = BuiltItem { column, name_span, value, value_span };
            let id = if built { self.builder_owner(chain, place) } else { place.binding(base) };
            let Some(id) = id else { continue };
            let key = (chain.scope, id);
            let model = bound.entry(key).or_insert_with(|| Model {
                entity: place.of(base).map(|typed| typed.entity),
                ends: self.marks.bindings.get(&key).cloned().unwrap_or_default(),
                test: place.test,
                ..Model::default()
            });
            if model.ends.is_empty() && Self::comes_from_row(id, place) {
                model.ends.push(End::Update);
            }
            model.span.get_or_insert(name_span.join(value_span));
            model.items.push(item);
        }
    }

    fn builder_owner(&self, chain: &Chain<'a>, place: Place<'r, 'a, 's>) -> Option<usize> {
        let span = self.span(chain.expr);
        let bindings = place.scope.bindings.iter().enumerate();
        bindings.filter(|(_, b)| b.init.is_some_and(|init| self.span(init).contains(span))).map(|(id, _)| id).next()
    }

    /// Emits the statements of one model: one for each time that a column is set.
    fn finish(&mut self, model: Model<'a>) {
        let Some(span) = model.span else { return };
        let upsert = model.ends.iter().find_map(|end| match end {
            End::Upsert(clause) => Some(*clause),
            _ => None,
        });
        let kind = if model.ends.contains(&End::Update) {
            BuiltKind::Update
        } else if model.ends.contains(&End::Save) {
            BuiltKind::Save
        } else if upsert.is_some() {
            BuiltKind::Upsert
        } else {
            return;
        };
        let function = self.scope_at(span);
        let items = model.items;
        if let (BuiltKind::Upsert, Some(clause)) = (kind, upsert) {
            let Some(place) = self.place(self.scope_at(self.span(clause)).unwrap_or(0), None) else { return };
            let Some(set) = conflict::read(clause, place) else { return };
            if set.items.is_empty() {
                return;
            }
            let span = set.items.iter().fold(self.span(clause), |span, item| span.join(item.name_span));
            let statement = self.statement(kind, set.items, span, model.test);
            self.writes.push(BuiltWrite {
                entity: model.entity,
                inserted: first_of_each(items),
                filter: set.filter,
                function,
                ..statement
            });
            return;
        }
        let mut rounds: Vec<Vec<BuiltItem>> = vec![];
        for item in items {
            let round = rounds.iter_mut().find(|round| !round.iter().any(|other| other.column == item.column));
            match round {
                Some(round) => round.push(item),
                None => rounds.push(vec![item]),
            }
        }
        for set in rounds {
            let span = set.iter().fold(span, |span, item| span.join(item.name_span).join(item.value_span));
            let statement = self.statement(kind, set, span, model.test);
            let (entity, filter) = (model.entity.clone(), vec![SqlPiece::Key]);
            self.writes.push(BuiltWrite { entity, filter, function, ..statement });
        }
    }
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
