//! Follows SQL text far enough to know whether a quoted string or a comment is open.

/// Where in the SQL text a quoted string or a comment is open.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    open: Option<Open>,
    /// The last byte was the first of a two-byte mark.
    previous: u8,
}

#[derive(Debug, Clone, Copy)]
enum Open {
    String(usize),
    Name(u8),
    Line,
    Block,
}

impl Quotes {
    /// Reads on; `at` is the offset of `sql` in the whole text.
    pub(super) fn read(&mut self, sql: &str, at: usize) {
        for (i, byte) in sql.bytes().enumerate() {
            let previous = std::mem::replace(&mut self.previous, byte);
            self.open = match (self.open, byte) {
                (None, b'\'') => Some(Open::String(at + i)),
                (None, b'"' | b'`') => Some(Open::Name(byte)),
                (None, b'-') if previous == b'-' => Some(Open::Line),
                (None, b'*') if previous == b'/' => Some(Open::Block),
                (Some(Open::String(_)), b'\'') | (Some(Open::Line), b'\n') => None,
                (Some(Open::Name(quote)), _) if byte == quote => None,
                (Some(Open::Block), b'/') if previous == b'*' => None,
                (open, _) => open,
            };
        }
    }

    /// Where the quoted string that is open starts.
    pub(super) fn open_string(&self) -> Option<usize> {
        match self.open {
            Some(Open::String(at)) => Some(at),
            _ => None,
        }
    }

    /// The string that is open ends here.
    pub(super) fn close(&mut self) {
        self.open = None;
        self.previous = b'\'';
    }
}
