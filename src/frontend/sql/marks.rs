//! Which dialect a text is written in, by the marks that only one database knows. One walk over the bytes that skips
//! strings and comments; never parses.

use super::Dialect;

/// Words and phrases that only PostgreSQL knows.
const POSTGRES: &[&str] = &[
    "BIGSERIAL",
    "SERIAL",
    "SMALLSERIAL",
    "TIMESTAMPTZ",
    "ILIKE",
    "PLPGSQL",
    "TO_JSONB",
    "JSONB_BUILD_OBJECT",
    "JSONB_AGG",
    "JSONB_OBJECT_AGG",
    "JSONB_TYPEOF",
    "JSONB_SET_LAX",
    "JSONB_STRIP_NULLS",
    "JSON_BUILD_OBJECT",
    "ROW_TO_JSON",
    "BYTEA",
    "JSONB_TO_RECORDSET",
    "JSONB_ARRAY_ELEMENTS",
    "UNNEST",
    "PG_CATALOG",
    "EXTENSION",
    "SKIP",
    "ONLY",
    "JSONB_CONCAT",
    "TSVECTOR",
    "CITEXT",
];
/// Words that only MySQL and MariaDB know.
const MYSQL: &[&str] = &[
    "AUTO_INCREMENT",
    "ENGINE",
    "CHARSET",
    "LONGTEXT",
    "MEDIUMTEXT",
    "UNSIGNED",
    "LOW_PRIORITY",
    "STRAIGHT_JOIN",
    "JSON_MERGE_PATCH",
    "JSON_MERGE_PRESERVE",
    "JSON_UNQUOTE",
    "JSON_ARRAY_APPEND",
    "JSON_ARRAY_INSERT",
    "JSON_CONTAINS",
    "JSON_CONTAINS_PATH",
    "JSON_OVERLAPS",
    "UTF8MB4",
    "DUPLICATE",
    "MODIFY",
    "DELIMITER",
];
/// Words that only SQLite knows.
const SQLITE: &[&str] = &[
    "AUTOINCREMENT",
    "PRAGMA",
    "ROWID",
    "JSON_PATCH",
    "JSON_GROUP_ARRAY",
    "JSON_GROUP_OBJECT",
    "STRFTIME",
    "UNIXEPOCH",
    "JULIANDAY",
    "GLOB",
    "SQLITE_MASTER",
    "SQLITE_SCHEMA",
    "JSONB_PATCH",
];

/// What the marks of a text say.
#[derive(Debug, Default)]
struct Marks {
    /// Marks that only this database knows: PostgreSQL, MySQL, SQLite.
    only: [usize; 3],
    /// Marks that this database does not know.
    never: [bool; 3],
    /// Backticks: MySQL, and by courtesy SQLite.
    backticks: bool,
}

const PG: usize = 0;
const MY: usize = 1;
const LITE: usize = 2;

fn index(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Postgres => PG,
        Dialect::Mysql => MY,
        Dialect::Sqlite => LITE,
    }
}

