//! Rust expressions to documents: what a bound value holds, as far as its function shows it.
//!
//! Follows locals by one pass over the text ([`super::flow`]); what is not followed is an input from outside.

use super::assemble::Reader;
use super::inline::may_hold;
use super::peel::{SAME, peel_also};
use super::scope::{Arm, Scope};
use super::types::Ty;
use super::{json, macros, signs};
use crate::document::{CastTo, Cond, Document, Family, Form, Input, Nullability, Path, ReadSite, Shape, Step};
use crate::frontend::facts::{PendingCall, PendingType, Sign, SignKind, TypeUse};
use crate::source::Span;
use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use syn::{Expr, Lit};

/// How many expressions one value may follow.
const BUDGET: usize = 4000;

/// How deep expressions are followed.
const MAX_DEPTH: usize = 40;

/// A value, evaluated.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) value: Document,
    pub(super) rust_type: Option<String>,
    pub(super) is_json: bool,
    /// What the Rust around says of how it is meant.
    pub(super) signs: Vec<Sign>,
    /// Calls of functions that stand in other files.
    pub(super) calls: Vec<PendingCall>,
    /// Types that other files may declare.
    pub(super) types: Vec<PendingType>,
}

/// Evaluates a bound expression.
pub(super) fn evaluate<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, branch: &[Arm], expr: &Expr) -> Evaluated {
    let values = Values::new(reader, scope, branch.to_vec());
    let found = values.value(expr);
    evaluated(values, branch, expr, found)
}

/// Evaluates the value of a model's field: where that is a struct, it is encoded by its own type.
pub(super) fn evaluate_field<'a>(reader: &Reader<'a, '_>, scope: &Scope<'a>, branch: &[Arm], expr: &Expr) -> Evaluated {
    let values = Values::new(reader, scope, branch.to_vec());
    let mut found = values.value(expr);
    let is_struct = found.ty.as_ref().is_some_and(|ty| !ty.is_option() && ty.may_be_declared());
    if (is_struct || spells_variant(&values, expr)) && !found.json && matches!(found.doc, Document::Input(_)) {
        found = values.encoded(expr);
    }
    evaluated(values, branch, expr, found)
}

/// Whether a value of an enum is spelled out.
fn spells_variant(values: &Values<'_, '_, '_>, expr: &Expr) -> bool {
    matches!(peel_also(expr, SAME), Expr::Path(path) if values.variant_of(&path.path).is_some())
}

fn evaluated(values: Values<'_, '_, '_>, branch: &[Arm], expr: &Expr, mut found: Val) -> Evaluated {
    let reader = values.reader;
    if let Some(read) = handed_through(&found.doc) {
        // A row that is stored as it was handed in may as well be a new one: a field of the parameter, like any other.
        found.doc = input(read.what.trim_matches('`').to_owned(), found.ty.clone()).doc;
    }
    let is_json = found.json || found.ty.as_ref().is_some_and(Ty::is_json);
    let rust_type = found.ty.map(|ty| ty.to_string());
    let types = values.types.into_inner();
    let calls = super::inline::needed(&[&found.doc], &types, values.pending.into_inner());
    let mut signs = values.signs.into_inner();
    signs.extend(signs::of_value(reader, branch, reader.source.expr(expr), &found.doc));
    signs.sort();
    signs.dedup();
    Evaluated { value: found.doc, rust_type, is_json, signs, calls, types }
}

/// The read of a row that was handed in, where nothing is done to it.
fn handed_through(document: &Document) -> Option<&ReadSite> {
    match document {
        Document::Read(read) if read.handed_in => Some(read),
        Document::Cast { of, .. } => handed_through(of),
        _ => None,
    }
}

/// A value on the way.
#[derive(Debug, Clone)]
pub(super) struct Val {
    pub(super) doc: Document,
    pub(super) ty: Option<Ty>,
    /// It is a `serde_json` value for certain.
    pub(super) json: bool,
}

