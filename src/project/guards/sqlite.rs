//! Transactions of SQLite, which isolates all of them: of two that read and then write, one fails.

use super::Guarded;
use crate::project::Paths;

/// The methods that run a statement, with what they run it on as their argument.
const RUNS: &[&str] = &[
    ".execute(",
    ".fetch_one(",
    ".fetch_optional(",
    ".fetch_all(",
    ".fetch(",
    ".query_row(",
    ".query_map(",
    ".one(",
    ".all(",
    ".exec(",
    ".exec_with_returning(",
    ".update(",
];

/// Whether every read and the write run on one transaction that the function has begun, or been handed.
pub(super) fn one_transaction(case: &Guarded<'_>, paths: Paths<'_>) -> bool {
    let Some(own) = case.text.text.function.and_then(|index| case.facts.functions.get(index)) else { return false };
    let text = paths.files.get(case.facts.file).text.as_str();
    let source = text.get(own.span.range()).unwrap_or("");
    let runner = |start: u32, end: u32| run_on(text.get(start as usize..end as usize)?);
    let Some(name) = runner(case.text.text.span.start, case.text.text.span.end) else { return false };
    let all_on_it = case.reads.iter().all(|read| {
        let site = read.site.filter(|site| site.file == case.facts.file && own.span.contains(site.span));
        site.and_then(|site| runner(site.span.start, site.span.end)) == Some(name)
    });
    all_on_it && (is_begun(source, name) || is_handed(source, name))
}

/// What a statement runs on: `tx` of `query(..).execute(&mut *tx)` and of `tx.execute(..)`.
pub(super) fn run_on(call: &str) -> Option<&str> {
    let argument = argument(call)?;
    let on = if argument.starts_with(|c: char| c.is_alphabetic() || c == '_') { argument } else { call };
    let end = on.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(on.len());
    on.get(..end).filter(|name| !name.is_empty())
}

/// Every name of what a statement runs on: `self` and `tx` of `.execute(&mut *self.tx)`.
pub(super) fn names_run_on(call: &str) -> impl Iterator<Item = &str> {
    let argument = argument(call).unwrap_or("");
    let end = argument.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(argument.len());
    argument.get(..end).unwrap_or("").split('.').chain(run_on(call))
}

/// What stands in the parentheses of the call that runs a statement, without borrows.
fn argument(call: &str) -> Option<&str> {
    let (at, method) = RUNS.iter().filter_map(|method| Some((call.rfind(method)?, method))).max()?;
    let argument = call.get(at + method.len()..)?;
    let argument = argument.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '&' | '*'));
    let argument = argument.strip_prefix("mut ").unwrap_or(argument);
    Some(argument.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '&' | '*')))
}

/// `let mut tx = pool.begin().await?;`
pub(super) fn is_begun(source: &str, name: &str) -> bool {
    [format!("let mut {name} = "), format!("let {name} = ")].iter().any(|binding| {
        let statement = source.split_once(binding.as_str()).and_then(|(_, rest)| rest.split(';').next());
        statement.is_some_and(|init| {
            [".begin(", ".transaction(", ".unchecked_transaction("].iter().any(|begin| init.contains(begin))
        })
    })
}

/// `tx: &mut Transaction<'_, Sqlite>`
pub(super) fn is_handed(source: &str, name: &str) -> bool {
    let signature = source.split('{').next().unwrap_or("");
    let declared = signature.split_once(format!("{name}: ").as_str()).map(|(_, rest)| rest);
    declared.and_then(|rest| rest.split(['>', ')']).next()).is_some_and(|ty| ty.contains("Transaction"))
}

#[cfg(test)]
mod tests {
    use super::{is_begun, is_handed, run_on};

    #[test]
    fn what_a_statement_runs_on() {
        assert_eq!(run_on("sqlx::query(\"..\").bind(id).execute(&mut **tx)"), Some("tx"));
        assert_eq!(run_on("query_as(\"..\").fetch_one(tx.as_mut())"), Some("tx"));
        assert_eq!(run_on("tx.execute(\"UPDATE ..\", params![a])"), Some("tx"));
        assert_eq!(run_on("query(\"..\").execute(&self.pool)"), Some("self"));
        assert_eq!(run_on("query(\"..\")"), None);
    }

    #[test]
    fn where_a_transaction_comes_from() {
        assert!(is_begun("fn f() { let mut tx = pool.begin().await?; }", "tx"));
        assert!(!is_begun("fn f() { let mut tx = pool.acquire().await?; x.begin(); }", "tx"));
        assert!(is_handed("async fn f(id: i64, tx: &mut sqlx::Transaction<'_, Sqlite>) -> R { }", "tx"));
        assert!(!is_handed("async fn f(tx: &mut SqliteConnection, other: Transaction) -> R { }", "other_tx"));
    }
}
