//! Names that say what a call, macro or attribute is for: test code, messages, texts.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Attribute;

/// An identifier without `r#`.
pub(super) fn plain(ident: &proc_macro2::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// Whether an item derives `name`, by the last segment of its path, also inside `cfg_attr`.
pub(super) fn derives(attributes: &[Attribute], name: &str) -> bool {
    let mut found = false;
    each_derived(attributes, &mut |derived| found |= derived == name);
    found
}

/// Calls `f` for each name that an item derives, also inside `cfg_attr`; for the names of the path before it as well.
pub(super) fn each_derived(attributes: &[Attribute], f: &mut impl FnMut(&proc_macro2::Ident)) {
    for attribute in attributes {
        match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("derive") => each_name(list.tokens.clone(), f),
            syn::Meta::List(list) if list.path.is_ident("cfg_attr") => {
                for tree in list.tokens.clone() {
                    if let TokenTree::Group(group) = tree
                        && group.delimiter() == Delimiter::Parenthesis
                    {
                        each_name(group.stream(), f);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Calls `f` for each identifier among the tokens, not inside groups.
fn each_name(tokens: TokenStream, f: &mut impl FnMut(&proc_macro2::Ident)) {
    for tree in tokens {
        if let TokenTree::Ident(ident) = tree {
            f(&ident);
        }
    }
}

/// Whether an attribute marks test code.
pub(super) fn is_test(attribute: &Attribute) -> bool {
    let Some(name) = attribute.path().segments.last().map(|s| s.ident.to_string()) else { return false };
    if name == "cfg" {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let words = list.tokens.to_string();
        return words.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "test")
            && !words.starts_with("not");
    }
    matches!(name.as_str(), "test" | "rstest" | "test_case" | "bench" | "quickcheck" | "proptest" | "wasm_bindgen_test")
        || name.ends_with("_test")
        || name.starts_with("test_")
}

/// Whether a method's string argument is a message.
pub(super) fn takes_message(method: &str) -> bool {
    matches!(
        method,
        "expect"
            | "expect_err"
            | "context"
            | "with_context"
            | "wrap_err"
            | "wrap_err_with"
            | "attach_printable"
            | "change_context"
            | "describe_context"
            | "map_err"
            | "ok_or_else"
            | "ok_or"
            | "record"
            | "set_description"
    )
}

/// Whether a macro's string argument is a message.
pub(super) fn is_message(name: &str) -> bool {
    matches!(
        name,
        "println"
            | "print"
            | "eprintln"
            | "eprint"
            | "info"
            | "debug"
            | "warn"
            | "error"
            | "trace"
            | "log"
            | "event"
            | "span"
            | "info_span"
            | "debug_span"
            | "warn_span"
            | "error_span"
            | "trace_span"
            | "instrument"
            | "panic"
            | "assert"
            | "assert_eq"
            | "assert_ne"
            | "debug_assert"
            | "debug_assert_eq"
            | "debug_assert_ne"
            | "anyhow"
            | "bail"
            | "ensure"
            | "unreachable"
            | "unimplemented"
            | "todo"
            | "eyre"
            | "dbg"
            | "matches"
            | "assert_matches"
            | "compile_error"
            | "cfg"
            | "env"
            | "option_env"
            | "assert_snapshot"
            | "assert_debug_snapshot"
            | "expect"
            | "format_err"
            | "whatever"
            | "ensure_whatever"
            | "err"
            | "fatal"
            | "critical"
            | "notice"
    )
}

/// Whether a macro makes a text of its arguments.
pub(super) fn makes_text(name: &str) -> bool {
    matches!(
        name,
        "format"
            | "formatdoc"
            | "format_args"
            | "concat"
            | "concatcp"
            | "formatcp"
            | "concatdoc"
            | "indoc"
            | "str_concat"
            | "const_format"
            | "const_str"
            | "concat_str"
            | "formatx"
            | "format_compact"
            | "unindent"
            | "dedent"
    )
}
