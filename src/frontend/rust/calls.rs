//! The routes by which SQL reaches a database: functions, methods and macros of sqlx and other clients.

use super::assemble::Reader;
use super::binds;
use super::collect::Made;
use super::emit::{Emitter, Ready};
use super::literal;
use super::macros;
use super::scope::{Chain, Root, Scope};
use super::spelled::{QUERY_FUNCTIONS, QUERY_MACROS, SQL_METHODS};
use super::text::Text;
use super::wrappers::{call_name, call_type};
use crate::frontend::facts::Route;
use crate::frontend::sql::{Dialect, looks_like_sql};
use crate::source::Span;
use syn::Expr;

/// The database that an expression or type names: `DbBackend::Postgres`, `Sqlite`, `MySqlPool`.
pub(super) fn dialect_of(words: &str) -> Option<Dialect> {
    let words = words.to_ascii_lowercase();
    let known = [
        ("postgres", Dialect::Postgres),
        ("pgpool", Dialect::Postgres),
        ("pgconnection", Dialect::Postgres),
        ("mysql", Dialect::Mysql),
        ("sqlite", Dialect::Sqlite),
    ];
    let mut found = known.iter().filter(|(word, _)| words.contains(word)).map(|(_, dialect)| *dialect);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// One call, found.
struct Call<'e> {
    name: String,
    sql: &'e Expr,
    dialect: Option<Dialect>,
    /// It is SQL whatever it looks like.
    certain: bool,
    /// Links of the chain from this one on may bind values.
    from_link: usize,
    /// Expressions that are bound in order.
    arguments: Vec<&'e Expr>,
    /// An argument that may be a list of values: `&[&a, &b]`, `params![..]`.
    list: Option<&'e Expr>,
}

/// Reads all calls of a scope.
pub(super) fn read<'a>(reader: &Reader<'a, '_>, index: usize, scope: &Scope<'a>, test: bool, emitter: &mut Emitter) {
    for chain in &scope.chains {
        for call in calls(reader, chain) {
            let mut texts = reader.texts(call.sql, scope);
            texts.retain(|t| !t.is_empty() && (call.certain || looks_like_sql(&t.render(None).sql)));
            if texts.is_empty() {
                continue;
            }
            let binds = binds_of(reader, scope, chain, &call);
            for text in texts {
                let span = reader.chain_span(chain);
                let ready = Ready {
                    text,
                    route: Route::Call(call.name.clone()),
                    span,
                    dialect: call.dialect,
                    binds: binds.clone(),
                    scope: index,
                    test,
                };
                emit(scope, ready, emitter);
            }
        }
    }
}

/// Hands a text on, with its function.
pub(super) fn emit(scope: &Scope<'_>, ready: Ready, emitter: &mut Emitter) {
    let function = if scope.is_file { None } else { Some(emitter.function(ready.scope, &scope.name, scope.range)) };
    emitter.emit(ready, function);
}

/// The calls in a chain that take SQL.
fn calls<'e, 'a: 'e>(reader: &Reader<'a, '_>, chain: &'e Chain<'a>) -> Vec<Call<'e>> {
    let mut found = vec![];
    match &chain.root {
        Root::Macro(mac) => {
            let name = macros::name(mac);
            if let Some(parsed) = reader.macros.get(mac).filter(|p| p.is_list)
                && QUERY_MACROS.contains(&name.as_str())
                && let Some((sql, arguments)) = parsed.exprs.split_first()
            {
                let arguments = arguments.iter().collect();
                found.push(Call { name, sql, dialect: None, certain: true, from_link: 0, arguments, list: None });
            }
        }
        Root::Expr(Expr::Call(call)) => {
            let name = call_name(call);
            let ty = call_type(call);
            let nth = |n: usize| call.args.iter().nth(n);
            let plain = |sql, certain, list| Call {
                name: name.clone(),
                sql,
                dialect: turbofish(reader, call),
                certain,
                from_link: 0,
                arguments: vec![],
                list,
            };
            if QUERY_FUNCTIONS.contains(&name.as_str()) {
                // `query(&client, "..", &[..])` of other clients has the SQL second.
                let first = nth(0).filter(|e| !is_place_of_client(e));
                found.extend(first.map(|sql| plain(sql, true, None)));
            } else if ty == "Statement" && name.starts_with("from_s") {
                if let Some(sql) = nth(1) {
                    let dialect = nth(0).and_then(|b| dialect_of(&reader.source.folded(reader.source.expr(b))));
                    found.push(Call { dialect, ..plain(sql, true, nth(2)) });
                }
            } else if SQL_METHODS.contains(&name.as_str()) && !ty.is_empty() {
                // `Executor::execute(&mut *tx, "..")`.
                found.extend(nth(1).map(|sql| plain(sql, false, nth(2))));
            }
        }
        _ => {}
    }
    for (number, link) in chain.links.iter().enumerate() {
        let name = link.method.to_string();
        if SQL_METHODS.contains(&name.as_str())
            && let Some(first) = link.args.first()
        {
            // `execute((sql, Some(arguments)))`
            let sql = match first {
                Expr::Tuple(tuple) => tuple.elems.first().unwrap_or(first),
                other => other,
            };
            let list = link.args.iter().nth(1);
            let call =
                Call { name, sql, dialect: None, certain: false, from_link: number + 1, arguments: vec![], list };
            found.push(call);
        }
    }
    found
}

