//! `if` and `match` as values, and what their conditions say of a document.

use super::peel::{SAME, peel_also};
use super::scope::{Arm, Head};
use super::values::{Val, Values, choose, diverges};
use crate::document::{Cond, Document, Shape};
use syn::{Expr, ExprIf, ExprMatch, Pat, Stmt};

/// What a condition comes to.
pub(super) enum Truth {
    /// It holds, as far as it matters.
    Holds,
    /// It can be asked of the document.
    Asks(Cond),
    /// Nothing is known.
    Unknown,
}

impl Values<'_, '_, '_> {
    /// `if a { x } else if b { y } else { z }`.
    pub(super) fn either(&self, expr: &Expr, first: &ExprIf) -> Val {
        let node = self.reader.source.start(first.if_token.span);
        let mut arms: Vec<(Cond, Val)> = vec![];
        let (mut branch, mut number) = (first, 0);
        let last = loop {
            let words = format!("if {}", self.source(&branch.cond));
            let then = match branch.then_branch.stmts.last() {
                Some(Stmt::Expr(last, None)) if !diverges(last) => Some(self.in_arm(node, number, || self.value(last))),
                Some(Stmt::Expr(..) | Stmt::Macro(_)) => None,
                _ => return self.input(expr, None),
            };
            if let Some(then) = then {
                match self.truth(&branch.cond) {
                    Truth::Holds => break then,
                    Truth::Asks(condition) => arms.push((condition, then)),
                    Truth::Unknown => arms.push((Cond::Unknown(words), then)),
                }
            }
            number += 1;
            match branch.else_branch.as_ref().map(|(_, other)| &**other) {
                Some(Expr::If(next)) => branch = next,
                Some(other) if diverges(other) => match arms.pop() {
                    Some((_, last)) => break last,
                    None => return self.input(expr, None),
                },
                Some(other) => break self.in_arm(node, number, || self.value(other)),
                None => return self.input(expr, None),
            }
        };
        // `if let Ok(x) = read { x } else { default }`
        if let ([(Cond::Unknown(_), read)], Expr::Let(subject)) = (arms.as_slice(), &*first.cond)
            && is_ok(&subject.pat)
            && let Some(found) = self.or_default(&subject.expr, read, &last)
        {
            self.note_other(&subject.expr, first);
            return found;
        }
        choose(arms, last)
    }

    /// `match x { .. }`.
    pub(super) fn one_of(&self, expr: &Expr, branches: &ExprMatch) -> Val {
        let node = self.reader.source.start(branches.match_token.span);
        let subject = self.source(&branches.expr);
        let bodies = branches.arms.iter().enumerate().filter(|(_, arm)| !diverges(&arm.body));
        let values: Vec<(usize, &syn::Arm, Val)> =
            bodies.map(|(i, arm)| (i, arm, self.in_arm(node, i, || self.value(&arm.body)))).collect();
        self.note_arms(branches, &values);
        if let [(_, first, read), (_, second, default)] = values.as_slice() {
            let (read, default) = if is_ok(&first.pat) { (read, default) } else { (default, read) };
            if (is_ok(&first.pat) || is_ok(&second.pat))
                && branches.arms.len() == 2
                && let Some(found) = self.or_default(&branches.expr, read, default)
            {
                return found;
            }
        }
        let mut arms: Vec<(Cond, Val)> = vec![];
        let mut last = None;
        for (i, arm, value) in values {
            let guarded = matches!(arm.pat, Pat::Guard(_));
            match self.matches(&arm.pat, &branches.expr) {
                Truth::Holds if !guarded => {
                    last = Some(value);
                    break;
                }
                Truth::Asks(condition) if !guarded => arms.push((condition, value)),
                _ => arms.push((Cond::Unknown(format!("arm {} of match {subject}", i + 1)), value)),
            }
        }
        match last.or_else(|| arms.pop().map(|(_, value)| value)) {
            Some(last) => choose(arms, last),
            None => self.input(expr, None),
        }
    }

    /// What decides about an arm.
    pub(super) fn decided(&self, arm: &Arm) -> Truth {
        let Some(head) = self.scope.heads.get(&(arm.node, arm.number)) else { return Truth::Unknown };
        match head {
            // Later arms are taken only when the earlier ones are not.
            Head::If(condition) if arm.number == 0 => self.truth(condition),
            Head::Arm(subject, pattern) if arm.number == 0 => self.matches(pattern, subject),
            _ => Truth::Unknown,
        }
    }

    fn truth(&self, condition: &Expr) -> Truth {
        match condition {
            Expr::Paren(e) => self.truth(&e.expr),
            Expr::Let(e) => self.matches(&e.pat, &e.expr),
            Expr::Unary(e) if matches!(e.op, syn::UnOp::Not(_)) => match self.truth(&e.expr) {
                Truth::Asks(condition) => Truth::Asks(Cond::Not(Box::new(condition))),
                _ => Truth::Unknown,
            },
            Expr::MethodCall(call) if call.args.is_empty() => {
                let document = || self.value(&call.receiver);
                match call.method.to_string().as_str() {
                    "is_object" => is_object(&document()),
                    "is_none" => is_null(&document(), false),
                    "is_some" => is_null(&document(), true),
                    _ => Truth::Unknown,
                }
            }
            _ => Truth::Unknown,
        }
    }

    /// Whether a pattern fits what an expression gives.
    fn matches(&self, pattern: &Pat, subject: &Expr) -> Truth {
        match (pattern, peel_borrow(subject)) {
            (Pat::Reference(inner), _) => self.matches(&inner.pat, subject),
            (Pat::Paren(inner), _) => self.matches(&inner.pat, subject),
            (Pat::Tuple(parts), Expr::Tuple(values)) if parts.elems.len() == values.elems.len() => {
                all(parts.elems.iter().zip(&values.elems).map(|(part, value)| self.matches(part, value)))
            }
            // `if let Some(o) = d.as_object_mut()`: what is asked is the type.
            (Pat::TupleStruct(inner), subject) if asks_for_object(subject) && named(&inner.path, "Some") => {
                is_object(&self.value(subject))
            }
            (Pat::Wild(_), _) => Truth::Holds,
            (pattern, subject) => fits(pattern, &self.value(subject)),
        }
    }
}

