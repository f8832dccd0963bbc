//! Reads files into facts. A front end knows nothing of the project as a whole, and nothing of rules.

pub mod comments;
pub mod dialect_hint;
pub mod facts;
pub mod rust;
pub mod sql;
pub mod sql_file;
pub mod sqlx_cache;