/// The database of a turbofish: `query::<Postgres>(..)`.
fn turbofish(reader: &Reader<'_, '_>, call: &syn::ExprCall) -> Option<Dialect> {
    let Expr::Path(path) = &*call.func else { return None };
    let last = path.path.segments.last()?;
    if last.arguments.is_empty() {
        return None;
    }
    dialect_of(&reader.source.folded(reader.source.expr(&call.func)))
}

fn is_place_of_client(expr: &Expr) -> bool {
    matches!(expr, Expr::Reference(e) if e.mutability.is_some())
}

/// The values bound to a call's placeholders.
fn binds_of<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, chain: &Chain<'a>, call: &Call<'_>) -> binds::List {
    let mut list = binds::List { branch: chain.branch.clone(), ..binds::List::default() };
    for argument in &call.arguments {
        list.push(reader, scope, argument);
    }
    if let Some(values) = call.list {
        list.values(reader, scope, values);
    }
    list.chain(reader, scope, chain, call.from_link, 0);
    list
}

/// Texts that are made of several parts and handed to nothing we know: strings, `format!` and its relatives.
pub(super) fn read_made(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    read_strings(reader, emitter);
    let mut tried = std::collections::BTreeSet::new();
    for candidate in &reader.tree.candidates {
        let Some(scope) = reader.tree.scopes.get(candidate.scope) else { continue };
        if candidate.quiet || !tried.insert(candidate.at) {
            continue;
        }
        reader.refill();
        let text = match candidate.what {
            Made::Macro(mac) => reader.macro_text(mac, scope),
            Made::Expr(expr) => reader.text(expr, scope),
        };
        let Some(text) = text else { continue };
        if text.literals.is_empty() || emitter.is_partly_consumed(&text) {
            continue;
        }
        let rendered = text.render(None);
        if !looks_like_sql(&rendered.sql) || !rendered.constants.is_empty() && !text.has_sql() {
            continue;
        }
        let span = match candidate.what {
            Made::Macro(mac) => Span::new(candidate.at..reader.source.end(mac.delimiter.span().close())),
            Made::Expr(expr) => reader.source.expr(expr),
        };
        let ready = Ready {
            text,
            route: Route::Literal,
            span,
            dialect: None,
            binds: binds::List::default(),
            scope: candidate.scope,
            test: candidate.test,
        };
        emit(scope, ready, emitter);
    }
}

/// String literals that are left.
pub(super) fn read_literals(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    for found in &reader.tree.literals {
        if found.quiet || emitter.is_consumed(found.span) {
            continue;
        }
        let Some(scope) = reader.tree.scopes.get(found.scope) else { continue };
        let Some(token) = reader.source.text.get(found.span.range()) else { continue };
        let Some(literal) = literal::read(token, found.span.start as usize) else { continue };
        if !looks_like_sql(&literal.value) {
            continue;
        }
        let ready = Ready {
            text: Text::of(literal, found.span),
            route: Route::Literal,
            span: found.span,
            dialect: None,
            binds: binds::List::default(),
            scope: found.scope,
            test: found.test,
        };
        emit(scope, ready, emitter);
    }
}

/// Strings that are pushed to and handed to nothing we know.
fn read_strings(reader: &Reader<'_, '_>, emitter: &mut Emitter) {
    for (index, scope) in reader.tree.scopes.iter().enumerate() {
        for id in 0..scope.bindings.len() {
            reader.refill();
            let Some(text) = reader.pushed_string(id, scope) else { continue };
            if text.literals.is_empty() || emitter.is_partly_consumed(&text) || !looks_like_sql(&text.render(None).sql)
            {
                continue;
            }
            let span = text.literals.iter().copied().reduce(Span::join).unwrap_or_default();
            let ready = Ready {
                text,
                route: Route::Literal,
                span,
                dialect: None,
                binds: binds::List::default(),
                scope: index,
                test: reader.tree.test.get(index).copied().unwrap_or_default(),
            };
            emit(scope, ready, emitter);
        }
    }
}
