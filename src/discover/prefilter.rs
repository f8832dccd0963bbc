//! One byte search that decides which Rust files are parsed at all.
//!
//! It may keep a file for nothing, which costs a parse; it must never drop one that holds a statement, a table's
//! definition or a place where a column is decoded. Two keywords make a statement only where they stand close to each
//! other, not in a comment, and in company that SQL allows: prose is full of them. A file that does nothing but decode or encode fields as JSON
//! matters when one of them is a column that is written ([`Relevance::Codes`]), and one that only spells a constant
//! which another file builds its SQL from is found by that constant's name ([`Spelled`]).

use super::names::{first_name, is_name, last_name};
use crate::frontend::rust::spelled;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// What a pattern stands for.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// The file matters.
    Mark,
    /// The file matters if this holds.
    MarkIf(Condition),
    /// The first keyword of a statement; the second must follow within so many bytes.
    Head(Pair),
    /// The second keyword.
    Tail(Pair),
    /// What is said to noclobber in a comment: the file matters.
    Comment,
    /// A JSON decoder: its fields matter.
    Decoder,
    /// A JSON encoder: the field that it fills matters.
    Encoder,
}

/// Two keywords that make a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pair {
    UpdateSet,
    InsertInto,
    CreateTable,
}

const PAIRS: [Pair; 3] = [Pair::UpdateSet, Pair::InsertInto, Pair::CreateTable];

impl Pair {
    /// How far apart the two may stand, in bytes: names, aliases and joins stand between UPDATE and SET, a word or two
    /// between the others.
    fn reach(self) -> usize {
        match self {
            Self::UpdateSet => 600,
            Self::InsertInto => 60,
            Self::CreateTable => 80,
        }
    }
}

/// What may stand between the two keywords of a pair that belong together.
const BETWEEN: &str = "or replace ignore abort fail rollback overwrite high_priority low_priority delayed global local \
                       temp temporary unlogged virtual foreign external if not exists";

/// Whole words: what stands before and after must not be part of a name.
const KEYWORDS: &[(&str, Sign)] = &[
    ("update", Sign::Head(Pair::UpdateSet)),
    ("set", Sign::Tail(Pair::UpdateSet)),
    ("insert", Sign::Head(Pair::InsertInto)),
    ("replace", Sign::Head(Pair::InsertInto)),
    ("merge", Sign::Head(Pair::InsertInto)),
    ("into", Sign::Tail(Pair::InsertInto)),
    ("create", Sign::Head(Pair::CreateTable)),
    ("alter", Sign::Head(Pair::CreateTable)),
    ("rename", Sign::Head(Pair::CreateTable)),
    ("drop", Sign::Head(Pair::CreateTable)),
    ("table", Sign::Tail(Pair::CreateTable)),
    ("domain", Sign::Tail(Pair::CreateTable)),
];

/// What may stand after a keyword of SQL: white space, the backslash of a continued Rust line or of `\n`, the end of a
/// literal that is concatenated, a comment, a quoted name, a hole. `update(` is a Rust call and does not count.
fn may_follow(after: &[u8]) -> bool {
    match after {
        [byte, ..] if byte.is_ascii_whitespace() => true,
        [b'\\' | b'"' | b'`' | b'[' | b'{' | b'\'', ..] => true,
        _ => after.starts_with(b"/*") || after.starts_with(b"//") || after.starts_with(b"--"),
    }
}

/// What matters wherever it stands.
const MARKS: &[&str] = &[
    // SQL in other files, and JSON columns of rows.
    "query_file",
    ".sql\"",
    "sqlx(json",
    // Other libraries' schemas.
    "table!",
    // SeaORM and sea-query: entities, models, values, builders, migrations.
    "activemodel",
    "active_model",
    "activevalue",
    "deriveentity",
    "derivemodel",
    "derivecolumn",
    "deriveiden",
    "enumiden",
    "fromjsonqueryresult",
    "entityname",
    "migrationtrait",
    "schemamanager",
    "columndef",
    "update_many",
    "update_column",
    ".col_expr(",
    "onconflict",
    "query::update",
    "query::insert",
    "simpleexpr",
    // Parts of statements, and reads of keys.
    "->>",
    "->'",
    "#>",
    "@>",
    "jsonb",
    "json_set",
    "json_patch",
    "json_extract",
    "json_merge",
    "json_valid",
];