impl Val {
    /// A `serde_json` value.
    pub(super) fn json(doc: Document) -> Self {
        Self { doc, ty: Some(Ty::named("serde_json::Value")), json: true }
    }

    /// The same value, known not to be `None`.
    pub(super) fn unwrapped(mut self) -> Self {
        if let Document::Input(input) = &mut self.doc {
            input.null = Nullability::Never;
        }
        self.ty = self.ty.map(|ty| ty.unwrapped().clone());
        self
    }
}

/// The evaluator of one function.
pub(super) struct Values<'r, 'a, 's> {
    pub(super) reader: &'r Reader<'a, 's>,
    pub(super) scope: &'r Scope<'a>,
    /// The branches that the expression stands in.
    branch: RefCell<Vec<Arm>>,
    /// What parameters of inlined functions and closures hold.
    pub(super) given: RefCell<Vec<(usize, Val)>>,
    /// What `self` holds, in an inlined method.
    pub(super) me: Option<Val>,
    /// How many calls were followed to get here.
    pub(super) calls: usize,
    pub(super) budget: Cell<usize>,
    depth: Cell<usize>,
    pub(super) signs: RefCell<Vec<Sign>>,
    pub(super) pending: RefCell<Vec<PendingCall>>,
    pub(super) types: RefCell<Vec<PendingType>>,
    /// How many objects and arrays the expression stands in.
    pub(super) inside: Cell<usize>,
    /// The columns of rows that are tuples, by the place that fetches them, where a query builder names them.
    pub(super) selected: RefCell<BTreeMap<u32, Vec<Option<String>>>>,
    /// The value is one that serde writes.
    pub(super) encoding: Cell<bool>,
}

impl<'r, 'a, 's> Values<'r, 'a, 's> {
    /// An evaluator with its full budget.
    pub(super) fn new(reader: &'r Reader<'a, 's>, scope: &'r Scope<'a>, branch: Vec<Arm>) -> Self {
        Self {
            reader,
            scope,
            branch: RefCell::new(branch),
            given: RefCell::new(vec![]),
            me: None,
            calls: 0,
            budget: Cell::new(BUDGET),
            depth: Cell::new(0),
            signs: RefCell::new(vec![]),
            pending: RefCell::new(vec![]),
            types: RefCell::new(vec![]),
            inside: Cell::new(0),
            selected: RefCell::default(),
            encoding: Cell::new(false),
        }
    }

    /// What a binding was given from outside.
    pub(super) fn given(&self, id: usize) -> Option<Val> {
        self.given.borrow().iter().rev().find(|(given, _)| *given == id).map(|(_, val)| val.clone())
    }

    /// Whether an arm is another one of a branch that the expression stands in.
    pub(super) fn in_other_arm(&self, arm: &Arm) -> bool {
        self.branch.borrow().iter().any(|used| used.node == arm.node && used.number != arm.number)
    }

    /// Whether the expression stands in an arm.
    pub(super) fn is_inside(&self, arm: &Arm) -> bool {
        self.branch.borrow().iter().any(|used| used.node == arm.node && used.number == arm.number)
    }

    /// Evaluates as seen from inside an arm.
    pub(super) fn in_arm<T>(&self, node: usize, number: usize, f: impl FnOnce() -> T) -> T {
        self.branch.borrow_mut().push(Arm { node, number, of: 0, is_loop: false });
        let found = f();
        self.branch.borrow_mut().pop();
        found
    }

    /// The source of an expression, white space folded.
    pub(super) fn source(&self, expr: &Expr) -> String {
        self.reader.source.folded(self.reader.source.expr(expr))
    }

    /// A value from outside.
    pub(super) fn input(&self, expr: &Expr, ty: Option<Ty>) -> Val {
        input(self.source(expr), ty)
    }

    /// Evaluates an expression.
    pub(super) fn value(&self, expr: &Expr) -> Val {
        self.guarded(expr, Self::value_inner)
    }

    /// Evaluates an expression as `serde_json` writes it.
    pub(super) fn encoded(&self, expr: &Expr) -> Val {
        self.guarded(expr, Self::encoded_inner)
    }

