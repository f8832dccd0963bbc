//! Active models and query builders to the statements that they send.
//!
//! A value is followed inside its function: from the literal or the row that was read, over assignments, to the call
//! that writes it. A model that is handed in as `&mut` is taken to be written by the caller.

use super::binding::opaque;
use super::conflict;
use super::expressions::text;
use super::idens::Idens;
use super::imports::Imports;
use super::names;
use super::typing::{File, Kind, Place, column_path, last_of, parts, peel};
use super::walk::{Assign, Chain, Found, Literal, walk};
use crate::frontend::facts::{BuiltColumn, BuiltItem, BuiltKind, BuiltWrite, EntityPath, SqlPiece};
use crate::frontend::rust::assemble::Reader;
use crate::frontend::rust::scope::Scope;
use crate::frontend::sql::Dialect;
use crate::source::Span;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{Expr, Member, Type};

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

/// How a model ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End<'a> {
    Update,
    Save,
    Insert,
    /// With the conflict clause.
    Upsert(&'a Expr),
}

/// Which models end how.
#[derive(Debug, Default)]
struct Marks<'a> {
    /// By scope and binding.
    bindings: BTreeMap<(usize, usize), Vec<End<'a>>>,
    /// Everything that stands in these bytes.
    spans: Vec<(Span, End<'a>)>,
    /// What stands in these bytes is put into a binding.
    owned: Vec<(Span, (usize, usize))>,
    /// A binding goes into a list.
    pushed: Vec<((usize, usize), (usize, usize))>,
    /// The entity that the call names which writes a binding.
    entities: BTreeMap<(usize, usize), EntityPath>,
}

impl Marks<'_> {
    /// What goes into a list ends as the list does.
    fn spread(&mut self) {
        for (pushed, list) in &self.pushed {
            let ends = self.bindings.get(list).cloned().unwrap_or_default();
            let own = self.bindings.entry(*pushed).or_default();
            for end in ends {
                if !own.contains(&end) {
                    own.push(end);
                }
            }
            if let Some(entity) = self.entities.get(list).cloned() {
                self.entities.entry(*pushed).or_insert(entity);
            }
        }
    }
}

pub(super) struct Writer<'r, 'a, 's> {
    pub(super) file: &'r File<'r, 'a, 's>,
    found: &'r Found<'a>,
    dialect: Option<Dialect>,
    marks: Marks<'a>,
    writes: Vec<BuiltWrite>,
}