/// What must hold of a file where something was found between two of its bytes.
type Condition = fn(&[u8], usize, usize) -> bool;

/// What matters under a condition.
const MARKS_IF: &[(&str, Condition)] = &[
    // A value of SeaORM, spelled in this case.
    ("= set(", |bytes, start, _| bytes.get(start + 2) == Some(&b'S')),
    // An entity under a name of the project; traits are imported `as _`, and other names may end like it.
    ("entity as ", |bytes, start, end| {
        let name = first_name(bytes.get(end..).unwrap_or_default());
        !name.is_empty()
            && name != b"_"
            && !start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|b| is_name(*b))
    }),
    // Reads of rows matter for the keys that are read of them.
    ("columntrait", |bytes, _, _| reads_keys(bytes)),
    ("on conflict", |bytes, _, end| goes_on(bytes, end, &["do", "on", "where"])),
    ("duplicate key", |bytes, _, end| goes_on(bytes, end, &["update"])),
];

/// JSON decoders, by the module that a path to them ends with.
const DECODERS: &[&str] = &["json::from_str", "json::from_slice", "json::from_value"];

/// JSON encoders likewise.
const ENCODERS: &[&str] = &["json::to_string", "json::to_vec"];

/// The search and what each of its patterns stands for.
struct Search {
    automaton: AhoCorasick,
    signs: Vec<Sign>,
}

impl Search {
    fn new() -> Option<Self> {
        let keywords = KEYWORDS.iter().copied().chain([("noclobber", Sign::Comment)]);
        let marks = MARKS.iter().map(|text| (*text, Sign::Mark));
        let marks = marks.chain(MARKS_IF.iter().map(|(text, condition)| (*text, Sign::MarkIf(*condition))));
        let decoders = DECODERS.iter().map(|text| (*text, Sign::Decoder));
        let encoders = ENCODERS.iter().map(|text| (*text, Sign::Encoder));
        let (patterns, signs): (Vec<&str>, Vec<Sign>) = keywords.chain(marks).chain(decoders).chain(encoders).unzip();
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(patterns).ok()?;
        Some(Self { automaton, signs })
    }
}

/// What the bytes of a Rust file say of whether it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relevance {
    /// It may hold a statement, a definition of a table, a read of a key.
    Matters,
    /// It decodes or encodes fields of these names as JSON, and nothing else in it matters. Sorted, not empty.
    Codes(Vec<String>),
    /// It holds nothing.
    Nothing,
}

/// Looks at the bytes of a Rust file. ASCII case does not count.
pub fn relevance(bytes: &[u8]) -> Relevance {
    let mut fields = BTreeSet::new();
    if matters(bytes, &mut fields) {
        Relevance::Matters
    } else if fields.is_empty() {
        Relevance::Nothing
    } else {
        Relevance::Codes(fields.into_iter().collect())
    }
}

