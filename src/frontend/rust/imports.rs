//! Reads what the names of a file mean: `use` with aliases, globs and those inside functions.

use super::names::plain;
use super::place::Source;
use crate::frontend::facts::Imports;
use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, UseTree};

/// The parts of an entity's module that a name may end in.
const LEAVES: &[&str] = &["Entity", "ActiveModel", "Model", "Column", "ActiveModelEx", "ModelEx", "PrimaryKey"];

/// Whether a name is one of the types that every entity's module has.
pub(super) fn is_leaf(name: &str) -> bool {
    LEAVES.contains(&name)
}

/// Reads the imports of a file; those inside of functions where `in_functions` says so. Beside them the names for
/// entities and models that differ from theirs.
pub(super) fn read(file: &syn::File, source: Source<'_>, in_functions: bool) -> (Imports, Vec<(String, Vec<String>)>) {
    let whole = (0, source.text.len());
    let mut reader = Reader { source, in_functions, open: vec![whole], imports: Imports::default(), reexports: vec![] };
    reader.visit_file(file);
    (reader.imports, reader.reexports)
}

struct Reader<'s> {
    source: Source<'s>,
    in_functions: bool,
    /// Bytes of the blocks and modules that are open.
    open: Vec<(usize, usize)>,
    imports: Imports,
    reexports: Vec<(String, Vec<String>)>,
}

impl Reader<'_> {
    fn tree(&mut self, tree: &UseTree, prefix: &mut Vec<String>) {
        let (start, end) = self.open.last().copied().unwrap_or_default();
        match tree {
            UseTree::Path(path) => {
                prefix.push(plain(&path.ident));
                self.tree(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(name) => {
                let ident = plain(&name.ident);
                let (bound, full) = if ident == "self" {
                    (prefix.last().cloned().unwrap_or_default(), prefix.clone())
                } else {
                    (ident.clone(), prefix.iter().cloned().chain([ident]).collect())
                };
                self.imports.names.entry(bound).or_default().push((start, end, full));
            }
            UseTree::Rename(rename) => {
                let ident = plain(&rename.ident);
                let full: Vec<String> = if ident == "self" {
                    prefix.clone()
                } else {
                    prefix.iter().cloned().chain([ident.clone()]).collect()
                };
                let bound = plain(&rename.rename);
                if is_leaf(&ident) {
                    self.reexports.push((bound.clone(), full.clone()));
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
            && path.path.segments.last().is_some_and(|s| is_leaf(&plain(&s.ident)))
        {
            let full: Vec<String> = path.path.segments.iter().map(|s| plain(&s.ident)).collect();
            let (start, end) = self.open.last().copied().unwrap_or_default();
            let bound = plain(&item.ident);
            self.reexports.push((bound.clone(), full.clone()));
            self.imports.names.entry(bound).or_default().push((start, end, full));
        }
    }

    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        let Some((braces, _)) = &item.content else { return };
        let range = (self.source.start(braces.span.open()), self.source.end(braces.span.close()));
        self.imports.modules.push((range.0, range.1, plain(&item.ident)));
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
