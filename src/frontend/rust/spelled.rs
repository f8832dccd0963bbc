//! The names by which the readers of this room know calls.
//!
//! Readers look names up here, and so does who decides which functions they are given to read: a name that is added here
//! is seen by both.

/// Functions whose first argument is SQL for certain.
pub const QUERY_FUNCTIONS: &[&str] = &[
    "query",
    "query_with",
    "query_as",
    "query_as_with",
    "query_scalar",
    "query_scalar_with",
    "raw_sql",
    "sql_query",
    "__query_with_result",
    "__query_scalar_with_result",
    "query_statement",
];

/// Macros whose first argument (after a type) is SQL for certain.
pub const QUERY_MACROS: &[&str] =
    &["query", "query_unchecked", "query_as", "query_as_unchecked", "query_scalar", "query_scalar_unchecked"];

/// Methods whose first argument may be SQL, in sqlx, tokio-postgres, rusqlite, libsql, mysql, `SeaORM` and others.
pub const SQL_METHODS: &[&str] = &[
    "execute",
    "execute_many",
    "execute_batch",
    "batch_execute",
    "execute_unprepared",
    "execute_raw",
    "execute_with",
    "execute_typed",
    "execute_returning",
    "fetch",
    "fetch_many",
    "fetch_all",
    "fetch_one",
    "fetch_optional",
    "prepare",
    "prepare_with",
    "prepare_cached",
    "prepare_typed",
    "prepare_typed_cached",
    "prepare_once",
    "describe",
    "query",
    "query_one",
    "query_opt",
    "query_raw",
    "query_row",
    "query_row_and_then",
    "query_map",
    "query_and_then",
    "query_as",
    "query_scalar",
    "query_typed",
    "query_typed_raw",
    "query_first",
    "query_drop",
    "query_iter",
    "query_fold",
    "query_with",
    "query_all",
    "simple_query",
    "simple_query_raw",
    "exec",
    "exec_drop",
    "exec_first",
    "exec_iter",
    "exec_batch",
    "exec_map",
    "exec_fold",
    "raw_sql",
    "sql",
    "stream",
    "run",
    "raw_execute",
    "copy_in",
    "copy_out",
    "copy_in_raw",
    "begin_with",
    "try_begin_with",
    "query_returning",
    "run_sql",
    "execute_sql",
    "add_query",
    "queue",
];

/// Methods and functions that store a model of `SeaORM` over a row that may be there.
pub const STORING: &[&str] = &["update", "update_without_returning", "save"];

/// Methods that give rows or models.
pub const FETCHING: &[&str] = &["fetch_one", "fetch_optional", "fetch_all", "one", "all"];

/// Functions of `serde_json` that decode a document.
pub const DECODERS: &[&str] = &["from_value", "from_str", "from_slice"];