    /// Evaluates a value that stands in an object or array, as `serde_json` writes it: SQL NULL cannot stand there.
    pub(super) fn member(&self, expr: &Expr) -> Document {
        self.inside.set(self.inside.get() + 1);
        let found = self.encoded(expr);
        self.inside.set(self.inside.get().saturating_sub(1));
        json::as_member(found.doc)
    }

    /// Notes a sign of the whole value; those of its members say nothing of the document.
    pub(super) fn note(&self, kind: SignKind, span: Span, words: impl FnOnce() -> String) {
        if self.inside.get() == 0 {
            self.signs.borrow_mut().push(signs::sign(self.reader.file, kind, span, words()));
        }
    }

    /// Notes that a value is known better once a type is that no struct of this file is: what stands for it until then
    /// is `tag`.
    pub(super) fn awaits(&self, tag: &str, ty: &Ty, how: TypeUse) {
        let ty = ty.document();
        // A struct of this file that is known is read here.
        if !ty.may_be_declared() || self.reader.own_struct(ty.name()).is_some() {
            return;
        }
        self.await_type(PendingType { tag: tag.to_owned(), ty: ty.clone(), at: self.scope.range.0, how });
    }

    /// Notes that a value is of the type that another one waits for.
    pub(super) fn awaits_as(&self, tag: &str, other: &Document) {
        let Document::Input(other) = other else { return };
        let known = self.types.borrow().iter().find(|known| known.tag == other.id).cloned();
        if let Some(known) = known {
            self.await_type(PendingType { tag: tag.to_owned(), ..known });
        }
    }

    /// Notes a type that another evaluator waits for.
    pub(super) fn await_type(&self, pending: PendingType) {
        /// More of one value are not told apart.
        const MOST: usize = 16;
        let mut types = self.types.borrow_mut();
        let room = types.len() < MOST;
        match types.iter_mut().find(|known| known.tag == pending.tag) {
            // Two that go by one tag are not told apart: neither is followed.
            Some(known) if known.ty != pending.ty || known.how != pending.how => known.ty.path.clear(),
            None if room => types.push(pending),
            _ => {}
        }
    }

    fn guarded(&self, expr: &Expr, f: impl FnOnce(&Self, &Expr) -> Val) -> Val {
        let depth = self.depth.get();
        let Some(budget) = self.budget.get().checked_sub(1).filter(|_| depth < MAX_DEPTH) else {
            return self.input(expr, None);
        };
        self.budget.set(budget);
        self.depth.set(depth + 1);
        let found = f(self, expr);
        self.depth.set(depth);
        found
    }

    fn value_inner(&self, expr: &Expr) -> Val {
        if self.encoding.get()
            && let Some(found) = self.variant(expr)
        {
            return found;
        }
        match expr {
            Expr::Paren(e) => self.value(&e.expr),
            Expr::Group(e) => self.value(&e.expr),
            Expr::Reference(e) => self.value(&e.expr),
            Expr::Await(e) => self.value(&e.base),
            Expr::Try(e) => {
                let found = self.value(&e.expr);
                if matches!(*e.expr, Expr::Path(_) | Expr::Field(_)) { found.unwrapped() } else { found }
            }
            Expr::Unary(e) if matches!(e.op, syn::UnOp::Deref(_)) => self.value(&e.expr),
            Expr::Unary(e) => match (&e.op, &*e.expr) {
                (syn::UnOp::Neg(_), Expr::Lit(lit)) => self.negative(expr, &lit.lit),
                _ => self.input(expr, Some(Ty::named("bool"))),
            },
            Expr::Lit(lit) => self.literal(expr, &lit.lit),
            Expr::Cast(cast) => match Ty::read(&cast.ty) {
                Some(ty) => self.input(expr, Some(ty)),
                None => self.value(&cast.expr),
            },
            Expr::Macro(mac) => self.macro_value(expr, &mac.mac),
            Expr::Path(path) => self.path(expr, path),
            Expr::Field(field) => self.field(expr, field),
            Expr::Index(index) => self.indexed(expr, &index.expr, &index.index),
            Expr::Call(call) => self.call(expr, call),
            Expr::MethodCall(call) => self.method(expr, call),
            Expr::Struct(literal) => {
                let names: Vec<String> = literal.path.segments.iter().map(|s| s.ident.to_string()).collect();
                self.input(expr, Some(Ty::named(&names.join("::"))))
            }
            Expr::Block(block) => match block.block.stmts.last() {
                Some(syn::Stmt::Expr(last, None)) => self.value(last),
                _ => self.input(expr, None),
            },
            Expr::If(branch) => self.either(expr, branch),
            Expr::Match(branches) => self.one_of(expr, branches),
            _ => self.input(expr, None),
        }
    }

