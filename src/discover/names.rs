//! Which functions a file may call, and what it declares: how the few files are found, among thousands, that are worth
//! another look once it is known what is looked for.
//!
//! Names are kept as hashes, told apart by how a call spells them. Two names may share one: what is found by its hash
//! is looked at again in the text.

use aho_corasick::{AhoCorasick, packed};
use std::sync::OnceLock;

/// What stands before the name of a function that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before<'b> {
    /// Nothing that says whose it is: `save(..)`.
    Nothing,
    /// A receiver: `users.save(..)`.
    Receiver,
    /// A type: `Users::save(..)`, `<T as Store>::save(..)`.
    Type,
    /// The last part of a module's path: `users::save(..)`.
    Module(&'b [u8]),
}

impl Before<'_> {
    /// What stands for a name that is spelled like this. Any module's is found under the empty one.
    pub fn key(self, name: &[u8]) -> u32 {
        let (sign, module): (&[u8], &[u8]) = match self {
            Self::Nothing => (b"", b""),
            Self::Receiver => (b".", b""),
            Self::Type => (b"T::", b""),
            Self::Module(module) => (b"::", module),
        };
        hash([sign, module, sign, name])
    }
}

/// A call, as far as it shows without parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'b> {
    /// The name of what is called.
    pub name: &'b [u8],
    /// Its first byte.
    pub at: usize,
    /// What stands before it.
    pub before: Before<'b>,
}

/// Every name that stands before a parenthesis, in the order of the text. A declaration's is none.
pub fn calls(bytes: &[u8]) -> impl Iterator<Item = Call<'_>> {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let search = SEARCH.get_or_init(|| AhoCorasick::new(["("]).ok());
    let opened = search.iter().flat_map(move |search| search.find_iter(bytes)).map(|found| found.start());
    opened.filter_map(|end| {
        let name = last_name(bytes.get(..end)?);
        let at = end - name.len();
        let before = bytes.get(..at)?;
        let before = match before.last() {
            _ if name.is_empty() => return None,
            Some(b'.') => Before::Receiver,
            Some(b':') => {
                let module = last_name(before.strip_suffix(b"::").unwrap_or_default());
                match module.first() {
                    Some(first) if !first.is_ascii_uppercase() => Before::Module(module),
                    _ => Before::Type,
                }
            }
            Some(b' ') if before.ends_with(b"fn ") => return None,
            _ => Before::Nothing,
        };
        Some(Call { name, at, before })
    })
}

/// The names that a file spells.
#[derive(Debug, Clone, Default)]
pub struct Names {
    called: Vec<u32>,
    declared: Vec<u32>,
}

impl Names {
    /// Takes in what the bytes of a file call.
    pub fn take_called(&mut self, bytes: &[u8]) {
        for call in calls(bytes) {
            self.called.push(call.before.key(call.name));
            if matches!(call.before, Before::Module(_)) {
                self.called.push(Before::Module(b"").key(call.name));
            }
        }
        self.called.sort_unstable();
        self.called.dedup();
    }

    /// Takes in the functions, constants, structs and enums that the bytes of a file declare.
    pub fn take_declared(&mut self, bytes: &[u8]) {
        static SEARCH: OnceLock<Search> = OnceLock::new();
        let search = SEARCH.get_or_init(|| Search::new(&["fn ", "const ", "static ", "struct ", "enum "]));
        search.each(bytes, |end| {
            let rest = bytes.get(end..).unwrap_or_default();
            self.declared.push(declaration(first_name(rest.strip_prefix(b"mut ").unwrap_or(rest))));
        });
        self.declared.sort_unstable();
        self.declared.dedup();
    }

    /// Whether the file may call one of these ([`Before::key`]).
    pub fn may_call(&self, keys: &[u32]) -> bool {
        keys.iter().any(|key| self.called.binary_search(key).is_ok())
    }

    /// What the file declares, each once ([`declaration`]).
    pub fn declared(&self) -> &[u32] {
        &self.declared
    }

    /// Whether the file may declare one of these ([`declaration`]).
    pub fn may_declare(&self, keys: &[u32]) -> bool {
        keys.iter().any(|key| self.declared.binary_search(key).is_ok())
    }
}

/// A search for words that begin with common letters: comparing many bytes at once is several times as fast as looking
/// for one of them, where the machine can.
#[derive(Debug)]
enum Search {
    Packed(packed::Searcher),
    Plain(Option<AhoCorasick>),
}

impl Search {
    fn new(words: &[&str]) -> Self {
        packed::Searcher::new(words).map_or_else(|| Self::Plain(AhoCorasick::new(words).ok()), Self::Packed)
    }

    /// Tells where each word ends.
    fn each(&self, bytes: &[u8], mut tell: impl FnMut(usize)) {
        match self {
            Self::Packed(search) => search.find_iter(bytes).for_each(|found| tell(found.end())),
            Self::Plain(search) => {
                search.iter().flat_map(|search| search.find_iter(bytes)).for_each(|found| tell(found.end()));
            }
        }
    }
}

/// What stands for a function, a constant or a type that is declared.
pub fn declaration(name: &[u8]) -> u32 {
    hash([name])
}

/// FNV-1a.
fn hash<'b>(parts: impl IntoIterator<Item = &'b [u8]>) -> u32 {
    let bytes = parts.into_iter().flatten();
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Whether a byte may stand in a name.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// The name that the bytes start with.
pub(super) fn first_name(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().take_while(|byte| is_name(**byte)).count();
    bytes.get(..length).unwrap_or_default()
}

/// The name that the bytes end with.
pub(super) fn last_name(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().rev().take_while(|byte| is_name(**byte)).count();
    bytes.get(bytes.len() - length..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart_by_what_stands_before_them() {
        let text = b"fn own(x) { a.save(b) + db::users::save(c) + Users::load::<T>(d) + <T as Store>::keep(e) + f(g) }";
        let found: Vec<(&[u8], Before<'_>)> = calls(text).map(|call| (call.name, call.before)).collect();
        let expected: [(&[u8], Before<'_>); 4] = [
            (b"save", Before::Receiver),
            (b"save", Before::Module(b"users")),
            (b"keep", Before::Type),
            (b"f", Before::Nothing),
        ];
        assert_eq!(found, expected);
        assert!(calls(text).all(|call| text[call.at..].starts_with(call.name)));
    }

    #[test]
    fn a_file_is_known_by_what_it_calls() {
        let mut names = Names::default();
        names.take_called(b"(a) fn save(x) { repo.store_all(x); users::put(y); f (y) }");
        assert!(names.may_call(&[Before::Receiver.key(b"store_all")]));
        assert!(names.may_call(&[Before::Module(b"").key(b"put")]));
        assert!(names.may_call(&[1, Before::Module(b"users").key(b"put")]));
        assert!(!names.may_call(&[Before::Nothing.key(b"store_all"), Before::Module(b"jobs").key(b"put")]));
        assert!(!names.may_call(&[Before::Nothing.key(b"save"), Before::Receiver.key(b"all")]));
        assert!(!names.may_call(&[]));
    }

    #[test]
    fn a_file_is_known_by_what_it_declares() {
        let mut names = Names::default();
        names.take_declared(
            b"pub const fn document<T>() {}\nimpl A { const TABLE: &str = \"jobs\"; }\nstatic S: u8 = 1; struct Page<T>(T); enum State { A }",
        );
        for name in [b"document".as_slice(), b"TABLE", b"S", b"Page", b"State"] {
            assert!(names.may_declare(&[declaration(name)]));
        }
        assert!(!names.may_declare(&[declaration(b"A"), declaration(b"doc")]));
    }
}
