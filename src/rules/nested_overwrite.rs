//! `json-nested-overwrite`.

use super::evidence::{Reason, declared_whole, in_a_transaction, of_a_race};
use super::judgement::Fact;
use super::{Case, Draft, rule, wording};
use crate::document::{Document, Key, Path, Step};
use crate::project::profile::bound_types;

rule! {
    /// Reports an edit that replaces a nested object whole.
    ///
    /// ## What it does
    ///
    /// Finds edits that keep the document's top-level keys but lose keys inside one of them: a shallow merge
    /// (`data || '{"address": {"city": ..}}'`), or a path that ends at a parent (`jsonb_set(data, '{address}', ..)`).
    ///
    /// ## Why is this bad?
    ///
    /// `||` merges the top level only. The new `address` has a city and nothing else; street and postal code are
    /// gone.
    ///
    /// ## Example
    ///
    /// ```sql
    /// UPDATE users SET data = data || '{"address": {"city": "Bern"}}' WHERE id = $1
    /// ```
    ///
    /// Set the innermost key, and make sure that its parent is there:
    ///
    /// ```sql
    /// UPDATE users SET data = jsonb_set(jsonb_set(data, '{address}', COALESCE(data -> 'address', '{}')),
    ///                                   '{address,city}', '"Bern"') WHERE id = $1
    /// ```
    "json-nested-overwrite", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    if super::replaces(case) {
        return None;
    }
    let paths: Vec<String> = write.survival.nested_lost.iter().map(|path| path.join(".")).collect();
    if paths.is_empty() {
        return opaque(case);
    }
    let loss = of_one_type(case).or_else(|| put_whole(case)).unwrap_or_else(|| Fact::NestedLoss.into());
    let (its, other) = if paths.len() == 1 { ("is", "its") } else { ("are", "their") };
    Some(Draft {
        message: format!(
            "{} keeps the top level of {} but {} {its} replaced whole: {other} other keys are lost",
            wording::subject(write.verb),
            case.column(),
            wording::list(&paths)
        ),
        label: format!("{} {its} replaced as a whole", wording::list(&paths)),
        reasons: reasons(case, loss),
        lost_keys: None,
        notes: vec![],
    })
}

/// Each value that is put there is a whole value of one Rust type, and nothing else is read below its place: the type is
/// all that is known of it.
fn of_one_type(case: &Case<'_>) -> Option<Reason> {
    let write = case.write;
    let types = bound_types(write).filter(|_| write.reads.is_empty())?;
    let (name, site) = types.into_iter().next()?;
    let all = write.survival.nested_lost.iter().all(|path| {
        let reads = write.column.key_reads.iter().map(|(read, _)| read);
        let mut below = reads.filter_map(|read| read.strip_prefix(path.as_slice())?.first());
        let put = keys_put_at(&write.value, path);
        put.is_some_and(|put| below.all(|key| put.contains(&key.as_str())))
    });
    all.then(|| Reason::at(Fact::OneType, site, format!("what is put there is a whole `{name}`")))
}

/// Each place gets an object of several keys, and nothing else that is known reads or writes below it.
fn put_whole(case: &Case<'_>) -> Option<Reason> {
    let write = case.write;
    let all = write.survival.nested_lost.iter().all(|path| {
        let several = keys_put_at(&write.value, path).is_some_and(|put| put.len() > 1);
        let read = write.column.key_reads.iter().any(|(read, _)| read.len() > path.len() && read.starts_with(path));
        let mut others = case.profile.live().filter(|writer| writer.site != write.site);
        several && !read && !others.any(|writer| path.first().is_some_and(|key| writer.touches.contains(key)))
    });
    let words = "several keys are put there at once, and nothing else is known to be below it";
    all.then(|| Reason::at(Fact::NestedWhole, write.site, words))
}

/// The keys of the object that is put at a path.
fn keys_put_at<'d>(value: &'d Document, path: &[String]) -> Option<Vec<&'d str>> {
    let mut found = None;
    value.visit(&mut |part| {
        let put = match part {
            Document::Set { path: Path::Steps(steps), value, .. } => {
                let same = steps.len() == path.len()
                    && steps.iter().zip(path).all(|(step, name)| match step {
                        Step::Key(key) | Step::Name(key) => key == name,
                        _ => false,
                    });
                same.then(|| value.without_casts())
            }
            Document::Merge { right, .. } => path.iter().try_fold(right.without_casts(), |inside, name| {
                let (_, value) =
                    entries(inside)?.iter().find(|(key, _)| matches!(key, Key::Name(key) if key == name))?;
                Some(value.without_casts())
            }),
            _ => None,
        };
        if let Some(entries) = put.and_then(entries) {
            let names = entries.iter().filter_map(|(key, _)| match key {
                Key::Name(name) => Some(name.as_str()),
                Key::Param(_) => None,
            });
            found = Some(names.collect());
        }
    });
    found
}

/// The entries of an object that is spelled out.
fn entries(document: &Document) -> Option<&[(Key, Document)]> {
    if let Document::Object { entries, .. } = document { Some(entries) } else { None }
}

/// A value whose keys are not known replaces what has keys that are read.
fn opaque(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    // Of a document that the program itself has read, it is the race that matters.
    if !write.reads.is_empty() {
        return None;
    }
    let reads = &write.column.key_reads;
    let below = |path: &Vec<String>| reads.iter().find(|(read, _)| read.len() > path.len() && read.starts_with(path));
    let (path, (read, site)) = write.survival.nested_opaque.iter().find_map(|path| Some((path, below(path)?)))?;
    let path = path.join(".");
    let words = format!("`{}` is read here", read.join("."));
    Some(Draft {
        message: format!(
            "{} keeps the top level of {} but `{path}` is replaced whole: what is read below it is lost unless the new \
             value carries it",
            wording::subject(write.verb),
            case.column(),
        ),
        label: format!("`{path}` is replaced as a whole"),
        reasons: reasons(case, Reason::at(Fact::NestedOpaque, *site, words)),
        lost_keys: None,
        notes: vec![],
    })
}

fn reasons(case: &Case<'_>, first: Reason) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = std::iter::once(first).chain(declared_whole(case)).collect();
    if !case.write.reads.is_empty() {
        // The program put the object there and stores the whole document as it was read.
        let words = "the rest of the document is stored as it was read earlier";
        reasons.push(Reason::note(Fact::EarlierRead, words));
        reasons.extend(in_a_transaction(case));
        reasons.extend(of_a_race(case));
    }
    reasons
}