/// Whether the bytes may hold anything that matters besides decoders and encoders, whose fields are collected.
fn matters(bytes: &[u8], fields: &mut BTreeSet<String>) -> bool {
    static SEARCH: OnceLock<Option<Search>> = OnceLock::new();
    let Some(search) = SEARCH.get_or_init(Search::new) else { return true };
    // Where each pair's two keywords stood last; constants may spell the second one first.
    let mut last: [(Option<usize>, Option<usize>); PAIRS.len()] = [(None, None); PAIRS.len()];
    let slot = |pair: Pair| PAIRS.iter().position(|p| *p == pair).unwrap_or_default();
    // `query::update` holds `update`, `json_set` holds `set`: overlapping matches are wanted.
    search.automaton.find_overlapping_iter(bytes).any(|found| {
        let (start, end) = (found.start(), found.end());
        let near =
            |other: Option<usize>, pair: Pair| other.is_some_and(|other| start.saturating_sub(other) <= pair.reach());
        match search.signs.get(found.pattern().as_usize()).copied() {
            Some(Sign::Head(pair)) if is_word(bytes, start, end) && !is_commented(bytes, start) => {
                let Some((head, tail)) = last.get_mut(slot(pair)) else { return true };
                *head = Some(end);
                near(*tail, pair)
            }
            Some(Sign::Tail(pair)) if is_word(bytes, start, end) && !is_commented(bytes, start) => {
                let Some((head, tail)) = last.get_mut(slot(pair)) else { return true };
                if pair == Pair::UpdateSet {
                    if !assigns(bytes, end) {
                        return false;
                    }
                    *tail = Some(end);
                    return near(*head, pair);
                }
                near(*head, pair)
                    && head.is_some_and(|head| belong_together(bytes.get(head..start).unwrap_or_default()))
            }
            Some(Sign::Head(_) | Sign::Tail(_)) => false,
            Some(Sign::Decoder) => {
                fields.extend(decoded_fields(bytes.get(end..).unwrap_or_default()));
                false
            }
            Some(Sign::Encoder) => {
                fields.extend(filled_field(bytes.get(..start).unwrap_or_default()));
                false
            }
            Some(Sign::Comment) => true,
            Some(Sign::MarkIf(condition)) => condition(bytes, start, end) && !is_commented(bytes, start),
            Some(Sign::Mark) | None => !is_commented(bytes, start),
        }
    })
}

/// Whether the word at these bytes is a whole one, followed by what may follow a keyword.
fn is_word(bytes: &[u8], start: usize, end: usize) -> bool {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    // `\nUPDATE` in a literal: the letter before belongs to the escape.
    let before = start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(inside)
        && start.checked_sub(2).and_then(|at| bytes.get(at)) != Some(&b'\\');
    !before && may_follow(bytes.get(end..).unwrap_or_default())
}

/// Whether what stands between two keywords lets them be a pair: words of SQL, and at most one other (a comment, a hole).
fn belong_together(between: &[u8]) -> bool {
    let words = between.split(|byte| !is_name(*byte)).filter(|word| !word.is_empty());
    let is_of_sql = |word: &[u8]| BETWEEN.split(' ').any(|known| known.as_bytes().eq_ignore_ascii_case(word));
    words.filter(|word| !is_of_sql(word)).nth(1).is_none()
}

/// Whether SET, which ends before this byte, may be followed by an assignment: prose goes on with a second word.
fn assigns(bytes: &[u8], end: usize) -> bool {
    let after = past_space(bytes.get(end..).unwrap_or_default());
    let name = first_name(after);
    let after = past_space(after.get(name.len()..).unwrap_or_default());
    name.is_empty() || !after.first().is_none_or(|byte| is_name(*byte) || matches!(byte, b',' | b')' | b';'))
}

/// Whether keywords, which end before this byte, go on with one of these words, with a bracket or a hole, or are the end
/// of a literal.
fn goes_on(bytes: &[u8], end: usize, words: &[&str]) -> bool {
    let after = past_space(bytes.get(end..).unwrap_or_default());
    let word = first_name(after);
    words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
        || matches!(after.first(), None | Some(b'(' | b'"' | b'{' | b'/' | b'-' | b'`'))
}

/// What follows white space, also that which is escaped in a literal: `\n`, the backslash of a continued line.
fn past_space(mut bytes: &[u8]) -> &[u8] {
    loop {
        bytes = match bytes {
            [b'\\', b'n' | b't' | b'r' | b'\n' | b'\r', rest @ ..] => rest,
            [byte, rest @ ..] if byte.is_ascii_whitespace() => rest,
            _ => return bytes,
        }
    }
}

