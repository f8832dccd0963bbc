//! What the names at a place mean: `use` with aliases, globs and those inside functions.

use super::names;
use crate::frontend::facts::EntityPath;
use crate::frontend::rust::place::Source;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, UseTree};

/// The parts of an entity's module that a name may end in.
const LEAVES: &[&str] = &["Entity", "ActiveModel", "Model", "Column", "ActiveModelEx", "ModelEx", "PrimaryKey"];

/// Whether a name is one of the types that every entity's module has.
pub(super) fn is_leaf(name: &str) -> bool {
    LEAVES.contains(&name)
}

/// The imports of a file.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// By the name they bind: the bytes in which it is seen, and the path.
    names: BTreeMap<String, Vec<(usize, usize, Vec<String>)>>,
    /// Modules of which everything is imported.
    globs: Vec<(usize, usize, Vec<String>)>,
    /// Names for entities and models that differ from theirs.
    pub(super) reexports: Vec<(String, Vec<String>)>,
    /// Modules with the bytes they cover.
    modules: Vec<(usize, usize, String)>,
}

impl Imports {
    /// Reads the imports of a file; those inside of functions where `in_functions` says so.
    pub(super) fn read(file: &syn::File, source: Source<'_>, in_functions: bool) -> Self {
        let whole = (0, source.text.len());
        let mut reader = Reader { source, in_functions, open: vec![whole], imports: Self::default() };
        reader.visit_file(file);
        reader.imports
    }

    /// The modules around a byte.
    fn around(&self, at: usize) -> Vec<String> {
        let around = self.modules.iter().filter(|(start, end, _)| *start <= at && at < *end);
        around.map(|(_, _, name)| name.clone()).collect()
    }

    /// What a path at a byte stands for.
    pub(super) fn resolve(&self, path: &[String], at: usize) -> EntityPath {
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

struct Reader<'s> {
    source: Source<'s>,
    in_functions: bool,
    /// Bytes of the blocks and modules that are open.
    open: Vec<(usize, usize)>,
    imports: Imports,
}

impl Reader<'_> {
    fn tree(&mut self, tree: &UseTree, prefix: &mut Vec<String>) {
        let (start, end) = self.open.last().copied().unwrap_or_default();
        match tree {
            UseTree::Path(path) => {
                prefix.push(names::plain(&path.ident));
                self.tree(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(name) => {
                let ident = names::plain(&name.ident);
                let (bound, full) = if ident == "self" {
                    (prefix.last().cloned().unwrap_or_default(), prefix.clone())
                } else {
                    (ident.clone(), prefix.iter().cloned().chain([ident]).collect())
                };
                self.imports.names.entry(bound).or_default().push((start, end, full));
            }
            UseTree::Rename(rename) => {
                let ident = names::plain(&rename.ident);
                let full: Vec<String> = if ident == "self" {
                    prefix.clone()
                } else {
                    prefix.iter().cloned().chain([ident.clone()]).collect()
                };
                let bound = names::plain(&rename.rename);
                if is_leaf(&ident) {
                    self.imports.reexports.push((bound.clone(), full.clone()));
                }
                self.imports.names.entry(bound).or_default().push((start, end, full));
            }
            UseTree::Glob(_) => self.imports.globs.push((start, end, prefix.clone())),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, prefix)),
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.tree(&item.tree, &mut vec![]);
    }

    fn visit_item_type(&mut self, item: &'a syn::ItemType) {
        // `type UserModel = users::ActiveModel`
        if let syn::Type::Path(path) = &*item.ty
            && path.path.segments.last().is_some_and(|s| is_leaf(&names::plain(&s.ident)))
        {
            let full: Vec<String> = path.path.segments.iter().map(|s| names::plain(&s.ident)).collect();
            let (start, end) = self.open.last().copied().unwrap_or_default();
            let bound = names::plain(&item.ident);
            self.imports.reexports.push((bound.clone(), full.clone()));
            self.imports.names.entry(bound).or_default().push((start, end, full));
        }
    }

    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        let Some((braces, _)) = &item.content else { return };
        let range = (self.source.start(braces.span.open()), self.source.end(braces.span.close()));
        self.imports.modules.push((range.0, range.1, names::plain(&item.ident)));
        self.open.push(range);
        visit::visit_item_mod(self, item);
        self.open.pop();
    }

    fn visit_block(&mut self, block: &'a syn::Block) {
        if !self.in_functions {
            return;
        }
        let braces = block.brace_token.span;
        self.open.push((self.source.start(braces.open()), self.source.end(braces.close())));
        visit::visit_block(self, block);
        self.open.pop();
    }
}
