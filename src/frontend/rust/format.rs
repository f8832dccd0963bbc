//! The holes of a `format!` string.
//!
//! Works on the literal's value, so that escapes of the literal are already resolved. Never looks at the arguments.

use super::literal::Literal;
use std::ops::Range;

/// Which argument a hole shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// The n-th, counted from 0.
    Position(usize),
    /// A named argument, or a variable.
    Name(String),
}

/// A part of a format string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text, `{{` and `}}` resolved.
    Text(Literal),
    /// A hole.
    Hole {
        /// What it shows.
        argument: Argument,
        /// Its bytes in the value, braces included.
        range: Range<usize>,
        /// It is shown as it is (`{}`), not by `Debug` or in hexadecimal.
        plain: bool,
    },
}

/// Splits a format string; `None` when its braces do not match.
pub(super) fn parts(literal: &Literal) -> Option<Vec<Part>> {
    let value = &literal.value;
    let bytes = value.as_bytes();
    let mut parts = vec![];
    let mut text = Literal::default();
    let mut next_position = 0;
    let mut run = 0;
    let mut i = 0;
    let keep = |text: &mut Literal, range: Range<usize>| {
        if let Some(kept) = value.get(range.clone())
            && !kept.is_empty()
        {
            text.value.push_str(kept);
            text.map.append(&literal.map.slice(range));
        }
    };
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'{' | b'}' if bytes.get(i + 1) == Some(byte) => {
                keep(&mut text, run..i);
                text.value.push(char::from(*byte));
                text.map.push(1, literal.map.span(i..i + 2));
                i += 2;
                run = i;
            }
            b'{' => {
                keep(&mut text, run..i);
                let close = i + value.get(i..)?.find('}')?;
                let inner = value.get(i + 1..close)?;
                let (argument, spec) = inner.split_once(':').unwrap_or((inner, ""));
                let argument = argument.trim();
                let argument = if argument.is_empty() {
                    next_position += 1;
                    Argument::Position(next_position - 1)
                } else if let Ok(position) = argument.parse() {
                    Argument::Position(position)
                } else {
                    Argument::Name(argument.to_owned())
                };
                if !text.value.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Hole {
                    argument,
                    range: i..close + 1,
                    plain: !spec.trim_end().ends_with(['?', 'x', 'X']),
                });
                i = close + 1;
                run = i;
            }
            b'}' => return None,
            _ => i += 1,
        }
    }
    keep(&mut text, run..bytes.len());
    if !text.value.is_empty() {
        parts.push(Part::Text(text));
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::rust::literal;

    fn split(token: &str) -> Option<Vec<String>> {
        let literal = literal::read(token, 0)?;
        Some(
            parts(&literal)?
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => {
                        assert_eq!(text.map.sql_len(), text.value.len());
                        text.value
                    }
                    Part::Hole { argument: Argument::Position(n), plain, .. } => {
                        format!("<{n}{}>", if plain { "" } else { "?" })
                    }
                    Part::Hole { argument: Argument::Name(n), plain, .. } => {
                        format!("<{n}{}>", if plain { "" } else { "?" })
                    }
                })
                .collect(),
        )
    }

    #[test]
    fn holes_and_doubled_braces() {
        assert_eq!(split(r#""UPDATE {} SET a = {1:?}""#).unwrap(), ["UPDATE ", "<0>", " SET a = ", "<1?>"]);
        assert_eq!(split(r#""'{{{key}}}', '{{}}' {x:>5}{}""#).unwrap(), ["'{", "<key>", "}', '{}' ", "<x>", "<0>"]);
        assert_eq!(split(r#""a } b""#), None);
        assert_eq!(split(r#""a { b""#), None);
    }

    #[test]
    fn text_after_an_escape_and_a_hole_still_maps_to_its_bytes() {
        let token = r#""a\n{{b}} {x} c""#;
        let literal = literal::read(token, 0).unwrap();
        let Some(Part::Text(last)) = parts(&literal).unwrap().pop() else { panic!("text expected") };
        assert_eq!(last.value, " c");
        assert_eq!(&token[last.map.span(1..2).range()], "c");
    }
}