/// Whether the line of this byte is a comment.
fn is_commented(bytes: &[u8], at: usize) -> bool {
    /// Longer lines are no comments that a person wrote.
    const FAR: usize = 400;
    let from = at.saturating_sub(FAR);
    let before = bytes.get(from..at).unwrap_or_default();
    let Some(line) = before.rsplit(|byte| *byte == b'\n').next() else { return false };
    line.trim_ascii_start().starts_with(b"//")
}

/// The fields that a decoder's argument names, and the methods that are called on them: `(&row.data)`,
/// `::<T>(x.data.as_str())`. None for a plain local, which may have been read before, for text that is spelled out, and
/// for a decoder that is handed on by its name.
fn decoded_fields(after: &[u8]) -> Vec<String> {
    /// What is longer is cut off.
    const FAR: usize = 120;
    let after = after.get(..after.len().min(2 * FAR)).unwrap_or_default();
    let Some(argument) = past_type(after.trim_ascii_start()).strip_prefix(b"(") else { return vec![] };
    let argument = argument.get(..argument.len().min(FAR)).unwrap_or_default().trim_ascii_start();
    if [b"\"".as_slice(), b"r\"", b"r#", b"b\"", b"br", b"json!"].iter().any(|text| argument.starts_with(text)) {
        return vec![];
    }
    let end = argument.iter().position(|byte| *byte == b')').unwrap_or(argument.len());
    let argument = argument.get(..end).unwrap_or_default();
    let mut fields: Vec<String> = argument.split(|byte| *byte == b'.').skip(1).map(leading_name).collect();
    // `row.get("data")`, `row["data"]`: the column stands in a literal.
    let mut quoted = argument.split(|byte| *byte == b'"');
    if quoted.next().is_some_and(|before| before.ends_with(b"(") || before.ends_with(b"[")) {
        fields.extend(quoted.next().map(leading_name));
    }
    fields.retain(|name| !name.is_empty());
    fields
}

/// What follows the types that a call is given: `::<T>(..)`.
fn past_type(after: &[u8]) -> &[u8] {
    if !after.starts_with(b"::<") {
        return after;
    }
    let mut depth = 0_usize;
    let end = after.iter().position(|byte| {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *byte == b'>' && depth == 0
    });
    end.and_then(|end| after.get(end + 1..)).unwrap_or_default()
}

/// The field that is filled with what follows: `data: serde_json::to_string(..)`, `data: Some(..)`, `row.data = ..`.
fn filled_field(before: &[u8]) -> Option<String> {
    let before = before.get(before.len().saturating_sub(120)..).unwrap_or_default();
    let path = before.iter().rev().take_while(|byte| is_name(**byte) || **byte == b':').count();
    let before = before.get(..before.len() - path).unwrap_or_default().trim_ascii_end();
    let before = before.strip_suffix(b"Some(").unwrap_or(before).trim_ascii_end();
    let name = match before.split_last()? {
        (b':', target) => trailing_name(target.trim_ascii_end()),
        (b'=', target) => {
            let target = target.trim_ascii_end();
            let name = trailing_name(target);
            if target.len().checked_sub(name.len() + 1).and_then(|at| target.get(at)) != Some(&b'.') {
                return None;
            }
            name
        }
        _ => return None,
    };
    (!name.is_empty()).then_some(name)
}

/// The name that the bytes start with, without `r#`.
fn leading_name(bytes: &[u8]) -> String {
    let bytes = bytes.trim_ascii_start();
    String::from_utf8_lossy(first_name(bytes.strip_prefix(b"r#").unwrap_or(bytes))).into_owned()
}

/// The name that the bytes end with.
fn trailing_name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(last_name(bytes)).into_owned()
}

