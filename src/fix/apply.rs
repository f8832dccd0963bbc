//! Applies suggestions: settles which of them go together, shows the difference, writes the files.
//!
//! A fix is made whole or not at all. Fixes are taken in the order of path and place; one that touches bytes of an
//! earlier one waits for the next run.

use super::edits::{is_rust, replaced};
use super::suggestion::{Applicability, Edit, Fix};
use crate::discover::read;
use crate::source::{FileId, Files};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Lines around a change in a diff.
const CONTEXT: usize = 3;

/// What a set of fixes comes to.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The files that change, by path.
    pub files: Vec<Changed>,
    /// How many fixes go into them.
    pub applied: usize,
    /// How many are left out because they touch what an earlier one changes, or because the file would not parse.
    pub left_out: usize,
}

/// A file and what becomes of it.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The path as it is shown.
    pub path: String,
    /// The path to open it by.
    pub absolute: PathBuf,
    /// Its text, where bytes that are not UTF-8 are `?`.
    pub before: String,
    /// The same after the change.
    pub after: String,
    /// The bytes that go and the text that comes, in order.
    edits: Vec<(Range<usize>, String)>,
}

/// Settles which fixes go together: those up to `most` that have edits.
pub fn plan<'f>(fixes: impl IntoIterator<Item = &'f Fix>, texts: &Files, most: Applicability) -> Plan {
    let mut fixes: Vec<&Fix> =
        fixes.into_iter().filter(|fix| fix.applicability <= most && !fix.edits.is_empty()).collect();
    let place = |edit: &Edit| (texts.get(edit.site.file).path.clone(), edit.site.span);
    fixes.sort_by_cached_key(|fix| fix.edits.iter().map(place).collect::<Vec<_>>());
    let mut taken: BTreeMap<FileId, Vec<(&Edit, usize)>> = BTreeMap::new();
    let mut plan = Plan::default();
    for (number, fix) in fixes.into_iter().enumerate() {
        let meets = |edit: &Edit| {
            taken
                .get(&edit.site.file)
                .is_some_and(|known| known.iter().any(|(k, _)| meet(k, edit) && !(*k == edit && is_import(edit))))
        };
        // The same fix twice is one fix.
        let known = |edit: &Edit| taken.get(&edit.site.file).is_some_and(|known| known.iter().any(|(k, _)| *k == edit));
        if fix.edits.iter().all(known) {
            plan.applied += 1;
        } else if fix.edits.iter().any(meets) {
            plan.left_out += 1;
        } else {
            plan.applied += 1;
            for edit in &fix.edits {
                let known = taken.entry(edit.site.file).or_default();
                if !known.iter().any(|(k, _)| *k == edit) {
                    known.push((edit, number));
                }
            }
        }
    }
    loop {
        let changed: Vec<(FileId, Option<Changed>)> =
            taken.iter().map(|(file, edits)| (*file, changed(*file, edits, texts))).collect();
        let Some((broken, _)) = changed.iter().find(|(_, changed)| changed.is_none()) else {
            plan.files = changed.into_iter().filter_map(|(_, changed)| changed).collect();
            break;
        };
        // Whatever touches a file that would not parse is left out, in other files too.
        let numbers: Vec<usize> = taken.remove(broken).into_iter().flatten().map(|(_, number)| number).collect();
        let mut gone = numbers.clone();
        gone.sort_unstable();
        gone.dedup();
        plan.applied = plan.applied.saturating_sub(gone.len());
        plan.left_out += gone.len();
        for edits in taken.values_mut() {
            edits.retain(|(_, number)| !numbers.contains(number));
        }
        taken.retain(|_, edits| !edits.is_empty());
    }
    plan.files.sort_by(|a, b| a.path.cmp(&b.path));
    plan
}

/// Whether an edit only imports something: two fixes that need the same import share it.
fn is_import(edit: &Edit) -> bool {
    edit.site.span.start == edit.site.span.end && edit.text.starts_with("use ")
}

/// Whether two edits touch the same bytes, or insert at the same place.
fn meet(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.site.span, b.site.span);
    if a.start == a.end || b.start == b.end {
        return a.start <= b.end && b.start <= a.end;
    }
    a.start < b.end && b.start < a.end
}

/// The file with these edits; `None` when it is Rust that does not parse afterwards though it did before.
fn changed(file: FileId, edits: &[(&Edit, usize)], files: &Files) -> Option<Changed> {
    let source = files.get(file);
    let mut edits: Vec<(Range<usize>, String)> =
        edits.iter().map(|(edit, _)| (edit.site.span.range(), edit.text.clone())).collect();
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let spliced: Vec<(Range<usize>, &str)> = edits.iter().map(|(range, text)| (range.clone(), text.as_str())).collect();
    let after = replaced(&source.text, &spliced)?;
    if is_rust(&source.path) && syn::parse_file(&after).is_err() && syn::parse_file(&source.text).is_ok() {
        return None;
    }
    let (path, absolute) = (source.path.clone(), source.absolute.clone());
    Some(Changed { path, absolute, before: source.text.clone(), after, edits })
}

