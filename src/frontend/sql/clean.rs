//! What stands in SQL files and is no SQL: commands and data of `psql`, `DELIMITER` of the `mysql` client, and the marks
//! around MySQL's conditional comments. Replaced by blanks, so that every byte stays where it is.

use super::Dialect;
use std::borrow::Cow;

/// The text with everything blanked that the database does not get.
pub(super) fn clean(text: &str, dialect: Dialect) -> Cow<'_, str> {
    let line_starts_with = |first: &str| {
        text.match_indices(first).any(|(at, _)| {
            text.get(..at).is_some_and(|b| b.trim_end_matches([' ', '\t']).ends_with('\n') || b.trim().is_empty())
        })
    };
    let delimiter = dialect == Dialect::Mysql && text.to_ascii_uppercase().contains("DELIMITER");
    if !(delimiter || text.contains("/*!") || text.contains("/*M!") || line_starts_with("\\")) {
        return Cow::Borrowed(text);
    }
    let mut cleaner =
        Cleaner { text: text.as_bytes(), out: text.as_bytes().to_vec(), at: 0, dialect, delimiter: vec![], hints: 0 };
    cleaner.run();
    String::from_utf8(cleaner.out).map_or(Cow::Borrowed(text), Cow::Owned)
}

struct Cleaner<'a> {
    text: &'a [u8],
    out: Vec<u8>,
    at: usize,
    dialect: Dialect,
    /// What ends a statement besides `;`; empty for nothing.
    delimiter: Vec<u8>,
    /// Conditional comments that are open.
    hints: usize,
}

impl Cleaner<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or(&[])
    }

    fn blank(&mut self, from: usize, to: usize) {
        for byte in self.out.get_mut(from..to.min(self.text.len())).unwrap_or(&mut []) {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b' ';
            }
        }
    }

    fn line_end(&self) -> usize {
        self.rest().iter().position(|b| *b == b'\n').map_or(self.text.len(), |n| self.at + n)
    }

    fn run(&mut self) {
        let mut line_start = true;
        while self.at < self.text.len() {
            let from = self.at;
            if line_start && self.line() {
                line_start = true;
                self.at = self.at.max(from + 1);
                continue;
            }
            let byte = self.text.get(self.at).copied().unwrap_or(0);
            line_start = byte == b'\n' || (line_start && matches!(byte, b' ' | b'\t' | b'\r'));
            self.step(byte);
            self.at = self.at.max(from + 1);
        }
    }

    /// Handles a line that is a command; moves behind it.
    fn line(&mut self) -> bool {
        let end = self.line_end();
        let line = self.text.get(self.at..end).unwrap_or(&[]);
        let starts = |word: &[u8]| line.get(..word.len()).is_some_and(|l| l.eq_ignore_ascii_case(word));
        if line.first() == Some(&b'\\') {
            self.blank(self.at, end);
            self.at = end + 1;
            return true;
        }
        if self.dialect == Dialect::Mysql && starts(b"DELIMITER ") {
            let rest = line.get(10..).unwrap_or(&[]).trim_ascii();
            self.delimiter = if rest == b";" { vec![] } else { rest.to_vec() };
            self.blank(self.at, end);
            self.at = end + 1;
            return true;
        }
        if starts(b"COPY ") && contains(line, b"from stdin") {
            // The data follow, up to a line with `\.` alone.
            self.at = end + 1;
            let data = self.at;
            while self.at < self.text.len() {
                let end = self.line_end();
                let last = self.text.get(self.at..end).is_some_and(|l| l.trim_ascii_end() == b"\\.");
                self.at = end + 1;
                if last {
                    break;
                }
            }
            self.blank(data, self.at);
            return true;
        }
        false
    }

    fn step(&mut self, byte: u8) {
        let next = self.text.get(self.at + 1).copied().unwrap_or(0);
        if !self.delimiter.is_empty() && self.rest().starts_with(&self.delimiter) {
            let (from, length) = (self.at, self.delimiter.len());
            self.blank(from, from + length);
            if let Some(first) = self.out.get_mut(from) {
                *first = b';';
            }
            self.at += length;
            return;
        }
        match (byte, next) {
            (b'\'' | b'"' | b'`', _) => {
                let before = self.at.checked_sub(1).and_then(|i| self.text.get(i)).copied().unwrap_or(0);
                let escapes = (self.dialect == Dialect::Mysql && byte != b'`') || matches!(before, b'e' | b'E');
                self.at += 1;
                while let Some(inner) = self.text.get(self.at).copied() {
                    self.at += 1 + usize::from(escapes && inner == b'\\');
                    if inner == byte {
                        break;
                    }
                }
            }
            (b'-', b'-') => self.at = self.line_end(),
            (b'#', _) if self.dialect == Dialect::Mysql => self.at = self.line_end(),
            (b'/', b'*') => {
                let mark = self.rest().get(2..).unwrap_or(&[]);
                let length = if mark.starts_with(b"!") {
                    3
                } else if mark.starts_with(b"M!") {
                    4
                } else {
                    0
                };
                if length > 0 {
                    let digits =
                        self.rest().get(length..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit()).count();
                    self.blank(self.at, self.at + length + digits);
                    self.at += length + digits;
                    self.hints += 1;
                } else {
                    let end = self.rest().windows(2).skip(2).position(|w| w == b"*/");
                    self.at = end.map_or(self.text.len(), |n| self.at + n + 4);
                }
            }
            (b'*', b'/') if self.hints > 0 => {
                self.hints -= 1;
                self.blank(self.at, self.at + 2);
                self.at += 2;
            }
            (b'$', _) if self.dialect == Dialect::Postgres => {
                let tag = self.rest().iter().skip(1).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                let open = self.rest().get(..tag + 2).filter(|o| o.last() == Some(&b'$')).map(<[u8]>::to_vec);
                let digit = next.is_ascii_digit();
                if let Some(open) = open.filter(|_| !digit) {
                    let body = self.rest().get(open.len()..).unwrap_or(&[]);
                    let end = body.windows(open.len()).position(|w| w == open);
                    self.at = end.map_or(self.text.len(), |n| self.at + n + 2 * open.len());
                }
            }
            _ => {}
        }
    }
}

/// Whether `line` contains `word`, which is in lower case, in any case and with single blanks.
fn contains(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_data_of_psql_are_blanked_in_place() {
        let text = "\\restrict abc\nSELECT 1;\nCOPY t (a) FROM stdin;\nit's\t\\N\n\\.\nSELECT '\n\\x';\n";
        let clean = clean(text, Dialect::Postgres);
        assert_eq!(clean, "             \nSELECT 1;\nCOPY t (a) FROM stdin;\n       \n  \nSELECT '\n\\x';\n");
    }

    #[test]
    fn delimiters_and_conditional_comments_of_mysql_become_plain() {
        let text = "DELIMITER $$\nCREATE TRIGGER a BEGIN x; END$$\nDELIMITER ;\n/*!40101 SET a = 'b\\'/*!' */;";
        let clean = clean(text, Dialect::Mysql);
        assert_eq!(clean, "            \nCREATE TRIGGER a BEGIN x; END; \n           \n         SET a = 'b\\'/*!'   ;");
        assert_eq!(clean.len(), text.len());
    }

    #[test]
    fn bodies_in_dollars_are_left_alone() {
        let text = "DO $x$ a\n\\b $$ $x$;\n\\c\nd";
        assert_eq!(clean(text, Dialect::Postgres), "DO $x$ a\n\\b $$ $x$;\n  \nd");
        assert!(matches!(clean("SELECT 1", Dialect::Mysql), Cow::Borrowed(_)));
    }
}
