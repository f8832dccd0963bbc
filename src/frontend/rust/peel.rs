//! What only hands an expression on, taken off: parentheses, references, `?`, `.await`, and calls that copy a value or
//! take it out of what holds it.
//!
//! Looks at spelling only, and names no caller's purpose: each says which kinds of calls it looks through.

use super::wrappers::call_name;
use syn::{Expr, ExprMethodCall, UnOp};

/// A kind of call that gives its receiver on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Off {
    /// The same value in other hands: `clone()`, `as_ref()`.
    Copies,
    /// The value in an `Option` or a `Result`: `unwrap()`, `context("..")`.
    Results,
    /// The same, or another value where there is none: `unwrap_or_default()`.
    Defaults,
    /// The same value as another type: `into()`, `to_string()`.
    Converts,
    /// Text as other text: `as_str()`, `trim()`.
    Texts,
    /// All of several: `iter()`.
    Iterates,
    /// One of several: `first()`, `remove(0)`.
    Picks,
    /// What is held: `Some(value)`, `Ok(value)`.
    Holders,
}

/// What leaves a value what it is.
pub(super) const SAME: &[Off] = &[Off::Copies, Off::Results, Off::Converts, Off::Holders];

/// An expression without parentheses, references, `*`, `?` and `.await`.
pub(super) fn peel(expr: &Expr) -> &Expr {
    peel_also(expr, &[])
}

/// An expression without these, and without calls of some kinds.
pub(super) fn peel_also<'e>(mut expr: &'e Expr, calls: &[Off]) -> &'e Expr {
    loop {
        expr = match expr {
            Expr::Paren(inner) => &inner.expr,
            Expr::Group(inner) => &inner.expr,
            Expr::Reference(inner) => &inner.expr,
            Expr::Try(inner) => &inner.expr,
            Expr::Await(inner) => &inner.base,
            Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => &inner.expr,
            Expr::MethodCall(call) if !calls.is_empty() && kind_of(call).is_some_and(|kind| calls.contains(&kind)) => {
                &call.receiver
            }
            Expr::Call(call) if calls.contains(&Off::Holders) && call.args.len() == 1 => match call.args.first() {
                Some(held) if matches!(call_name(call).as_str(), "Some" | "Ok") => held,
                _ => return expr,
            },
            other => return other,
        }
    }
}

/// What a method does with its receiver, where it does nothing but hand it on.
fn kind_of(call: &ExprMethodCall) -> Option<Off> {
    let kind = match (call.method.to_string().as_str(), call.args.len()) {
        ("clone" | "cloned" | "copied" | "to_owned" | "as_ref" | "as_mut" | "as_deref" | "as_deref_mut", 0) => {
            Off::Copies
        }
        ("unwrap" | "ok", 0) | ("expect" | "ok_or" | "ok_or_else" | "map_err" | "context" | "with_context", 1) => {
            Off::Results
        }
        ("unwrap_or_default", 0) | ("unwrap_or" | "unwrap_or_else", 1) => Off::Defaults,
        ("into" | "to_string" | "into_inner", 0) => Off::Converts,
        ("as_str" | "as_bytes" | "trim" | "deref", 0) => Off::Texts,
        ("iter" | "iter_mut" | "into_iter", 0) | ("drain", 0 | 1) => Off::Iterates,
        ("first" | "last" | "next" | "pop" | "try_next", 0) | ("remove", 1) => Off::Picks,
        _ => return None,
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    fn peeled(text: &str, calls: &[Off]) -> String {
        let expr: Expr = syn::parse_str(text).unwrap();
        peel_also(&expr, calls).to_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn what_only_hands_on_is_taken_off() {
        assert_eq!(peeled("&(*row.data.load().await?)", &[]), "row.data.load()");
        assert_eq!(peeled("row.data.clone()", &[]), "row.data.clone()");
        assert_eq!(peeled("row.data.clone().unwrap()", &[Off::Copies]), "row.data.clone().unwrap()");
        assert_eq!(peeled("&row.data.as_ref().context(\"no\")?", &[Off::Copies, Off::Results]), "row.data");
        assert_eq!(peeled("Some(Ok(a.into()))", &[Off::Holders, Off::Converts]), "a");
        assert_eq!(peeled("Some(a, b)", &[Off::Holders]), "Some(a,b)");
    }

    #[test]
    fn a_call_with_other_arguments_is_another() {
        assert_eq!(peeled("cache.remove()", &[Off::Picks]), "cache.remove()");
        assert_eq!(peeled("rows.remove(0)", &[Off::Picks]), "rows");
        assert_eq!(peeled("a.unwrap_or(b)", &[Off::Results]), "a.unwrap_or(b)");
    }
}