/// Whether the signature of the function that is declared at this byte names a type of documents.
pub fn makes_document(bytes: &[u8], at: usize) -> bool {
    /// Longer signatures are cut off.
    const FAR: usize = 1000;
    let rest = bytes.get(at..).unwrap_or_default();
    let signature = rest.get(..FAR).unwrap_or(rest).split(|byte| *byte == b'{').next().unwrap_or_default();
    [b"Value".as_slice(), b"Json", b"json", b"Map"].iter().any(|ty| signature.windows(ty.len()).any(|part| part == *ty))
}

/// How a key of a document is read.
const KEY_READS: &[&str] = &["[\"", "get(\"", "get_mut(\"", "pointer(", "as_object"];

/// What a function spells that takes or gives a document, decodes one, runs a statement that stands elsewhere, takes a
/// model, finds one or stores one that another function makes, or is said to change a part; besides the calls that the
/// readers know by name ([`spelled`]).
const TELLING: &[&str] = &[
    "Value",
    "Json",
    "json::",
    " Map<",
    "<Map<",
    "(Map<",
    ":Map<",
    "bind(",
    "execute(",
    "query_",
    "SELECT ",
    "SELECT\n",
    "DELETE ",
    "patch(",
    "::Model",
    "&Model",
    ": Model",
    "<Model",
    ".exec",
    "::update",
    "::insert",
    "insert_many",
    "fetch_",
    "raw_sql",
    "prepare",
    "QueryBuilder",
];

/// Whether a key of a document may be read in the bytes.
fn reads_keys(bytes: &[u8]) -> bool {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let search = SEARCH.get_or_init(|| AhoCorasick::new(KEY_READS).ok());
    search.as_ref().is_none_or(|search| search.is_match(bytes))
}

/// Whether a function that stands beside what matters may tell something of it, though it holds nothing by itself.
pub fn may_tell(function: &[u8]) -> bool {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let search = SEARCH.get_or_init(|| {
        let words = KEY_READS.iter().chain(TELLING).map(|word| (*word).to_owned());
        AhoCorasick::new(words.chain(known_calls())).ok()
    });
    search.as_ref().is_none_or(|search| search.is_match(function))
}

/// The calls that readers know, as they are spelled.
fn known_calls() -> impl Iterator<Item = String> {
    let methods = [spelled::SQL_METHODS, spelled::STORING, spelled::FETCHING].into_iter().flatten();
    let methods = methods.flat_map(|name| [format!(".{name}("), format!(".{name}::<"), format!("::{name}(")]);
    // As it is imported; what stands behind a path of its own is told by that.
    let functions = spelled::QUERY_FUNCTIONS.iter().flat_map(|name| [format!("{name}("), format!("{name}::<")]);
    let decoders = spelled::DECODERS.iter().flat_map(|name| [format!(" {name}("), format!("{name}::<")]);
    let macros = spelled::QUERY_MACROS.iter().map(|name| format!("{name}!"));
    methods.chain(functions).chain(decoders).chain(macros)
}

/// A search for words as they are spelled: names of constants, declarations.
#[derive(Debug)]
pub struct Spelled(Option<AhoCorasick>);

impl Spelled {
    /// A search for any of the names; none finds nothing.
    pub fn new(names: &[String]) -> Self {
        Self(if names.is_empty() { None } else { AhoCorasick::new(names).ok() })
    }

    /// Whether any of the names is spelled in the bytes.
    pub fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|search| search.is_match(bytes))
    }

    /// Where names are spelled: the number of the name, and its first byte; also inside of longer names.
    pub fn places<'b>(&'b self, bytes: &'b [u8]) -> impl Iterator<Item = (usize, usize)> + 'b {
        let found = self.0.iter().flat_map(move |search| search.find_overlapping_iter(bytes));
        found.map(|found| (found.pattern().as_usize(), found.start()))
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests;
