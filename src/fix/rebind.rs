//! Changes of a bound expression, so that it carries one part of the document and not the whole.
//!
//! Works on the expression as it is spelled: the value inside `json!({ "phone": phone })` stays, what stands around it
//! goes. Whatever is made here compiles where the old expression did: nothing is moved that was borrowed, no import is
//! needed.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::ops::Range;
use syn::spanned::Spanned;
use syn::{Expr, Lit, Macro};

/// How many closing parentheses are tried as the end of an argument.
const MOST_ENDS: usize = 20;

/// A changed expression: a part of the old one is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rebind {
    /// Bytes of the old expression.
    pub(super) range: Range<usize>,
    /// What comes instead.
    pub(super) text: String,
}

impl Rebind {
    /// The whole expression after the change; `None` when it would not parse.
    pub(super) fn of(&self, expression: &str) -> Option<String> {
        let after = super::edits::replaced(expression, &[(self.range.clone(), &self.text)])?;
        syn::parse_str::<Expr>(&after).is_ok().then_some(after)
    }
}

/// The one value inside a literal object, with the keys that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// From the outermost key.
    pub(super) path: Vec<String>,
    /// The value as it is spelled.
    pub(super) value: String,
    /// The change that binds the value alone.
    pub(super) rebind: Rebind,
}

/// The one value of a bound `json!({ "phone": phone })`; `None` when there are several, or no literal object.
pub(super) fn only_leaf(expression: &str) -> Option<Leaf> {
    let parsed: Expr = syn::parse_str(expression).ok()?;
    let mac = json_macro(&parsed)?;
    let tokens: Vec<TokenTree> = mac.tokens.clone().into_iter().collect();
    let [TokenTree::Group(object)] = tokens.as_slice() else { return None };
    let object = object.clone();
    let range = object.span().byte_range();
    let mut path = vec![];
    let mut object = object;
    loop {
        let [(key, value)] = members(&object)?.try_into().ok()?;
        path.push(key);
        let [first, .., last] = [value.first()?, value.last()?];
        let bytes = first.span().byte_range().start..last.span().byte_range().end;
        match value.as_slice() {
            [TokenTree::Group(inner)] if inner.delimiter() == Delimiter::Brace && !inner.stream().is_empty() => {
                object = inner.clone();
            }
            _ => {
                let value = expression.get(bytes)?.to_owned();
                return Some(Leaf { path, rebind: Rebind { range, text: value.clone() }, value });
            }
        }
    }
}

/// The members of a literal object; `None` when a key is not a string literal.
fn members(object: &proc_macro2::Group) -> Option<Vec<(String, Vec<TokenTree>)>> {
    if object.delimiter() != Delimiter::Brace {
        return None;
    }
    let mut members = vec![];
    let mut rest = object.stream().into_iter().peekable();
    while let Some(key) = rest.next() {
        let TokenTree::Literal(key) = key else { return None };
        let Ok(Lit::Str(key)) = syn::parse2::<Lit>(TokenStream::from(TokenTree::Literal(key))) else { return None };
        if !matches!(rest.next(), Some(TokenTree::Punct(colon)) if colon.as_char() == ':') {
            return None;
        }
        let mut value = vec![];
        while let Some(token) = rest.next_if(|token| !is_comma(token)) {
            value.push(token);
        }
        rest.next();
        if value.is_empty() {
            return None;
        }
        members.push((key.value(), value));
    }
    Some(members)
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')
}

/// The `json!(..)` that an expression hands on whole.
fn json_macro(expression: &Expr) -> Option<&Macro> {
    let mut expression = expression;
    loop {
        expression = match expression {
            Expr::Macro(found) => {
                return found.mac.path.segments.last().is_some_and(|last| last.ident == "json").then_some(&found.mac);
            }
            other => handed_on(other)?,
        }
    }
}

