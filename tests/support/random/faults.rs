//! What servers do that no statement asks for: faults of a release. Each is told from the tree and the row, never from
//! the text, so that it hides nothing else.

use noclobber::document::run::Outcome;
use noclobber::document::{Cond, Document, Family, MergeHow, SetMode};
use serde_json::{Map, Value as Json};

/// Gives what a part of a tree comes to on the row.
pub(crate) type Run<'a> = &'a dyn Fn(&Document) -> Outcome;

/// Calls `f` on every part of the tree, those of conditions included.
pub(crate) fn every_part(document: &Document, f: &mut dyn FnMut(&Document)) {
    let mut conditions: Vec<&Cond> = vec![];
    document.visit(&mut |part| {
        f(part);
        if let Document::Choose { branches, .. } = part {
            conditions.extend(branches.iter().map(|(condition, _)| condition));
        }
    });
    while let Some(condition) = conditions.pop() {
        match condition {
            Cond::IsNull(part) | Cond::TypeIs(part, _) | Cond::HasKey(part, _) => every_part(part, f),
            Cond::Equal(left, right) => {
                every_part(left, f);
                every_part(right, f);
            }
            Cond::Not(inner) => conditions.push(inner),
            Cond::And(all) | Cond::Or(all) => conditions.extend(all),
            Cond::Unknown(_) => {}
        }
    }
}

/// Whether MariaDB 10.11 goes wrong on the part.
pub(crate) fn of_mariadb(part: &Document, run: Run<'_>) -> bool {
    match part {
        Document::Merge { left, right, how: MergeHow::Patch(_) } => {
            skips_changes(left, right, run)
                || patches_a_replaced_null(left, run)
                || loses_charset(left, run)
                || loses_charset(right, run)
        }
        Document::Merge { left, right, how: MergeHow::Preserve } => {
            loses_charset(left, run) || loses_charset(right, run)
        }
        Document::Set { of, mode: SetMode::Append | SetMode::InsertOrFail { .. }, .. } => loses_charset(of, run),
        _ => false,
    }
}

/// `JSON_MERGE_PATCH` looks for the keys of the target in the patch from where it found the last one, as long as all of
/// them were removed: `JSON_MERGE_PATCH('{"a": 1, "b": 0}', '{"b": [], "a": null}')` is `{"b": 0}`.
fn skips_changes(left: &Document, right: &Document, run: Run<'_>) -> bool {
    let (Outcome::Stored(left), Outcome::Stored(right)) = (run(left), run(right)) else { return false };
    patch(&left, &right, true) != patch(&left, &right, false)
}

/// `JSON_MERGE_PATCH` with three arguments, of which the first is SQL NULL and the second no object, reads what is no text
/// any more: `JSON_MERGE_PATCH(NULL, JSON_ARRAY(1), JSON_OBJECT('a', 1))` is NULL or error 4036 to 4038, and with
/// `'[1]'` in the place of `JSON_ARRAY(1)` it is `{"a": 1}`.
fn patches_a_replaced_null(left: &Document, run: Run<'_>) -> bool {
    let Document::Merge { left: target, right: replacement, how: MergeHow::Patch(_) } = left else { return false };
    run(target) == Outcome::Null && matches!(run(replacement), Outcome::Stored(json) if !json.is_object())
}

/// RFC 7396, and what MariaDB makes of it.
fn patch(target: &Json, changes: &Json, faulty: bool) -> Json {
    let Json::Object(changes) = changes else { return changes.clone() };
    let empty = Map::new();
    let target = target.as_object().unwrap_or(&empty);
    let mut result = Map::new();
    let mut from = 0;
    for (key, old) in target {
        if !(faulty && result.is_empty()) {
            from = 0;
        }
        match changes.iter().enumerate().skip(from).find(|(_, (name, _))| *name == key) {
            Some((at, (_, change))) => {
                from = at + 1;
                if !change.is_null() {
                    result.insert(key.clone(), patch(old, change, faulty));
                }
            }
            None => {
                result.insert(key.clone(), old.clone());
            }
        }
    }
    for (key, change) in changes.iter().filter(|(key, change)| !target.contains_key(*key) && !change.is_null()) {
        result.insert(key.clone(), patch(&Json::Null, change, faulty));
    }
    Json::Object(result)
}

/// What `JSON_REMOVE` makes of a column with two paths is text in the wrong character set: functions that compare keys
/// find none that is not ASCII. `JSON_MERGE_PATCH(JSON_REMOVE(data, '$.a', '$.b'), '{"é": 9}')` leaves `é` as it was.
fn loses_charset(part: &Document, run: Run<'_>) -> bool {
    let Document::Remove { of, family: Family::MariaDb, .. } = part else { return false };
    matches!(**of, Document::Remove { .. })
        && matches!(run(part), Outcome::Stored(json) if !json.to_string().is_ascii())
}
