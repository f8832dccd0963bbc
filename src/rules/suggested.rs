//! Which change is suggested for a finding, and why none is where that needs saying.
//!
//! What keeps the rest of a document is for [`Fixer`]; whether that is what the finding asks for is said here.

use super::evidence::{self, Reason};
use super::judgement::Fact;
use super::{Case, column_overwrite, lost_update, upsert_overwrite};
use crate::fix::Fixer;
use crate::fix::suggestion::Fix;
use crate::frontend::facts::SignKind;

/// The change for a write of which `rule` says these `reasons`; `Err` with the reason why there is none, where that needs
/// saying.
pub(super) fn fix(case: &Case<'_>, rule: &str, reasons: &[Reason], fixer: &Fixer<'_>) -> Result<Fix, Option<String>> {
    let write = case.write;
    let replaced = rule == column_overwrite::RULE.id || rule == upsert_overwrite::RULE.id;
    if let Some(why) = not_merged(case).filter(|_| replaced) {
        return Err(Some(why));
    }
    if replaced && evidence::has(reasons, Fact::Reset) {
        return Err(None);
    }
    if write.protection().is_some() && evidence::wiped(case).is_some() {
        return Err(Some("return what went wrong, and store no default in its place".to_owned()));
    }
    let fix = fixer.suggest(write, rule)?;
    // Another guard is no repair of what is guarded.
    let guarded = rule == lost_update::RULE.id && evidence::has(reasons, Fact::Guarded);
    if guarded && fix.edits.is_empty() { Err(None) } else { Ok(fix) }
}

/// Why a new document is not merged with the old one.
fn not_merged(case: &Case<'_>) -> Option<String> {
    if case.write.signs.iter().any(|sign| sign.kind == SignKind::DefaultFields) {
        return Some("a merge would store the defaults as well: set the fields that are given, each by its key".into());
    }
    if let Some(name) = case.typed_state() {
        return Some(format!("a `{name}` has one of several forms, and a merge would mix their keys"));
    }
    // What was read before can be guarded, whatever it is.
    let value = Some(&case.write.value).filter(|value| !value.holds_old())?;
    if evidence::is_array(value) || case.profile.shape.only_arrays() {
        return Some("lists have no keys that a merge could keep".into());
    }
    evidence::is_scalar(value).then(|| "a bare value has no keys that could be merged".into())
}
