//! `unused-suppression`. Found where suppressions are applied ([`crate::suppress`]), not by looking at a write.

use super::{Case, Draft, rule};

rule! {
    /// Reports a suppression that suppresses nothing.
    ///
    /// ## What it does
    ///
    /// Finds `noclobber: ignore[..]` comments of which a rule reports nothing at that place. Only rules that are on in
    /// this run are judged, and only where everything could be analysed.
    ///
    /// ## Why is this bad?
    ///
    /// The write has been repaired or is gone, and the comment stays behind: it will silence the next finding that
    /// comes up there, which nobody has looked at.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- noclobber: ignore[json-column-overwrite] -- to be repaired
    /// UPDATE users SET data = data || $1 WHERE id = $2;
    /// ```
    ///
    /// Delete the comment; `noclobber --fix` does:
    ///
    /// ```sql
    /// UPDATE users SET data = data || $1 WHERE id = $2;
    /// ```
    "unused-suppression", check
}

fn check(_: &Case<'_>) -> Option<Draft> {
    None
}