impl Changed {
    /// The change as a unified diff.
    pub fn diff(&self) -> String {
        let diff = TextDiff::from_lines(&self.before, &self.after);
        let (old, new) = (format!("a/{}", self.path), format!("b/{}", self.path));
        diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string()
    }

    /// Writes the file: a new one beside it takes its place, so that there is never half of it. Links are followed,
    /// permissions kept, bytes outside of the edits as well, whatever they are.
    ///
    /// # Errors
    /// When the file has changed since it was read, may not be written, or cannot be.
    pub fn write(&self) -> io::Result<()> {
        let path = fs::canonicalize(&self.absolute)?;
        let permissions = fs::metadata(&path)?.permissions();
        if permissions.readonly() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        let bytes = read::bytes(&path)?;
        if read::text(bytes.clone()).map_or(true, |(text, _)| text != self.before) {
            return Err(io::Error::other("it has changed since it was read"));
        }
        let mut out = Vec::with_capacity(self.after.len());
        let mut at = 0;
        for (range, text) in &self.edits {
            out.extend_from_slice(bytes.get(at..range.start).unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
            at = range.end;
        }
        out.extend_from_slice(bytes.get(at..).unwrap_or_default());
        replace(&path, &out, permissions)
    }
}

/// Puts a new file in the place of another.
fn replace(path: &Path, bytes: &[u8], permissions: fs::Permissions) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.noclobber-{}", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_permissions(permissions)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        // It may never have been there.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Site, SourceFile, Span};

    fn texts(named: &[(&str, &str)]) -> Files {
        let mut all = Files::default();
        for (path, text) in named {
            all.add(SourceFile { path: (*path).into(), absolute: (*path).into(), text: (*text).into() });
        }
        all
    }

    fn fix(applicability: Applicability, edits: &[(u32, Range<usize>, &str)]) -> Fix {
        let edits = edits.iter().map(|(file, range, text)| Edit {
            site: Site { file: FileId(*file), span: Span::new(range.clone()) },
            text: (*text).into(),
        });
        Fix { applicability, title: String::new(), edits: edits.collect(), patch: vec![] }
    }

    #[test]
    fn of_fixes_that_meet_the_first_is_made_and_the_rest_is_counted() {
        let texts = texts(&[("b.sql", "abcdef"), ("a.sql", "xyz")]);
        let fixes = [
            fix(Applicability::Unsafe, &[(0, 2..4, "-")]),
            fix(Applicability::Unsafe, &[(0, 0..1, "A"), (1, 1..2, "Y")]),
            fix(Applicability::Unsafe, &[(0, 3..5, "!")]),
            fix(Applicability::Unsafe, &[(1, 0..1, "X"), (0, 5..6, "F")]),
            fix(Applicability::Display, &[(0, 5..5, "?")]),
            fix(Applicability::Unsafe, &[(0, 2..4, "-")]),
        ];
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]] {
            let plan = plan(order.map(|i| &fixes[i]), &texts, Applicability::Unsafe);
            let after: Vec<&str> = plan.files.iter().map(|changed| changed.after.as_str()).collect();
            assert_eq!(after, ["XYz", "Ab-eF"]);
            assert_eq!((plan.applied, plan.left_out), (4, 1));
        }
        let safe = plan(&fixes, &texts, Applicability::Safe);
        assert!(safe.files.is_empty() && safe.applied == 0);
    }

    #[test]
    fn fixes_that_need_the_same_import_share_it() {
        let texts = texts(&[("a.rs", "fn f() { a(); b(); }")]);
        let import = (0, 0..0, "use x::Y;\n");
        let fixes = [
            fix(Applicability::Unsafe, &[import.clone(), (0, 9..10, "c")]),
            fix(Applicability::Unsafe, &[import, (0, 14..15, "d")]),
            fix(Applicability::Unsafe, &[(0, 0..0, "use x::Z;\n"), (0, 18..19, "  ")]),
        ];
        let plan = plan(&fixes, &texts, Applicability::Unsafe);
        assert_eq!(plan.files[0].after, "use x::Y;\nfn f() { c(); d(); }");
        assert_eq!((plan.applied, plan.left_out), (2, 1));
    }

    #[test]
    fn a_fix_that_breaks_a_file_is_left_out_everywhere() {
        let texts = texts(&[("a.rs", "fn f() {}"), ("b.sql", "SELECT 1")]);
        let fixes = [
            fix(Applicability::Unsafe, &[(0, 7..8, "("), (1, 7..8, "2")]),
            fix(Applicability::Unsafe, &[(1, 0..6, "select")]),
        ];
        let plan = plan(&fixes, &texts, Applicability::Unsafe);
        assert_eq!(plan.files.len(), 1);
        assert_eq!(plan.files[0].after, "select 1");
        assert_eq!((plan.applied, plan.left_out), (1, 1));
        assert!(plan.files[0].diff().contains("--- a/b.sql\n+++ b/b.sql\n@@ -1 +1 @@\n-SELECT 1"));
    }
}
