//! `json-dotted-path`.

use super::judgement::Fact;
use super::{Case, Draft, rule, wording};

rule! {
    /// Reports `data.phone` taken for a path into a JSON document.
    ///
    /// ## What it does
    ///
    /// Finds `SET data.phone = ..` and `SET "data.phone" = ..` where `data` is a JSON column, and dotted keys inside
    /// a path that is split by commas: `jsonb_set(data, '{address.city}', ..)`.
    ///
    /// ## Why is this bad?
    ///
    /// Dots are a path in document databases and in some mappers. SQL takes them for a field of a composite type or
    /// for the name of a column, and rejects the statement; a mapper that swallows the error, or falls back to
    /// writing the whole column, loses the rest. In `'{address.city}'` the dot is part of the key: a new key
    /// `address.city` appears, and `address` stays as it was.
    ///
    /// ## Example
    ///
    /// ```sql
    /// UPDATE users SET "data.phone" = $1 WHERE id = $2
    /// ```
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(COALESCE(data, '{}'), '{phone}', $1::jsonb) WHERE id = $2
    /// ```
    "json-dotted-path", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    if let Some(path) = &write.dotted {
        return Some(Draft {
            message: format!(
                "`{path}` is not a path into {}: the database takes it for another column and rejects the statement",
                case.column()
            ),
            label: "not a path".into(),
            reasons: vec![Fact::Misspelled.into()],
            lost_keys: None,
            notes: vec![],
        });
    }
    let key = write.survival.touched.iter().find_map(|path| match path.as_slice() {
        [key] => {
            key.split_once('.').filter(|(parent, rest)| case.profile.keys.contains_key(*parent) && !rest.is_empty())
        }
        _ => None,
    })?;
    Some(Draft {
        message: format!(
            "{} sets a key named `{}.{}` in {}: the dot does not lead into `{}`, which stays as it was",
            wording::subject(write.verb),
            key.0,
            key.1,
            case.column(),
            key.0
        ),
        label: "the dot is part of the key".into(),
        reasons: vec![Fact::Misspelled.into()],
        lost_keys: None,
        notes: vec![],
    })
}
