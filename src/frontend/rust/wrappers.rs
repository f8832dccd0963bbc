//! Calls by name: their path, and those that only hand a text on.

use syn::{Expr, ExprMethodCall};

/// The last segment of the called function's path.
pub(super) fn call_name(call: &syn::ExprCall) -> String {
    match &*call.func {
        Expr::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The segment before the last of the called function's path: `Statement` in `Statement::from_string`.
pub(super) fn call_type(call: &syn::ExprCall) -> String {
    match &*call.func {
        Expr::Path(path) => path.path.segments.iter().nth_back(1).map(|s| s.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A path as it is spelled, without type arguments.
pub(super) fn spelled(path: &syn::Path) -> String {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names.join("::")
}

/// The one argument of a call that only wraps a text.
pub(super) fn wrapped(call: &syn::ExprCall) -> Option<&Expr> {
    if call.args.len() != 1 {
        return None;
    }
    let name = call_name(call);
    let passes_on = match name.as_str() {
        "AssertSqlSafe" | "from_static" | "Borrowed" | "Owned" | "Some" | "Ok" => true,
        "from" | "new" | "from_str" => {
            matches!(
                call_type(call).as_str(),
                "String" | "SqlStr" | "Cow" | "Arc" | "Rc" | "Box" | "ByteString" | "SmolStr"
            )
        }
        _ => false,
    };
    call.args.first().filter(|_| passes_on)
}

/// `String::new()`, `String::with_capacity(n)`.
pub(super) fn is_empty_string(call: &syn::ExprCall) -> bool {
    call_type(call) == "String" && matches!(call_name(call).as_str(), "new" | "with_capacity" | "default")
}

/// Whether a method hands its receiver on as the same text.
pub(super) fn is_wrapper_method(call: &ExprMethodCall) -> bool {
    call.args.is_empty()
        && matches!(
            call.method.to_string().as_str(),
            "into_sql_str"
                | "to_string"
                | "to_owned"
                | "as_str"
                | "into"
                | "as_ref"
                | "clone"
                | "as_bytes"
                | "trim"
                | "trim_end"
                | "trim_start"
                | "into_string"
                | "deref"
                | "leak"
                | "unwrap"
                | "into_boxed_str"
                | "borrow"
                | "as_deref"
                | "into_owned"
                | "sql"
                | "into_sql"
                | "as_mut"
                | "cloned"
                | "to_str"
                | "as_sql"
        )
}

/// The expression that a block ends with.
pub(super) fn last_expr(block: &syn::Block) -> Option<&Expr> {
    match block.stmts.last() {
        Some(syn::Stmt::Expr(expr, None)) => Some(expr),
        _ => None,
    }
}

/// The root of a chain of method calls and its calls, first call first. A reference at the very start is part of the
/// root's place, and stays where nothing is called on it.
pub(super) fn chain(expr: &Expr) -> (&Expr, Vec<&ExprMethodCall>) {
    let mut links = vec![];
    let mut root = expr;
    loop {
        root = match root {
            Expr::MethodCall(call) => {
                links.push(call);
                &call.receiver
            }
            Expr::Await(e) => &e.base,
            Expr::Try(e) => &e.expr,
            Expr::Paren(e) => &e.expr,
            Expr::Group(e) => &e.expr,
            Expr::Reference(e) if !links.is_empty() => &e.expr,
            Expr::Unary(e) if !links.is_empty() && matches!(e.op, syn::UnOp::Deref(_)) => &e.expr,
            _ => break,
        };
    }
    links.reverse();
    (root, links)
}
