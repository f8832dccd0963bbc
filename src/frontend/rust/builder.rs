//! `QueryBuilder` and its like: what is pushed, in the order of the text, with one placeholder for each bound value.
//!
//! Alternatives of an `if` or `match` are read as separate texts; everything that is pushed under a condition without
//! an alternative is taken as pushed.

use super::assemble::{Reader, call_name, call_type};
use super::binds;
use super::calls::{self, dialect_of};
use super::emit::{Emitter, Ready};
use super::place::Source;
use super::scope::{Arm, Chain, Root, Scope};
use super::text::Text;
use crate::frontend::facts::Route;
use crate::frontend::sql::Dialect;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use syn::{Expr, ExprMethodCall};

/// How many alternatives of one builder are read.
const MAX_VARIANTS: usize = 8;

/// How many bindings a builder is followed through.
const MAX_HOPS: usize = 8;

/// One thing that is pushed.
struct Op<'a> {
    at: usize,
    branch: &'a [Arm],
    what: What<'a>,
    /// The run of `separated` pushes that it belongs to, and its separator.
    separated: Option<(usize, Option<&'a Expr>)>,
}

enum What<'a> {
    Init(&'a Expr),
    Push(&'a Expr),
    Bind(&'a Expr),
    /// `push_values`, `push_tuples`: the call, and what its closure pushes.
    Rows(&'a ExprMethodCall, Vec<Op<'a>>),
    /// Everything pushed so far is taken back.
    Reset,
}

/// A text that was built.
pub(super) struct Built {
    pub(super) text: Text,
    pub(super) binds: binds::List,
    pub(super) span: Span,
    pub(super) dialect: Option<Dialect>,
    /// It does not start where the builder is made: its head may stand in another function.
    pub(super) is_part: bool,
}

/// Reads all builders of a scope; texts without a head are handed back.
pub(super) fn read<'a>(
    reader: &Reader<'a, '_>,
    index: usize,
    scope: &'a Scope<'a>,
    test: bool,
    emitter: &mut Emitter,
) -> Vec<Built> {
    let mut parts = vec![];
    let mut taken = BTreeSet::new();
    let mut found: Vec<Built> = vec![];
    for (number, chain) in scope.chains.iter().enumerate() {
        let Root::Expr(Expr::Call(call)) = &chain.root else { continue };
        if !call_type(call).ends_with("QueryBuilder")
            || !matches!(call_name(call).as_str(), "new" | "with_arguments" | "with")
        {
            continue;
        }
        let mut ops = vec![];
        if let Some(init) = call.args.first() {
            ops.push(Op { at: chain.at, branch: &chain.branch, what: What::Init(init), separated: None });
        }
        taken.insert(number);
        let mut dialect = dialect_of(&reader.source.folded(reader.source.expr(&call.func)));
        // Up to where the same name gets another builder.
        let until = chain.bound.map_or(usize::MAX, |id| {
            if let Some(ty) = scope.bindings.get(id).and_then(|b| b.ty) {
                dialect = dialect
                    .or_else(|| dialect_of(&reader.source.folded(reader.source.span(syn::spanned::Spanned::span(ty)))));
            }
            scope
                .chains
                .iter()
                .filter(|c| c.bound == Some(id) && c.at > chain.at && matches!(c.root, Root::Expr(Expr::Call(_))))
                .map(|c| c.at)
                .min()
                .unwrap_or(usize::MAX)
        });
        gather(reader.source, scope, chain, None, until, &mut ops, &mut taken, 0);
        found.extend(variants(reader, scope, ops, dialect, false));
    }
    // Builders that come from outside: parameters and fields.
    let mut outside: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, chain) in scope.chains.iter().enumerate() {
        if taken.contains(&number) || !chain.links.iter().any(|l| is_push(&l.method.to_string())) {
            continue;
        }
        match &chain.root {
            Root::Binding(id) => {
                let Some(binding) = scope.bindings.get(*id).filter(|b| !b.is_closure_param) else { continue };
                outside.entry(format!("{} {id}", binding.name)).or_default().push(number);
            }
            Root::Place(place) => outside.entry(place.clone()).or_default().push(number),
            _ => {}
        }
    }
    for numbers in outside.into_values() {
        let chains: Vec<&'a Chain<'a>> = numbers.iter().filter_map(|n| scope.chains.get(*n)).collect();
        let binds = chains.iter().flat_map(|c| &c.links).any(|l| {
            let name = l.method.to_string();
            name != "push" && is_push(&name)
        });
        if !binds {
            continue;
        }
        let mut ops = vec![];
        for chain in chains {
            gather(reader.source, scope, chain, None, usize::MAX, &mut ops, &mut taken, 0);
        }
        found.extend(variants(reader, scope, ops, None, true));
    }
    for built in found {
        let rendered = built.text.render(built.dialect);
        if built.is_part && crate::frontend::sql::head_table(&rendered.sql).is_none() {
            parts.push(built);
            continue;
        }
        let ready = Ready {
            text: built.text,
            route: Route::Call("QueryBuilder".to_owned()),
            span: built.span,
            dialect: built.dialect,
            binds: built.binds,
            scope: index,
            test,
        };
        calls::emit(reader, scope, ready, emitter);
    }
    parts
}

