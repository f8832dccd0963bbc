//! The crates of a project, by their `Cargo.toml`s: what a name at the head of a Rust path means.
//!
//! Knows packages, the names under which others depend on them, and where they lie; never opens a file.

use super::place::{module_path, shared_folders};
use std::collections::BTreeMap;

/// The crates of a project, by their folder below its root (forward slashes, empty for the root).
#[derive(Debug, Clone, Default)]
pub struct Crates(BTreeMap<String, Crate>);

#[derive(Debug, Clone)]
struct Crate {
    /// The names of the package and of its library, as Rust spells them.
    names: Vec<String>,
    /// Dependencies by the name in Rust paths: the package, and the folder where it is given.
    dependencies: BTreeMap<String, (String, Option<String>)>,
}

impl Crates {
    /// Reads manifests, each with its folder below the project's root (forward slashes, empty for the root).
    pub fn of<'a>(manifests: impl IntoIterator<Item = (&'a str, &'a toml::Table)>) -> Self {
        let manifests: BTreeMap<&str, &toml::Table> = manifests.into_iter().collect();
        let crates = manifests.iter().filter_map(|(folder, manifest)| {
            let name = |table: &str| manifest.get(table)?.get("name")?.as_str().map(rust_name);
            let package = name("package")?;
            let names = std::iter::once(package).chain(name("lib")).collect();
            Some(((*folder).to_owned(), Crate { names, dependencies: dependencies(folder, manifest, &manifests) }))
        });
        Self(crates.collect())
    }

    /// The folder of the crate that a file belongs to.
    pub(super) fn folder(&self, path: &str) -> Option<&str> {
        let mut folder = path;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            if let Some((known, _)) = self.0.get_key_value(folder) {
                return Some(known);
            }
            if folder.is_empty() {
                return None;
            }
        }
    }

    /// The crate of a file, and the file's modules inside of it.
    pub(super) fn inside(&self, path: &str) -> (Option<&str>, Vec<String>) {
        let of_crate = self.folder(path);
        let inside = of_crate.and_then(|folder| path.strip_prefix(folder)).unwrap_or(path).trim_start_matches('/');
        (of_crate, module_path(inside))
    }

    /// The folder of the crate that a name means in a file.
    pub(super) fn named(&self, name: &str, path: &str) -> Option<&str> {
        let own = self.folder(path)?;
        let dependency = self.0.get(own).and_then(|own| own.dependencies.get(name));
        if let Some((_, Some(folder))) = dependency
            && let Some((known, _)) = self.0.get_key_value(folder)
        {
            return Some(known);
        }
        // Examples and tools of one repository often have crates of the same name.
        let package = dependency.map_or(name, |(package, _)| package.as_str());
        let named = self.0.iter().filter(|(_, known)| known.names.iter().any(|known| known == package));
        named.max_by_key(|(folder, _)| shared_folders(folder, own)).map(|(folder, _)| folder.as_str())
    }
}

/// The dependencies of a crate; those that the workspace gives are looked up there.
fn dependencies(
    folder: &str,
    manifest: &toml::Table,
    manifests: &BTreeMap<&str, &toml::Table>,
) -> BTreeMap<String, (String, Option<String>)> {
    fn table<'t>(of: &'t toml::Table, name: &str) -> Option<&'t toml::Table> {
        of.get(name).and_then(toml::Value::as_table)
    }
    let workspace = ancestors(folder).find_map(|ancestor| {
        let workspace = table(manifests.get(ancestor)?, "workspace")?;
        Some((ancestor, table(workspace, "dependencies")))
    });
    let mut found = BTreeMap::new();
    for section in ["dependencies", "dev-dependencies"] {
        for (name, entry) in table(manifest, section).into_iter().flatten() {
            let inherited = entry.get("workspace").and_then(toml::Value::as_bool) == Some(true);
            let shared =
                workspace.as_ref().filter(|_| inherited).and_then(|(at, all)| Some((*at, all.as_ref()?.get(name)?)));
            let (at, entry) = shared.unwrap_or((folder, entry));
            let package = entry.get("package").and_then(|package| package.as_str()).unwrap_or(name);
            let path = entry.get("path").and_then(|path| path.as_str()).map(|path| joined(at, path));
            found.insert(rust_name(name), (rust_name(package), path));
        }
    }
    found
}

/// A folder and those around it.
fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    })
}

/// A relative path at a folder.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// A package's name in Rust.
fn rust_name(package: &str) -> String {
    package.replace('-', "_")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The crates of manifests, each with its path.
    pub(in crate::project) fn of(manifests: &[(&str, &str)]) -> Crates {
        let parsed: Vec<(&str, toml::Table)> = manifests
            .iter()
            .map(|(path, text)| (path.trim_end_matches("Cargo.toml").trim_end_matches('/'), text.parse().unwrap()))
            .collect();
        Crates::of(parsed.iter().map(|(folder, manifest)| (*folder, manifest)))
    }

    #[test]
    fn a_name_means_what_the_manifest_says() {
        let crates = of(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"*\"]\n[workspace.dependencies]\nmodels = { path = \"db/entity\" }",
            ),
            (
                "api/Cargo.toml",
                "[package]\nname = \"shop-api\"\n[dependencies]\nmodels.workspace = true\nold = { package = \"shop-old\", version = \"1\" }",
            ),
            ("db/entity/Cargo.toml", "[package]\nname = \"entity\""),
            ("old/Cargo.toml", "[package]\nname = \"x\"\n[lib]\nname = \"shop_old\""),
            ("examples/a/Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nentity = { path = \"../a/entity\" }"),
            ("examples/a/entity/Cargo.toml", "[package]\nname = \"entity\""),
        ]);
        assert_eq!(crates.folder("api/src/a/b.rs"), Some("api"));
        assert_eq!(crates.folder("build.rs"), None);
        assert_eq!(crates.named("models", "api/src/lib.rs"), Some("db/entity"));
        assert_eq!(crates.named("old", "api/src/lib.rs"), Some("old"));
        assert_eq!(crates.named("entity", "examples/a/src/main.rs"), Some("examples/a/entity"));
        assert_eq!(crates.named("entity", "db/migration/src/lib.rs"), None);
        assert_eq!(crates.named("serde", "api/src/lib.rs"), None);
    }
}
