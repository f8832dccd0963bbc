//! How long what is taken at one statement is held: a lock ends with the transaction that it was taken in.
//!
//! Read off the names that statements run on: `tx` of `.execute(&mut *tx)`. Where names do not show it, nothing is said.

use super::is_transaction;
use super::sqlite::{is_begun, is_handed, names_run_on, run_on};
use crate::project::around::EarlierRead;
use crate::source::{FileId, Span};

/// A function, and the statement of it that writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// The file.
    pub(super) text: &'a str,
    /// The function.
    pub(super) function: Span,
    /// Its parameters.
    pub(super) parameters: &'a [String],
    /// The write.
    pub(super) write: Span,
}

impl<'a> Around<'a> {
    fn source(&self) -> &'a str {
        self.text.get(self.function.range()).unwrap_or("")
    }

    /// What the write runs on.
    fn on(&self) -> Option<&'a str> {
        run_on(self.text.get(self.write.range())?)
    }

    /// Whether a statement before the write runs on another connection, one of the two in a transaction: neither sees
    /// what the other holds.
    pub(super) fn is_apart(&self, statement: Span) -> bool {
        if !self.function.contains(statement) {
            return false;
        }
        let of = |span: Span| self.text.get(span.range()).and_then(run_on);
        let (Some(one), Some(other)) = (of(statement), self.on()) else { return false };
        if one == other {
            return self.ends(one, statement.end);
        }
        let begun = |name: &str| is_begun(self.source(), name) || is_handed(self.source(), name);
        // What is called differently may be the same transaction in other hands: a parameter is none that was begun here.
        let held = |span: Span| self.text.get(span.range()).is_some_and(|call| names_run_on(call).any(is_transaction));
        if (one == "self" && held(statement)) || (other == "self" && held(self.write)) {
            return false;
        }
        let own = |name: &str| begun(name) || name == "self" || self.parameters.iter().any(|known| known == name);
        // A savepoint is one of the transaction that it begins in.
        let within = |inner: &str, outer: &str| begun(outer) && is_of(self.source(), inner, outer);
        let same = within(one, other) || within(other, one);
        !same && ((begun(one) && own(other)) || (begun(other) && own(one)))
    }

    /// Whether the transaction that a statement ran on is over before the write, whatever that runs on.
    pub(super) fn is_over(&self, statement: Span) -> bool {
        let on = self.text.get(statement.range()).and_then(run_on).filter(|_| self.function.contains(statement));
        on.is_some_and(|name| self.ends(name, statement.end))
    }

    /// Whether one of the reads is done in this function before a byte: what begins there does not hold it.
    pub(super) fn has_before(&self, at: u32, reads: &[EarlierRead], file: FileId) -> bool {
        let mut sites = reads.iter().filter_map(|read| read.site).filter(|site| site.file == file);
        sites.any(|site| self.function.contains(site.span) && site.span.end <= at)
    }

    /// Whether the transaction that begins at a byte is over before the write.
    pub(super) fn ends_before(&self, begin: u32) -> bool {
        let before = self.text.get(self.function.start as usize..begin as usize).unwrap_or("");
        let statement = before.rsplit([';', '{', '}']).next().unwrap_or("");
        let name = statement.trim_start().strip_prefix("let ").and_then(|rest| rest.split('=').next());
        let name = name.map(|name| name.trim().trim_start_matches("mut ").trim());
        let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        name.filter(is_name).is_some_and(|name| self.ends(name, begin))
    }

    /// Whether the transaction of that name ends, or another one of that name begins, between byte `from` and the write.
    fn ends(&self, name: &str, from: u32) -> bool {
        let Some(between) = self.text.get(from as usize..self.write.start as usize) else { return false };
        let ends = [format!("{name}.commit("), format!("{name}.rollback("), format!("{name} = ")];
        ends.iter().any(|end| {
            between.match_indices(end.as_str()).any(|(at, _)| {
                let whole = !between.get(..at).unwrap_or("").ends_with(|c: char| c.is_alphanumeric() || c == '_');
                let begun = !end.ends_with("= ") || begins(between.get(at + end.len()..).unwrap_or(""));
                whole && begun && leads_on(between.get(at..).unwrap_or(""))
            })
        })
    }

    /// Whether the statement around a byte runs on another connection than the write.
    pub(super) fn is_apart_at(&self, at: u32) -> bool {
        let rest = self.text.get(at as usize..self.function.end as usize).unwrap_or("");
        let end = rest.find(';').map_or(at, |end| at + end as u32);
        self.is_apart(Span { start: at, end })
    }
}