fn is_push(method: &str) -> bool {
    matches!(
        method,
        "push"
            | "push_bind"
            | "push_unseparated"
            | "push_bind_unseparated"
            | "push_values"
            | "push_tuples"
            | "separated"
    )
}

/// Takes the pushes of a chain, and of the bindings that it is handed to.
fn gather<'a>(
    source: Source<'_>,
    scope: &'a Scope<'a>,
    chain: &'a Chain<'a>,
    mut separated: Option<(usize, Option<&'a Expr>)>,
    until: usize,
    ops: &mut Vec<Op<'a>>,
    taken: &mut BTreeSet<usize>,
    hops: usize,
) {
    let mut built = false;
    for link in &chain.links {
        let first = link.args.first();
        let at = chain.at;
        let branch: &'a [Arm] = &chain.branch;
        match (link.method.to_string().as_str(), first) {
            ("push", Some(argument)) => ops.push(Op { at, branch, what: What::Push(argument), separated }),
            ("push_bind", Some(argument)) => ops.push(Op { at, branch, what: What::Bind(argument), separated }),
            ("push_unseparated", Some(argument)) => {
                ops.push(Op { at, branch, what: What::Push(argument), separated: None });
            }
            ("push_bind_unseparated", Some(argument)) => {
                ops.push(Op { at, branch, what: What::Bind(argument), separated: None });
            }
            ("separated", separator) => separated = Some((ops.len() + 1, separator)),
            ("push_values" | "push_tuples", _) => {
                ops.push(Op { at, branch, what: What::Rows(link, rows(source, scope, link, taken)), separated: None });
            }
            ("reset", None) => ops.push(Op { at, branch, what: What::Reset, separated: None }),
            (name, _) if name.starts_with("build") || name.starts_with("into_") => built = true,
            _ => {}
        }
    }
    if let Some(id) = chain.bound
        && !built
        && hops < MAX_HOPS
    {
        for number in scope.chains_of.get(&id).into_iter().flatten() {
            if let Some(next) = scope.chains.get(*number)
                && next.at > chain.at
                && next.at < until
                && taken.insert(*number)
            {
                gather(source, scope, next, separated, until, ops, taken, hops + 1);
            }
        }
    }
    if hops == 0 {
        ops.sort_by_key(|op| op.at);
    }
}

/// What the closure of `push_values(rows, |mut b, row| ..)` pushes.
fn rows<'a>(
    source: Source<'_>,
    scope: &'a Scope<'a>,
    link: &'a ExprMethodCall,
    taken: &mut BTreeSet<usize>,
) -> Vec<Op<'a>> {
    let mut ops = vec![];
    let Some(Expr::Closure(closure)) = link.args.last() else { return ops };
    let Some(name) = closure.inputs.first().and_then(first_name) else { return ops };
    // The closure's own binding of that name.
    let Some(id) = scope.resolve(&name, source.start(super::place::first(&closure.body))) else { return ops };
    for number in scope.chains_of.get(&id).into_iter().flatten() {
        if let Some(chain) = scope.chains.get(*number)
            && taken.insert(*number)
        {
            gather(source, scope, chain, Some((0, None)), usize::MAX, &mut ops, taken, 1);
        }
    }
    ops.sort_by_key(|op| op.at);
    ops
}

fn first_name(pattern: &syn::Pat) -> Option<String> {
    match pattern {
        syn::Pat::Ident(ident) => Some(ident.ident.to_string()),
        syn::Pat::Type(typed) => first_name(&typed.pat),
        _ => None,
    }
}

