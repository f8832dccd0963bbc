//! The words for where a declaration stands.

use super::catalog::{Certainty, Provenance};
use crate::frontend::facts::DeclaredBy;
use crate::source::{Site, Span};

/// The provenance of a declared column.
pub(super) fn declared(name: &str, sql_type: &str, site: Site) -> Provenance {
    let message = if sql_type.is_empty() {
        format!("`{name}` is declared here, without a type")
    } else {
        let article = if sql_type.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("`{name}` is {article} {sql_type} column since here")
    };
    Provenance { site: Some(site).filter(|s| s.span != Span::default()), message, certainty: Certainty::Declared }
}

/// The provenance of a check.
pub(super) fn checked(name: &str, site: Site) -> Provenance {
    let message = format!("a check says that `{name}` holds JSON");
    Provenance { site: Some(site), message, certainty: Certainty::Declared }
}

/// The provenance of what is said outside SQL.
pub(super) fn said(by: DeclaredBy, name: &str, sql_type: &str, site: Site) -> Provenance {
    let message = match by {
        DeclaredBy::Cache => format!("`{name}` is {sql_type} in sqlx's offline cache"),
        DeclaredBy::Entity => format!("`{name}` is {sql_type} in the entity"),
        DeclaredBy::TableMacro => format!("`{name}` is {sql_type} in `table!`"),
        DeclaredBy::Config => format!("`{name}` holds JSON by the configuration"),
    };
    Provenance { site: Some(site), message, certainty: Certainty::Declared }
}