/// Whether what one name is bound to is made of another: `let mut savepoint = tx.begin().await?;`
fn is_of(source: &str, name: &str, other: &str) -> bool {
    let bound = [format!("let mut {name} = "), format!("let {name} = ")];
    bound.iter().filter_map(|binding| source.split_once(binding.as_str())).any(|(_, rest)| {
        let init = rest.split(';').next().unwrap_or("");
        init.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == other && word != "self")
    })
}

/// Whether a `let` is given a new transaction.
fn begins(init: &str) -> bool {
    init.split(';').next().is_some_and(|init| init.contains(".begin(") || init.contains(".transaction("))
}

/// Whether code goes on from the start of a text to its end, and does not leave the block that it starts in: a `return`
/// stands in a block of its own.
fn leads_on(between: &str) -> bool {
    let mut depth = 0_i32;
    between.bytes().all(|byte| {
        depth += match byte {
            b'{' => 1,
            b'}' => -1,
            _ => 0,
        };
        depth >= 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether what is locked by the statement `LOCK` is free again at the statement `WRITE` of a function.
    fn apart(signature: &str, body: &str) -> bool {
        let lock = r#"query("SELECT data FROM users FOR UPDATE").fetch_one"#;
        let write = r#"query("UPDATE users SET data = $1").execute"#;
        let text = format!("fn f({signature}) {{ {} }}", body.replace("LOCK", lock).replace("WRITE", write));
        let span = |statement: &str| {
            let start = text.find(statement).unwrap_or(0);
            let end = text[start..].find(';').map_or(text.len(), |end| start + end);
            Span { start: start as u32, end: end as u32 }
        };
        let parameters: Vec<String> =
            signature.split(", ").filter_map(|p| Some(p.split_once(':')?.0.to_owned())).collect();
        let function = Span { start: 0, end: text.len() as u32 };
        Around { text: &text, function, parameters: &parameters, write: span(write) }.is_apart(span(lock))
    }

    #[test]
    fn a_lock_ends_with_its_transaction() {
        let pool = "pool: &PgPool";
        let begin = "let mut tx = pool.begin().await?;";
        assert!(!apart(pool, &format!("{begin} LOCK(&mut *tx).await?; WRITE(&mut *tx).await?; tx.commit().await?;")));
        assert!(apart(pool, &format!("{begin} LOCK(&mut *tx).await?; tx.commit().await?; WRITE(pool).await?;")));
        assert!(apart(pool, &format!("{begin} LOCK(&mut *tx).await?; WRITE(pool).await?; tx.commit().await?;")));
        assert!(apart(pool, &format!("{begin} LOCK(pool).await?; WRITE(&mut *tx).await?; tx.commit().await?;")));
        let savepoint = "let mut inner = tx.begin().await?;";
        assert!(!apart(pool, &format!("{begin} LOCK(&mut *tx).await?; {savepoint} WRITE(&mut *inner).await?;")));
        let again = "let mut tx2 = pool.begin().await?;";
        assert!(apart(pool, &format!("{begin} LOCK(&mut *tx).await?; {again} WRITE(&mut *tx2).await?;")));
        let same_name = format!("{begin} LOCK(&mut *tx).await?; tx.commit().await?; {begin} WRITE(&mut *tx).await?;");
        assert!(apart(pool, &same_name));
        assert!(apart(
            pool,
            &format!("let d = {{ {begin} LOCK(&mut *tx).await?; d }}; {begin} WRITE(&mut *tx).await?;")
        ));
    }

    #[test]
    fn a_way_out_before_the_write_ends_nothing() {
        let begin = "let mut tx = pool.begin().await?;";
        for out in [
            "if d.is_none() { tx.rollback().await?; return Ok(()); }",
            "let Some(d) = d else { tx.commit().await?; return Ok(()) };",
        ] {
            let body = format!("{begin} LOCK(&mut *tx).await?; {out} WRITE(&mut *tx).await?; tx.commit().await?;");
            assert!(!apart("pool: &PgPool", &body), "{out}");
        }
        // A savepoint of a transaction that `self` holds.
        let inner = "let mut inner = self.tx.begin().await?;";
        assert!(!apart("id: i64", &format!("LOCK(&mut *self.tx).await?; {inner} WRITE(&mut *inner).await?;")));
        assert!(apart(
            "id: i64",
            "LOCK(&self.pool).await?; let mut tx = self.pool.begin().await?; WRITE(&mut *tx).await?;"
        ));
        // The same transaction in other hands.
        assert!(!apart(
            "pool: &PgPool",
            &format!("{begin} let conn = &mut *tx; LOCK(&mut *tx).await?; WRITE(conn).await?;")
        ));
        assert!(!apart("conn: &mut PgConnection", "LOCK(&mut *conn).await?; WRITE(&mut *conn).await?;"));
    }
}
