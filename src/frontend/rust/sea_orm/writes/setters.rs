//! Values given to models by methods: `am.set(Column::X, v)`, `am.settings.set_if_not_equals(v)`, `reset_all()`,
//! `from_json(v)`, `ActiveModel::builder().set_settings(v)`, and by macros of the project.

use super::models::{Model, Models};
use super::set::is_unchanged;
use super::sinks::End;
use super::{Writer, field_of};
use crate::document::{Document, Input, Key, Nullability, Rest, Shape};
use crate::frontend::facts::{Bind, BuiltColumn, BuiltItem, BuiltKind, BuiltWrite, Given, SqlPiece};
use crate::frontend::rust::macros;
use crate::frontend::rust::scope::Change;
use crate::frontend::rust::sea_orm::binding::opaque;
use crate::frontend::rust::sea_orm::names;
use crate::frontend::rust::sea_orm::typing::{Kind, Place, column_path, peel};
use crate::frontend::rust::sea_orm::walk::{Chain, MacroCall};
use crate::source::Span;
use syn::{Expr, ExprMethodCall, Member};

/// How many locals are followed back to the row.
const MAX_HOPS: usize = 6;

impl<'r, 'a, 's> Writer<'r, 'a, 's> {
    /// Reads the methods of a chain.
    pub(super) fn setters(&mut self, chain: &Chain<'a>, place: Place<'r, 'a, 's>, models: &mut Models<'r, 'a, 's>) {
        let call = chain.call();
        let called = |name: &str| call.as_ref().is_some_and(|(_, path)| path.last().is_some_and(|last| last == name));
        let built = called("builder");
        if let (true, Some((call, _))) = (called("from_json"), &call)
            && let Some(json) = call.args.first()
            && place.of(chain.root).is_some_and(|typed| typed.kind == Kind::ActiveModel)
        {
            let items = Self::from_json(json, self.span(chain.root), place);
            self.give(items, chain.root, chain.root, place, models);
        }
        let mut built_items = vec![];
        for link in &chain.links {
            let Some((items, base)) = self.link(link, built, chain, place) else { continue };
            if built {
                built_items.extend(items);
                continue;
            }
            // What a builder or a conversion makes belongs to what holds the whole chain.
            let whole = if matches!(peel(base), Expr::Path(_) | Expr::Field(_)) { base } else { chain.expr };
            self.give(items, base, whole, place, models);
        }
        self.give(built_items, chain.expr, chain.expr, place, models);
    }

