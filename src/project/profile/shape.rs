//! What the documents of a column are: objects, arrays or scalars; and which Rust types are stored in it.

use crate::document::survival::Word;
use crate::document::{CastTo, Document, Path, SetMode, Shape as InputShape};
use crate::project::writes::ColumnWrite;
use crate::source::Site;
use serde_json::Value as Json;

/// What the documents of a column are, as far as writes and the default show. Each is one that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Objects.
    pub objects: bool,
    /// Arrays.
    pub arrays: bool,
    /// Strings, numbers, booleans.
    pub scalars: bool,
}

impl Shape {
    /// Arrays are stored in it and nothing else is: there are no sibling keys to lose.
    pub fn only_arrays(self) -> bool {
        self.arrays && !self.objects && !self.scalars
    }

    /// In one word, for a table.
    pub fn word(self) -> &'static str {
        match (self.objects, self.arrays, self.scalars) {
            (true, false, false) => "object",
            (false, true, false) => "array",
            (false, false, true) => "scalar",
            (false, false, false) => "unknown",
            _ => "mixed",
        }
    }

    /// Adds what a document shows.
    pub(super) fn see_json(&mut self, json: &Json) {
        match json {
            Json::Object(_) => self.objects = true,
            Json::Array(_) => self.arrays = true,
            Json::Null => {}
            _ => self.scalars = true,
        }
    }

    /// Adds what a write shows.
    pub(super) fn see(&mut self, write: &ColumnWrite) {
        if write.test {
            return;
        }
        let survival = &write.survival;
        // Keys are set in it, or a document with known keys is stored.
        let edited = survival.touched.iter().chain(&survival.removed).any(|path| !path.is_empty());
        self.objects |= edited || survival.new_keys.as_ref().is_some_and(|keys| !keys.is_empty());
        self.see_value(&write.value);
    }

    /// Adds what a stored value shows.
    pub(super) fn see_value(&mut self, value: &Document) {
        match value {
            Document::Known(json) => self.see_json(json),
            Document::Object { .. } => self.objects = true,
            Document::Array(_) => self.arrays = true,
            Document::Input(input) => match input.shape {
                InputShape::Object => self.objects = true,
                InputShape::Array => self.arrays = true,
                InputShape::Scalar | InputShape::SqlScalar | InputShape::Text => self.scalars = true,
                InputShape::Any => {}
            },
            // Text that is parsed or rendered: what is inside counts, not that it is text.
            Document::Cast { of, to: CastTo::Json | CastTo::Text } if !matches!(&**of, Document::Input(input) if input.shape == InputShape::Text) =>
            {
                self.see_value(of);
            }
            Document::Cast { to: CastTo::JsonScalar, .. } => self.scalars = true,
            Document::Set { of, path: Path::Steps(steps), mode: SetMode::Append, .. } if steps.is_empty() => {
                self.see_value(of);
            }
            Document::First(items) => items.iter().for_each(|item| self.see_value(item)),
            Document::Choose { branches, otherwise } => {
                for (_, item) in branches {
                    self.see_value(item);
                }
                self.see_value(otherwise);
            }
            _ => {}
        }
    }
}

/// The Rust types that a write stores, without `Option`, `Json` and references: `Settings`.
pub fn owners(write: &ColumnWrite) -> Vec<(String, Site)> {
    // What is put under a key is no document.
    if write.test || !matches!(write.survival.word, Word::Lost | Word::Stale | Word::Unknown) {
        return vec![];
    }
    let names = crate::project::bound::of_assignment(write).into_iter().filter_map(|(_, bind)| {
        let name = bare(bind.rust_type.as_deref()?)?;
        Some((name, Site { file: bind.file.unwrap_or(write.file), span: bind.span }))
    });
    names.collect()
}

/// The Rust types of all values that a write binds, in their order; `None` when one of them is of no type of its own.
pub fn bound_types(write: &ColumnWrite) -> Option<Vec<(String, Site)>> {
    let binds = crate::project::bound::of_assignment(write).into_iter();
    let types = binds.map(|(_, bind)| {
        let name = bare(bind.rust_type.as_deref()?).filter(|name| !is_map(name))?;
        Some((name, Site { file: bind.file.unwrap_or(write.file), span: bind.span }))
    });
    types.collect()
}

/// Whether a type, without wrappers, is a map: it is filled entry by entry, as an object is spelled out.
pub fn is_map(name: &str) -> bool {
    let own = name.split('<').next().unwrap_or(name);
    matches!(own.rsplit("::").next(), Some("HashMap" | "BTreeMap" | "IndexMap" | "Map"))
}

/// The type inside the wrappers; `None` for what says nothing: text, `Value`, a placeholder.
fn bare(spelled: &str) -> Option<String> {
    let mut name = spelled.trim();
    while let Some((outer, inner)) = name.split_once('<').filter(|_| !name.starts_with('(')) {
        let outer = outer.trim().rsplit("::").next().unwrap_or_default();
        if !matches!(
            outer,
            "Option" | "Json" | "Jsonb" | "Box" | "Arc" | "Rc" | "Cow" | "Vec" | "PgJson" | "String" | "Value"
        ) {
            break;
        }
        if outer == "Vec" {
            return Some(name.to_owned());
        }
        name = inner.strip_suffix('>')?.trim();
    }
    let name = name.trim_start_matches('&').trim_start_matches("mut ").trim();
    let last = name.split('<').next()?.rsplit("::").next()?.trim();
    let says_nothing = ["", "_", "str", "String", "Value", "JsonValue", "Json", "serde_json"];
    // `T`, `R`: the parameter of a function.
    (!says_nothing.contains(&last) && last.len() > 1 && !name.starts_with('(')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_type_is_known_without_its_wrappers() {
        assert_eq!(bare("Option<Json<Settings>>").as_deref(), Some("Settings"));
        assert_eq!(bare("Json<Vec<String>>").as_deref(), Some("Vec<String>"));
        assert_eq!(bare("& app::Settings").as_deref(), Some("app::Settings"));
        assert_eq!(bare("serde_json::Value"), None);
        assert_eq!(bare("Option<String>"), None);
        assert_eq!(bare("HashMap<String, u8>").as_deref(), Some("HashMap<String, u8>"));
        assert_eq!(bare("Option<"), None);
        assert_eq!(bare("Json<(Vec<String>, Settings)>"), None);
    }
}
