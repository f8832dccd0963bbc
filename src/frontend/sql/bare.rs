//! What an expression is, whatever brackets and casts stand around it.

use sqlparser::ast::Expr;

/// The expression without brackets and casts.
pub fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) | Expr::Cast { expr: inner, .. } = expr {
        expr = inner;
    }
    expr
}

/// The last part of the name, where the expression is a column, in brackets or cast or as it stands.
pub fn named_column(expr: &Expr) -> Option<&str> {
    match bare(expr) {
        Expr::Identifier(name) => Some(&name.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.as_str()),
        _ => None,
    }
}
