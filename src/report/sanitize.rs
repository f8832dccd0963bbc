//! Source text on its way to a terminal: what would steer the terminal is made visible instead.
//!
//! The code that is checked may be hostile; its escape sequences and direction overrides must not reach the screen.

/// What is shown in place of a character: itself, or a stand-in of the same length in bytes. Tabs and line ends stay.
pub(crate) fn harmless(c: char) -> &'static str {
    match c.len_utf8() {
        1 => "?",
        2 => "??",
        _ => "\u{fffd}",
    }
}

/// Whether a character steers the terminal or the direction of text.
pub(crate) fn steers(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => true,
        c => c.is_control(),
    }
}

/// The text with everything that steers replaced; as many bytes as before.
pub(crate) fn sanitize(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            clean.push_str(harmless(c));
        } else {
            clean.push(c);
        }
    }
    clean
}

/// The text on one line, sanitized: line ends and tabs become blanks.
pub(crate) fn one_line(text: &str) -> String {
    sanitize(text).replace(['\n', '\r', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_replaced_byte_by_byte() {
        let hostile = "a\u{1b}[31mb\u{9b}c\u{202e}d\te\r\né";
        let clean = sanitize(hostile);
        assert_eq!(clean, "a?[31mb??c\u{fffd}d\te\r\né");
        assert_eq!(clean.len(), hostile.len());
        assert_eq!(one_line("a\nb\tc"), "a b c");
    }
}
