//! Which files: the walk, the project root, the byte prefilter, the dialect of each crate.

pub mod dialect;
