//! What the Rust around a write says of how it is meant: names, documentation, routes, conditions.
//!
//! Notes facts with their places; what they are worth is for the project to judge.

use super::assemble::Reader;
use super::emit::Emitter;
use super::scope::{Arm, Root, Scope};
use super::wrappers::call_name;
use crate::document::{Document, Nullability};
use crate::frontend::facts::{Function, Sign, SignKind, speaks_of_part};
use crate::source::{FileId, Site, Span};
use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Expr, Lit, Meta};

/// How many tokens of a route attribute are looked at.
const MAX_TOKENS: usize = 200;

/// Tells the functions that hold SQL apart, and what each of them says of itself. All texts must have been read.
pub(super) fn functions(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    for (scope, index) in &emitter.functions {
        let (Some(scope), Some(function)) = (reader.tree.scopes.get(*scope), emitter.facts.functions.get_mut(*index))
        else {
            continue;
        };
        *function = function_of(reader, scope);
    }
}

/// What is said of a function.
pub(super) fn function_of(reader: &Reader<'_, '_>, scope: &Scope<'_>) -> Function {
    Function {
        name: scope.name.clone(),
        span: Span::new(scope.range.0..scope.range.1),
        self_type: scope.self_type.clone(),
        trait_name: scope.trait_name.clone(),
        module: scope.module.clone(),
        parameters: scope.parameters().collect(),
        signs: of_function(reader, scope),
    }
}

/// What a function's name, documentation and attributes say.
fn of_function(reader: &Reader<'_, '_>, scope: &Scope<'_>) -> Vec<Sign> {
    let Some((signature, _, attributes)) = scope.item else { return vec![] };
    let sign = |kind, span: Span, words: String| Sign { kind, site: Site { file: reader.file, span }, words };
    let mut found = vec![];
    if scope.name.split('_').any(speaks_of_part) {
        let words = format!("`{}` names a partial update", scope.name);
        found.push(sign(SignKind::PartialName, reader.source.span(signature.ident.span()), words));
    }
    let doc = attributes.iter().find_map(|attribute| {
        let text = doc_text(attribute)?;
        let all = || text.split(|c: char| !c.is_alphanumeric());
        let mut pairs = all().zip(all().skip(1).chain([""]));
        let (words, _) = pairs.find(|(word, next)| speaks_of_part(&word.to_lowercase()) && !is_index(next))?;
        Some((attribute, format!("the documentation of `{}` says `{words}`", scope.name)))
    });
    if let Some((attribute, words)) = doc {
        found.push(sign(SignKind::PartialDoc, of_attribute(reader, attribute), words));
    }
    let replaces = attributes.iter().find_map(|attribute| {
        let text = doc_text(attribute)?;
        let words: Vec<String> =
            text.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase).collect();
        let mut said = words.iter().zip(words.iter().skip(1).map(String::as_str).chain([""]));
        // `does not overwrite what ..`, `merged rather than replacing ..` say the opposite.
        let negated = |word: &str, next: &str| is_negation(word) || word == "than" && is_replacing(next, "");
        let (first, next) = said.find(|(word, next)| is_replacing(word, next) || negated(word, next))?;
        let replaces = is_replacing(first, next);
        let first = if is_replacing(first, "") { first.clone() } else { format!("{first} {next}") };
        let words = format!("the documentation of `{}` says `{first}`", scope.name);
        replaces.then_some((attribute, words))
    });
    if let Some((attribute, words)) = replaces {
        found.push(sign(SignKind::ReplacesDoc, of_attribute(reader, attribute), words));
    }
    if let Some(attribute) = attributes.iter().find(|attribute| is_patch_route(attribute)) {
        let words = format!("`{}` answers PATCH requests", scope.name);
        found.push(sign(SignKind::PatchRoute, of_attribute(reader, attribute), words));
    }
    found
}

/// Whether a line of documentation has a word that may be a sign.
pub(super) fn may_say(line: &str) -> bool {
    let words = || line.split(|c: char| !c.is_alphanumeric());
    // Most words are told by their length and their first letter.
    let first = ['p', 'P', 'm', 'M', 'r', 'R', 'o', 'O', 'w', 'W', 'f', 'F', 'e', 'E', 'c', 'C'];
    let pairs = words().zip(words().skip(1).chain([""])).filter(|(word, _)| word.len() > 3 && word.starts_with(first));
    let mut pairs = pairs.map(|(word, next)| (word.to_lowercase(), next.to_lowercase()));
    pairs.any(|(word, next)| speaks_of_part(&word) || is_replacing(&word, &next))
}

