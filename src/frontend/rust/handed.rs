//! Calls of functions that store what they are given: which values are handed to them.
//!
//! Reads nothing else off a file: which functions are meant is known only when all files are read, so a file may be
//! looked at a second time for its calls alone.

use super::assemble::Reader;
use super::collect::Collector;
use super::inline::needed;
use super::macros::Macros;
use super::peel::{SAME, peel, peel_also};
use super::place::{Lines, Source};
use super::scope::{Arm, Root, Scope};
use super::types::Ty;
use super::values::{Val, Values};
use super::wrappers::call_name;
use super::{Context, blanked, imports, signs, stripped, structs};
use crate::document::Document;
use crate::frontend::facts::{Bind, GivenArgument, HandedOn, HandedOver, TypeFacts, WantedCall};
use crate::source::{FileId, SourceFile, Span};
use syn::{Expr, ExprMethodCall, Member, Type};

/// The calls of wanted functions in a file. A file that does not parse has none.
pub fn calls(file: FileId, source: &SourceFile, context: Context<'_>, wanted: &[WantedCall]) -> HandedOver {
    let found = read(file, source, context, wanted);
    proc_macro2::extra::invalidate_current_thread_spans();
    found.unwrap_or_default()
}

fn read(file: FileId, source: &SourceFile, context: Context<'_>, wanted: &[WantedCall]) -> Option<HandedOver> {
    let shift = stripped(&source.text);
    let blanked = blanked(&source.text, context.idle);
    let lines = Lines::new(&blanked, shift);
    let source = Source::new(&source.text, &blanked, &lines);
    let mut macros = Macros::new(source);
    let tokens = super::macros::shallow(blanked.get(shift..)?.parse().ok()?)?;
    let parsed = syn::parse2::<syn::File>(tokens).ok()?;
    syn::visit::Visit::visit_file(&mut macros, &parsed);
    let tree = Collector::new(source, &macros, context.test).file(&parsed);
    let reader = Reader::new(file, source, &tree, &macros);
    let mut calls = vec![];
    for (index, scope) in tree.scopes.iter().enumerate().filter(|(_, scope)| scope.item.is_some()) {
        let test = tree.test.get(index).copied().unwrap_or(context.test);
        of_function(&reader, scope, test, wanted, &mut calls);
    }
    calls.sort_by_key(|call: &HandedOn| call.span);
    let foreign = calls.iter().flat_map(|call| &call.given).any(|given| !given.bind.types.is_empty());
    let types = foreign.then(|| TypeFacts {
        declared: structs::declared(&parsed.items, source),
        imports: imports::read(&parsed, source, true).0,
    });
    Some(HandedOver { calls, types })
}

/// A call as it stands in a function.
struct Call<'e> {
    name: String,
    qualifier: Option<String>,
    receiver: Option<&'e Expr>,
    arguments: Vec<&'e Expr>,
    span: Span,
    branch: &'e [Arm],
}

fn of_function<'a>(
    reader: &Reader<'a, '_>,
    scope: &Scope<'a>,
    test: bool,
    wanted: &[WantedCall],
    found: &mut Vec<HandedOn>,
) {
    let is_wanted = |name: &str, count: usize| wanted.iter().any(|w| w.name == name && w.parameters == count);
    let mut calls: Vec<Call<'_>> = vec![];
    for chain in &scope.chains {
        if let Root::Expr(expr @ Expr::Call(call)) = &chain.root
            && let Expr::Path(path) = &*call.func
            && is_wanted(&call_name(call), call.args.len())
        {
            calls.push(Call {
                name: call_name(call),
                qualifier: path.path.segments.iter().rev().nth(1).map(|segment| segment.ident.to_string()),
                receiver: None,
                arguments: call.args.iter().collect(),
                span: reader.source.expr(expr),
                branch: &chain.branch,
            });
        }
        for link in chain.links.iter().filter(|link| is_wanted(&link.method.to_string(), link.args.len())) {
            let (start, end) = (link.method.span(), link.paren_token.span.close());
            calls.push(Call {
                name: link.method.to_string(),
                qualifier: None,
                receiver: Some(&link.receiver),
                arguments: link.args.iter().collect(),
                span: reader.source.span(start).join(reader.source.span(end)),
                branch: &chain.branch,
            });
        }
    }
    found.extend(calls.into_iter().map(|call| handed_on(reader, scope, test, wanted, call)));
}