    fn literal(&self, expr: &Expr, lit: &Lit) -> Val {
        let known = |value: Json, ty: &str| Val { doc: Document::Known(value), ty: Some(Ty::named(ty)), json: false };
        match lit {
            Lit::Str(text) => text_value(&text.value(), || self.source(expr)),
            Lit::Bool(b) => known(Json::Bool(b.value), "bool"),
            Lit::Int(number) => match number.base10_parse::<i64>() {
                Ok(n) => known(n.into(), if number.suffix().is_empty() { "i64" } else { number.suffix() }),
                Err(_) => self.input(expr, Some(Ty::named("i64"))),
            },
            Lit::Float(number) => match number.base10_parse::<f64>() {
                Ok(n) => known(n.into(), "f64"),
                Err(_) => self.input(expr, Some(Ty::named("f64"))),
            },
            _ => self.input(expr, None),
        }
    }

    fn negative(&self, expr: &Expr, lit: &Lit) -> Val {
        let mut found = self.literal(expr, lit);
        match &found.doc {
            Document::Known(Json::Number(n)) => {
                let negative = n.as_i64().and_then(i64::checked_neg).map(Json::from);
                let negative = negative.or_else(|| n.as_f64().map(|f| Json::from(-f)));
                found.doc = negative.map_or_else(|| self.input(expr, None).doc, Document::Known);
                found
            }
            _ => self.input(expr, Some(Ty::named("i64"))),
        }
    }

    fn macro_value(&self, expr: &Expr, mac: &syn::Macro) -> Val {
        match macros::name(mac).as_str() {
            "json" => Val::json(json::read(self, mac.tokens.clone())),
            "format" | "concat" | "stringify" => self.input(expr, Some(Ty::named("String"))),
            "vec" => self.input(expr, Some(Ty::of("Vec", Ty::named("_")))),
            _ => self.input(expr, None),
        }
    }

    fn path(&self, expr: &Expr, path: &syn::ExprPath) -> Val {
        let Some(ident) = path.path.get_ident() else {
            let source = self.source(expr);
            return match source.rsplit("::").next() {
                Some("Null") => Val::json(Document::Known(Json::Null)),
                _ if path.path.segments.last().is_some_and(|s| s.ident == "None") => {
                    Val { doc: Document::Null, ty: None, json: false }
                }
                _ => self.constant(expr),
            };
        };
        let name = ident.to_string();
        if name == "None" {
            return Val { doc: Document::Null, ty: None, json: false };
        }
        let at = self.reader.source.start(ident.span());
        match self.scope.resolve(&name, at) {
            Some(id) => self.local(id, at),
            None if name == "self" && self.me.is_some() => self.me.clone().unwrap_or_else(|| self.input(expr, None)),
            None if name == "self" => self.input(expr, self.scope.self_type.as_deref().map(Ty::named)),
            None => self.constant(expr),
        }
    }

    fn constant(&self, expr: &Expr) -> Val {
        self.reader.refill();
        match self.reader.text(expr, self.scope).filter(|t| !t.literals.is_empty()).and_then(|t| t.known()) {
            Some(known) => text_value(&known.value, || self.source(expr)),
            None => self.input(expr, None),
        }
    }

