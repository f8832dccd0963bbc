//! `json-row-mismatch`.

use super::evidence::{Reason, of_a_race};
use super::judgement::Fact;
use super::{Case, Draft, rule, wording};
use crate::document::survival::Word;
use crate::frontend::sql::{RowScope, Verb};
use crate::project::around::EarlierRead;

rule! {
    /// Reports a document that is read from one row and written to another.
    ///
    /// ## What it does
    ///
    /// Finds a read-modify-write whose read picks its row by other columns or other values than its write: a read
    /// without `WHERE`, a write without one, `id = $1` bound to one variable there and to another here.
    ///
    /// ## Why is this bad?
    ///
    /// The row that is written gets the document of another row. What it held before is lost, and what belongs to
    /// somebody else appears in its place.
    ///
    /// ## Example
    ///
    /// ```text
    /// let row = sqlx::query("SELECT data FROM users").fetch_one(&pool).await?;      // which user?
    /// let mut data: serde_json::Value = row.get("data");
    /// data["phone"] = json!(phone);
    /// sqlx::query("UPDATE users SET data = $1 WHERE id = $2").bind(data).bind(id).execute(&pool).await?;
    /// ```
    ///
    /// Let the database change the one key of the row that is meant:
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(COALESCE(data, '{}'), '{phone}', $1::jsonb) WHERE id = $2
    /// ```
    ///
    /// or read it by the same key, with `FOR UPDATE`, in the same transaction.
    "json-row-mismatch", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    let made_of_it = matches!(write.survival.word, Word::Stale | Word::Lost) && !write.reads.is_empty();
    if write.verb != Verb::Update || !made_of_it {
        return None;
    }
    let (read, why) = write.reads.iter().find_map(|read| mismatch(case, read).map(|why| (read, why)))?;
    let column = case.column();
    let mut reasons: Vec<Reason> = vec![match read.site {
        Some(site) => Reason::at(Fact::RowMismatch, site, "read here"),
        None => Reason::note(Fact::RowMismatch, why.clone()),
    }];
    reasons.extend(of_a_race(case));
    Some(Draft {
        message: format!(
            "{} stores in {column} a document that was read from another row: {why}",
            wording::subject(write.verb)
        ),
        label: "computed from another row's document".into(),
        reasons,
        lost_keys: None,
        notes: vec![],
    })
}

/// Why the row that is read is not the one that is written; `None` when it is, or when it does not show.
fn mismatch(case: &Case<'_>, read: &EarlierRead) -> Option<String> {
    let write = case.write;
    let table = write.sql.table.name.to_lowercase();
    let picked = read.key.as_ref()?;
    // A join, or a read of another table, picks its row in a way that is not followed.
    if read.tables.len() != 1 || !read.tables.contains(&table) || read.handed_in {
        return None;
    }
    let given = |source: &str| write.parameters.iter().any(|parameter| parameter == source);
    match (picked.as_slice(), write.key.as_slice()) {
        // Where the key is taken from the row that was read, every row gets its own document back.
        (_, key) if read.unscoped && !key.is_empty() => {
            let handed_in = key.iter().all(|(_, source)| given(source));
            handed_in.then(|| format!("the read has no WHERE, the write picks its row by {}", columns(key)))
        }
        (key, []) if !key.is_empty() && write.scope == RowScope::All => {
            Some(format!("the read picks its row by {}, the write has no WHERE", columns(key)))
        }
        (read, written) => {
            // The same columns must be compared, or the rows may be the same all the same; and with two parameters: what
            // two other expressions hold may be equal however they are spelled.
            let same_columns = read.iter().map(|(name, _)| name).eq(written.iter().map(|(name, _)| name));
            let differs = read.iter().zip(written).find(|((_, a), (_, b))| a != b && given(a) && given(b));
            let ((name, a), (_, b)) = differs.filter(|_| same_columns)?;
            Some(format!("`{name}` is `{a}` in the read and `{b}` in the write"))
        }
    }
}

/// `` `id` `` or `` `id` and `tenant` ``.
fn columns(key: &[(String, String)]) -> String {
    let names: Vec<String> = key.iter().map(|(name, _)| name.clone()).collect();
    wording::list(&names)
}
