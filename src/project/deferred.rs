//! SQL texts whose parts are spelled by constants of other files: finds the constants and reads the whole text.

use super::Paths;
use super::place::shared_folders;
use crate::frontend::facts::{Bind, DeferredText, Facts, SqlText, TextFacts};
use crate::frontend::sql::{self, Dialect};
use crate::source::{FileId, Site, SpanMap};
use std::collections::BTreeMap;

/// A constant, and where it is known from.
struct Known {
    path: String,
    module: Vec<String>,
    value: String,
    site: Site,
}

/// A text that grows beyond this is not substituted: constants may name each other.
const MOST_BYTES: usize = 1 << 20;

/// Reads every deferred text of every file. A constant that is not found, or found several times, stays a hole.
pub(super) fn resolve(facts: &mut [Facts], paths: Paths<'_>, dialect_of: impl Fn(FileId) -> Option<Dialect>) {
    let mut constants: BTreeMap<String, Vec<Known>> = BTreeMap::new();
    if facts.iter().all(|f| f.deferred.is_empty() && f.constant_queries.is_empty()) {
        return;
    }
    for f in facts.iter() {
        for constant in &f.constants {
            constants.entry(constant.name.clone()).or_default().push(Known {
                path: paths.get(f.file).to_owned(),
                module: constant.module.clone(),
                value: constant.value.clone(),
                site: Site { file: f.file, span: constant.span },
            });
        }
    }
    hand_over(facts, paths, &constants);
    for f in facts {
        let path = paths.get(f.file);
        let dialect = dialect_of(f.file).or_else(|| f.texts.first().map(|text| text.facts.dialect));
        for deferred in std::mem::take(&mut f.deferred) {
            let text = substitute(deferred, path, &constants);
            let read = sql::read(&text, dialect);
            f.texts.push(TextFacts { text, facts: read });
        }
    }
}

/// Gives statements that are constants the values that other files bind to them; the first by path where several do.
fn hand_over(facts: &mut [Facts], paths: Paths<'_>, constants: &BTreeMap<String, Vec<Known>>) {
    let mut given: BTreeMap<Site, Vec<Bind>> = BTreeMap::new();
    for f in facts.iter() {
        for query in &f.constant_queries {
            let Some(known) = constant(&query.constant, paths.get(f.file), constants) else { continue };
            given.entry(known.site).or_insert_with(|| {
                query.binds.iter().map(|bind| Bind { file: Some(f.file), ..bind.clone() }).collect()
            });
        }
    }
    for f in facts {
        for text in f.texts.iter_mut().filter(|text| text.text.binds.is_empty()) {
            if let Some(binds) = given.get(&Site { file: f.file, span: text.text.span }) {
                text.text.binds.clone_from(binds);
            }
        }
    }
}

/// Puts the constants' values in the place of their holes.
fn substitute(deferred: DeferredText, path: &str, constants: &BTreeMap<String, Vec<Known>>) -> SqlText {
    let DeferredText { mut text, constants: wanted } = deferred;
    for (token, constant) in wanted {
        let Some(value) = look_up(&constant, path, constants) else { continue };
        let Some(hole) = text.holes.iter().find(|hole| hole.token == token).cloned() else { continue };
        let Some(at) = whole_word(&text.sql, &token) else { continue };
        if text.sql.len() + value.len() > MOST_BYTES {
            continue;
        }
        let mut map = text.map.slice(0..at);
        map.push(value.len(), hole.span);
        map.append(&text.map.slice(at + token.len()..text.sql.len()));
        text.map = map;
        text.sql.replace_range(at..at + token.len(), value);
        text.holes.retain(|hole| hole.token != token);
    }
    if text.map.sql_len() != text.sql.len() {
        // A map that does not fit (a hole that stands twice) would point at the wrong bytes.
        let mut map = SpanMap::default();
        map.push(text.sql.len(), text.span);
        text.map = map;
    }
    text
}

/// Where the token stands: `noclobber_hole_1` does not stand in `noclobber_hole_12`.
fn whole_word(sql: &str, token: &str) -> Option<usize> {
    sql.match_indices(token)
        .map(|(at, _)| at)
        .find(|at| !sql.as_bytes().get(at + token.len()).is_some_and(u8::is_ascii_digit))
}

