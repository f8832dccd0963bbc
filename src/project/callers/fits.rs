//! Which function a call means.

use super::Sink;
use crate::document::Document;
use crate::frontend::facts::{Function, GivenArgument, HandedOn, Receiver};
use crate::project::Paths;
use crate::project::place::shared_folders;
use crate::project::receivers::{self, Sure, is_telling};

/// The numbers of the functions that a call means, each with whether nothing but the name says so: several only where
/// they implement one trait, or write in one function.
pub(super) fn meant(sinks: &[Sink], call: &HandedOn, paths: Paths<'_>) -> Vec<(usize, bool)> {
    let of_name = sinks
        .iter()
        .enumerate()
        .filter(|(_, sink)| sink.function.name == call.name && sink.function.parameters.len() == call.arguments);
    let fitting: Vec<(usize, &Sink, Sure)> =
        of_name.filter_map(|(index, sink)| Some((index, sink, fit(sink, call, paths)?))).collect();
    let Some(best) = fitting.iter().map(|(.., sure)| *sure).max() else { return vec![] };
    let fitting: Vec<(usize, &Sink)> =
        fitting.into_iter().filter(|(.., sure)| *sure == best).map(|(index, sink, _)| (index, sink)).collect();
    // Of free functions the nearest is meant.
    let near = |sink: &Sink| shared_folders(paths.get(sink.file), paths.get(call.file));
    let free = fitting.iter().all(|(_, sink)| sink.function.self_type.is_none());
    let nearest = fitting.iter().map(|(_, sink)| near(sink)).max();
    let fitting: Vec<(usize, &Sink)> =
        fitting.into_iter().filter(|(_, sink)| !free || Some(near(sink)) == nearest).collect();
    let Some((_, first)) = fitting.first() else { return vec![] };
    let same = |sink: &Sink| {
        let one = sink.file == first.file && sink.function.span == first.function.span;
        let of_trait = sink.function.trait_name.is_some() && sink.function.trait_name == first.function.trait_name;
        one || of_trait
    };
    if fitting.iter().all(|(_, sink)| same(sink)) {
        fitting.into_iter().map(|(index, _)| (index, best == Sure::ByName)).collect()
    } else {
        vec![]
    }
}

/// Whether what is handed over is what the parameter is for: JSON, something edited, or called like it.
pub(super) fn speaks_of(sink: &Sink, given: &GivenArgument) -> bool {
    let parameter = sink.function.parameters.get(sink.parameter).map_or("", String::as_str);
    let source = &given.bind.source;
    let last = source.rsplit(|c: char| !c.is_alphanumeric() && c != '_').find(|name| !name.is_empty()).unwrap_or("");
    let alike = source.contains(parameter) || (last.len() > 2 && parameter.contains(last));
    let made_of = match &given.bind.value {
        Document::Input(input) => input.id.contains(parameter),
        _ => true,
    };
    given.bind.is_json || made_of || alike
}

fn fit(sink: &Sink, call: &HandedOn, paths: Paths<'_>) -> Option<Sure> {
    let function = &sink.function;
    if call.is_method {
        return method(function, call);
    }
    let own_file = sink.file == call.file;
    match call.qualifier.as_deref() {
        None => {
            let shadowed = call.defined_here && !own_file;
            let is_free = function.self_type.is_none() && !shadowed;
            is_free.then_some(if own_file { Sure::Named } else { Sure::ByName }).filter(|sure| {
                *sure == Sure::Named
                    || is_telling(&function.name)
                    || shared_folders(paths.get(sink.file), paths.get(call.file)) > 0
            })
        }
        Some("Self") => {
            let own = &call.function;
            let same_type = own_file && own.self_type == function.self_type;
            // Inside a trait, `Self` is whoever implements it.
            let same_trait = own.trait_name.is_some() && own.trait_name == function.trait_name;
            let of_trait = own.trait_name.is_some() && function.trait_name.is_some() && is_telling(&function.name);
            if own.self_type.is_some() && (same_type || same_trait) {
                Some(Sure::Named)
            } else {
                of_trait.then_some(Sure::ByName)
            }
        }
        Some(name) if name.starts_with(char::is_uppercase) => {
            let is_it = |known: &Option<String>| known.as_deref() == Some(name);
            let is_generic = name.len() <= 2;
            if is_it(&function.self_type) || is_it(&function.trait_name) {
                Some(Sure::Named)
            } else {
                // A type parameter, or a type that gets the method from its trait.
                let by_trait = is_generic || function.self_type == function.trait_name;
                (function.trait_name.is_some() && by_trait && is_telling(&function.name)).then_some(Sure::ByName)
            }
        }
        Some(module) => {
            if function.self_type.is_some() {
                return None;
            }
            let path = paths.get(sink.file);
            let as_crate = path.split('/').any(|part| part.replace('-', "_") == module);
            let named =
                function.module.last().is_some_and(|own| own == module) || stem(path) == Some(module) || as_crate;
            let relative = matches!(module, "crate" | "self" | "super");
            if named {
                Some(Sure::Named)
            } else {
                relative.then_some(Sure::ByName).filter(|_| is_telling(&function.name))
            }
        }
    }
}

fn method(function: &Function, call: &HandedOn) -> Option<Sure> {
    let own: Vec<&str> =
        [&function.self_type, &function.trait_name].into_iter().flatten().map(String::as_str).collect();
    let receiver = Receiver { name: call.receiver.clone(), ty: call.receiver_type.clone() };
    receivers::method(&own, &function.name, &receiver)
}

/// The name that a file gives its module.
pub(super) fn stem(path: &str) -> Option<&str> {
    path.rsplit('/').find_map(|part| match part.trim_end_matches(".rs") {
        "mod" | "lib" | "main" | "src" => None,
        stem => Some(stem),
    })
}
