//! noclobber finds writes that silently wipe data held in JSON columns.
//!
//! The flow, and the order in which the modules may know each other (each only those to its left):
//!
//! ```text
//! source -> document -> frontend (rust, sql, sqlx cache) -> project (facts, catalog, writes) -> rules -> report
//!    discover --------------------------------^
//! ```
//!
//! * [`declared`]: what the user says of columns.
//! * [`source`]: files, byte spans, and the map from a byte of SQL to the byte of the file that spells it.
//! * [`document`]: what a `SET` expression stores, as a value that can be run. Knows no SQL and no Rust.
//! * [`frontend`]: reads `.rs`, `.sql` and `.sqlx` files into facts.
//! * [`project`]: all facts of all files: which columns hold JSON and who writes them.
//! * [`rules`]: one write and what is known of its column in, one finding out.
//! * [`baseline`]: findings that were there before.
//! * [`suppress`]: what the user has decided in comments.
//! * [`config`]: `noclobber.toml`, in the words of the rooms that act on it.
//! * [`report`]: findings to text, JSON and other formats.

pub mod baseline;
pub mod check;
pub mod config;
pub mod declared;
pub mod discover;
pub mod document;
pub mod fingerprint;
pub mod fix;
pub mod frontend;
pub mod project;
pub mod report;
pub mod rules;
pub mod source;
pub mod suppress;
