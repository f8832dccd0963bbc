//! `invalid-suppression`. Found where suppressions are read ([`crate::suppress`]), not by looking at a write.

use super::{Case, Draft, rule};

rule! {
    /// Reports a comment that is meant to suppress findings and does not.
    ///
    /// ## What it does
    ///
    /// Finds comments that begin with `noclobber:` and are not understood: a rule that does not exist, no rule at all,
    /// a reason without ` -- ` before it, an `ignore-file` after the first item. Such a comment suppresses nothing. One
    /// that is right but gives no reason holds, and is a note.
    ///
    /// ## Why is this bad?
    ///
    /// Whoever reads the code takes the finding for decided. And a suppression without a reason is decided again by
    /// everyone who comes by.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- noclobber: ignore json-column-overwrite
    /// UPDATE users SET data = $1 WHERE id = $2;
    /// ```
    ///
    /// Name the rules in brackets, and say why:
    ///
    /// ```sql
    /// -- noclobber: ignore[json-column-overwrite] -- the settings page always sends the whole document
    /// UPDATE users SET data = $1 WHERE id = $2;
    /// ```
    ///
    /// The comment stands on the line above a statement or item, or at the end of a line. In Rust it is
    /// `// noclobber: ..`, in SQL `-- noclobber: ..`, also inside SQL strings. `ignore-file[..]` holds for a whole file and
    /// stands before its first item.
    "invalid-suppression", check
}

fn check(_: &Case<'_>) -> Option<Draft> {
    None
}
