//! Values that were taken from where the column is known by its name: `namespace.properties()`,
//! `repo.get_settings(id)`. Which row that was, and when it was read, does not show; that it was read before does.

use crate::document::{Document, Input, ReadSite};
use crate::frontend::facts::PendingCall;

/// What a value must be taken from, to be the column's.
pub(super) struct Named<'a> {
    /// The column, what it is called without its table's name, the parameter: in lower case.
    pub(super) names: &'a [String],
    /// The column.
    pub(super) column: &'a str,
    /// The parameters of the function that makes the value: what they hold came with the request.
    pub(super) parameters: &'a [String],
    /// The function that makes the value.
    pub(super) function: &'a str,
}

/// The names under which a column may be known; `input` is what a function calls the document that it is handed.
pub(super) fn names(table: &str, column: &str, input: Option<&str>) -> Vec<String> {
    let (table, column) = (table.to_lowercase(), column.to_lowercase());
    let mut names = vec![];
    for prefix in [table.as_str(), table.trim_end_matches('s')] {
        if let Some(rest) = column.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) {
            names.push(rest.to_owned());
        }
    }
    names.push(column);
    names.extend(input.and_then(|input| input.rsplit('.').next()).map(str::to_lowercase));
    names.sort();
    names.dedup();
    names
}

impl Named<'_> {
    /// The value with the base of what is edited in it turned into an earlier read, where it is the column's by its
    /// name. A value that is not edited is a copy of something else; `calls` are those in it that are not followed, and
    /// may edit what they are given.
    pub(super) fn read_in(&self, value: Document, calls: &[PendingCall]) -> Document {
        Walk { named: self, calls }.walk(value, false, 0)
    }

    /// The earlier read that an input is; the input where it is none.
    fn read_of(&self, input: Input) -> Document {
        if !self.is_column(&input) {
            return Document::Input(input);
        }
        Document::Read(ReadSite {
            what: format!("`{}` in `{}`", input.id, self.function),
            column: Some(self.column.to_owned()),
            site: None,
            handed_in: false,
        })
    }

    fn is_column(&self, input: &Input) -> bool {
        let Some(taken) = Taken::read(&input.id) else { return false };
        let of_request = self.parameters.iter().any(|parameter| *parameter == taken.root);
        // What a getter finds by a key is no part of what was handed in.
        let looked_up = taken.is_lookup;
        if taken.root == "self" || (of_request && !looked_up) {
            return false;
        }
        let name = taken.name.to_lowercase();
        let bare = ["get_", "load_", "fetch_", "find_", "read_", "current_", "existing_", "old_"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(&name);
        self.names.iter().any(|known| known == bare || *known == name)
    }
}

/// How many calls are looked through into each other.
const MAX_CALLS: usize = 2;

/// One value on the way.
struct Walk<'w, 'a> {
    named: &'w Named<'a>,
    calls: &'w [PendingCall],
}

impl Walk<'_, '_> {
    fn walk(&self, value: Document, edited: bool, depth: usize) -> Document {
        let base = |of: Box<Document>| Box::new(self.walk(*of, true, depth));
        match value {
            Document::Input(input) => {
                let found = if edited { self.named.read_of(input) } else { Document::Input(input) };
                match found {
                    Document::Input(input) => self.given(input, depth),
                    read => read,
                }
            }
            Document::Set { of, path, value, mode, on_null, family } => {
                Document::Set { of: base(of), path, value, mode, on_null, family }
            }
            Document::Remove { of, what, family } => Document::Remove { of: base(of), what, family },
            Document::Merge { left, right, how } => Document::Merge { left: base(left), right, how },
            Document::Through { of, why } => {
                Document::Through { of: of.into_iter().map(|part| self.walk(part, true, depth)).collect(), why }
            }
            Document::Cast { of, to } => Document::Cast { of: Box::new(self.walk(*of, edited, depth)), to },
            Document::First(items) => {
                Document::First(items.into_iter().map(|item| self.walk(item, edited, depth)).collect())
            }
            Document::Choose { branches, otherwise } => {
                // Where one branch edits, the others leave as it is what was read.
                let edited = edited || branches.iter().map(|(_, part)| part).chain([&*otherwise]).any(is_edit);
                // What a branch is taken for was read as well.
                let asked = |part: Document| match part {
                    Document::Input(input) if edited => self.named.read_of(input),
                    other => other,
                };
                let branches = branches.into_iter();
                let branches =
                    branches.map(|(c, part)| (c.transformed(&asked), self.walk(part, edited, depth))).collect();
                Document::Choose { branches, otherwise: Box::new(self.walk(*otherwise, edited, depth)) }
            }
            other => other,
        }
    }

