//! Gives the statements of `.sql` files the values that Rust binds to them: `query_file!("queries/save.sql", data)`.

use super::Paths;
use super::place::shared_folders;
use crate::frontend::facts::{Bind, Facts};
use crate::source::FileId;
use std::collections::BTreeMap;

/// What Rust says of an `.sql` file.
struct Caller {
    binds: Vec<Bind>,
    function: Option<String>,
    test: bool,
}

/// Joins the binds; returns the function that runs each file.
pub(super) fn join(facts: &mut [Facts], paths: Paths<'_>) -> BTreeMap<FileId, String> {
    let mut named: BTreeMap<&str, Vec<(FileId, &str)>> = BTreeMap::new();
    for f in facts.iter() {
        let path = paths.get(f.file);
        let name = path.rsplit('/').next().unwrap_or(path);
        named.entry(name).or_default().push((f.file, path));
    }
    let mut callers: BTreeMap<FileId, Caller> = BTreeMap::new();
    for f in facts.iter() {
        let from = paths.get(f.file);
        for query in &f.file_queries {
            let Some(file) = find(&query.path, query.beside_file, from, &named) else { continue };
            let function = query.function.and_then(|index| f.functions.get(index)).map(|f| f.name.clone());
            let in_caller = |bind: &Bind| Bind { file: Some(f.file), ..bind.clone() };
            let binds = query.binds.iter().map(in_caller).collect();
            let caller = Caller { binds, function, test: query.test };
            // Production code says more than a test that runs the same file.
            match callers.get(&file) {
                Some(known) if !known.test || caller.test => {}
                _ => {
                    callers.insert(file, caller);
                }
            }
        }
    }
    let mut functions = BTreeMap::new();
    for f in facts {
        let Some(caller) = callers.remove(&f.file) else { continue };
        functions.extend(caller.function.map(|name| (f.file, name)));
        // Numbers of placeholders hold within one text only.
        if let [text] = f.texts.as_mut_slice()
            && text.text.binds.is_empty()
        {
            text.text.binds = caller.binds;
        }
    }
    functions
}

/// The file that a path means.
fn find(spelled: &str, beside: bool, from: &str, named: &BTreeMap<&str, Vec<(FileId, &str)>>) -> Option<FileId> {
    let spelled = spelled.replace('\\', "/");
    let name = spelled.rsplit('/').next()?;
    let candidates = named.get(name)?;
    if beside {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let whole = normal(&format!("{folder}/{spelled}"));
        return candidates.iter().find(|(_, path)| normal(path) == whole).map(|(file, _)| *file);
    }
    // The crate's root is not known here: the nearest file that ends like this is meant.
    let end = normal(&spelled);
    let fits = |path: &str| path == end || path.strip_suffix(end.as_str()).is_some_and(|head| head.ends_with('/'));
    let fitting = candidates.iter().filter(|(_, path)| fits(path));
    fitting.max_by_key(|(file, path)| (shared_folders(path, from), std::cmp::Reverse(*file))).map(|(file, _)| *file)
}

/// The path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = vec![];
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_the_file_that_is_meant() {
        let mut named: BTreeMap<&str, Vec<(FileId, &str)>> = BTreeMap::new();
        named.insert("save.sql", vec![(FileId(1), "a/queries/save.sql"), (FileId(2), "b/queries/save.sql")]);
        assert_eq!(find("queries/save.sql", false, "b/src/x.rs", &named), Some(FileId(2)));
        assert_eq!(find("../queries/save.sql", true, "a/src/x.rs", &named), Some(FileId(1)));
        assert_eq!(find("./save.sql", true, "a/src/x.rs", &named), None);
        assert_eq!(find("other/save.sql", false, "b/src/x.rs", &named), None);
    }
}
