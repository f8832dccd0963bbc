//! What a Rust file does with models, as plain places: assignments, literals, and the calls that write them.
//!
//! Read once a file, and only for files with a write that is to be changed. Says where things stand, and nothing of what
//! may be changed.

mod walk;

use std::ops::Range;

/// The places of a file.
#[derive(Debug, Default)]
pub(in crate::fix) struct Code {
    pub(super) blocks: Vec<Block>,
    pub(super) statements: Vec<Statement>,
    pub(super) assigns: Vec<Assign>,
    pub(super) literals: Vec<Literal>,
    pub(super) sinks: Vec<Sink>,
    pub(super) lets: Vec<Let>,
    modules: Vec<Module>,
}

/// A block of statements.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) bytes: Range<usize>,
    /// The one around it in the same body.
    pub(super) parent: Option<usize>,
    /// It is the body of a loop.
    pub(super) looped: bool,
}

/// A statement, its semicolon included.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) bytes: Range<usize>,
    pub(super) block: usize,
    /// What its function, closure or `async` block returns: the last expression of the body, or `return ..`.
    pub(super) returned: bool,
}

/// `base.field = value;`, as a statement.
#[derive(Debug)]
pub(super) struct Assign {
    /// Without the semicolon.
    pub(super) bytes: Range<usize>,
    pub(super) base: String,
    pub(super) field: String,
    pub(super) statement: usize,
}

/// A struct literal with named fields.
#[derive(Debug)]
pub(super) struct Literal {
    pub(super) bytes: Range<usize>,
    pub(super) fields: Vec<Field>,
    /// The byte after the last field, where the rest comes from another value.
    pub(super) rest: bool,
    /// The statement it stands in.
    pub(super) statement: Option<usize>,
    /// The variable that is nothing but this literal.
    pub(super) variable: Option<String>,
}

/// A field of a literal.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) bytes: Range<usize>,
    pub(super) value: Range<usize>,
    /// What `Set(..)` or `Unchanged(..)` wraps.
    pub(super) inner: Option<Range<usize>>,
}

/// What a call writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    Variable(String),
    Literal(Range<usize>),
}

/// `model.update(db).await?`.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) of: Written,
    /// From the model to the end of the chain.
    pub(super) bytes: Range<usize>,
    /// The connection.
    pub(super) connection: Range<usize>,
    /// What stands behind the call up to the point where an error is dealt with.
    pub(super) behind: Range<usize>,
    /// The error is handed to the caller by `return` or as the last expression, not by `?`.
    pub(super) open: bool,
    pub(super) statement: Option<usize>,
}

/// `let mut name = ..`.
#[derive(Debug)]
pub(super) struct Let {
    pub(super) name: String,
    /// `mut` and what separates it from the name.
    pub(super) mutable: Range<usize>,
    pub(super) statement: usize,
}

/// A module, and what is imported in it.
#[derive(Debug)]
struct Module {
    bytes: Range<usize>,
    /// Last names of what is imported; of a glob the path with `*`.
    names: Vec<String>,
    /// Where another `use` can be put.
    first: Option<usize>,
}

impl Code {
    /// Reads a file; nothing of one that does not parse.
    pub(in crate::fix) fn read(text: &str) -> Self {
        walk::read(text)
    }

    /// The blocks from this one outwards, up to the body.
    pub(super) fn around(&self, block: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(block), |block| self.blocks.get(*block)?.parent)
    }

    /// Those of `names` that are not imported at a byte, and where an import of them can be put.
    pub(super) fn missing<'n>(&self, names: &[&'n str], at: usize) -> (Vec<&'n str>, Option<usize>) {
        let around = self.modules.iter().filter(|module| module.bytes.contains(&at));
        let Some(module) = around.min_by_key(|module| module.bytes.len()) else { return (names.to_vec(), None) };
        let has = |name: &str| module.names.iter().any(|known| known == name || gives_all(known));
        (names.iter().copied().filter(|name| !has(name)).collect(), module.first)
    }
}

/// Whether a glob brings SeaORM's traits: `sea_orm::*`, `sea_orm::entity::prelude::*`.
fn gives_all(glob: &str) -> bool {
    ["sea_orm::*", "sea_orm::prelude::*", "sea_orm::entity::prelude::*"].contains(&glob.trim_start_matches("::"))
}