/// Whether the word after `partial` says that it is an index: of some rows, not of a part of a document.
fn is_index(next: &str) -> bool {
    ["unique", "index", "indexes", "indices"].iter().any(|word| next.eq_ignore_ascii_case(word))
}

/// Whether a word and the next one, in lower case, say that what is there goes: `replaces`, `the whole document`.
fn is_replacing(word: &str, next: &str) -> bool {
    let whole = matches!(word, "whole" | "full" | "entire" | "complete");
    whole && matches!(next, "document" | "object" | "json" | "payload" | "blob")
        || matches!(
            word,
            "replace" | "replaces" | "replaced" | "replacing" | "overwrite" | "overwrites" | "overwriting"
        )
}

fn is_negation(word: &str) -> bool {
    matches!(word, "not" | "never" | "without" | "no" | "don't" | "doesn't" | "cannot" | "avoid" | "avoids" | "instead")
}

fn doc_text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    match &pair.value {
        Expr::Lit(lit) if pair.path.is_ident("doc") => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn of_attribute(reader: &Reader<'_, '_>, attribute: &Attribute) -> Span {
    let start = reader.source.span(attribute.pound_token.span);
    start.join(reader.source.span(attribute.bracket_token.span.close()))
}

/// `#[patch("/x")]` (actix, rocket), `#[oai(method = "patch")]` (poem), `#[utoipa::path(patch, ..)]`.
fn is_patch_route(attribute: &Attribute) -> bool {
    let Some(last) = attribute.path().segments.last() else { return false };
    if last.ident == "patch" {
        return true;
    }
    let routes = ["path", "oai", "route", "routes", "endpoint", "openapi", "api", "api_operation", "handler"];
    let Meta::List(arguments) = &attribute.meta else { return false };
    routes.iter().any(|name| last.ident == name) && names_patch(&arguments.tokens)
}

fn names_patch(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().take(MAX_TOKENS).any(|token| match token {
        TokenTree::Ident(word) => word.to_string().eq_ignore_ascii_case("patch"),
        TokenTree::Literal(text) => text.to_string().trim_matches('"').eq_ignore_ascii_case("patch"),
        _ => false,
    })
}

/// Functions that are registered for PATCH requests: `.route("/x", patch(update))`, `get(read).patch(update)`,
/// `web::patch().to(update)`.
pub(super) fn handlers(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    for chain in reader.tree.scopes.iter().flat_map(|scope| &scope.chains) {
        let root = match &chain.root {
            Root::Expr(Expr::Call(call)) if call_name(call) == "patch" => Some(call),
            _ => None,
        };
        let of_root = root.and_then(|call| call.args.first());
        let by_method = chain.links.iter().filter(|link| link.method == "patch").filter_map(|link| link.args.first());
        // `web::patch()` and `warp::patch()` take no handler themselves.
        let later = chain.links.iter().filter(|link| {
            root.is_some_and(|call| call.args.is_empty())
                && matches!(link.method.to_string().as_str(), "to" | "and_then")
        });
        let later = later.filter_map(|link| link.args.first());
        for handler in of_root.into_iter().chain(by_method).chain(later) {
            let span = reader.source.expr(handler);
            if matches!(handler, Expr::Path(_)) {
                emitter.facts.patch_handlers.push((reader.source.folded(span), span));
            }
        }
    }
}

/// What the place of a bound value says: it stands under `if let Some(v) = ..`, or is an `Option` field itself.
pub(super) fn of_value(reader: &Reader<'_, '_>, branch: &[Arm], span: Span, value: &Document) -> Vec<Sign> {
    let mut found = vec![];
    let mut inputs: Vec<(&str, Nullability)> = vec![];
    value.visit(&mut |document| {
        if let Document::Input(input) = document {
            inputs.push((&input.id, input.null));
        }
    });
    let site = |span| Site { file: reader.file, span };
    let span_of_value = span;
    for arm in branch.iter().filter(|arm| !arm.is_loop && arm.number == 0) {
        for (subject, name, span) in given_by(reader.source.text, arm.node) {
            let held = inputs.iter().any(|(id, _)| id == &subject || mentions(id, &name));
            if held || mentions(reader.source.text.get(span_of_value.range()).unwrap_or(""), &name) {
                let words = format!("it is written only when `{subject}` is given");
                found.push(Sign { kind: SignKind::IfGiven, site: site(span), words });
            }
        }
    }
    if let Some((id, _)) = inputs.iter().find(|(id, null)| *null == Nullability::Yes && is_field(id)) {
        let words = format!("`{id}` is an `Option`: it may be left out");
        found.push(Sign { kind: SignKind::OptionField, site: site(span), words });
    }
    found
}

/// Whether the source of a value names a variable: `normalize(name)`.
fn mentions(source: &str, name: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let plain = !name.is_empty() && name.chars().all(in_name);
    plain
        && source.match_indices(name).any(|(at, _)| {
            let before = source.get(..at).and_then(|before| before.chars().next_back());
            let after = source.get(at + name.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(|c| in_name(c) || c == '.') && !after.is_some_and(in_name)
        })
}

/// A field of a local: `request.settings`.
fn is_field(id: &str) -> bool {
    let mut parts = id.split('.');
    let name = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let first = parts.next().is_some_and(|part| name(part) && part != "self");
    let rest: Vec<&str> = parts.collect();
    first && !rest.is_empty() && rest.into_iter().all(name)
}

/// What the condition at byte `node` takes out of options: `if let Some(v) = request.settings {` gives the subject
/// `request.settings`, the name `v`, and the place.
fn given_by(text: &str, node: usize) -> Vec<(String, String, Span)> {
    /// Longer conditions are not read.
    const MOST: usize = 400;
    let rest = text.get(node..).unwrap_or("");
    if !rest.starts_with("if") {
        return vec![];
    }
    let head: &str = rest.split('{').next().unwrap_or("");
    if head.len() > MOST {
        return vec![];
    }
    let mut found = vec![];
    for (at, _) in head.match_indices("Some(") {
        let after = head.get(at + "Some(".len()..).unwrap_or("");
        let Some((name, after)) = after.split_once(')') else { continue };
        let Some(subject) = after.trim_start().strip_prefix('=') else { continue };
        let subject = subject.split("&&").next().unwrap_or("").trim();
        let place = Span::new(node..node + head.trim_end().len());
        let name = name.trim().trim_start_matches(['&', ' ']).trim_start_matches("ref ").trim_start_matches("mut ");
        found.push((plain(subject), name.to_owned(), place));
    }
    // `if settings_present`, `if request.settings.is_some()`: a flag that says whether a field is given.
    let place = || Span::new(node..node + head.trim_end().len());
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    for word in head.split(|c: char| !is_part(c)) {
        let flag = ["_present", "_given", "_provided", "_set"].iter().find_map(|end| word.strip_suffix(end));
        if let Some(subject) = flag.or_else(|| word.strip_suffix(".is_some")).filter(|subject| !subject.is_empty()) {
            let name = subject.rsplit('.').next().unwrap_or(subject);
            found.push((subject.to_owned(), name.to_owned(), place()));
        }
    }
    found
}

/// The field or name that an expression borrows, copies or takes: `&request.settings.clone()`.
fn plain(subject: &str) -> String {
    let mut subject = subject.trim_start_matches(['&', '*', ' ']).trim_start_matches("mut ");
    while let Some((before, call)) = subject.rsplit_once('.') {
        if !call.ends_with(')') {
            break;
        }
        subject = before;
    }
    subject.split_whitespace().collect::<Vec<_>>().join("")
}

/// A sign at a place of a file.
pub(super) fn sign(file: FileId, kind: SignKind, span: Span, words: String) -> Sign {
    Sign { kind, site: Site { file, span }, words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_of_a_condition_is_read_off_its_text() {
        let text = "x; if let Some(ref v) = &req\n  .settings.as_ref() && let Some(n) = name { }";
        let found: Vec<(String, String)> = given_by(text, 3).into_iter().map(|(s, n, _)| (s, n)).collect();
        assert_eq!(found, [("req.settings".into(), "v".into()), ("name".into(), "n".into())]);
        assert!(given_by("match x { Some(v) => 1 }", 0).is_empty());
        let flags = given_by("if name_present || req.settings.is_some() { }", 0);
        let flags: Vec<(String, String)> = flags.into_iter().map(|(subject, name, _)| (subject, name)).collect();
        assert_eq!(flags, [("name".into(), "name".into()), ("req.settings".into(), "settings".into())]);
        assert!(given_by("if is_ready && offset > 1 { }", 0).is_empty());
    }

    #[test]
    fn only_fields_of_locals_are_fields() {
        assert!(is_field("req.settings") && is_field("a.b.c"));
        for other in ["req", "self.settings", "req.get(0)", "a..b", "1 + b.c"] {
            assert!(!is_field(other), "{other}");
        }
    }

    #[test]
    fn a_variable_is_named_as_a_whole_word() {
        assert!(mentions("normalize(name)?", "name") && mentions("name", "name"));
        assert!(!mentions("normalize(first_name)", "name") && !mentions("user.name", "name"));
        assert!(!mentions("f(x)", "") && !mentions("(a, b)", "(a, b)"));
    }
}
