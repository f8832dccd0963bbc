//! Where statements, items and the like begin and end.
//!
//! `syn` renders a node to find its ends; only nodes that hold a wanted place are asked, and not too deep down.

use crate::frontend::rust::macros::shallow;
use crate::source::Span;
use proc_macro2::TokenStream;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Nodes within nodes that are looked into.
const MAX_DEPTH: usize = 100;

/// A walk over the nodes that a comment can speak for.
struct Walk<'f> {
    shift: usize,
    depth: usize,
    /// Looks at the bytes of a node; says whether to look into it.
    see: &'f mut dyn FnMut(Range<usize>) -> bool,
}

/// The end of the outermost node that begins at each of `starts`. One without such a node is left out.
pub(super) fn ends(stream: TokenStream, shift: usize, starts: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    walk(stream, shift, &mut |range| {
        if starts.contains(&range.start) {
            let end = ends.entry(range.start).or_default();
            *end = range.end.max(*end);
        }
        starts.range(range.start + 1..range.end.max(range.start + 1)).next().is_some()
    });
    ends
}

/// The start of the innermost node around each target that `fits`.
pub(super) fn around(
    stream: TokenStream,
    shift: usize,
    targets: &[Span],
    fits: &dyn Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let mut found = vec![None; targets.len()];
    walk(stream, shift, &mut |range| {
        let node = Span::new(range.clone());
        let mut within = false;
        for (target, found) in targets.iter().zip(&mut found) {
            if node.contains(*target) {
                within = true;
                if fits(range.start) {
                    *found = Some(range.start);
                }
            }
        }
        within
    });
    found
}

fn walk(stream: TokenStream, shift: usize, see: &mut dyn FnMut(Range<usize>) -> bool) {
    let Some(stream) = shallow(stream) else { return };
    if let Ok(file) = syn::parse2::<syn::File>(stream) {
        Walk { shift, depth: 0, see }.visit_file(&file);
    }
}

impl Walk<'_> {
    /// Looks at a node, and into it by `inner` if that is wanted.
    fn node<T: Spanned>(&mut self, node: &T, inner: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        let range = node.span().byte_range();
        if (self.see)(range.start + self.shift..range.end + self.shift) {
            self.depth += 1;
            inner(self);
            self.depth -= 1;
        }
    }
}

macro_rules! nodes {
    ($($method:ident: $node:ty),+ $(,)?) => {
        impl<'ast> Visit<'ast> for Walk<'_> {
            $(fn $method(&mut self, node: &'ast $node) {
                self.node(node, |walk| visit::$method(walk, node));
            })+
        }
    };
}

nodes! {
    visit_item: syn::Item,
    visit_stmt: syn::Stmt,
    visit_impl_item: syn::ImplItem,
    visit_trait_item: syn::TraitItem,
    visit_foreign_item: syn::ForeignItem,
    visit_arm: syn::Arm,
    visit_field_value: syn::FieldValue,
    visit_field: syn::Field,
    visit_variant: syn::Variant,
}
