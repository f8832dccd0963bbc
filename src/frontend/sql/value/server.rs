//! Which release of a database runs a statement, and what that release cannot parse or does not have.
//!
//! A linter rarely knows it: [`Server::NotKnown`] stands for every release, and then nothing is rejected here. Never
//! evaluates anything.

use super::super::{Assigned, Dialect};
use super::{Evaluator, call};
use sqlparser::ast::{AccessExpr, BinaryOperator, DataType, Expr, Function, visit_expressions};
use std::ops::ControlFlow;

/// The product and release that runs a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Server {
    /// Any release of any product of the dialect.
    #[default]
    NotKnown,
    /// MySQL 8.
    MySql,
    /// MariaDB.
    MariaDb,
    /// PostgreSQL of this major version.
    Postgres(u32),
    /// SQLite of this major and minor version.
    Sqlite(u32, u32),
}

impl Server {
    /// Whether `->` and `->>` are no operators: MariaDB (measured: error 1064), SQLite before 3.38.
    fn lacks_arrows(self) -> bool {
        self == Self::MariaDb || self.is_sqlite_before(38)
    }

    /// Whether `CAST(v AS JSON)` does not parse: MariaDB (measured: error 1064).
    fn lacks_json_casts(self) -> bool {
        self == Self::MariaDb
    }

    /// Whether `JSON_OBJECT('k': v)` does not parse: PostgreSQL before 16 (measured on 15: 42601).
    fn lacks_json_constructors(self) -> bool {
        matches!(self, Self::Postgres(major) if major < 16)
    }

    /// Whether `jsonb` has no subscripts: PostgreSQL before 14.
    pub(super) fn lacks_subscripts(self) -> bool {
        matches!(self, Self::Postgres(major) if major < 14)
    }

    /// Whether SQLite's JSON functions are those of before 3.45: there are no `jsonb_*` ones, what stands at `$` is
    /// stored as it is, and a scalar has an entry without a key. Measured on 3.40.1, and not so on 3.54.1.
    pub(super) fn has_first_sqlite_json(self) -> bool {
        self.is_sqlite_before(45)
    }

    /// Whether it is known not to have a function of this name.
    fn lacks_function(self, name: &str) -> bool {
        match self {
            // Measured on MariaDB: FUNCTION does not exist (1305).
            Self::MySql | Self::MariaDb => name == "to_jsonb" || name.starts_with("jsonb_"),
            // Measured on 3.40.1: no such function.
            Self::Sqlite(..) => self.has_first_sqlite_json() && (name == "jsonb" || name.starts_with("jsonb_")),
            Self::NotKnown | Self::Postgres(_) => false,
        }
    }

    fn is_sqlite_before(self, wanted: u32) -> bool {
        matches!(self, Self::Sqlite(major, minor) if (major, minor) < (3, wanted))
    }

    /// Why this expression alone makes the statement fail before it runs.
    fn rejects(self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::BinaryOp { op: BinaryOperator::Arrow | BinaryOperator::LongArrow, .. } if self.lacks_arrows() => {
                Some("-> is no operator of this server".into())
            }
            Expr::Cast { data_type: DataType::JSON, .. } | Expr::Convert { data_type: Some(DataType::JSON), .. }
                if self.lacks_json_casts() =>
            {
                Some("this server has no CAST(.. AS JSON)".into())
            }
            Expr::Function(function) => self.rejects_call(function),
            _ => None,
        }
    }

    fn rejects_call(self, function: &Function) -> Option<String> {
        let name = call::name_of(function)?;
        if self.lacks_json_constructors() && name == "json_object" && call::arguments(function).is_none() {
            return Some("this server has no JSON_OBJECT(key: value)".into());
        }
        self.lacks_function(&name).then(|| format!("function {name} does not exist"))
    }
}

impl Evaluator<'_> {
    /// Rejects what the release that runs the statement cannot parse or does not have.
    pub(super) fn check_server(&mut self, assigned: &Assigned) {
        let server = self.server;
        if server == Server::NotKnown {
            return;
        }
        let mut why = None;
        visit_assigned(assigned, &mut |expr| {
            let _ = visit_expressions(expr, |part| {
                if why.is_none() {
                    why = server.rejects(part);
                }
                if why.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        });
        if let Some(why) = why {
            self.reject(why);
        }
    }

    /// Whether subscripts of `jsonb` are rejected.
    pub(super) fn rejects_subscripts(&self, chain: &[AccessExpr]) -> bool {
        self.server.lacks_subscripts() && matches!(chain.first(), Some(AccessExpr::Subscript(_)))
    }
}

fn visit_assigned(assigned: &Assigned, visit: &mut dyn FnMut(&Expr)) {
    match assigned {
        Assigned::Value(value) | Assigned::RowItem(value, _) => visit(value),
        Assigned::Subscript(path, value) => path.iter().chain([value]).for_each(visit),
        Assigned::Several(parts) => parts.iter().for_each(|part| visit_assigned(part, visit)),
        _ => {}
    }
}

/// Whether a dialect has this function, of those that the evaluator knows by one name in all of them. Where it has not,
/// the name is a function of the program's own, about which nothing is known.
pub(super) fn is_built_in(dialect: Dialect, name: &str) -> bool {
    match dialect {
        Dialect::Postgres => !ABSENT_FROM_POSTGRES.contains(&name),
        Dialect::Sqlite => !matches!(name, "greatest" | "least"),
        Dialect::Mysql => true,
    }
}

const ABSENT_FROM_POSTGRES: &[&str] = &[
    "curdate",
    "curtime",
    "datetime",
    "from_unixtime",
    "hex",
    "ifnull",
    "insert",
    "json_depth",
    "json_length",
    "json_valid",
    "julianday",
    "last_insert_rowid",
    "lcase",
    "printf",
    "strftime",
    "sysdate",
    "ucase",
    "unix_timestamp",
    "unixepoch",
    "utc_timestamp",
    "uuid",
];