/// The values given to one model.
#[derive(Default)]
struct Model<'a> {
    entity: Option<EntityPath>,
    items: Vec<(BuiltItem, Option<&'a Expr>)>,
    ends: Vec<End<'a>>,
    span: Option<Span>,
    test: bool,
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

    /// Notes where models end in a chain.
    fn sinks(&mut self, chain: &Chain<'a>) {
        let Some(place) = self.place(chain.scope, chain.self_model) else { return };
        for link in &chain.links {
            let end = match link.method.to_string().as_str() {
                "update" | "update_without_returning" if !link.args.is_empty() => End::Update,
                "save" if !link.args.is_empty() => End::Save,
                "insert" if link.args.len() == 1 => End::Insert,
                "set" if link.args.len() == 1 && place.of(&link.receiver).is_some_and(|t| t.kind == Kind::Query) => {
                    if let Some(model) = link.args.first() {
                        self.mark(model, End::Update, place);
                    }
                    continue;
                }
                "push" | "extend" | "push_back" => {
                    if let (Some(id), Some(item)) = (place.binding(&link.receiver), link.args.first()) {
                        self.marks.owned.push((self.span(item), (chain.scope, id)));
                        if let Some(pushed) = place.binding(item) {
                            self.marks.pushed.push(((chain.scope, pushed), (chain.scope, id)));
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            if self.is_model(&link.receiver, place) {
                self.mark(&link.receiver, end, place);
            }
        }
        let Some((call, path)) = chain.call() else { return };
        let Some(argument) = call.args.first() else { return };
        let [.., owner, function] = path.as_slice() else { return };
        let owned_by = |name: &str| owner == name;
        let named = place.of(chain.root).filter(|typed| typed.kind == Kind::Query).map(|typed| typed.entity);
        if let (Some(entity), Some(id)) = (named, place.binding(argument)) {
            self.marks.entities.entry((chain.scope, id)).or_insert(entity);
        }
        match function.as_str() {
            "update" | "one" | "update_one" if function != "one" || owned_by("Update") => {
                // `users::ActiveModel::update(am, db)` and `Entity::update(am)` alike.
                let named = owned_by("Entity") || owned_by("Update");
                let ends = named || self.is_model(argument, place);
                self.mark_if(ends, argument, End::Update, place);
            }
            "insert" | "insert_many" | "many" | "upsert" => {
                if function == "many" && !owned_by("Insert") {
                    return;
                }
                let conflict = chain.links.iter().find(|link| link.method == "on_conflict");
                let end = match conflict.and_then(|link| link.args.first()) {
                    Some(clause) => End::Upsert(clause),
                    None => End::Insert,
                };
                self.mark(argument, end, place);
            }
            _ => {}
        }
    }

    /// Whether an expression is an active model, as far as it shows.
    fn is_model(&self, expr: &'a Expr, place: Place<'r, 'a, 's>) -> bool {
        if place.of(expr).is_some_and(|typed| typed.kind == Kind::ActiveModel) {
            return true;
        }
        let Some(id) = place.binding(expr) else { return false };
        let set = |assign: &Assign<'a>| {
            assign.scope == place.index && place.binding(assign.base) == Some(id) && is_set(assign.value)
        };
        self.found.assigns.iter().any(set)
    }

    fn mark_if(&mut self, ends: bool, expr: &'a Expr, end: End<'a>, place: Place<'r, 'a, 's>) {
        if ends {
            self.mark(expr, end, place);
        }
    }

    fn mark(&mut self, expr: &'a Expr, end: End<'a>, place: Place<'r, 'a, 's>) {
        self.marks.spans.push((self.span(expr), end));
        let mut paths = Paths(vec![]);
        paths.visit_expr(expr);
        for path in paths.0 {
            let mut id = place.binding(path);
            // A loop over models ends all of them.
            for _ in 0..4 {
                let Some(binding) = id else { break };
                let ends = self.marks.bindings.entry((place.index, binding)).or_default();
                if !ends.contains(&end) {
                    ends.push(end);
                }
                let source = place.scope.bindings.get(binding).and_then(|b| {
                    b.part_of.or(b.init.filter(|i| matches!(peel(i), Expr::Path(_) | Expr::MethodCall(_))))
                });
                id = source.map(|source| super::columns::chain(source).0).and_then(|root| place.binding(root));
            }
        }
    }

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
    fn models(&mut self) {
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
        for ((scope, _), model) in bound {
            self.finish(model, Some(scope));
        }
        for model in alone {
            self.finish(model, None);
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
                model.items.push((Self::item(&name, name_span, value, value_span, place), Some(value)));
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
            (Self::item(&assign.field, name_span, value, span, place), Some(value))
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
        let (root, links) = super::columns::chain(init);
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
            model.items.push((item, None));
        }
    }

    fn builder_owner(&self, chain: &Chain<'a>, place: Place<'r, 'a, 's>) -> Option<usize> {
        let span = self.span(chain.expr);
        let bindings = place.scope.bindings.iter().enumerate();
        bindings.filter(|(_, b)| b.init.is_some_and(|init| self.span(init).contains(span))).map(|(id, _)| id).next()
    }

    /// Emits the statements of one model: one for each time that a column is set.
    fn finish(&mut self, model: Model<'a>, _scope: Option<usize>) {
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
        let items: Vec<BuiltItem> = model.items.into_iter().map(|(item, _)| item).collect();
        if let (BuiltKind::Upsert, Some(clause)) = (kind, upsert) {
            let Some(place) = self.place(self.scope_at(self.span(clause)).unwrap_or(0), None) else { return };
            let Some(set) = conflict::read(clause, place) else { return };
            if set.items.is_empty() {
                return;
            }
            let span = set.items.iter().fold(self.span(clause), |span, item| span.join(item.name_span));
            self.writes.push(BuiltWrite {
                entity: model.entity,
                table: None,
                kind,
                set: set.items,
                inserted: first_of_each(items),
                filter: set.filter,
                span,
                dialect: self.dialect,
                function,
                test: model.test,
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
            self.writes.push(BuiltWrite {
                entity: model.entity.clone(),
                table: None,
                kind,
                set,
                inserted: vec![],
                filter: vec![SqlPiece::Key],
                span,
                dialect: self.dialect,
                function,
                test: model.test,
            });
        }
    }

    /// Emits the upserts whose rows are built elsewhere: what they overwrite stands in the clause.
    fn upserts(&mut self) {
        for chain in &self.found.chains {
            let Some(place) = self.place(chain.scope, chain.self_model) else { continue };
            let Some((_, path)) = chain.call() else { continue };
            let [owner @ .., function] = path.as_slice() else { continue };
            let link = chain.links.iter().find(|link| link.method == "on_conflict");
            let Some(clause) = link.and_then(|link| link.args.first()) else { continue };
            let clause_span = self.span(clause);
            let told = self.writes.iter().any(|write| {
                write.kind == BuiltKind::Upsert && write.set.iter().any(|item| clause_span.contains(item.name_span))
            });
            if told || owner.is_empty() || !matches!(function.as_str(), "insert" | "insert_many" | "one" | "many") {
                continue;
            }
            let Some(set) = conflict::read(clause, place).filter(|set| !set.items.is_empty()) else { continue };
            if self.writes.iter().any(|write| {
                write.kind == BuiltKind::Upsert
                    && set.items.iter().any(|item| write.set.iter().any(|o| o.name_span == item.name_span))
            }) {
                continue;
            }
            let entity = match owner {
                [own] if own == "Self" => {
                    let own = place.scope.self_type.clone().into_iter().collect::<Vec<_>>();
                    Some(self.file.imports.resolve(&own, clause_span.start as usize))
                }
                [own] if own == "Insert" => None,
                _ => Some(self.file.imports.resolve(owner, place.at(chain.expr))),
            };
            let span = set.items.iter().fold(clause_span, |span, item| span.join(item.name_span));
            self.writes.push(BuiltWrite {
                entity,
                table: None,
                kind: BuiltKind::Upsert,
                set: set.items,
                inserted: vec![],
                filter: set.filter,
                span,
                dialect: self.dialect,
                function: self.scope_at(span),
                test: place.test,
            });
        }
    }

    /// The innermost function around some bytes.
    fn scope_at(&self, span: Span) -> Option<usize> {
        let scopes = self.file.reader.tree.scopes.iter().enumerate().skip(1);
        let around = scopes.filter(|(_, s)| s.range.0 <= span.start as usize && span.end as usize <= s.range.1);
        around.min_by_key(|(_, s)| s.range.1 - s.range.0).map(|(index, _)| index)
    }

    /// `update_many().col_expr(..)`, `Query::update().value(..)`, `Query::insert().on_conflict(..)`.
    fn builders(&mut self, chain: &Chain<'a>) {
        let Some(place) = self.place(chain.scope, chain.self_model) else { return };
        let query = chain.call().and_then(|(_, path)| match path.as_slice() {
            [.., owner, function] if owner == "Query" => Some(function.clone()),
            _ => None,
        });
        match query.as_deref() {
            Some("insert") => return self.insert(chain, place),
            None | Some("update") => {}
            _ => return,
        }
        let mut set = vec![];
        let mut entity = None;
        let mut table = None;
        let mut filter: Vec<SqlPiece> = vec![];
        let by_name = query.is_some();
        let mut other = false;
        let mut of_table = None;
        for link in &chain.links {
            match (link.method.to_string().as_str(), link.args.first(), link.args.get(1)) {
                ("col_expr", Some(column), Some(value)) => {
                    entity = entity.or_else(|| self.column_entity(column, place));
                    set.extend(self.assignment(column, value, place));
                }
                ("value", Some(column), Some(value)) if by_name => {
                    entity = entity.or_else(|| self.column_entity(column, place));
                    set.extend(self.assignment(column, value, place));
                }
                ("values", Some(list), None) if by_name => {
                    for pair in place.list(list) {
                        if let Expr::Tuple(pair) = pair
                            && let (Some(column), Some(value)) = (pair.elems.first(), pair.elems.get(1))
                        {
                            set.extend(self.assignment(column, value, place));
                        }
                    }
                }
                ("table", Some(name), None) if by_name => match peel(name) {
                    Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Entity") => {
                        of_table = place.of(name).map(|typed| typed.entity);
                    }
                    other => table = self.file.idens.table(other),
                },
                ("filter" | "and_where" | "cond_where" | "and_where_option" | "and_having", Some(condition), _) => {
                    if !filter.is_empty() {
                        filter.extend(text(" AND "));
                    }
                    filter.extend(place.condition(condition));
                }
                ("belongs_to" | "belongs_to_tbl_alias" | "apply_if" | "limit", ..) => other = true,
                _ => {}
            }
        }
        if set.is_empty() {
            return;
        }
        if entity.is_none() || !by_name {
            let typed = place.of(chain.root).filter(|typed| typed.kind == Kind::Query);
            entity = typed.map(|typed| typed.entity).or(entity);
        }
        // A chain that starts at a local has its conditions elsewhere.
        if filter.is_empty() && (other || chain.call().is_none()) {
            filter.push(SqlPiece::Key);
        }
        if table.is_some() {
            entity = None;
        }
        entity = of_table.or(entity);
        let span = self.whole(chain);
        let function = self.scope_at(span);
        let (dialect, test) = (self.dialect, place.test);
        let kind = BuiltKind::Update;
        self.writes.push(BuiltWrite {
            entity,
            table,
            kind,
            set,
            inserted: vec![],
            filter,
            span,
            dialect,
            function,
            test,
        });
    }

    /// `Query::insert()`.
    fn insert(&mut self, chain: &Chain<'a>, place: Place<'r, 'a, 's>) {
        let mut table = None;
        let mut columns: Vec<&Expr> = vec![];
        let mut values: Vec<&Expr> = vec![];
        let mut clause = None;
        let mut replace = false;
        for link in &chain.links {
            match (link.method.to_string().as_str(), link.args.first()) {
                ("into_table", Some(name)) => table = self.file.idens.table(peel(name)),
                ("columns", Some(list)) => columns = place.list(list),
                ("values" | "values_panic", Some(list)) if values.is_empty() => values = place.list(list),
                ("on_conflict", Some(conflict)) => clause = Some(conflict),
                ("replace", None) => replace = true,
                _ => {}
            }
        }
        let Some(table) = table else { return };
        let mut inserted = vec![];
        for (i, column) in columns.iter().enumerate() {
            let Some(name) = place.column(column) else { continue };
            let name_span = self.span(column);
            let (value, value_span) = match values.get(i) {
                Some(value) => (place.sql(value, None), self.span(value)),
                None => (vec![SqlPiece::Bind(opaque("a value", name_span))], name_span),
            };
            inserted.push(BuiltItem { column: name, name_span, value, value_span });
        }
        let set = match clause.map(|clause| conflict::read(clause, place)) {
            Some(Some(found)) => found,
            _ if replace => conflict::Found::default(),
            _ => return,
        };
        let kind = if replace { BuiltKind::Replace } else { BuiltKind::Upsert };
        if kind == BuiltKind::Upsert && set.items.is_empty() {
            return;
        }
        let span = self.whole(chain);
        let function = self.scope_at(span);
        self.writes.push(BuiltWrite {
            entity: None,
            table: Some(table),
            kind,
            set: set.items,
            inserted,
            filter: set.filter,
            span,
            dialect: self.dialect,
            function,
            test: place.test,
        });
    }

    fn whole(&self, chain: &Chain<'a>) -> Span {
        self.span(chain.expr)
    }

    fn column_entity(&self, column: &Expr, place: Place<'r, 'a, 's>) -> Option<EntityPath> {
        let (path, _) = column_path(column)?;
        let resolved = self.file.imports.resolve(&path, place.at(column));
        // A bare `Column` that nothing imports by name may be anyone's.
        (resolved.path.len() > 1).then_some(resolved)
    }

    fn assignment(&self, column: &'a Expr, value: &'a Expr, place: Place<'r, 'a, 's>) -> Option<BuiltItem> {
        let name = place.column(column)?;
        let pieces = place.sql(value, Some(&field_of(&name)));
        Some(BuiltItem { column: name, name_span: self.span(column), value: pieces, value_span: self.span(value) })
    }

    /// `vec![(Column::X, Expr::value(..))]`, handed to something that updates.
    fn pairs(&mut self) {
        for pair in &self.found.pairs {
            let Some(place) = self.place(pair.scope, pair.self_model) else { continue };
            let Some((path, _)) = column_path(pair.column) else { continue };
            let span = self.span(pair.column).join(self.span(pair.value));
            if !place.is_sql(pair.value, 0) || self.writes.iter().any(|write| write.span.contains(span)) {
                continue;
            }
            let entity = Some(self.file.imports.resolve(&path, place.at(pair.column)));
            let Some(item) = self.assignment(pair.column, pair.value, place) else { continue };
            let function = self.scope_at(span);
            self.writes.push(BuiltWrite {
                entity,
                table: None,
                kind: BuiltKind::Update,
                set: vec![item],
                inserted: vec![],
                filter: vec![SqlPiece::Key],
                span,
                dialect: self.dialect,
                function,
                test: place.test,
            });
        }
    }
}

/// The model's field that a column most likely has.
pub(super) fn field_of(column: &BuiltColumn) -> String {
    match column {
        BuiltColumn::Field(name) | BuiltColumn::Name(name) => name.clone(),
        BuiltColumn::Variant(variant) => names::snake(variant),
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

/// Names of locals, at any depth.
struct Paths<'e>(Vec<&'e Expr>);

impl<'e> Visit<'e> for Paths<'e> {
    fn visit_expr(&mut self, expr: &'e Expr) {
        if matches!(expr, Expr::Path(path) if path.path.get_ident().is_some()) {
            self.0.push(expr);
        }
        // What a literal is made of does not end with it.
        if !matches!(expr, Expr::Struct(_)) {
            visit::visit_expr(self, expr);
        }
    }
}

/// Whether an expression is `Set(..)`, perhaps in a branch.
fn is_set(expr: &Expr) -> bool {
    match peel(expr) {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path)
            if path.path.segments.last().is_some_and(|s| s.ident == "Set" || (s.ident == "set" && path.path.segments.len() > 1))),
        Expr::If(branch) => last_of(&branch.then_branch).is_some_and(is_set),
        Expr::Match(branches) => branches.arms.iter().any(|arm| is_set(&arm.body)),
        _ => false,
    }
}

/// Whether a field keeps what the row has: `Unchanged(id)`.
fn is_unchanged(expr: &Expr) -> bool {
    matches!(peel(expr), Expr::Call(call) if matches!(&*call.func, Expr::Path(path)
        if path.path.segments.last().is_some_and(|s| s.ident == "Unchanged" || s.ident == "unchanged")))
}

/// A value of a model's field that is built elsewhere.
fn is_opaque(expr: &Expr) -> bool {
    match peel(expr) {
        // `Set(None)` empties the column on purpose.
        set if is_set(set) => false,
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => !path
                .path
                .segments
                .last()
                .is_some_and(|s| s.ident == "Unchanged" || s.ident == "unchanged" || s.ident == "not_set"),
            _ => true,
        },
        Expr::MethodCall(call) => !matches!(call.method.to_string().as_str(), "take" | "not_set"),
        _ => false,
    }
}

/// The values that a field is set to: one for each branch.
fn set_values<'a>(expr: &'a Expr, place: Place<'_, 'a, '_>, depth: usize) -> Vec<&'a Expr> {
    if depth > 8 {
        return vec![];
    }
    match peel(expr) {
        set @ Expr::Call(call) if is_set(set) => call.args.first().into_iter().filter(|v| !is_none(v)).collect(),
        Expr::MethodCall(call) if call.method == "into_active_value" => vec![&*call.receiver],
        Expr::If(branch) => {
            let mut found =
                last_of(&branch.then_branch).map(|last| set_values(last, place, depth + 1)).unwrap_or_default();
            if let Some((_, other)) = &branch.else_branch {
                found.extend(set_values(other, place, depth + 1));
            }
            found
        }
        Expr::Match(branches) => branches.arms.iter().flat_map(|arm| set_values(&arm.body, place, depth + 1)).collect(),
        Expr::Block(block) => last_of(&block.block).map(|last| set_values(last, place, depth + 1)).unwrap_or_default(),
        // `opt.map(Set).unwrap_or(NotSet)`, `opt.map_or(NotSet, Set)`
        Expr::MethodCall(call) => {
            let by_name = |expr: &Expr| matches!(expr, Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Set"));
            match call.method.to_string().as_str() {
                "map" if call.args.first().is_some_and(by_name) => vec![&*call.receiver],
                "map" | "map_or" | "map_or_else" | "and_then" => {
                    if call.args.iter().any(by_name) {
                        return vec![&*call.receiver];
                    }
                    call.args
                        .iter()
                        .flat_map(|argument| match argument {
                            Expr::Closure(closure) => set_values(&closure.body, place, depth + 1),
                            other => set_values(other, place, depth + 1),
                        })
                        .collect()
                }
                "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" => {
                    let mut found = set_values(&call.receiver, place, depth + 1);
                    for argument in &call.args {
                        found.extend(match argument {
                            Expr::Closure(closure) => set_values(&closure.body, place, depth + 1),
                            other => set_values(other, place, depth + 1),
                        });
                    }
                    found
                }
                _ => vec![],
            }
        }
        path @ Expr::Path(_) => {
            let init: Option<&'a Expr> =
                place.binding(path).and_then(|id| place.scope.bindings.get(id)).and_then(|b| b.init);
            init.map(|init| set_values(init, place, depth + 1)).unwrap_or_default()
        }
        _ => vec![],
    }
}

fn is_none(expr: &Expr) -> bool {
    matches!(peel(expr), Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "None"))
}