/// Whether a pattern is what did not fail: `Ok(x)`.
fn is_ok(pattern: &Pat) -> bool {
    matches!(pattern, Pat::TupleStruct(inner) if named(&inner.path, "Ok"))
}

/// Whether a pattern fits a value.
fn fits(pattern: &Pat, value: &Val) -> Truth {
    match pattern {
        Pat::Wild(_) => Truth::Holds,
        Pat::Ident(ident) if ident.ident == "None" => is_null(value, false),
        Pat::Ident(ident) if ident.subpat.is_none() => Truth::Holds,
        Pat::Reference(inner) => fits(&inner.pat, value),
        Pat::Paren(inner) => fits(&inner.pat, value),
        Pat::TupleStruct(outer) => {
            let (Some(inner), 1) = (outer.elems.first(), outer.elems.len()) else { return Truth::Unknown };
            let last = outer.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
            match last.as_str() {
                "Object" => is_object(value),
                "Array" => is_array(value),
                // What is an object is there.
                "Some" if asks_for_type(inner) && value.doc.holds_old() && !matches!(value.doc, Document::Read(_)) => {
                    fits(inner, &value.clone().unwrapped())
                }
                "Some" => all([is_null(value, true), fits(inner, &value.clone().unwrapped())].into_iter()),
                "Json" => fits(inner, value),
                _ => Truth::Unknown,
            }
        }
        _ => Truth::Unknown,
    }
}

/// Whether all of these hold.
fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut asked = vec![];
    for truth in truths {
        match truth {
            Truth::Holds => {}
            Truth::Asks(condition) => asked.push(condition),
            Truth::Unknown => return Truth::Unknown,
        }
    }
    match (asked.len(), asked.pop()) {
        (1, Some(one)) => Truth::Asks(one),
        (_, Some(last)) => {
            asked.push(last);
            Truth::Asks(Cond::And(asked))
        }
        (_, None) => Truth::Holds,
    }
}

fn named(path: &syn::Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

fn peel_borrow(expr: &Expr) -> &Expr {
    match expr {
        Expr::Reference(_) | Expr::Paren(_) => peel_also(expr, SAME),
        other => other,
    }
}

fn asks_for_object(subject: &Expr) -> bool {
    matches!(subject, Expr::MethodCall(call) if matches!(call.method.to_string().as_str(), "as_object_mut" | "as_object"))
}

/// What is merged into a document is an object: a value from outside counts as one, and so does a document whose edits
/// are not known.
fn is_object(val: &Val) -> Truth {
    match &val.doc {
        Document::Input(input) if !matches!(input.shape, Shape::Any | Shape::Object) => Truth::Unknown,
        Document::Known(json) if !json.is_object() => Truth::Unknown,
        doc if doc.holds_old() && is_runnable(doc) => {
            Truth::Asks(Cond::TypeIs(Box::new(doc.clone()), vec!["object".to_owned()]))
        }
        Document::Null | Document::Array(_) | Document::Unknown(_) => Truth::Unknown,
        _ => Truth::Holds,
    }
}

/// What is taken out of a document as an array is one, as far as can be asked.
fn is_array(val: &Val) -> Truth {
    match &val.doc {
        doc if !doc.holds_old() => Truth::Unknown,
        doc if is_runnable(doc) => Truth::Asks(Cond::TypeIs(Box::new(doc.clone()), vec!["array".to_owned()])),
        _ => Truth::Holds,
    }
}

/// `Value::Object(x)`, `Value::Array(x)`.
fn asks_for_type(pattern: &Pat) -> bool {
    matches!(pattern, Pat::TupleStruct(inner) if named(&inner.path, "Object") || named(&inner.path, "Array"))
}

fn is_null(val: &Val, not: bool) -> Truth {
    match &val.doc {
        // What `map` gives is there where its receiver is.
        Document::Choose { branches, otherwise } => match branches.as_slice() {
            [(Cond::IsNull(of), Document::Null)] if !matches!(**otherwise, Document::Null) => {
                is_null(&Val { doc: (**of).clone(), ty: None, json: false }, not)
            }
            _ => Truth::Unknown,
        },
        doc @ (Document::Input(_) | Document::Read(_) | Document::Null | Document::First(_)) if is_runnable(doc) => {
            let condition = Cond::IsNull(Box::new(doc.clone()));
            Truth::Asks(if not { Cond::Not(Box::new(condition)) } else { condition })
        }
        // What is built, and what was edited, is there.
        Document::Object { .. } | Document::Known(_) | Document::Set { .. } | Document::Merge { .. } if not => {
            Truth::Holds
        }
        _ => Truth::Unknown,
    }
}

/// Whether a run of the document never ends in something that is not known.
fn is_runnable(document: &Document) -> bool {
    let mut runnable = true;
    document.visit(&mut |part| {
        runnable &= !matches!(
            part,
            Document::Through { .. }
                | Document::Unknown(_)
                | Document::Fails(_)
                | Document::Retype { fields: None, .. }
                | Document::Choose { .. }
        );
    });
    runnable
}