/// The dialect to read `text` in: `given` by the call; else what the text's own marks decide; else the project's,
/// unless the text excludes it; else the first of PostgreSQL, SQLite and MySQL that the text does not exclude.
pub(super) fn choose(text: &str, given: Option<Dialect>, project: Option<Dialect>) -> Dialect {
    if let Some(given) = given {
        return given;
    }
    let marks = Walk::new(text, project).marks();
    let most = marks.only.iter().copied().max().unwrap_or(0);
    let count = |d: Dialect| marks.only.get(index(d)).copied().unwrap_or(0);
    let fits = |d: &Dialect| count(*d) == most && (most > 0 || !marks.never.get(index(*d)).copied().unwrap_or(false));
    let order = if marks.backticks {
        [Dialect::Mysql, Dialect::Sqlite, Dialect::Postgres]
    } else {
        [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql]
    };
    project.filter(fits).or_else(|| order.into_iter().find(fits)).or(project).unwrap_or(Dialect::Postgres)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    marks: Marks,
    /// The last byte that is no white space, and whether an operand is due after it.
    last: u8,
    word: (usize, usize),
    /// The project's dialect, where it is known.
    project: Option<Dialect>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, project: Option<Dialect>) -> Self {
        Self { bytes: text.as_bytes(), at: 0, marks: Marks::default(), last: b';', word: (0, 0), project }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn marks(mut self) -> Marks {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            let start = self.at;
            self.step(byte);
            self.at = self.at.max(start + 1);
        }
        self.marks
    }

    fn mark(&mut self, dialect: usize) {
        if let Some(count) = self.marks.only.get_mut(dialect) {
            *count += 1;
        }
    }

    fn never(&mut self, dialect: usize) {
        if let Some(never) = self.marks.never.get_mut(dialect) {
            *never = true;
        }
    }

    fn step(&mut self, byte: u8) {
        match (byte, self.peek(1)) {
            (b'\'' | b'"', _) => {
                self.skip_past(1, byte);
                self.last = byte;
            }
            (b'`', _) => {
                self.marks.backticks = true;
                self.never(PG);
                self.skip_past(1, byte);
                self.last = b'`';
            }
            (b'-', b'-') => self.skip_past(2, b'\n'),
            (b'/', b'*') => {
                if self.peek(2) == b'!' {
                    self.mark(MY);
                }
                self.at += 2;
                while self.at < self.bytes.len() && !(self.peek(0) == b'*' && self.peek(1) == b'/') {
                    self.at += 1;
                }
                self.at += 2;
            }
            (b':', b':') => {
                self.mark(PG);
                self.at += 2;
                self.last = b':';
            }
            (b'#', b'>' | b'-') | (b'@', b'>' | b'?') | (b'<', b'@') => {
                self.mark(PG);
                self.at += 2;
                self.last = byte;
            }
            (b'$', next) => self.dollar(next),
            (b'?', next) => self.question(next),
            (b'@', next) if next.is_ascii_alphabetic() && self.operand_due() => {
                self.never(PG);
                self.last = b'@';
            }
            (b'[', next) => self.bracket(next),
            (b, _) if b.is_ascii_alphabetic() || b == b'_' => self.word(),
            (b, _) if b.is_ascii_whitespace() => {}
            _ => self.last = byte,
        }
    }

    /// Moves behind the next `quote` after `ahead` bytes.
    fn skip_past(&mut self, ahead: usize, quote: u8) {
        self.at += ahead;
        while self.at < self.bytes.len() && self.peek(0) != quote {
            self.at += 1;
        }
        self.at += 1;
    }

    fn dollar(&mut self, next: u8) {
        self.last = b'$';
        if next.is_ascii_digit() {
            self.never(MY);
            self.at += 1;
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
            self.last = b'0';
            return;
        }
        let tag = self.bytes.get(self.at + 1..).unwrap_or(&[]);
        let length = tag.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        if tag.get(length) == Some(&b'$') {
            self.mark(PG);
            self.at += length + 2;
        }
    }

    fn question(&mut self, next: u8) {
        if next.is_ascii_digit() {
            self.mark(LITE);
        } else if self.operand_due() {
            self.never(PG);
        }
        self.last = b'0';
    }

    fn bracket(&mut self, next: u8) {
        let spaced = self
            .at
            .checked_sub(1)
            .and_then(|i| self.bytes.get(i))
            .is_none_or(|b| !is_name(*b) && *b != b')' && *b != b']');
        let inner = self.bytes.get(self.at + 1..).unwrap_or(&[]);
        let length = inner.iter().take_while(|b| is_name(**b) || **b == b' ').count();
        let array = self.last_word().is_some_and(|w| w.eq_ignore_ascii_case(b"ARRAY"));
        if spaced && !array && (next.is_ascii_alphabetic() || next == b'_') && inner.get(length) == Some(&b']') {
            self.mark(LITE);
            self.at += length + 2;
            self.last = b'a';
        } else {
            if next == b'\'' && !spaced {
                // `data['key']`
                self.mark(PG);
            }
            self.last = b'[';
        }
    }

    fn last_word(&self) -> Option<&'a [u8]> {
        self.bytes.get(self.word.0..self.word.1)
    }

    fn word(&mut self) {
        let from = self.at;
        let previous = self.last_word().filter(|_| self.last == b'a').unwrap_or(&[]);
        while is_name(self.peek(0)) {
            self.at += 1;
        }
        let word = self.bytes.get(from..self.at).unwrap_or(&[]);
        let is = |list: &[&str]| list.iter().any(|k| word.eq_ignore_ascii_case(k.as_bytes()));
        let after = |list: &[&str]| list.iter().any(|k| previous.eq_ignore_ascii_case(k.as_bytes()));
        // A word that may be anybody's column name counts only with its neighbour.
        let counts = match () {
            () if is(&["DUPLICATE"]) => after(&["ON"]),
            () if is(&["SKIP"]) => after(&["UPDATE"]),
            () if is(&["ONLY"]) => after(&["UPDATE", "TABLE"]),
            () if is(&["EXTENSION"]) => after(&["CREATE"]),
            () if is(&["ROWID"]) => after(&["WITHOUT"]),
            () if is(&["ENGINE", "CHARSET", "MODIFY", "SERIAL", "GLOB", "DELIMITER"]) => {
                !matches!(self.last, b',' | b'(' | b'.' | b'=')
            }
            () => true,
        };
        if counts {
            // Functions can be defined by whoever uses the database, those that another one has by itself as well.
            let rest = self.bytes.get(self.at..).unwrap_or(&[]);
            let is_call = rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'(');
            for (list, dialect) in [(POSTGRES, PG), (MYSQL, MY), (SQLITE, LITE)] {
                let foreign = self.project.is_some_and(|project| index(project) != dialect);
                if is(list) && !(is_call && foreign) {
                    self.mark(dialect);
                }
            }
            if is(&["OR"]) && after(&["INSERT", "UPDATE"]) {
                self.mark(LITE);
            }
            if is(&["INTO"]) && after(&["REPLACE"]) {
                self.never(PG);
            }
            if is(&["IGNORE"]) && after(&["INSERT", "UPDATE"]) {
                self.mark(MY);
            }
        }
        self.word = (from, self.at);
        self.last = b'a';
    }

    /// Whether an operand, and no operator, stands next.
    fn operand_due(&self) -> bool {
        const KEYWORDS: &[&str] = &[
            "AND",
            "OR",
            "NOT",
            "IN",
            "THEN",
            "ELSE",
            "WHEN",
            "VALUES",
            "LIMIT",
            "OFFSET",
            "LIKE",
            "BETWEEN",
            "SELECT",
            "WHERE",
            "SET",
            "BY",
            "IS",
            "CASE",
            "RETURNING",
        ];
        match self.last {
            b'=' | b'(' | b',' | b'<' | b'>' | b'|' | b'+' | b'-' | b'*' | b'/' | b'%' | b'[' | b';' => true,
            b'a' => self.last_word().is_some_and(|w| KEYWORDS.iter().any(|k| w.eq_ignore_ascii_case(k.as_bytes()))),
            _ => false,
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Mysql, Postgres, Sqlite};

    #[test]
    fn certain_marks_decide_against_the_project() {
        for (sql, dialect) in [
            ("UPDATE `t` SET a = ?", Mysql),
            ("INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a)", Mysql),
            ("UPDATE t SET a = $1::jsonb", Postgres),
            ("UPDATE t SET a = a || $1 WHERE a @> '{}'", Postgres),
            ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a JSON)", Sqlite),
            ("UPDATE [t] SET a = :a", Sqlite),
            ("UPDATE t SET a = ?1 WHERE id = ?2", Sqlite),
            ("INSERT OR REPLACE INTO t (a) VALUES (?)", Sqlite),
            ("UPDATE t SET a['k'] = $1", Postgres),
            ("CREATE TABLE t (a JSON) ENGINE=InnoDB", Mysql),
        ] {
            for project in [None, Some(Postgres), Some(Mysql)] {
                assert_eq!(choose(sql, None, project), dialect, "{sql}");
            }
        }
        assert_eq!(choose("UPDATE `t` SET a = ?", None, Some(Sqlite)), Sqlite);
        // A function may be the project's own.
        let own = "UPDATE t SET a = json_array_append(a, $x) WHERE id = $id";
        assert_eq!((choose(own, None, None), choose(own, None, Some(Sqlite))), (Mysql, Sqlite));
        assert_eq!(choose("UPDATE t SET a = $1::jsonb", Some(Sqlite), None), Sqlite);
    }

    #[test]
    fn weak_marks_only_exclude() {
        assert_eq!(choose("UPDATE t SET a = $1", None, None), Postgres);
        assert_eq!(choose("UPDATE t SET a = $1", None, Some(Sqlite)), Sqlite);
        assert_eq!(choose("UPDATE t SET a = $1", None, Some(Mysql)), Postgres);
        assert_eq!(choose("UPDATE t SET a = ?", None, None), Sqlite);
        assert_eq!(choose("UPDATE t SET a = ?", None, Some(Mysql)), Mysql);
        assert_eq!(choose("UPDATE t SET a = 1 WHERE a ? 'k'", None, Some(Postgres)), Postgres);
        assert_eq!(choose("UPDATE t SET a = '`::?' -- `\n", None, Some(Postgres)), Postgres);
        assert_eq!(choose("SELECT ARRAY [a], b[1]", None, None), Postgres);
    }
}
