//! `json-column-overwrite`.

use super::evidence::{has, of_a_replacement, read_as};
use super::judgement::Fact;
use super::{Case, Draft, replaces, rule, wording};
use crate::document::Document;
use crate::frontend::sql::Verb;

rule! {
    /// Reports an `UPDATE` that replaces a whole JSON column.
    ///
    /// ## What it does
    ///
    /// Finds assignments such as `SET data = $1` on a column that holds a JSON document, where nothing of the old
    /// document is part of the new value.
    ///
    /// ## Why is this bad?
    ///
    /// The database stores exactly what it is given. A document that held a phone number, an address and a country
    /// holds only the phone number afterwards; the statement succeeds, a test that reads the phone back passes, and
    /// the rest is gone.
    ///
    /// ## Example
    ///
    /// ```sql
    /// UPDATE users SET data = $1 WHERE id = $2          -- bound to json!({ "phone": phone })
    /// ```
    ///
    /// Set the one key and keep the rest, in one statement, so that concurrent updates survive as well:
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(COALESCE(data, '{}'), '{phone}', $1::jsonb) WHERE id = $2
    /// ```
    ///
    /// bound to `json!(phone)`. `jsonb_set(document, path, value)` gives the document back with only the value at
    /// that path changed; `COALESCE` starts from an empty document where the column is NULL. On MySQL and MariaDB use
    /// `JSON_SET(.., '$.phone', JSON_EXTRACT(?, '$'))`, on SQLite `json_set(.., '$.phone', json(?))`.
    ///
    /// ## When it is meant
    ///
    /// Many whole-column writes are right: the column mirrors another document, or one type owns all of it. Such
    /// writes are reported below the gate when that can be seen.
    "json-column-overwrite", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    (replaces(case) && matches!(write.verb, Verb::Update)).then(|| draft(case))
}

/// What is said of a write that replaces the whole document, whatever the statement.
pub(super) fn draft(case: &Case<'_>) -> Draft {
    let write = case.write;
    let reasons = of_a_replacement(case);
    let subject = wording::subject(write.verb);
    let column = case.column();
    let lost = if has(&reasons, Fact::Reset) || has(&reasons, Fact::OtherRows) { None } else { case.lost_keys() };
    let new_keys = write.survival.new_keys.as_deref();
    let when = if has(&reasons, Fact::OnlyIfGiven) || write.survival.labels.contains(&"conditional") {
        " whenever the new value is taken"
    } else {
        ""
    };
    let message = if has(&reasons, Fact::Reset) {
        format!("{subject} resets all of {column}: whatever the document holds is lost")
    } else if has(&reasons, Fact::ScalarValue) {
        format!("{subject} replaces all of {column} with a bare value{when}: every key of the document is lost")
    } else {
        match (lost.as_deref(), new_keys) {
            (Some(keys), _) if !keys.is_empty() && has(&reasons, Fact::ThroughType) => {
                let (ty, verb) = (read_as(&write.value).unwrap_or("value"), wording::are(keys.len()));
                format!("{subject} writes {column} back as a `{ty}`{when}: {} {verb} lost", wording::list(keys))
            }
            (Some(keys), _) if !keys.is_empty() => {
                let verb = wording::are(keys.len());
                format!("{subject} replaces all of {column}{when}: {} {verb} lost", wording::list(keys))
            }
            _ if case.state_name().is_some() => {
                let name = case.state_name().unwrap_or_default();
                format!("{subject} replaces all of {column}{when} with another `{name}`")
            }
            (Some(_), Some(new)) if !new.is_empty() => format!(
                "{subject} replaces all of {column}{when} with a document that has only {}: any other key is lost",
                wording::list(new)
            ),
            _ => format!("{subject} replaces all of {column}{when}: keys that the new value does not carry are lost"),
        }
    };
    let label = match new_keys {
        Some(keys) if !keys.is_empty() => format!("the new document has only {}", wording::list(keys)),
        Some(_) => emptied(&write.value).into(),
        None if has(&reasons, Fact::ArrayValue) => "the whole array is replaced".into(),
        None => "the keys of the new document are not known".into(),
    };
    Draft { message, label, reasons, lost_keys: lost, notes: vec![] }
}

/// What becomes of the column where no key is in the new value.
fn emptied(value: &Document) -> &'static str {
    match value {
        Document::Null => "the column becomes NULL",
        Document::Object { entries, .. } if entries.is_empty() => "the new document is empty",
        Document::Known(json) if json.as_object().is_some_and(serde_json::Map::is_empty) => "the new document is empty",
        Document::Known(json) if json.as_array().is_some_and(Vec::is_empty) => "the new document is empty",
        _ => "no key of the old document stays in its place",
    }
}
