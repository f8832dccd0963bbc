//! What the names at a place mean: `use` with aliases, globs and those inside functions.

use super::EntityPath;
use std::collections::BTreeMap;

/// The imports of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imports {
    /// By the name they bind: the bytes in which it is seen, and the path.
    pub names: BTreeMap<String, Vec<(usize, usize, Vec<String>)>>,
    /// Modules of which everything is imported.
    pub globs: Vec<(usize, usize, Vec<String>)>,
    /// Modules with the bytes they cover.
    pub modules: Vec<(usize, usize, String)>,
}

impl Imports {
    /// The modules around a byte.
    pub fn around(&self, at: usize) -> Vec<String> {
        let around = self.modules.iter().filter(|(start, end, _)| *start <= at && at < *end);
        around.map(|(_, _, name)| name.clone()).collect()
    }

    /// What a path at a byte stands for.
    pub fn resolve(&self, path: &[String], at: usize) -> EntityPath {
        let module = self.around(at);
        let Some(first) = path.first() else { return EntityPath { module, ..EntityPath::default() } };
        let seen = self.names.get(first).into_iter().flatten().filter(|(start, end, _)| *start <= at && at < *end);
        // The innermost.
        if let Some((_, _, target)) = seen.min_by_key(|(start, end, _)| end - start) {
            let full = target.iter().chain(path.iter().skip(1)).cloned().collect();
            return EntityPath { path: full, globs: vec![], module };
        }
        let globs = if path.len() == 1 {
            let seen = self.globs.iter().filter(|(start, end, _)| *start <= at && at < *end);
            seen.map(|(_, _, path)| path.clone()).collect()
        } else {
            vec![]
        };
        EntityPath { path: path.to_vec(), globs, module }
    }
}
