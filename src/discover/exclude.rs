//! What the configuration leaves out. The patterns are those of a `.gitignore`, and the `ignore` crate's business.

use crate::source::Span;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Patterns of files and folders that are left out.
#[derive(Debug, Clone, Default)]
pub struct Exclude {
    /// One matcher a pattern, in their order: the last one that says something about a path decides.
    patterns: Vec<(String, Span, Gitignore)>,
    base: PathBuf,
}

impl Exclude {
    /// The patterns, each with its place in the configuration file, relative to the folder `base`.
    ///
    /// # Errors
    /// When one is no pattern: its place, and why.
    pub fn new<'a>(base: &Path, patterns: impl IntoIterator<Item = (&'a str, Span)>) -> Result<Self, (Span, String)> {
        let mut exclude = Self { patterns: vec![], base: base.to_path_buf() };
        for (pattern, span) in patterns {
            let mut builder = GitignoreBuilder::new(base);
            let wrong = |error: ignore::Error| (span, format!("`{pattern}` is no pattern: {error}"));
            builder.add_line(None, pattern).map_err(wrong)?;
            let matcher = builder.build().map_err(wrong)?;
            if matcher.is_empty() {
                return Err((span, format!("`{pattern}` is no pattern: it is empty or a comment")));
            }
            exclude.patterns.push((pattern.to_owned(), span, matcher));
        }
        Ok(exclude)
    }

    /// Whether the path (absolute) is left out. The folders above it are not looked at.
    pub fn excludes(&self, path: &Path, is_folder: bool, matched: &mut BTreeSet<usize>) -> bool {
        if !path.starts_with(&self.base) {
            return false;
        }
        let mut out = false;
        for (index, (_, _, matcher)) in self.patterns.iter().enumerate() {
            let found = matcher.matched(path, is_folder);
            if !found.is_none() {
                matched.insert(index);
                out = found.is_ignore();
            }
        }
        out
    }

    /// Whether the path, or a folder above it, is left out.
    pub fn excludes_or_parent(&self, path: &Path, matched: &mut BTreeSet<usize>) -> bool {
        let within = path.ancestors().take_while(|a| a.starts_with(&self.base) && *a != self.base);
        let mut folders: Vec<&Path> = within.collect();
        folders.reverse();
        folders.into_iter().any(|folder| self.excludes(folder, folder != path || path.is_dir(), matched))
    }

    /// The patterns that are not among `matched` and name nothing that is there, each with its place.
    pub fn unmatched(&self, matched: &BTreeSet<usize>) -> Vec<(&str, Span)> {
        let unmatched = self.patterns.iter().enumerate().filter(|(index, _)| !matched.contains(index));
        // What is left out for another reason (build output, an ignored folder) is never come upon.
        let missing = unmatched.filter(|(_, (pattern, ..))| {
            let plain = pattern.trim_start_matches('!').trim_matches('/');
            let plain = plain.strip_suffix("/**").unwrap_or(plain);
            !self.base.join(plain).exists()
        });
        missing.map(|(_, (pattern, span, _))| (pattern.as_str(), *span)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_a_gitignore_below_their_folder() {
        let span = |n: usize| Span::new(n..n + 1);
        let base = Path::new("/p");
        let exclude = Exclude::new(base, [("vendor/**", span(0)), ("*.gen.rs", span(1)), ("!keep.gen.rs", span(2))]);
        let exclude = exclude.unwrap();
        let mut matched = BTreeSet::new();
        let mut out = |path: &str| exclude.excludes_or_parent(Path::new(path), &mut matched);
        assert!(out("/p/vendor/a/b.rs") && out("/p/src/x.gen.rs"));
        assert!(!out("/p/src/x.rs") && !out("/q/vendor/a.rs"));
        assert_eq!(exclude.unmatched(&matched), [("!keep.gen.rs", span(2))]);
        assert!(!exclude.excludes_or_parent(Path::new("/p/src/keep.gen.rs"), &mut matched));
        assert!(exclude.unmatched(&matched).is_empty());
        assert!(Exclude::new(base, [("# no", span(0))]).is_err());
    }
}
