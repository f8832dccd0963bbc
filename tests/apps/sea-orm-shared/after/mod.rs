//! What noclobber makes of `before.rs` for each database: its edits, byte for byte, and in `shown` what it only shows.

pub mod mysql;
pub mod postgres;
pub mod sqlite;