/// The value of the constant that `spelled` (`queries::INSERT_HEAD`) means in the file at `path`.
fn look_up<'a>(spelled: &str, path: &str, constants: &'a BTreeMap<String, Vec<Known>>) -> Option<&'a str> {
    constant(spelled, path, constants).map(|known| known.value.as_str())
}

/// The constant that `spelled` means in the file at `path`.
fn constant<'a>(spelled: &str, path: &str, constants: &'a BTreeMap<String, Vec<Known>>) -> Option<&'a Known> {
    let mut segments: Vec<&str> = spelled.split("::").map(str::trim).collect();
    let name = segments.pop()?;
    let modules: Vec<&str> =
        segments.into_iter().filter(|s| !matches!(*s, "crate" | "self" | "super" | "Self")).collect();
    let candidates = constants.get(name)?;
    let fit = |known: &&Known| {
        let module = modules.last().is_none_or(|last| {
            let stem = known.path.rsplit('/').find_map(|part| match part.trim_end_matches(".rs") {
                "mod" | "lib" | "main" => None,
                stem => Some(stem.to_owned()),
            });
            known.module.last().is_some_and(|m| m == last) || stem.as_deref() == Some(*last)
        });
        (module, shared_folders(&known.path, path))
    };
    let best = candidates.iter().map(|known| fit(&known)).max()?;
    let mut fitting = candidates.iter().filter(|known| fit(known) == best);
    let first = fitting.next()?;
    // The same text under the same name (for two features, say) is still one value.
    let agree = fitting.all(|other| other.value == first.value);
    agree.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::facts::{Constant, Hole, Route};
    use crate::project::Settings;
    use crate::source::{Files, SourceFile, Span};

    fn file(files: &mut Files, path: &str) -> FileId {
        files.add(SourceFile { path: path.into(), absolute: path.into(), text: String::new() })
    }

    fn constant(name: &str, value: &str) -> Constant {
        Constant { name: name.into(), module: vec![], value: value.into(), span: Span::default() }
    }

    #[test]
    fn a_constant_of_the_named_module_is_put_in_and_the_map_stays_true() {
        let mut files = Files::default();
        let mut facts = vec![
            Facts::new(file(&mut files, "a/src/x.rs")),
            Facts::new(file(&mut files, "a/src/queries.rs")),
            Facts::new(file(&mut files, "b/src/queries.rs")),
        ];
        facts[1].constants.push(constant("HEAD", "UPDATE t"));
        facts[2].constants.push(constant("HEAD", "UPDATE other"));
        let sql = "noclobber_hole_0 SET a = 1";
        let mut map = SpanMap::default();
        map.push("noclobber_hole_0".len(), Span::new(10..14));
        map.push(sql.len() - "noclobber_hole_0".len(), Span::new(14..24));
        let hole = Hole { token: "noclobber_hole_0".into(), source: "queries::HEAD".into(), span: Span::new(10..14) };
        let text = SqlText {
            sql: sql.into(),
            map,
            span: Span::new(9..25),
            route: Route::Literal,
            dialect: None,
            holes: vec![hole],
            binds: vec![],
            function: None,
            test: false,
        };
        let constants = vec![("noclobber_hole_0".to_owned(), "queries::HEAD".to_owned())];
        facts[0].deferred.push(DeferredText { text, constants });
        let settings = Settings::default();
        resolve(&mut facts, Paths { files: &files, settings: &settings }, |_| None);
        let text = &facts[0].texts[0].text;
        assert_eq!(text.sql, "UPDATE t SET a = 1");
        assert_eq!(text.map.sql_len(), text.sql.len());
        assert_eq!(text.map.span(0..6), Span::new(10..14));
        assert_eq!(text.map.span(9..12), Span::new(15..18));
        assert!(text.holes.is_empty() && facts[0].deferred.is_empty());
    }

    #[test]
    fn constants_that_disagree_stay_unknown() {
        let mut constants: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        for (id, value) in [(1, "a"), (2, "b")] {
            let (path, module) = (format!("x/{id}.rs"), vec![]);
            let site = Site { file: FileId(id), span: Span::default() };
            constants.entry("C".into()).or_default().push(Known { path, module, value: value.into(), site });
        }
        assert_eq!(look_up("C", "x/3.rs", &constants), None);
        assert_eq!(look_up("D", "x/3.rs", &constants), None);
    }
}
