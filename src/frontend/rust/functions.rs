//! Function and method calls in bound values: wrappers, `serde_json`, `Option`, rows; and values as serde writes them.

use super::inline::may_hold;
use super::peel::{SAME, peel_also};
use super::place;
use super::types::Ty;
use super::values::{Val, Values, choose, input};
use super::wrappers::{call_name, call_type};
use crate::document::{CastTo, Cond, Document, Input, Nullability, Rest, Shape};
use crate::frontend::facts::TypeUse;
use serde_json::Value as Json;
use syn::{Expr, ExprCall, ExprClosure, ExprMethodCall, GenericArgument, Pat, PathArguments};

impl Values<'_, '_, '_> {
    /// A function call.
    pub(super) fn call(&self, expr: &Expr, call: &ExprCall) -> Val {
        let (name, ty) = (call_name(call), call_type(call));
        let Some(first) = call.args.first() else {
            if let Some(found) = self.returned_by(call) {
                return found;
            }
            return match (ty.as_str(), name.as_str()) {
                ("Map", "new" | "with_capacity") | ("HashMap" | "BTreeMap" | "IndexMap", "new") => Val {
                    doc: Document::Known(Json::Object(serde_json::Map::new())),
                    ty: Some(Ty::named(&ty)),
                    json: ty == "Map",
                },
                ("Value" | "JsonValue", "default") => Val::json(Document::Known(Json::Null)),
                ("Uuid" | "Utc" | "Local" | "OffsetDateTime", _) => self.input(expr, Some(Ty::named("Uuid"))),
                ("String", _) => self.input(expr, Some(Ty::named("String"))),
                (known, _) if self.reader.tree.structs.contains_key(known) => self.input(expr, Some(Ty::named(known))),
                _ => self.input(expr, None),
            };
        };
        let of_json = matches!(ty.as_str(), "serde_json" | "json" | "") || ty.contains("json");
        match name.as_str() {
            "Some" | "Ok" | "Borrowed" | "Owned" => self.value(first),
            "new" if matches!(ty.as_str(), "Box" | "Arc" | "Rc") => self.value(first),
            "from" if matches!(ty.as_str(), "Option" | "Box" | "Arc") => self.value(first),
            "Json" | "Jsonb" => self.json_wrapper(first),
            "new" | "from" if matches!(ty.as_str(), "Json" | "Jsonb") => self.json_wrapper(first),
            "to_value" if of_json => {
                let found = self.encoded(first);
                let value = Val::json(not_null(found.doc));
                // Whose document it is stays known.
                let of = found.ty.filter(|ty| !ty.is_json()).map(|ty| Ty::of("serde_json::Value", ty));
                Val { ty: of.or(value.ty), ..value }
            }
            "to_string" | "to_string_pretty" | "to_vec" | "to_vec_pretty" if of_json => {
                let found = self.encoded(first);
                text_of(not_null(found.doc), found.ty)
            }
            "from_str" | "from_slice" if of_json => self.decoded(call, first),
            "from_value" => self.decoded(call, first),
            "Object" | "Array" if matches!(ty.as_str(), "Value" | "JsonValue") => {
                let inner = self.encoded(first);
                let shape = if name == "Object" { Shape::Object } else { Shape::Array };
                Val::json(with_shape(inner.doc, shape))
            }
            "String" | "Number" | "Bool" if matches!(ty.as_str(), "Value" | "JsonValue") => {
                Val::json(with_shape(not_null(self.encoded(first).doc), Shape::Scalar))
            }
            "from" if matches!(ty.as_str(), "Value" | "JsonValue") => Val::json(not_null(self.encoded(first).doc)),
            "from" | "new" | "from_str" if ty == "String" => self.value(first),
            "from" if ty == "Uuid" => self.input(expr, Some(Ty::named("Uuid"))),
            "take" | "replace" if ty == "mem" => self.value(first),
            "from" if ty.ends_with("ActiveModel") => self.value(first),
            _ => {
                if let Some(found) = self.returned_by(call) {
                    return found;
                }
                let known = self.reader.tree.structs.contains_key(&ty).then(|| Ty::named(&ty));
                let arguments: Vec<Val> = call.args.iter().map(|argument| self.value(argument)).collect();
                let path = match &*call.func {
                    Expr::Path(path) => super::wrappers::spelled(&path.path),
                    _ => name,
                };
                self.foreign(expr, &path, &arguments, None, known)
            }
        }
    }

    fn json_wrapper(&self, inner: &Expr) -> Val {
        let found = self.encoded(inner);
        let ty = found.ty.unwrap_or_else(|| Ty::named("_"));
        Val { doc: not_null(found.doc), ty: Some(Ty::of("Json", ty)), json: true }
    }

    /// `from_str::<T>(text)`, `from_value(value)`.
    fn decoded(&self, call: &ExprCall, argument: &Expr) -> Val {
        let found = self.value(argument);
        let document = match found.doc {
            Document::Cast { of, to: CastTo::Text } => *of,
            read @ (Document::Read(_) | Document::Get { .. }) => read,
            other if found.json => other,
            other => Document::Cast { of: Box::new(other), to: CastTo::Json },
        };
        let target = match &*call.func {
            Expr::Path(path) => path.path.segments.last().and_then(|s| first_type(&s.arguments)),
            _ => None,
        };
        match target {
            Some(ty) if !ty.is_json_value() => self.retyped(document, ty),
            other => Val { doc: document, json: other.is_some() || found.json, ty: other },
        }
    }

    /// A document that goes through a Rust type: keys that the type does not know are gone.
    pub(super) fn retyped(&self, document: Document, ty: Ty) -> Val {
        let inner = ty.document();
        let name = inner.name();
        if inner.is_json_value() || matches!(name, "Map" | "HashMap" | "BTreeMap" | "IndexMap" | "Vec" | "_") {
            return Val { doc: document, json: inner.is_json_value(), ty: Some(ty) };
        }
        let by_hand = self.reader.tree.decoded_by_hand.contains(name);
        let read = self.reader.own_struct(name).filter(|_| !by_hand);
        let (fields, rest) = match read {
            Some(read) => {
                let is_open = read.is_strict || read.fields.iter().any(|f| f.flatten);
                let rest = if is_open { Rest::Open } else { Rest::Closed };
                let keys = read.fields.iter().filter(|f| !f.skip && !f.flatten).map(|f| f.key.clone()).collect();
                (Some(keys), rest)
            }
            // A value from outside that a type is read from is as opaque as before.
            None if !document.holds_old() => return Val { doc: document, ty: Some(ty), json: false },
            None => (None, Rest::Closed),
        };
        let spelled = inner.to_string();
        if fields.is_none() {
            self.awaits(&spelled, &ty, TypeUse::Decoded);
        }
        let doc = Document::Retype { of: Box::new(document), fields, rest, ty: Some(spelled) };
        Val { doc, ty: Some(ty), json: false }
    }

    /// A method call.
    pub(super) fn method(&self, expr: &Expr, call: &ExprMethodCall) -> Val {
        let name = call.method.to_string();
        let turbofish = call.turbofish.as_ref().and_then(|t| {
            t.args.iter().find_map(|a| if let GenericArgument::Type(ty) = a { Ty::read(ty) } else { None })
        });
        let first = call.args.first();
        // A method of the type itself may be called like one that is known.
        if matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self"))
            && let Some(found) = self.returned_by_method(call)
        {
            return found;
        }
        match (name.as_str(), first) {
            (
                "clone" | "cloned" | "copied" | "as_ref" | "as_mut" | "to_owned" | "into" | "borrow" | "as_deref"
                | "deref" | "into_inner" | "take" | "as_object" | "into_owned" | "as_deref_mut" | "as_slice" | "to_vec"
                | "as_object_mut" | "as_array" | "into_active_model" | "into_value" | "flatten" | "transpose",
                None,
            )
            | ("map_err" | "context" | "with_context" | "wrap_err", Some(_)) => self.value(&call.receiver),
            ("unwrap", None) | ("expect" | "ok_or" | "ok_or_else", Some(_)) => self.value(&call.receiver).unwrapped(),
            ("as_str" | "as_bytes", None) => {
                let found = self.value(&call.receiver);
                if found.json { self.input(expr, Some(Ty::of("Option", Ty::named("str")))) } else { found }
            }
            // `optional` is that of rusqlite: no row is none.
            ("ok" | "optional", None) => {
                let found = self.value(&call.receiver);
                Val { doc: nullable(found.doc), ty: found.ty.map(|ty| Ty::of("Option", ty)), json: found.json }
            }
            ("unwrap_or_default", None) => {
                let found = self.value(&call.receiver);
                let inner = found.ty.as_ref().map(|ty| ty.unwrapped().clone());
                let default = match inner.as_ref() {
                    Some(ty) if ty.is_json_value() => Document::Known(Json::Null),
                    Some(ty) if ty.json_shape() == Shape::Object => {
                        Document::Known(Json::Object(serde_json::Map::new()))
                    }
                    Some(ty) if ty.json_shape() == Shape::Array => Document::Known(Json::Array(vec![])),
                    other => input(format!("the default of `{}`", self.source(&call.receiver)), other.cloned()).doc,
                };
                self.note_default(call, &found, &default);
                first_of(found, Val { doc: default, ty: inner, json: false })
            }
            ("unwrap_or" | "or" | "unwrap_or_else" | "or_else", Some(other)) => {
                let found = self.value(&call.receiver);
                let other = match other {
                    Expr::Closure(closure) => self.value(&closure.body),
                    Expr::Path(_) if name.ends_with("else") => self.made_by(other),
                    other => self.value(other),
                };
                self.note_default(call, &found, &other.doc);
                first_of(found, other)
            }
            ("and_then" | "map", Some(Expr::Path(path)))
                if path.path.segments.last().is_some_and(|segment| {
                    matches!(segment.ident.to_string().as_str(), "as_object" | "as_array" | "as_object_mut")
                }) =>
            {
                self.value(&call.receiver)
            }
            ("map", Some(function)) => self.mapped(expr, call, function),
            ("and_then", Some(Expr::Closure(closure))) => {
                let receiver = self.value(&call.receiver);
                let body = self.applied(closure, receiver.clone().unwrapped());
                if matches!(body.doc, Document::Input(_)) && !may_hold(&receiver.doc) {
                    return self.input(expr, body.ty);
                }
                Val { doc: nullable(body.doc), ..body }
            }
            ("map_or" | "map_or_else", Some(default)) if call.args.len() == 2 => {
                let default = match default {
                    Expr::Closure(closure) => self.value(&closure.body),
                    Expr::Path(_) if name == "map_or_else" => self.made_by(default),
                    other => self.value(other),
                };
                let found = match call.args.iter().nth(1) {
                    Some(function) => self.mapped(expr, call, function),
                    None => self.input(expr, None),
                };
                self.note_default(call, &found, &default.doc);
                first_of(found, default)
            }
            (
                "fetch_one" | "fetch_optional" | "fetch_all" | "query_one" | "query_opt" | "query_all" | "one" | "all",
                _,
            ) if self.fetches(call) => self.row(expr),
            ("to_string", None) => {
                let found = self.value(&call.receiver);
                let is_json = found.json || found.ty.as_ref().is_some_and(Ty::is_json);
                match found.doc {
                    text @ Document::Cast { to: CastTo::Text, .. } => {
                        Val { doc: text, ty: Some(Ty::named("String")), json: false }
                    }
                    json if is_json => text_of(not_null(json), found.ty),
                    _ => self.input(expr, Some(Ty::named("String"))),
                }
            }
            ("get" | "try_get", Some(argument)) if self.is_row(&call.receiver) => match self.known_text(argument) {
                Some(column) => self.read(&column, &call.receiver, turbofish),
                None => match peel_also(argument, SAME) {
                    // By its position among what is selected.
                    Expr::Lit(lit) if matches!(lit.lit, syn::Lit::Int(_)) => {
                        self.read(&self.source(argument), &call.receiver, turbofish)
                    }
                    _ => self.input(expr, turbofish),
                },
            },
            ("get" | "pointer", Some(argument)) => self.indexed(expr, &call.receiver, argument),
            // What is taken out is what was there.
            ("remove" | "shift_remove" | "swap_remove", Some(key)) if call.args.len() == 1 => {
                self.indexed(expr, &call.receiver, key)
            }
            ("parse", None) if turbofish.as_ref().is_some_and(Ty::is_json_value) => {
                match self.value(&call.receiver).doc {
                    Document::Cast { of, to: CastTo::Text } => Val::json(*of),
                    other => Val::json(Document::Cast { of: Box::new(other), to: CastTo::Json }),
                }
            }
            ("len" | "is_some" | "is_none" | "is_empty" | "timestamp" | "as_i64" | "count", None) => {
                self.input(expr, Some(Ty::named("i64")))
            }
            _ => {
                if let Some(found) = self.returned_by_method(call).or_else(|| self.mapped_row(expr, call)) {
                    return found;
                }
                let receiver = self.value(&call.receiver);
                let arguments: Vec<Val> = call.args.iter().map(|argument| self.value(argument)).collect();
                if may_hold(&receiver.doc) {
                    let held = std::iter::once(receiver).chain(arguments).map(|val| val.doc);
                    let of = held.filter(may_hold).collect();
                    let doc = Document::Through { of, why: format!("`{name}` may change it") };
                    return Val { doc, ty: turbofish, json: false };
                }
                self.foreign(expr, &name, &arguments, None, turbofish)
            }
        }
    }

    /// What a closure gives for its argument.
    pub(super) fn applied(&self, closure: &ExprClosure, argument: Val) -> Val {
        let at = self.reader.source.start(place::first(&closure.body));
        if let Some(elements) = closure.inputs.first().and_then(closure_elements) {
            return self.applied_to_tuple(closure, elements, &argument, at);
        }
        let name = closure.inputs.first().and_then(closure_parameter);
        let id = name.and_then(|name| self.scope.resolve(&name, at));
        let Some(id) = id else { return self.value(&closure.body) };
        self.given.borrow_mut().push((id, argument));
        let found = self.value(&closure.body);
        self.given.borrow_mut().pop();
        found
    }

    /// The same for `|(id, data)| ..`, where the argument is a row.
    fn applied_to_tuple(
        &self,
        closure: &ExprClosure,
        elements: &syn::punctuated::Punctuated<Pat, syn::Token![,]>,
        row: &Val,
        at: usize,
    ) -> Val {
        let before = self.given.borrow().len();
        for (number, element) in elements.iter().enumerate() {
            let id = closure_parameter(element).and_then(|name| self.scope.resolve(&name, at));
            if let (Some(id), Some(found)) = (id, self.at_position(row, number, true)) {
                self.given.borrow_mut().push((id, found));
            }
        }
        let found = self.value(&closure.body);
        self.given.borrow_mut().truncate(before);
        found
    }

    /// What a function that is named, not called, makes: `unwrap_or_else(serde_json::Map::new)`.
    fn made_by(&self, function: &Expr) -> Val {
        let Expr::Path(path) = function else { return self.input(function, None) };
        let names: Vec<String> = path.path.segments.iter().rev().take(2).map(|s| s.ident.to_string()).collect();
        match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["new", "Map" | "HashMap" | "BTreeMap" | "IndexMap"] | ["default", "Map" | "HashMap" | "BTreeMap"] => {
                Val::json(Document::Known(Json::Object(serde_json::Map::new())))
            }
            ["new", "Vec"] => Val { doc: Document::Known(Json::Array(vec![])), ty: None, json: false },
            ["default", "Value" | "JsonValue"] => Val::json(Document::Known(Json::Null)),
            _ => self.input(function, None),
        }
    }

    /// `option.map(Json)`, `option.map(|v| ..)`.
    fn mapped(&self, expr: &Expr, call: &ExprMethodCall, function: &Expr) -> Val {
        let receiver = self.value(&call.receiver);
        let is_option = receiver.ty.as_ref().is_some_and(Ty::is_option);
        let null = if is_option { Nullability::Yes } else { Nullability::Maybe };
        let opaque = |ty: Option<Ty>, json: bool| {
            let mut found = input(self.source(expr), ty);
            found.json = json;
            if may_hold(&receiver.doc) {
                found.doc = Document::Through { of: vec![receiver.doc.clone()], why: "`map` may change it".to_owned() };
            }
            if let Document::Input(input) = &mut found.doc {
                input.null = null;
            }
            found
        };
        match function {
            Expr::Path(path) => {
                let name = path.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                let inner = receiver.ty.as_ref().map_or_else(|| Ty::named("_"), |ty| ty.unwrapped().clone());
                match name.as_str() {
                    "Json" | "Jsonb" => {
                        let mut found = opaque(Some(Ty::of("Option", Ty::of("Json", inner))), true);
                        self.awaits_as(&self.source(expr), &receiver.doc);
                        if may_hold(&receiver.doc) {
                            found.doc = receiver.doc;
                        }
                        found
                    }
                    "into_inner" if inner.wraps_document() => {
                        let ty = inner.arg().cloned();
                        let json = ty.as_ref().is_some_and(Ty::is_json_value);
                        Val { doc: nullable(receiver.doc), ty: ty.map(|ty| Ty::of("Option", ty)), json }
                    }
                    "to_value" => {
                        let value = if inner.is_json() || inner.name() == "_" {
                            Ty::named("serde_json::Value")
                        } else {
                            Ty::of("serde_json::Value", inner)
                        };
                        self.awaits_as(&self.source(expr), &receiver.doc);
                        opaque(Some(Ty::of("Option", value)), true)
                    }
                    "to_string" if of_json(path) && !may_hold(&receiver.doc) && !self.is_iterated(call, &receiver) => {
                        let text =
                            text_of(input(self.source(&call.receiver), Some(inner.clone())).unwrapped().doc, None);
                        let ty = Some(Ty::of("Option", Ty::of("String", inner)));
                        let none = Cond::IsNull(Box::new(receiver.doc));
                        let nothing = Val { doc: Document::Null, ty: None, json: false };
                        Val { ty, ..choose(vec![(none, nothing)], text) }
                    }
                    "to_string" => opaque(Some(Ty::of("Option", Ty::named("String"))), false),
                    _ => opaque(None, false),
                }
            }
            Expr::Closure(closure) => {
                let body = self.applied(closure, receiver.clone().unwrapped());
                let ty = body.ty.map(|ty| if ty.is_option() { ty } else { Ty::of("Option", ty) });
                if self.is_iterated(call, &receiver) || matches!(body.doc, Document::Input(_)) {
                    self.awaits_as(&self.source(expr), &body.doc);
                    return opaque(ty, body.json);
                }
                let none = Cond::IsNull(Box::new(receiver.doc));
                let nothing = Val { doc: Document::Null, ty: None, json: false };
                let found = choose(vec![(none, nothing)], Val { doc: body.doc, ty: None, json: body.json });
                Val { ty, ..found }
            }
            _ => opaque(None, false),
        }
    }

    /// Whether `map` stands on an iterator, as far as it shows.
    fn is_iterated(&self, call: &ExprMethodCall, receiver: &Val) -> bool {
        receiver.ty.is_none() && self.source(&call.receiver).contains("iter")
    }
}

