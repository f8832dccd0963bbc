//! Comments that speak to noclobber, as both languages' readers hand them on.
//!
//! Says where such a comment stands and which bytes it speaks for; what it says is read by [`crate::suppress`].

use crate::source::Span;
use std::collections::BTreeMap;

/// What a comment begins with that speaks to noclobber.
const NAME: &str = "noclobber";

/// A comment that speaks to noclobber, or seems to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its bytes in the file, from its `//`, `/*` or `--` on, without the end of the line.
    pub span: Span,
    /// What it says, without the signs that make it a comment.
    pub text: String,
    /// The bytes it speaks for: the next statement or item for one on a line of its own, else its line.
    pub covers: Vec<Span>,
    /// It stands before the first item or statement of its file.
    pub leads: bool,
}

/// Whether a text may hold such a comment at all.
pub fn may_hold(text: &str) -> bool {
    text.contains(NAME)
}

/// What a comment says, if it speaks to noclobber: without its signs and the blanks around.
pub(super) fn spoken(comment: &str) -> Option<&str> {
    let text = comment.trim_start_matches(['/', '*', '-', '#', '!']).trim();
    let text = if comment.starts_with("/*") { text.strip_suffix("*/").unwrap_or(text).trim_end() } else { text };
    let after = text.strip_prefix(NAME)?.trim_start();
    (after.starts_with(':') || after.starts_with("ignore")).then_some(text)
}

/// The comments by place; those that were come upon twice (a text may be read in several ways) speak for all they cover.
pub(super) fn by_place(comments: Vec<Comment>) -> Vec<Comment> {
    let mut by_place: BTreeMap<Span, Comment> = BTreeMap::new();
    for comment in comments {
        match by_place.entry(comment.span) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(comment);
            }
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut().covers.extend(comment.covers),
        }
    }
    by_place.into_values().collect()
}

/// Where the line of `text` that `byte` stands in begins.
pub(super) fn line_start(text: &str, byte: usize) -> usize {
    text.as_bytes().get(..byte).and_then(|before| before.iter().rposition(|b| *b == b'\n')).map_or(0, |end| end + 1)
}

/// Where that line ends, without its end.
pub(super) fn line_end(text: &str, byte: usize) -> usize {
    let rest = text.as_bytes().get(byte..).unwrap_or_default();
    let end = rest.iter().position(|b| *b == b'\n').map_or(text.len(), |end| byte + end);
    if end > byte && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_speaks_to_noclobber_is_spoken() {
        for (comment, said) in [
            ("// noclobber: ignore[a] -- b", Some("noclobber: ignore[a] -- b")),
            ("/* noclobber: ignore[a] */", Some("noclobber: ignore[a]")),
            ("--noclobber:off", Some("noclobber:off")),
            ("// noclobber ignore a", Some("noclobber ignore a")),
            ("// noclobber finds such writes", None),
            ("// see noclobber: ignore[a]", None),
            ("// set -o noclobber", None),
        ] {
            assert_eq!(spoken(comment), said, "{comment}");
        }
    }

    #[test]
    fn lines_end_where_an_editor_ends_them() {
        let text = "ab\r\ncd";
        assert_eq!((line_start(text, 5), line_end(text, 0), line_end(text, 4)), (4, 2, 6));
        assert_eq!((line_start(text, 0), line_start("", 0), line_end("", 0)), (0, 0, 0));
    }
}