fn handed_on<'a>(
    reader: &Reader<'a, '_>,
    scope: &Scope<'a>,
    test: bool,
    wanted: &[WantedCall],
    call: Call<'_>,
) -> HandedOn {
    let fitting = wanted.iter().filter(|w| w.name == call.name && w.parameters == call.arguments.len());
    let given = fitting.filter_map(|wanted| {
        let argument = call.arguments.get(wanted.parameter)?;
        let bind = value(reader, scope, call.branch, argument, wanted.field.as_deref())?;
        Some(GivenArgument { parameter: wanted.parameter, field: wanted.field.clone(), bind })
    });
    let mut given: Vec<GivenArgument> = given.collect();
    given.dedup();
    let same_name = reader.tree.functions.get(&call.name).into_iter().flatten();
    let defined_here = same_name.filter_map(|index| reader.tree.scopes.get(*index)).any(|own| own.self_type.is_none());
    HandedOn {
        is_method: call.receiver.is_some(),
        receiver: call.receiver.and_then(last_name),
        receiver_type: call.receiver.and_then(|receiver| type_of(reader, scope, receiver)),
        name: call.name,
        qualifier: call.qualifier,
        arguments: call.arguments.len(),
        defined_here,
        file: reader.file,
        span: call.span,
        given,
        function: signs::function_of(reader, scope),
        test,
    }
}

/// What is handed over: the argument, or a field of it.
fn value<'a>(
    reader: &Reader<'a, '_>,
    scope: &Scope<'a>,
    branch: &[Arm],
    argument: &Expr,
    field: Option<&str>,
) -> Option<Bind> {
    let span = reader.source.expr(argument);
    let values = Values::new(reader, scope, branch.to_vec());
    let plain = peel_also(argument, SAME);
    let found = match (field, plain) {
        (Some(field), Expr::Struct(literal)) => {
            let given = literal.fields.iter().find(|given| is_named(&given.member, field))?;
            return value(reader, scope, branch, &given.expr, None);
        }
        (Some(field), _) => {
            let id = local(reader, scope, plain)?;
            values.field_after(id, field, span.start as usize)
        }
        (None, Expr::Field(part)) if local(reader, scope, &part.base).is_some() => {
            let Member::Named(name) = &part.member else { return None };
            let id = local(reader, scope, &part.base)?;
            values.field_after(id, name.to_string().trim_start_matches("r#"), span.start as usize)
        }
        (None, _) => {
            let found = values.value(argument);
            match made_of(argument).and_then(|plain| local(reader, scope, plain)) {
                Some(id) => changed(&values, id, found, span.start as usize),
                None => found,
            }
        }
    };
    let is_json = found.json || found.ty.as_ref().is_some_and(Ty::is_json);
    let mut signs = values.signs.take();
    signs.extend(signs::of_value(reader, branch, span, &found.doc));
    signs.sort();
    signs.dedup();
    let types = values.types.take();
    let calls = needed(&[&found.doc], &types, values.pending.take());
    Some(Bind {
        index: 0,
        name: None,
        span,
        file: Some(reader.file),
        source: reader.source.folded(span),
        value: found.doc,
        rust_type: found.ty.map(|ty| ty.to_string()),
        is_json,
        signs,
        calls,
        types,
    })
}

pub(super) fn is_named(member: &Member, field: &str) -> bool {
    matches!(member, Member::Named(name) if name == field)
}

/// The local that an expression names.
fn local(reader: &Reader<'_, '_>, scope: &Scope<'_>, expr: &Expr) -> Option<usize> {
    let Expr::Path(path) = peel_also(expr, SAME) else { return None };
    let ident = path.path.get_ident()?;
    scope.resolve(&ident.to_string(), reader.source.start(ident.span()))
}

/// The local that is handed over, what only encodes or copies it taken off.
fn made_of(argument: &Expr) -> Option<&Expr> {
    match peel_also(argument, SAME) {
        plain @ Expr::Path(_) => Some(plain),
        Expr::Call(call) if call.args.len() == 1 => {
            let name = call_name(call);
            let encodes =
                matches!(name.as_str(), "to_value" | "to_string" | "to_vec" | "Json" | "Jsonb" | "Some" | "new");
            made_of(call.args.first().filter(|_| encodes)?)
        }
        Expr::MethodCall(call) if is_plain(call) => made_of(&call.receiver),
        _ => None,
    }
}

/// What a local holds after what was done to its fields before byte `at`, where another function gave it: what it is
/// does not show yet.
fn changed(values: &Values<'_, '_, '_>, id: usize, found: Val, at: usize) -> Val {
    if let Document::Cast { of, to } = found.doc {
        let inner = changed(values, id, Val { doc: *of, ..found }, at);
        return Val { doc: Document::Cast { of: Box::new(inner.doc), to }, ..inner };
    }
    let Some(doc) = values.as_given(&found.doc) else { return found };
    let before = Val { doc, ..found.clone() };
    let after = values.with_parts(id, before.clone(), at);
    if after.doc != before.doc {
        return after;
    }
    // A method changes it, or it would not have to be mutable.
    let scope = values.scope;
    let by_method = scope.bindings.get(id).is_some_and(|binding| binding.mutable && binding.init.is_some());
    let mut called = scope.chains_on(id).filter(|chain| chain.at < at).filter_map(|chain| chain.links.first());
    match called.find(|link| !is_plain(link)).filter(|_| by_method) {
        Some(link) => {
            let why = format!("`{}` may change it", link.method);
            Val { doc: Document::Through { of: vec![before.doc], why }, ..found }
        }
        None => found,
    }
}