    /// What one method sets, and on what.
    fn link(
        &self,
        link: &'a ExprMethodCall,
        built: bool,
        chain: &Chain<'a>,
        place: Place<'r, 'a, 's>,
    ) -> Option<(Vec<BuiltItem>, &'a Expr)> {
        let method = link.method.to_string();
        let name_span = self.file.reader.source.span(link.method.span());
        let receiver = &*link.receiver;
        let (first, second) = (link.args.first(), link.args.get(1));
        let is_model = || place.of(receiver).is_some_and(|typed| typed.kind == Kind::ActiveModel);
        let given = |column: BuiltColumn, name_span: Span, value: &'a Expr| {
            let bind = place.bind(value, Some(&field_of(&column)));
            BuiltItem { column, name_span, value: vec![SqlPiece::Bind(bind)], value_span: self.span(value) }
        };
        match (method.as_str(), first, second) {
            ("set" | "try_set" | "set_if_not_equals", Some(column), Some(value)) => {
                let (_, variant) = column_path(column)?;
                Some((vec![given(BuiltColumn::Variant(variant), self.span(column), value)], receiver))
            }
            ("set_if_not_equals" | "set_ne", Some(value), None) | ("set_ne_and", Some(value), Some(_)) => {
                let (base, field) = field(receiver)?;
                Some((vec![given(BuiltColumn::Field(field), self.span(receiver), value)], base))
            }
            // A model of a row has a value in every field.
            ("set_if_unset" | "set_if_unset_with", Some(value), None) if !Self::is_row(receiver, place) => {
                let (base, field) = field(receiver)?;
                let value = match value {
                    Expr::Closure(closure) => &*closure.body,
                    other => other,
                };
                Some((vec![given(BuiltColumn::Field(field), self.span(receiver), value)], base))
            }
            ("reset", Some(column), None) => {
                let (_, variant) = column_path(column)?;
                let column = BuiltColumn::Variant(variant);
                Some((vec![Self::as_read(column, self.span(link.args.first()?), place)], receiver))
            }
            ("reset", None, None) => {
                let (base, field) = field(receiver)?;
                let of_model = place.of(base).is_some_and(|typed| typed.kind == Kind::ActiveModel);
                of_model.then(|| (vec![Self::as_read(BuiltColumn::Field(field), self.span(receiver), place)], base))
            }
            ("reset_all", None, None) if is_model() => Some((Self::whole_row(receiver, name_span, place), receiver)),
            ("set_from_json", Some(json), None) if is_model() => {
                Some((Self::from_json(json, name_span, place), receiver))
            }
            ("into_active_model", None, None) => {
                // A struct that derives it: its fields are set. A row keeps all.
                let name = place.named_type(receiver)?.pop()?;
                if place.of(receiver).is_some() || name.starts_with(char::is_lowercase) {
                    return None;
                }
                let value =
                    vec![SqlPiece::Bind(opaque(&place.file.reader.source.folded(self.span(receiver)), name_span))];
                let item = BuiltItem { column: BuiltColumn::Rest(Some(name)), name_span, value, value_span: name_span };
                Some((vec![item], chain.expr))
            }
            (other, Some(value), None) if built => {
                let field = other.strip_prefix("set_")?.to_owned();
                Some((vec![given(BuiltColumn::Field(field), name_span, value)], chain.expr))
            }
            _ => None,
        }
    }

    /// Adds items to the model that `base` names, or that holds `whole`.
    fn give(
        &mut self,
        items: Vec<BuiltItem>,
        base: &'a Expr,
        whole: &'a Expr,
        place: Place<'r, 'a, 's>,
        models: &mut Models<'r, 'a, 's>,
    ) {
        let Some(span) = items.iter().map(|item| item.name_span.join(item.value_span)).reduce(Span::join) else {
            return;
        };
        let at = self.span(whole);
        let converts = items.iter().any(|item| matches!(item.column, BuiltColumn::Rest(Some(_))));
        let id = place.binding(base).or_else(|| {
            let own = self.holder(at, place)?;
            place.of_binding(own).is_some_and(|typed| typed.kind == Kind::ActiveModel).then_some(own)
        });
        let entity = || place.of(base).map(|typed| typed.entity);
        let model = match id {
            // Whoever takes the model may insert it.
            Some(id) if converts && self.marks.of_binding((place.index, id)).is_empty() => return,
            Some(id) => self.bound(id, entity, place, models),
            None => {
                let ends = self.marks.of_span(place.index, items.first().map_or(at, |item| item.name_span));
                models.alone.push(Model { entity: entity(), items: vec![], ends, span: None, place });
                let Some(last) = models.alone.last_mut() else { return };
                last
            }
        };
        model.span = model.span.or(Some(span));
        model.items.extend(items);
    }

    /// A column that is written as it was read.
    fn as_read(column: BuiltColumn, span: Span, place: Place<'r, 'a, 's>) -> BuiltItem {
        let field = field_of(&column);
        let value = Document::Read(place.model_read(format!("`{field}` of the row"), &field, span));
        let bind = Bind { value, is_json: true, ..opaque("the row as it was read", span) };
        BuiltItem { column, name_span: span, value: vec![SqlPiece::Bind(bind)], value_span: span }
    }

    /// Every column: as it was read, but for what was changed in the row since.
    fn whole_row(model: &'a Expr, span: Span, place: Place<'r, 'a, 's>) -> Vec<BuiltItem> {
        let mut items: Vec<BuiltItem> = vec![];
        let mut expr = model;
        for _ in 0..MAX_HOPS {
            let (root, _) = crate::frontend::rust::sea_orm::columns::chain(expr);
            match peel(root) {
                Expr::Struct(literal) => {
                    for field in &literal.fields {
                        if let Member::Named(name) = &field.member {
                            let name = names::plain(name);
                            let value = match peel(&field.expr) {
                                Expr::Call(call) if is_unchanged(&field.expr) => call.args.first(),
                                _ => Some(&field.expr),
                            };
                            items.extend(value.map(|value| Self::item(&name, span, value, span, place)));
                        }
                    }
                    if literal.rest.is_none() {
                        return items;
                    }
                    break;
                }
                path @ Expr::Path(_) => {
                    let Some(id) = place.binding(path) else { break };
                    let at = place.at(path);
                    for event in place.scope.changes_on(id).iter().rev().filter(|event| event.at < at) {
                        if let Change::Part(Expr::Field(part), value) = &event.what
                            && let (Expr::Path(_), Member::Named(name)) = (&*part.base, &part.member)
                            && !super::set::is_set(value)
                        {
                            items.push(Self::item(&names::plain(name), span, value, span, place));
                        }
                    }
                    match place.scope.bindings.get(id).and_then(|binding| binding.init) {
                        Some(init) => expr = init,
                        None => break,
                    }
                }
                _ => break,
            }
        }
        items.push(Self::as_read(BuiltColumn::Rest(None), span, place));
        items
    }

    /// The columns that a JSON object names.
    fn from_json(json: &'a Expr, span: Span, place: Place<'r, 'a, 's>) -> Vec<BuiltItem> {
        let bind = place.bind(json, None);
        let item = |column: BuiltColumn, value: Document| {
            let bind = Bind { value, is_json: true, ..bind.clone() };
            BuiltItem { column, name_span: span, value: vec![SqlPiece::Bind(bind)], value_span: span }
        };
        let (entries, closed) = match bind.value.clone() {
            Document::Known(serde_json::Value::Object(map)) => {
                (map.into_iter().map(|(key, value)| (Key::Name(key), Document::Known(value))).collect(), true)
            }
            Document::Object { entries, rest } => (entries, rest == Rest::Closed),
            _ => (vec![], false),
        };
        let mut items: Vec<BuiltItem> = entries
            .into_iter()
            .filter_map(|(key, value)| match key {
                Key::Name(name) => Some(item(BuiltColumn::Field(name), value)),
                Key::Param(_) => None,
            })
            .collect();
        if !closed {
            let input = Input { id: bind.source.clone(), shape: Shape::Any, null: Nullability::Maybe };
            items.push(item(BuiltColumn::Rest(None), Document::Input(input)));
        }
        items
    }

    /// Whether a model was made from a row, so that none of its fields is unset.
    fn is_row(field: &Expr, place: Place<'r, 'a, 's>) -> bool {
        let Some((base, _)) = self::field(field) else { return false };
        place.is_from_row(base)
    }

    /// A macro of the project that may set a field: `patch_field!(am, request, settings)`.
    pub(super) fn macro_call(&mut self, call: &MacroCall<'a>, place: Place<'r, 'a, 's>) {
        let is_model = |expr: &Expr| place.of(expr).is_some_and(|typed| typed.kind == Kind::ActiveModel);
        let Some(model) = call.arguments.iter().position(|argument| is_model(argument)) else { return };
        let Some(base) = call.arguments.get(model) else { return };
        let Some(id) = place.binding(base) else { return };
        let ends = self.marks.of_binding((place.index, id));
        let written = ends.iter().any(|end| matches!(end, End::Update | End::Save));
        let may_be = ends.is_empty() && Self::comes_from_row(id, place);
        if !written && !may_be {
            return;
        }
        let name = macros::name(call.mac);
        for (number, argument) in call.arguments.iter().enumerate() {
            let Expr::Path(path) = argument else { continue };
            let Some(ident) = path.path.get_ident().filter(|_| number != model) else { continue };
            let (span, field) = (self.span(argument), names::plain(ident));
            let item = Self::item(&field, span, argument, span, place);
            let start = self.span(base).join(span);
            let statement = self.statement(BuiltKind::Update, vec![item], start, place);
            let given = Some(Given::Macro { name: name.clone(), model, field: number });
            let entity = place.of(base).map(|typed| typed.entity);
            self.writes.push(BuiltWrite { entity, given, filter: vec![SqlPiece::Key], ..statement });
        }
    }
}

/// The model and the field of `am.settings`.
fn field(expr: &Expr) -> Option<(&Expr, String)> {
    match peel(expr) {
        Expr::Field(field) => match &field.member {
            Member::Named(name) => Some((&*field.base, names::plain(name))),
            Member::Unnamed(_) => None,
        },
        _ => None,
    }
}