    /// `d["k"]`, `d.get("k")`.
    pub(super) fn indexed(&self, expr: &Expr, base: &Expr, index: &Expr) -> Val {
        let found = self.value(base);
        // One of the rows.
        let is_row = matches!(&found.doc, Document::Read(read) if read.column.is_none());
        if is_row && found.ty.as_ref().is_some_and(|ty| ty.elements().is_some()) {
            return found;
        }
        if !found.json && !found.ty.as_ref().is_some_and(Ty::is_json_value) {
            return self.input(expr, None);
        }
        match self.step(index) {
            // A part of a value from outside is one itself.
            _ if matches!(found.doc, Document::Input(_)) && !may_hold(&found.doc) => {
                self.input(expr, Some(Ty::named("serde_json::Value")))
            }
            Some(step) => Val::json(Document::Get {
                of: Box::new(found.doc),
                path: Path::Steps(vec![step]),
                form: Form::Json,
                family: Family::SerdeIndex,
            }),
            None => self.input(expr, Some(Ty::named("serde_json::Value"))),
        }
    }

    /// A key or index into a JSON value.
    pub(super) fn step(&self, index: &Expr) -> Option<Step> {
        match peel_also(index, SAME) {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(key) => Some(Step::Key(key.value())),
                Lit::Int(number) => number.base10_parse().ok().map(Step::Index),
                _ => None,
            },
            other => Some(match self.known_text(other) {
                Some(key) => Step::Key(key),
                None => Step::Param(self.source(other)),
            }),
        }
    }

    /// The text of a constant or literal.
    pub(super) fn known_text(&self, expr: &Expr) -> Option<String> {
        self.reader.refill();
        self.reader.text(expr, self.scope).filter(|t| !t.literals.is_empty())?.known().map(|k| k.value)
    }
}

/// A value from outside, by the source that names it.
pub(super) fn input(id: String, ty: Option<Ty>) -> Val {
    let shape = ty.as_ref().map_or(Shape::Any, Ty::shape);
    let null = ty.as_ref().map_or(Nullability::Maybe, Ty::nullability);
    let json = ty.as_ref().is_some_and(Ty::is_json_value);
    Val { doc: Document::Input(Input { id, shape, null }), ty, json }
}

/// A text: the JSON that it spells, or text from outside.
pub(super) fn text_value(text: &str, source: impl FnOnce() -> String) -> Val {
    let ty = Some(Ty::named("&str"));
    let doc = match serde_json::from_str::<Json>(text) {
        Ok(known @ (Json::Object(_) | Json::Array(_))) => {
            Document::Cast { of: Box::new(Document::Known(known)), to: CastTo::Text }
        }
        _ => Document::Input(Input { id: source(), shape: Shape::Text, null: Nullability::Never }),
    };
    Val { doc, ty, json: false }
}

/// One of several values.
pub(super) fn choose(branches: Vec<(Cond, Val)>, otherwise: Val) -> Val {
    if branches.is_empty() {
        return otherwise;
    }
    let all = || branches.iter().map(|(_, v)| v).chain(std::iter::once(&otherwise));
    let json = all().all(|v| v.json || matches!(v.doc, Document::Null));
    let ty = all().find_map(|v| v.ty.clone());
    let nullable = all().any(|v| matches!(v.doc, Document::Null));
    let ty = ty.map(|ty| if nullable && !ty.is_option() { Ty::of("Option", ty) } else { ty });
    let branches = branches.into_iter().map(|(c, v)| (c, v.doc)).collect();
    Val { doc: Document::Choose { branches, otherwise: Box::new(otherwise.doc) }, ty, json }
}

/// Whether an expression never gives a value.
pub(super) fn diverges(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Macro(mac) => {
            matches!(macros::name(&mac.mac).as_str(), "panic" | "unreachable" | "todo" | "bail" | "unimplemented")
        }
        Expr::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(last, _)) => diverges(last),
            Some(syn::Stmt::Macro(mac)) => matches!(macros::name(&mac.mac).as_str(), "panic" | "unreachable" | "bail"),
            _ => false,
        },
        _ => false,
    }
}