    /// What a call that is not followed holds of the column: what it is given beside something to change it with, and
    /// what it is lent.
    fn given(&self, input: Input, depth: usize) -> Document {
        let call = self.calls.iter().find(|call| call.tag == input.id && !call.path.is_empty() && call.field.is_none());
        let Some(call) = call.filter(|_| depth < MAX_CALLS) else { return Document::Input(input) };
        let given = |argument: &&Document| match argument {
            Document::Known(_) => false,
            Document::Input(input) => !is_key(&input.id),
            _ => true,
        };
        let changes = call.edits || call.lent.is_some() || call.arguments.iter().filter(given).count() > 1;
        // What has a name of its own here may be anything of that name.
        let taken = |argument: &&Document| match argument {
            Document::Input(input) => Taken::read(&input.id).is_some_and(|taken| taken.root != taken.name),
            _ => true,
        };
        let held = call.arguments.iter().filter(|argument| changes && taken(argument));
        let held = held.map(|argument| self.walk(argument.clone(), true, depth + 1));
        let of: Vec<Document> = held.filter(Document::holds_old).collect();
        match call.lent.and_then(|lent| call.arguments.get(lent)) {
            // It was there before the call.
            Some(lent) if of.is_empty() => lent.clone(),
            _ if of.is_empty() => Document::Input(input),
            _ => {
                let name = call.path.rsplit("::").next().unwrap_or(&call.path);
                Document::Through { of, why: format!("`{name}` may change it") }
            }
        }
    }
}

fn is_edit(value: &Document) -> bool {
    match value {
        Document::Set { .. } | Document::Remove { .. } | Document::Merge { .. } | Document::Through { .. } => true,
        Document::Cast { of, .. } => is_edit(of),
        Document::Choose { branches, otherwise } => {
            branches.iter().map(|(_, part)| part).chain([&**otherwise]).any(is_edit)
        }
        _ => false,
    }
}

/// What the source of a value says of where it was taken from.
struct Taken<'a> {
    /// The first name.
    root: &'a str,
    /// The last field or method.
    name: &'a str,
    /// A method or function that is given something to look for.
    is_lookup: bool,
}

impl<'a> Taken<'a> {
    fn read(source: &'a str) -> Option<Self> {
        let source = source.trim_start_matches(['&', '*', ' ']).trim_start_matches("mut ");
        let end = source.find(|c: char| !is_name(c)).unwrap_or(source.len());
        let root = source.get(..end)?;
        let mut rest = source;
        loop {
            rest = rest.trim_end_matches([' ', '?', ';']);
            rest = rest.strip_suffix(".await").unwrap_or(rest);
            let Some(open) = rest.ends_with(')').then(|| opening(rest)).flatten() else { break };
            let before = rest.get(..open)?.trim_end();
            let start = before.rfind(|c: char| !is_name(c)).map_or(0, |at| at + 1);
            let name = before.get(start..)?;
            let arguments = rest.get(open + 1..rest.len() - 1)?.trim();
            if !is_plain(name) {
                return Some(Self { root, name, is_lookup: !arguments.is_empty() });
            }
            rest = before.get(..start)?.trim_end().strip_suffix('.')?;
        }
        let start = rest.rfind(|c: char| !is_name(c)).map_or(0, |at| at + 1);
        let name = rest.get(start..).filter(|name| !name.is_empty())?;
        Some(Self { root, name, is_lookup: false })
    }
}

/// Whether a value is the key of a row, which changes nothing in a document; one that was read is spelled in words.
fn is_key(source: &str) -> bool {
    let read = source.strip_prefix('`').and_then(|rest| rest.split('`').next());
    let name = read.or_else(|| Some(Taken::read(source)?.name)).unwrap_or_default();
    name == "id" || name.ends_with("_id")
}

/// The parenthesis that the last one closes.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A method that gives the same thing in other hands.
fn is_plain(name: &str) -> bool {
    matches!(
        name,
        "clone"
            | "cloned"
            | "copied"
            | "unwrap"
            | "expect"
            | "unwrap_or_default"
            | "unwrap_or"
            | "unwrap_or_else"
            | "as_ref"
            | "as_deref"
            | "to_owned"
            | "into"
            | "ok"
            | "ok_or"
            | "ok_or_else"
            | "map_err"
            | "context"
            | "with_context"
            | "into_inner"
            | "as_object"
            | "to_vec"
            | "flatten"
            | "deref"
            | "await"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(source: &str) -> (String, String, bool) {
        let taken = Taken::read(source).unwrap();
        (taken.root.to_owned(), taken.name.to_owned(), taken.is_lookup)
    }

    #[test]
    fn a_source_tells_what_was_taken_from_where() {
        let cases = [
            ("namespace.properties().cloned()", "namespace", "properties", false),
            ("&user.settings.clone()", "user", "settings", false),
            ("repo.get_settings(id, f(x)).await?", "repo", "get_settings", true),
            ("settings", "settings", "settings", false),
            ("store::load_state(&pool, id).unwrap_or_default()", "store", "load_state", true),
        ];
        for (source, root, name, is_lookup) in cases {
            assert_eq!(taken(source), (root.to_owned(), name.to_owned(), is_lookup), "{source}");
        }
        for nothing in ["a + )", ""] {
            assert!(Taken::read(nothing).is_none(), "{nothing:?}");
        }
    }

    #[test]
    fn the_key_of_a_row_is_no_change() {
        for key in ["user.id", "&row.account_id", "`id` of a row fetched in `f`"] {
            assert!(is_key(key), "{key}");
        }
        for other in ["patch", "user.ids", "`data` of a row fetched in `f`", ""] {
            assert!(!is_key(other), "{other}");
        }
    }

    #[test]
    fn a_column_is_known_without_its_tables_name() {
        assert_eq!(names("namespace", "namespace_properties", Some("p")), ["namespace_properties", "p", "properties"]);
        assert_eq!(names("users", "settings", None), ["settings"]);
        assert_eq!(names("users", "user_data", Some("req.data")), ["data", "user_data"]);
    }
}
