//! `QueryBuilder` and its like: what is pushed, in the order of the text, with one placeholder for each bound value.
//!
//! Alternatives of an `if` or `match` are read as separate texts; everything that is pushed under a condition without
//! an alternative is taken as pushed.

use super::assemble::Reader;
use super::binds;
use super::calls::{self, dialect_of};
use super::emit::{Emitter, Ready};
use super::place::Source;
use super::scope::{Arm, Chain, Change, Root, Scope};
use super::text::Text;
use super::wrappers::{call_name, call_type};
use crate::frontend::facts::Route;
use crate::frontend::sql::{Dialect, head_table, looks_like_sql};
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
    /// The builder is lent to a function, which may go on with it.
    Lent,
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
        let mut gatherer = Gatherer::new(reader.source, scope, &mut taken, until);
        gatherer.ops = ops;
        gatherer.chain(chain, None, 0);
        gatherer.lent(chain);
        found.extend(variants(reader, scope, &gatherer.sorted(), dialect, false));
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
        let mut gatherer = Gatherer::new(reader.source, scope, &mut taken, usize::MAX);
        for chain in chains {
            gatherer.chain(chain, None, 0);
        }
        found.extend(variants(reader, scope, &gatherer.sorted(), None, true));
    }
    for built in found {
        let rendered = built.text.render(built.dialect);
        if !looks_like_sql(&rendered.sql) || built.is_part && head_table(&rendered.sql).is_none() {
            parts.push(built);
            continue;
        }
        let ready = Ready {
            text: built.text,
            // A builder that comes from outside goes on outside.
            route: if built.is_part { Route::Literal } else { Route::Call("QueryBuilder".to_owned()) },
            span: built.span,
            dialect: built.dialect,
            binds: built.binds,
            scope: index,
            test,
        };
        calls::emit(scope, ready, emitter);
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

/// Collects what is pushed.
struct Gatherer<'a, 's, 't> {
    source: Source<'s>,
    scope: &'a Scope<'a>,
    /// Chains that belong to a builder already.
    taken: &'t mut BTreeSet<usize>,
    /// Where the name gets another builder.
    until: usize,
    ops: Vec<Op<'a>>,
}

impl<'a, 's, 't> Gatherer<'a, 's, 't> {
    fn new(source: Source<'s>, scope: &'a Scope<'a>, taken: &'t mut BTreeSet<usize>, until: usize) -> Self {
        Self { source, scope, taken, until, ops: vec![] }
    }

    /// The pushes in the order of the text.
    fn sorted(mut self) -> Vec<Op<'a>> {
        self.ops.sort_by_key(|op| op.at);
        self.ops
    }

    /// Takes the pushes of a chain, and of the bindings that it is handed to.
    fn chain(&mut self, chain: &'a Chain<'a>, mut separated: Option<(usize, Option<&'a Expr>)>, hops: usize) {
        let mut built = false;
        let (at, branch): (usize, &'a [Arm]) = (chain.at, &chain.branch);
        for link in &chain.links {
            let (what, separated) = match (link.method.to_string().as_str(), link.args.first()) {
                ("push", Some(argument)) => (What::Push(argument), separated),
                ("push_bind", Some(argument)) => (What::Bind(argument), separated),
                ("push_unseparated", Some(argument)) => (What::Push(argument), None),
                ("push_bind_unseparated", Some(argument)) => (What::Bind(argument), None),
                ("push_values" | "push_tuples", _) => (What::Rows(link, self.rows(link)), None),
                ("reset", None) => (What::Reset, None),
                ("separated", separator) => {
                    separated = Some((self.ops.len() + 1, separator));
                    continue;
                }
                (name, _) => {
                    built |= name.starts_with("build") || name.starts_with("into_");
                    continue;
                }
            };
            self.ops.push(Op { at, branch, what, separated });
        }
        let Some(id) = chain.bound.filter(|_| !built && hops < MAX_HOPS) else { return };
        for number in self.scope.chains_of.get(&id).into_iter().flatten() {
            if let Some(next) = self.scope.chains.get(*number)
                && next.at > chain.at
                && next.at < self.until
                && self.taken.insert(*number)
            {
                self.chain(next, separated, hops + 1);
            }
        }
    }

    /// Takes the calls that a builder is lent to.
    fn lent(&mut self, chain: &Chain<'a>) {
        let Some(id) = chain.bound else { return };
        let events = self.scope.changes_on(id).iter();
        let lent = events.filter(|event| {
            event.at > chain.at && event.at < self.until && matches!(event.what, Change::Lent | Change::LentTo(..))
        });
        let ops = lent.map(|event| Op { at: event.at, branch: &event.branch, what: What::Lent, separated: None });
        self.ops.extend(ops);
    }

    /// What the closure of `push_values(rows, |mut b, row| ..)` pushes.
    fn rows(&mut self, link: &'a ExprMethodCall) -> Vec<Op<'a>> {
        let Some(Expr::Closure(closure)) = link.args.last() else { return vec![] };
        let Some(name) = closure.inputs.first().and_then(first_name) else { return vec![] };
        // The closure's own binding of that name.
        let start = self.source.start(super::place::first(&closure.body));
        let Some(id) = self.scope.resolve(&name, start) else { return vec![] };
        let mut inner = Gatherer::new(self.source, self.scope, &mut *self.taken, usize::MAX);
        for number in inner.scope.chains_of.get(&id).into_iter().flatten() {
            if let Some(chain) = inner.scope.chains.get(*number)
                && inner.taken.insert(*number)
            {
                inner.chain(chain, Some((0, None)), 1);
            }
        }
        inner.sorted()
    }
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
    ops: &[Op<'a>],
    dialect: Option<Dialect>,
    is_part: bool,
) -> Vec<Built> {
    let mut arms: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for arm in ops.iter().flat_map(|op| op.branch).filter(|a| a.of > 1) {
        arms.entry(arm.node).or_default().insert(arm.number);
    }
    let count = arms.values().map(BTreeSet::len).max().unwrap_or(1).clamp(1, MAX_VARIANTS);
    let mut built: Vec<Built> = vec![];
    let mut seen = BTreeSet::new();
    for variant in 0..count {
        let chosen = |arm: &Arm| {
            arm.of == 1
                || arms.get(&arm.node).is_none_or(|used| {
                    used.iter().nth(variant.min(used.len().saturating_sub(1))).is_none_or(|a| *a == arm.number)
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
                        What::Rows(..) | What::Reset | What::Lent => continue,
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
            What::Lent => {
                let at = Span::new(op.at..op.at);
                self.text.words(" ", at);
                self.text.append(Text::hole("..".to_owned(), at), at);
                self.text.words(" ", at);
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
        if pushed.known().is_some_and(|k| k.value.trim_start().starts_with(')')) {
            // The comma that a loop pushes after all but the last.
            self.text.pop_comma();
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
