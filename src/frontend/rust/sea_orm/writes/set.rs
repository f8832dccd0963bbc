//! What a field of an active model is set to: `Set(..)` in its spellings and branches.

use crate::frontend::rust::sea_orm::typing::{Place, last_of, peel};
use syn::Expr;

/// Whether an expression is `Set(..)`, perhaps in a branch.
pub(super) fn is_set(expr: &Expr) -> bool {
    match peel(expr) {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path)
            if path.path.segments.last().is_some_and(|s| s.ident == "Set" || (s.ident == "set" && path.path.segments.len() > 1))),
        Expr::If(branch) => last_of(&branch.then_branch).is_some_and(is_set),
        Expr::Match(branches) => branches.arms.iter().any(|arm| is_set(&arm.body)),
        _ => false,
    }
}

/// Whether a field keeps what the row has: `Unchanged(id)`.
pub(super) fn is_unchanged(expr: &Expr) -> bool {
    matches!(peel(expr), Expr::Call(call) if matches!(&*call.func, Expr::Path(path)
        if path.path.segments.last().is_some_and(|s| s.ident == "Unchanged" || s.ident == "unchanged")))
}

/// A value of a model's field that is built elsewhere.
pub(super) fn is_opaque(expr: &Expr) -> bool {
    match peel(expr) {
        // `Set(None)` empties the column on purpose.
        set if is_set(set) => false,
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => !path
                .path
                .segments
                .last()
                .is_some_and(|s| s.ident == "Unchanged" || s.ident == "unchanged" || s.ident == "not_set"),
            _ => true,
        },
        Expr::MethodCall(call) => !matches!(call.method.to_string().as_str(), "take" | "not_set"),
        _ => false,
    }
}

/// The values that a field is set to: one for each branch.
pub(super) fn set_values<'a>(expr: &'a Expr, place: Place<'_, 'a, '_>, depth: usize) -> Vec<&'a Expr> {
    if depth > 8 {
        return vec![];
    }
    match peel(expr) {
        set @ Expr::Call(call) if is_set(set) => call.args.first().into_iter().filter(|v| !is_none(v)).collect(),
        Expr::MethodCall(call) if call.method == "into_active_value" => vec![&*call.receiver],
        Expr::If(branch) => {
            let mut found =
                last_of(&branch.then_branch).map(|last| set_values(last, place, depth + 1)).unwrap_or_default();
            if let Some((_, other)) = &branch.else_branch {
                found.extend(set_values(other, place, depth + 1));
            }
            found
        }
        Expr::Match(branches) => branches.arms.iter().flat_map(|arm| set_values(&arm.body, place, depth + 1)).collect(),
        Expr::Block(block) => last_of(&block.block).map(|last| set_values(last, place, depth + 1)).unwrap_or_default(),
        // `opt.map(Set).unwrap_or(NotSet)`, `opt.map_or(NotSet, Set)`
        Expr::MethodCall(call) => {
            let by_name = |expr: &Expr| matches!(expr, Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Set"));
            match call.method.to_string().as_str() {
                "map" if call.args.first().is_some_and(by_name) => vec![&*call.receiver],
                "map" | "map_or" | "map_or_else" | "and_then" => {
                    if call.args.iter().any(by_name) {
                        return vec![&*call.receiver];
                    }
                    call.args
                        .iter()
                        .flat_map(|argument| match argument {
                            Expr::Closure(closure) => set_values(&closure.body, place, depth + 1),
                            other => set_values(other, place, depth + 1),
                        })
                        .collect()
                }
                "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" => {
                    let mut found = set_values(&call.receiver, place, depth + 1);
                    for argument in &call.args {
                        found.extend(match argument {
                            Expr::Closure(closure) => set_values(&closure.body, place, depth + 1),
                            other => set_values(other, place, depth + 1),
                        });
                    }
                    found
                }
                _ => vec![],
            }
        }
        path @ Expr::Path(_) => {
            let init: Option<&'a Expr> =
                place.binding(path).and_then(|id| place.scope.bindings.get(id)).and_then(|b| b.init);
            init.map(|init| set_values(init, place, depth + 1)).unwrap_or_default()
        }
        _ => vec![],
    }
}

fn is_none(expr: &Expr) -> bool {
    matches!(peel(expr), Expr::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "None"))
}