/// The texts of a builder: one for each arm of the branches in which something is pushed.
fn variants<'a>(
    reader: &Reader<'a, '_>,
    scope: &Scope<'a>,
    ops: Vec<Op<'a>>,
    dialect: Option<Dialect>,
    is_part: bool,
) -> Vec<Built> {
    let mut arms: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for arm in ops.iter().flat_map(|op| op.branch).filter(|a| a.arms > 1) {
        arms.entry(arm.node).or_default().insert(arm.arm);
    }
    let count = arms.values().map(BTreeSet::len).max().unwrap_or(1).clamp(1, MAX_VARIANTS);
    let mut built: Vec<Built> = vec![];
    let mut seen = BTreeSet::new();
    for variant in 0..count {
        let chosen = |arm: &Arm| {
            arm.arms == 1
                || arms.get(&arm.node).is_none_or(|used| {
                    used.iter().nth(variant.min(used.len().saturating_sub(1))).is_none_or(|a| *a == arm.arm)
                })
        };
        let mut maker =
            Maker { reader, scope, text: Text::default(), list: binds::List::default(), last_run: None, span: None };
        reader.refill();
        for op in ops.iter().filter(|op| op.branch.iter().all(chosen)) {
            maker.op(op);
        }
        let Some(span) = maker.span else { continue };
        if maker.text.has_sql() && seen.insert(maker.text.render(dialect).sql) {
            built.push(Built { text: maker.text, binds: maker.list, span, dialect, is_part });
        }
    }
    built
}

/// Puts one variant together.
struct Maker<'r, 'a, 's> {
    reader: &'r Reader<'a, 's>,
    scope: &'r Scope<'a>,
    text: Text,
    list: binds::List,
    /// The run of separated pushes that was pushed to last, and where.
    last_run: Option<usize>,
    span: Option<Span>,
}

impl<'a> Maker<'_, 'a, '_> {
    fn op(&mut self, op: &Op<'a>) {
        let expr = match &op.what {
            What::Init(expr) | What::Push(expr) | What::Bind(expr) => *expr,
            What::Rows(link, inner) => {
                let at = self.reader.source.span(link.method.span());
                self.grow(at);
                self.grow(self.reader.source.span(link.paren_token.span.close()));
                let is_values = link.method == "push_values";
                self.text.words(if is_values { "VALUES (" } else { "((" }, at);
                for (number, op) in inner.iter().enumerate() {
                    let what = match &op.what {
                        What::Push(e) | What::Init(e) => What::Push(e),
                        What::Bind(e) => What::Bind(e),
                        What::Rows(..) | What::Reset => continue,
                    };
                    if number > 0 && op.separated.is_some() {
                        self.text.words(", ", at);
                    }
                    self.op(&Op { at: op.at, branch: op.branch, what, separated: None });
                }
                if inner.is_empty() {
                    self.text.append(Text::hole("..".to_owned(), at), at);
                }
                self.text.words(if is_values { ")" } else { "))" }, at);
                return;
            }
            What::Reset => {
                self.text = Text::default();
                self.list = binds::List::default();
                return;
            }
        };
        let span = self.reader.source.expr(expr);
        self.grow(span);
        if let Some((run, separator)) = op.separated {
            // The separator stands before every push of a run but the first.
            if self.last_run == Some(run) {
                let separator = separator.and_then(|s| self.reader.text(s, self.scope)).and_then(|t| t.known());
                self.text.words(separator.as_ref().map_or(", ", |s| &s.value), span);
            }
            self.last_run = Some(run);
        }
        if let What::Bind(value) = op.what {
            self.text.bind(span);
            op.branch.clone_into(&mut self.list.branch);
            self.list.push(self.reader, self.scope, value);
            return;
        }
        let pushed = self.reader.text_or_hole(expr, span, self.scope);
        if let Some(known) = pushed.known()
            && is_superfluous(self.text.tail(), &known.value)
        {
            self.text.literals.extend_from_slice(&pushed.literals);
            return;
        }
        self.text.append(pushed, span);
    }

    fn grow(&mut self, span: Span) {
        self.span = Some(self.span.map_or(span, |s| s.join(span)));
    }
}

/// Whether a pushed separator cannot stand there: the comma that a loop pushes before all but the first.
fn is_superfluous(before: &str, pushed: &str) -> bool {
    let pushed = pushed.trim();
    let before = before.trim_end();
    let ends_with = |word: &str| {
        before.len() >= word.len()
            && before.get(before.len() - word.len()..).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    match pushed {
        "," => ["SET", "VALUES", "(", ","].iter().any(|w| ends_with(w)),
        _ if pushed.eq_ignore_ascii_case("AND") || pushed.eq_ignore_ascii_case("OR") => {
            ["WHERE", "AND", "("].iter().any(|w| ends_with(w))
        }
        _ => false,
    }
}