/// The expression whose value another one hands on: `x` of `&x`, `Json(x)`, `x.to_string()`, `to_value(x)?`.
fn handed_on(expression: &Expr) -> Option<&Expr> {
    match expression {
        Expr::Reference(e) => Some(&e.expr),
        Expr::Paren(e) => Some(&e.expr),
        Expr::Group(e) => Some(&e.expr),
        Expr::Try(e) => Some(&e.expr),
        Expr::Cast(e) => Some(&e.expr),
        Expr::Call(call) if call.args.len() == 1 => {
            let Expr::Path(path) = &*call.func else { return None };
            let name = path.path.segments.last()?.ident.to_string();
            let hands_on = ["Json", "Jsonb", "Some", "to_value", "to_string", "new", "from"].contains(&name.as_str());
            call.args.first().filter(|_| hands_on)
        }
        Expr::MethodCall(call) if call.args.is_empty() => {
            let name = call.method.to_string();
            let hands_on = ["clone", "to_string", "unwrap", "to_owned", "into"].contains(&name.as_str());
            hands_on.then_some(&call.receiver)
        }
        Expr::MethodCall(call) => (call.method == "expect").then_some(&call.receiver),
        _ => None,
    }
}

/// The variable that an expression hands on, and whether it gives it away.
pub(super) struct Variable {
    /// Its bytes in the expression.
    pub(super) range: Range<usize>,
    /// As it is spelled: `data`, `self.data`.
    pub(super) text: String,
    /// Something takes it by value, and it is no copy.
    pub(super) moved: bool,
}

/// The variable or field whose value a bound expression hands on: `data` of `Json(&data)`.
pub(super) fn variable(expression: &str) -> Option<Variable> {
    let parsed: Expr = syn::parse_str(expression).ok()?;
    let mut moved = true;
    let mut at = &parsed;
    loop {
        if let Expr::Path(_) | Expr::Field(_) = at {
            let range = at.span().byte_range();
            let text = expression.get(range.clone())?.to_owned();
            let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
            return plain.then_some(Variable { range, text, moved });
        }
        // What takes `self` by reference, or a reference, moves nothing.
        moved = match at {
            Expr::Reference(_) => false,
            Expr::MethodCall(call) => !["clone", "to_string", "to_owned"].contains(&call.method.to_string().as_str()),
            Expr::Call(_) => true,
            _ => moved,
        };
        if let Expr::Macro(found) = at {
            if found.mac.path.segments.last().is_none_or(|last| last.ident != "json") {
                return None;
            }
            let inner: Expr = syn::parse2(found.mac.tokens.clone()).ok()?;
            let range = inner.span().byte_range();
            let text = expression.get(range.clone())?.to_owned();
            let plain = matches!(inner, Expr::Path(_) | Expr::Field(_));
            return plain.then_some(Variable { range, text, moved: false });
        }
        at = handed_on(at)?;
    }
}

/// The bytes of the call whose value an expression hands on: `merge(a, b)` of `Json(merge(a, b))`.
pub(super) fn inner_call(expression: &str) -> Option<Range<usize>> {
    let parsed: Expr = syn::parse_str(expression).ok()?;
    let mut at = &parsed;
    loop {
        match handed_on(at) {
            Some(inner) => at = inner,
            None => return matches!(at, Expr::Call(_) | Expr::MethodCall(_)).then(|| at.span().byte_range()),
        }
    }
}