/// Whether a function is one of serde's: `serde_json::to_string`, and not `ToString::to_string`.
fn of_json(path: &syn::ExprPath) -> bool {
    let mut owners = path.path.segments.iter().rev().skip(1);
    owners.next().is_none_or(|owner| owner.ident.to_string().contains("json"))
}

/// The elements of a closure's parameter that is a tuple.
fn closure_elements(pattern: &Pat) -> Option<&syn::punctuated::Punctuated<Pat, syn::Token![,]>> {
    match pattern {
        Pat::Tuple(tuple) => Some(&tuple.elems),
        Pat::Type(typed) => closure_elements(&typed.pat),
        Pat::Reference(inner) => closure_elements(&inner.pat),
        _ => None,
    }
}

/// The name that a closure's parameter binds.
fn closure_parameter(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(ident) => Some(ident.ident.to_string()),
        Pat::Type(typed) => closure_parameter(&typed.pat),
        Pat::Reference(inner) => closure_parameter(&inner.pat),
        Pat::TupleStruct(inner) if inner.elems.len() == 1 => closure_parameter(inner.elems.first()?),
        _ => None,
    }
}

/// The first type of a list of arguments.
fn first_type(arguments: &PathArguments) -> Option<Ty> {
    let PathArguments::AngleBracketed(list) = arguments else { return None };
    list.args.iter().find_map(|a| if let GenericArgument::Type(ty) = a { Ty::read(ty) } else { None })
}

