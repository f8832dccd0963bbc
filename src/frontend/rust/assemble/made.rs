//! Texts that are made of parts: `format!`, `concat!`, `join`, `replace`.

use super::Reader;
use crate::frontend::rust::format::{self, Argument, Part};
use crate::frontend::rust::literal;
use crate::frontend::rust::macros;
use crate::frontend::rust::scope::Scope;
use crate::frontend::rust::text::Text;
use crate::frontend::rust::wrappers::call_name;
use crate::source::Span;
use syn::{Expr, ExprMethodCall, Lit, Macro};

impl<'a> Reader<'a, '_> {
    /// `parts.join(", ")`: the elements of an array or of a local that is pushed to.
    pub(super) fn joined(&self, call: &ExprMethodCall, scope: &Scope<'a>) -> Option<Text> {
        let separator = match call.args.first() {
            Some(separator) => Some(self.text(separator, scope)?),
            None => None,
        };
        let elements = self.elements(&call.receiver, scope)?;
        if elements.is_empty() {
            return None;
        }
        let mut text = Text::default();
        for (number, element) in elements.into_iter().enumerate() {
            let span = self.source.expr(element);
            if number > 0
                && let Some(separator) = &separator
            {
                text.append(separator.clone(), span);
            }
            text.append(self.text_or_hole(element, span, scope), span);
        }
        Some(text)
    }

    /// The elements of an array expression, or of a local vector with everything pushed to it.
    fn elements<'e>(&self, expr: &'e Expr, scope: &Scope<'a>) -> Option<Vec<&'e Expr>>
    where
        'a: 'e,
    {
        match expr {
            Expr::Array(array) => Some(array.elems.iter().collect()),
            Expr::Reference(e) => self.elements(&e.expr, scope),
            Expr::Paren(e) => self.elements(&e.expr, scope),
            Expr::Macro(mac) if macros::name(&mac.mac) == "vec" => {
                self.macros.get(&mac.mac).filter(|p| p.is_list).map(|p| p.exprs.iter().collect())
            }
            Expr::Call(call) => match call_name(call).as_str() {
                "new" | "with_capacity" | "default" => Some(vec![]),
                _ => None,
            },
            Expr::MethodCall(call)
                if matches!(call.method.to_string().as_str(), "to_vec" | "iter" | "clone" | "into_iter") =>
            {
                self.elements(&call.receiver, scope)
            }
            Expr::Path(path) => {
                let ident = path.path.get_ident()?;
                let at = self.source.start(ident.span());
                let id = scope.resolve(&ident.to_string(), at)?;
                let init = scope.bindings.get(id)?.init?;
                let mut elements: Vec<&'e Expr> = self.elements(init, scope)?;
                for chain in scope.chains_on(id).filter(|c| c.at < at) {
                    for link in &chain.links {
                        if let ("push" | "push_back", Some(argument)) =
                            (link.method.to_string().as_str(), link.args.first())
                        {
                            elements.push(argument);
                        }
                    }
                }
                Some(elements)
            }
            _ => None,
        }
    }

    /// `text.replace("{table}", name)`.
    pub(super) fn replaced(&self, call: &ExprMethodCall, scope: &Scope<'a>) -> Option<Text> {
        let text = self.text(&call.receiver, scope)?;
        let pattern = match call.args.first()? {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(s) => s.value(),
                Lit::Char(c) => c.value().to_string(),
                _ => return Some(text),
            },
            _ => return Some(text),
        };
        let with = call.args.get(1)?;
        let by = self.text_or_hole(with, self.source.expr(with), scope);
        Some(text.replace(&pattern, &by))
    }

    /// The text that a macro call makes.
    pub(in crate::frontend::rust) fn macro_text(&self, mac: &Macro, scope: &Scope<'a>) -> Option<Text> {
        let parsed = self.macros.get(mac).filter(|p| p.is_list)?;
        let arguments = parsed.exprs.as_slice();
        match macros::name(mac).as_str() {
            "format" | "format_args" | "formatcp" | "format_compact" | "formatx" => {
                self.formatted(arguments, false, scope)
            }
            "formatdoc" => self.formatted(arguments, true, scope),
            "indoc" | "unindent" | "dedent" => match arguments {
                [Expr::Lit(lit)] => {
                    let span = self.source.span(lit.lit.span());
                    let token = self.source.text.get(span.range())?;
                    Some(Text::of(literal::unindent(&literal::read(token, span.start as usize)?), span))
                }
                _ => None,
            },
            "concat" | "concatcp" | "concatdoc" | "str_concat" | "concat_str" => {
                let mut text = Text::default();
                for argument in arguments {
                    let span = self.source.expr(argument);
                    text.append(self.text_or_hole(argument, span, scope), span);
                }
                Some(text)
            }
            "const_format" | "const_str" => self.text(arguments.first()?, scope),
            _ => None,
        }
    }

    /// `format!`: a format string and its arguments.
    pub(in crate::frontend::rust) fn formatted(
        &self,
        arguments: &[Expr],
        indented: bool,
        scope: &Scope<'a>,
    ) -> Option<Text> {
        let (first, rest) = arguments.split_first()?;
        let whole = self.text(first, scope)?;
        let mut literal = whole.known()?;
        if indented {
            literal = literal::unindent(&literal);
        }
        let mut text = Text::default();
        text.literals.clone_from(&whole.literals);
        for part in format::parts(&literal)? {
            match part {
                Part::Text(known) => text.sql(known),
                Part::Hole { argument, range, plain } => {
                    let span = literal.map.span(range);
                    let (found, hole) = self.argument(&argument, rest, span, scope);
                    text.append(found.filter(|_| plain).unwrap_or(hole), span);
                }
            }
        }
        Some(text)
    }

    /// The argument of a hole, as a text if it is one, and as a hole.
    fn argument(&self, argument: &Argument, rest: &[Expr], hole: Span, scope: &Scope<'a>) -> (Option<Text>, Text) {
        let expr = match argument {
            Argument::Position(n) => rest.get(*n).map(|e| if let Expr::Assign(named) = e { &*named.right } else { e }),
            Argument::Name(name) => rest.iter().find_map(|e| match e {
                Expr::Assign(named) => match &*named.left {
                    Expr::Path(path) if path.path.is_ident(name) => Some(&*named.right),
                    _ => None,
                },
                _ => None,
            }),
        };
        match (expr, argument) {
            (Some(expr), _) => {
                let source = self.source.folded(self.source.expr(expr));
                (self.text(expr, scope), Text::numbered_hole(source, hole, placeholder_number(expr)))
            }
            (None, Argument::Name(name)) => (self.named(name, hole, scope), Text::hole(name.clone(), hole)),
            (None, Argument::Position(n)) => (None, Text::hole(n.to_string(), hole)),
        }
    }
}

/// The number of a placeholder that an expression may make: `placeholder(backend, 2)`, `placeholders[1]`.
fn placeholder_number(expr: &Expr) -> Option<usize> {
    let number = |expr: &Expr| match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(n) => n.base10_parse::<usize>().ok(),
            _ => None,
        },
        _ => None,
    };
    match expr {
        Expr::Call(call) => number(call.args.last()?).filter(|n| *n > 0),
        Expr::MethodCall(call) => number(call.args.last()?).filter(|n| *n > 0),
        Expr::Index(index) => number(&index.index).map(|n| n + 1),
        Expr::Reference(e) => placeholder_number(&e.expr),
        _ => None,
    }
}