/// The digits of an integer literal: `1`, `10_i64`.
pub(super) fn integer(expression: &str) -> Option<String> {
    match syn::parse_str::<Expr>(expression).ok()? {
        Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

/// The step of `data["n"].as_i64().unwrap_or(0) + 1`, where `part` is `data["n"]`: `+ 1`.
pub(super) fn counted(expression: &str, part: &str) -> Option<String> {
    let mut parsed: Expr = syn::parse_str(expression).ok()?;
    loop {
        parsed = match parsed {
            Expr::Macro(found) if found.mac.path.segments.last()?.ident == "json" => {
                syn::parse2(found.mac.tokens).ok()?
            }
            Expr::Paren(inner) => *inner.expr,
            Expr::Binary(sum) => {
                let sign = match sum.op {
                    syn::BinOp::Add(_) => "+",
                    syn::BinOp::Sub(_) => "-",
                    _ => return None,
                };
                let Expr::Lit(syn::ExprLit { lit: Lit::Int(step), .. }) = &*sum.right else { return None };
                let bare = |text: &str| text.split_whitespace().collect::<String>();
                let old = bare(&quote::ToTokens::to_token_stream(&sum.left).to_string());
                return old
                    .strip_prefix(&bare(part))
                    .filter(|rest| is_number_or_zero(rest))
                    .map(|_| format!("{sign} {}", step.base10_digits()));
            }
            _ => return None,
        };
    }
}

/// Whether this, behind a JSON value, is its number, or 0 where there is none, or nothing at all where there is none.
fn is_number_or_zero(calls: &str) -> bool {
    let Some(rest) = calls.strip_prefix(".as_i64()").or_else(|| calls.strip_prefix(".as_u64()")) else { return false };
    let zero = rest.strip_prefix(".unwrap_or(").and_then(|rest| rest.strip_suffix(')'));
    let fails = rest.strip_prefix(".expect(\"").and_then(|rest| rest.strip_suffix("\")"));
    zero.and_then(integer).as_deref() == Some("0")
        || fails.is_some_and(|message| !message.contains('"'))
        || ["", "?", ".unwrap()", ".unwrap_or_default()"].contains(&rest)
}

/// The first argument of a call, from the text behind its parenthesis.
pub(super) fn first_argument(text: &str) -> Option<&str> {
    let ends = text.match_indices(')').map(|(at, _)| at);
    ends.take(MOST_ENDS).filter_map(|end| text.get(..end)).find(|part| syn::parse_str::<Expr>(part).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(expression: &str) -> Option<(String, String)> {
        let leaf = only_leaf(expression)?;
        Some((leaf.path.join("."), leaf.rebind.of(expression)?))
    }

    #[test]
    fn the_value_of_a_literal_object_is_bound_alone() {
        let found = |path: &str, after: &str| Some((path.to_owned(), after.to_owned()));
        assert_eq!(after(r#"json!({ "phone": phone })"#), found("phone", "json!(phone)"));
        assert_eq!(after(r#"serde_json::json!({"a": f(x, 1),})"#), found("a", "serde_json::json!(f(x, 1))"));
        assert_eq!(after(r#"Json(json!({"a": {"b": [x, y]}}))"#), found("a.b", "Json(json!([x, y]))"));
        assert_eq!(after(r#"json!({"a": null}).to_string()"#), found("a", "json!(null).to_string()"));
        assert_eq!(after(r#"json!({"a": {}})"#), found("a", "json!({})"));
        assert_eq!(after(r#"json!({"a": é, "b": 1})"#), None);
        assert_eq!(after("json!({KEY: 1})"), None);
        assert_eq!(after("json!(x)"), None);
        assert_eq!(after("data"), None);
        assert_eq!(after(r#"merge(json!({"a": 1}), other)"#), None);
    }

    #[test]
    fn a_variable_is_found_with_what_takes_it() {
        let found = |expression: &str| variable(expression).map(|v| (v.text, v.moved));
        assert_eq!(found("&data"), Some(("data".into(), false)));
        assert_eq!(found("data"), Some(("data".into(), true)));
        assert_eq!(found("Json(data)"), Some(("data".into(), true)));
        assert_eq!(found("Json(&row.data)"), Some(("row.data".into(), false)));
        assert_eq!(found("data.clone()"), Some(("data".into(), false)));
        assert_eq!(found("serde_json::to_value(&settings)?"), Some(("settings".into(), false)));
        assert_eq!(found("json!(settings)"), Some(("settings".into(), false)));
        assert_eq!(found("f(&data)"), None);
    }

    #[test]
    fn a_step_is_read_off_the_expression_that_counts() {
        let of = |expression: &str| counted(expression, "data[\"n\"]");
        assert_eq!(of(r#"data["n"].as_i64().unwrap_or(0) + 1"#).as_deref(), Some("+ 1"));
        assert_eq!(of(r#"json!(data["n"].as_u64().unwrap() - 2_u64)"#).as_deref(), Some("- 2"));
        assert_eq!(of(r#"data["n"].as_f64().unwrap() + 1"#), None);
        assert_eq!(of(r#"data["m"].as_i64().unwrap() + 1"#), None);
        assert_eq!(of(r#"data["n"].as_i64().unwrap() + step"#), None);
        assert_eq!(integer("10_i64").as_deref(), Some("10"));
        assert_eq!(first_argument("json!(f(x))); g(y)"), Some("json!(f(x))"));
    }
}