/// The last name of a receiver: `users` in `self.users`, `state.users()`.
pub(super) fn last_name(receiver: &Expr) -> Option<String> {
    match peel(receiver) {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => Some(name.to_string()),
            Member::Unnamed(_) => None,
        },
        Expr::MethodCall(call) if is_plain(call) => last_name(&call.receiver),
        Expr::MethodCall(call) => Some(call.method.to_string()),
        Expr::Call(call) => Some(super::wrappers::call_type(call)),
        _ => None,
    }
}

/// A call that gives the same thing in other hands.
fn is_plain(call: &ExprMethodCall) -> bool {
    matches!(call.method.to_string().as_str(), "clone" | "as_ref" | "as_mut" | "lock" | "read" | "write" | "unwrap")
}

/// The type of a receiver: of `self`, of a field of `self`, of a local or a parameter.
pub(super) fn type_of(reader: &Reader<'_, '_>, scope: &Scope<'_>, receiver: &Expr) -> Option<String> {
    match peel(receiver) {
        Expr::Path(path) if path.path.is_ident("self") => scope.self_type.clone(),
        Expr::Path(_) => {
            let binding = scope.bindings.get(local(reader, scope, receiver)?)?;
            match (binding.ty, binding.init.map(peel)) {
                (Some(ty), _) => {
                    let generics = scope.item.map(|(signature, ..)| &signature.generics);
                    bound_of(pointed_at(ty)?, generics)
                }
                // `Repo::new(..)`, `Repo { .. }`
                (None, Some(Expr::Call(call))) => made_type(call),
                (None, Some(Expr::Struct(made))) => made.path.segments.last().map(|segment| segment.ident.to_string()),
                _ => None,
            }
        }
        Expr::Field(field) => {
            let owner = type_of(reader, scope, &field.base)?;
            let item = reader.tree.structs.get(&owner)?;
            let named = item.fields.iter().find(|known| {
                known.ident.as_ref().is_some_and(|name| matches!(&field.member, Member::Named(own) if own == name))
            });
            bound_of(pointed_at(&named?.ty)?, Some(&item.generics))
        }
        Expr::MethodCall(call) if is_plain(call) => type_of(reader, scope, &call.receiver),
        Expr::Call(call) => made_type(call),
        _ => None,
    }
}

/// The type of `Repo::new(..)`.
fn made_type(call: &syn::ExprCall) -> Option<String> {
    Some(super::wrappers::call_type(call)).filter(|ty| ty.starts_with(char::is_uppercase))
}

/// The type, or the trait, that pointers and locks lead to: `UserStore` of `Arc<dyn UserStore>`.
fn pointed_at(ty: &Type) -> Option<String> {
    match ty {
        Type::Reference(inner) => pointed_at(&inner.elem),
        Type::Paren(inner) => pointed_at(&inner.elem),
        Type::TraitObject(object) => object.bounds.iter().find_map(of_bound),
        Type::ImplTrait(object) => object.bounds.iter().find_map(of_bound),
        Type::Path(path) => {
            let segment = path.path.segments.last()?;
            let name = segment.ident.to_string();
            match &segment.arguments {
                syn::PathArguments::AngleBracketed(list)
                    if matches!(
                        name.as_str(),
                        "Arc" | "Rc" | "Box" | "Option" | "Mutex" | "RwLock" | "Data" | "State"
                    ) =>
                {
                    list.args.iter().find_map(|argument| match argument {
                        syn::GenericArgument::Type(ty) => pointed_at(ty),
                        _ => None,
                    })
                }
                _ => Some(name),
            }
        }
        _ => None,
    }
}

/// The trait that a type parameter is bound by; `None` where that does not show. Any other type is itself.
fn bound_of(name: String, generics: Option<&syn::Generics>) -> Option<String> {
    let Some(generics) = generics else { return Some(name) };
    let Some(parameter) = generics.type_params().find(|parameter| parameter.ident == name) else { return Some(name) };
    let is_it = |ty: &Type| matches!(ty, Type::Path(path) if path.path.is_ident(&name));
    let clauses =
        generics.where_clause.iter().flat_map(|clause| &clause.predicates).filter_map(|clause| match clause {
            syn::WherePredicate::Type(clause) if is_it(&clause.bounded_ty) => Some(&clause.bounds),
            _ => None,
        });
    let bounds = parameter.bounds.iter().chain(clauses.flatten());
    let mut named = bounds.filter_map(of_bound);
    named.find(|bound| !matches!(bound.as_str(), "Send" | "Sync" | "Clone" | "Debug" | "Unpin" | "Sized" | "Default"))
}

fn of_bound(bound: &syn::TypeParamBound) -> Option<String> {
    match bound {
        syn::TypeParamBound::Trait(bound) => bound.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}
