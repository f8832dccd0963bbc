//! Table names of which a part is not known: `{prefix}_jobs`, `{table}`.

use crate::frontend::facts::Hole;
use crate::frontend::sql::HOLE_PREFIX as TOKEN;

/// Whether a name has a part that is not known.
pub(super) fn has_hole(name: &str) -> bool {
    name.contains(TOKEN)
}

/// The known part after the last hole of a name: `_jobs` of `noclobber_hole_0_jobs`; empty when there is none.
pub(super) fn known_end(name: &str) -> &str {
    let Some((_, rest)) = name.rsplit_once(TOKEN) else { return name };
    rest.trim_start_matches(|c: char| c.is_ascii_digit())
}

/// Names that the source of a hole suggests for it: `jobs` of `self.jobs`, `jobs_table` and `JOBS_TABLE`.
pub(super) fn suggestions(name: &str, holes: &[Hole]) -> Vec<String> {
    let Some(hole) = holes.iter().find(|hole| hole.token == name) else { return vec![] };
    let last = hole.source.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).find(|word| !word.is_empty());
    let Some(last) = last.map(str::to_lowercase) else { return vec![] };
    let mut names = vec![last.clone()];
    for end in ["_table", "_table_name", "_tbl"] {
        names.extend(last.strip_suffix(end).map(str::to_owned));
    }
    names.extend(last.strip_prefix("table_").map(str::to_owned));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn the_known_end_follows_the_last_hole() {
        assert_eq!(known_end("noclobber_hole_0_jobs"), "_jobs");
        assert_eq!(known_end("noclobber_hole_12"), "");
        assert_eq!(known_end("jobs"), "jobs");
        assert!(has_hole("noclobber_hole_3"));
    }

    #[test]
    fn the_source_of_a_hole_suggests_a_table() {
        let hole = Hole { token: "noclobber_hole_0".into(), source: "Self::JOBS_TABLE".into(), span: Span::default() };
        assert_eq!(suggestions("noclobber_hole_0", &[hole]), ["jobs_table", "jobs"]);
        assert_eq!(suggestions("noclobber_hole_1", &[]), Vec::<String>::new());
    }
}