/// JSON as text; the type that was encoded is kept beside it.
fn text_of(json: Document, of: Option<Ty>) -> Val {
    let ty = of.map_or_else(|| Ty::named("String"), |of| Ty::of("String", of));
    Val { doc: Document::Cast { of: Box::new(json), to: CastTo::Text }, ty: Some(ty), json: false }
}

/// As JSON, `None` is JSON null, not SQL NULL.
pub(super) fn not_null(document: Document) -> Document {
    match document {
        Document::Null => Document::Known(Json::Null),
        Document::Input(input) => Document::Input(Input { null: Nullability::Never, ..input }),
        other => other,
    }
}

fn nullable(document: Document) -> Document {
    match document {
        Document::Input(input) => Document::Input(Input { null: Nullability::Yes, ..input }),
        other => other,
    }
}

fn with_shape(document: Document, shape: Shape) -> Document {
    match document {
        Document::Input(input) => Document::Input(Input { shape, null: Nullability::Never, ..input }),
        other => other,
    }
}

/// `a.unwrap_or(b)`: `a` is there or not.
pub(super) fn first_of(value: Val, default: Val) -> Val {
    let ty = value.ty.map(|ty| ty.unwrapped().clone()).or(default.ty);
    Val { doc: Document::First(vec![nullable(value.doc), default.doc]), json: value.json || default.json, ty }
}
