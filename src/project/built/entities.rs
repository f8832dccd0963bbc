//! Which entity a name means: by the imports of its file first, then by the module's name, then by nearness.

use crate::frontend::facts::{BuiltColumn, BuiltWrite, Entity, EntityPath, Facts};
use crate::frontend::sql::TableName;
use crate::project::Paths;
use crate::project::place::{is_migration, module_path, shared_folders};
use crate::source::FileId;
use std::collections::BTreeMap;

/// The types that every entity's module has.
const LEAVES: &[&str] = &["Entity", "ActiveModel", "Model", "Column", "ActiveModelEx", "ModelEx", "PrimaryKey"];

/// How often one name may stand for another.
const MAX_ALIASES: usize = 4;

/// An entity, and where it stands.
struct Known<'a> {
    entity: &'a Entity,
    file: FileId,
    path: &'a str,
    /// Folders, file and modules, as a Rust path would name them.
    module: Vec<String>,
    /// The folder of its crate, as the crate's name would spell it.
    root: String,
    /// The folder of the `Cargo.toml` of its crate.
    of_crate: Option<&'a str>,
    /// Modules inside of its crate.
    inside: Vec<String>,
    /// A copy in a migration or in test code.
    old: bool,
}

/// What the head and the modules of a path name.
struct Target<'a> {
    of_crate: Option<&'a str>,
    modules: Vec<String>,
}

/// The answer to a look-up.
pub(super) enum Match<'a> {
    /// This one.
    One(&'a Entity),
    /// Entities of these tables fit equally well.
    Several(Vec<String>),
    /// None.
    None,
}

/// Another name for an entity: what it stands for, and the file that gives it, with its path.
type Alias<'a> = (&'a [String], FileId, &'a str);

/// All entities of the project.
pub(super) struct Entities<'a> {
    paths: Paths<'a>,
    known: Vec<Known<'a>>,
    /// By the last name of their module.
    by_module: BTreeMap<String, Vec<usize>>,
    by_table: BTreeMap<String, Vec<usize>>,
    /// Other names for entities: the path, and the file that gives the name.
    aliases: BTreeMap<&'a str, Vec<Alias<'a>>>,
}

impl<'a> Entities<'a> {
    /// Indexes the facts of all files.
    pub(super) fn new(facts: &'a [Facts], paths: Paths<'a>) -> Self {
        let mut entities = Self {
            paths,
            known: vec![],
            by_module: BTreeMap::new(),
            by_table: BTreeMap::new(),
            aliases: BTreeMap::new(),
        };
        for facts in facts {
            let path = paths.get(facts.file);
            for entity in &facts.entities {
                let id = entities.known.len();
                let mut module = module_path(path);
                module.extend(entity.module.iter().cloned());
                if let Some(last) = module.last() {
                    entities.by_module.entry(last.clone()).or_default().push(id);
                }
                entities.by_table.entry(entity.table.name.to_lowercase()).or_default().push(id);
                let old = entity.test || is_migration(path);
                let (of_crate, mut inside) = paths.settings.crates.inside(path);
                inside.extend(entity.module.iter().cloned());
                let (file, root) = (facts.file, crate_folder(path));
                entities.known.push(Known { entity, file, path, module, root, of_crate, inside, old });
            }
            for (name, target) in &facts.reexports {
                entities.aliases.entry(name).or_default().push((target, facts.file, path));
            }
        }
        entities
    }

    /// The entity that a path means at a place of `file`.
    pub(super) fn find(&self, name: &EntityPath, file: FileId, path: &str) -> Match<'a> {
        let found = self.candidates(&name.path, &name.globs, &name.module, file, path, 0);
        self.only(&found)
    }

    /// The entity of a table.
    pub(super) fn of_table(&self, table: &TableName, path: &str) -> Option<&'a Entity> {
        let found = self.by_table.get(&table.name.to_lowercase())?;
        let best = found.iter().filter_map(|id| self.known.get(*id));
        best.max_by_key(|known| (!known.old, shared_folders(known.path, path))).map(|known| known.entity)
    }

    /// The entity that has all the fields that are set, among those whose module the file names; else the only one of
    /// all, where enough fields are named.
    pub(super) fn by_fields(&self, write: &BuiltWrite, text: &str, path: &str) -> Option<&'a Entity> {
        const ENOUGH: usize = 4;
        if write.set.is_empty() || write.set.iter().any(|item| matches!(item.column, BuiltColumn::Rest(_))) {
            return None;
        }
        let fitting: Vec<&Known<'a>> =
            self.known.iter().filter(|known| !known.old && has_all(known.entity, write)).collect();
        let named: Vec<&Known<'a>> = fitting
            .iter()
            .copied()
            .filter(|known| known.module.last().is_some_and(|module| text.contains(&format!("{module}::"))))
            .collect();
        let among = if named.is_empty() && write.set.len() >= ENOUGH { fitting } else { named };
        let nearest = among.iter().map(|known| shared_folders(known.path, path)).max()?;
        let near: Vec<&&Known<'a>> = among.iter().filter(|k| shared_folders(k.path, path) == nearest).collect();
        let first = near.first()?;
        near.iter().all(|other| other.entity.table == first.entity.table).then_some(first.entity)
    }

    fn only(&self, found: &[usize]) -> Match<'a> {
        let entities: Vec<&'a Entity> = found.iter().filter_map(|id| self.known.get(*id)).map(|k| k.entity).collect();
        match entities.as_slice() {
            [] => Match::None,
            [first, rest @ ..] if rest.iter().all(|other| other.table == first.table) => Match::One(first),
            several => {
                let mut tables: Vec<String> = several.iter().map(|entity| format!("`{}`", entity.table.name)).collect();
                tables.sort();
                tables.dedup();
                Match::Several(tables)
            }
        }
    }

    /// The best fitting entities.
    fn candidates(
        &self,
        name: &[String],
        globs: &[Vec<String>],
        inside: &[String],
        file: FileId,
        path: &str,
        hops: usize,
    ) -> Vec<usize> {
        let Some((leaf, module)) = name.split_last() else { return vec![] };
        if !LEAVES.contains(&leaf.as_str()) {
            return self.aliased(leaf, module, path, hops);
        }
        let mut here = module_path(path);
        here.extend(inside.iter().cloned());
        let mut relative = false;
        let mut wanted: Vec<&str> = vec![];
        for part in module {
            match part.as_str() {
                "super" => {
                    here.pop();
                    relative = true;
                }
                "self" => relative = true,
                "crate" => {}
                other => wanted.push(other),
            }
        }
        if wanted.is_empty() {
            return self.bare(&here, globs, relative, file, path);
        }
        let target = self.target(module, inside, path);
        self.named(&wanted, &target, file, path)
    }

    /// The crate and the modules that a path names, as far as the project's crates say.
    fn target(&self, module: &[String], inside: &[String], path: &str) -> Target<'a> {
        let crates = &self.paths.settings.crates;
        let (own, mut here) = self.paths.settings.crates.inside(path);
        here.extend(inside.iter().cloned());
        let mut rest = module;
        match module.first().map(String::as_str) {
            Some("crate") => {
                rest = module.get(1..).unwrap_or_default();
                here.clear();
            }
            Some("self" | "super") | None => {}
            Some(first) => {
                // A module of the place itself hides a crate of the same name.
                let local: Vec<String> = here.iter().chain(module).cloned().collect();
                let same_name = module.last().and_then(|last| self.by_module.get(last)).into_iter().flatten();
                let mut same_name = same_name.filter_map(|id| self.known.get(*id));
                let hidden = same_name.any(|known| known.of_crate == own && known.inside == local);
                if let Some(other) = crates.named(first, path).filter(|_| !hidden) {
                    let modules = module.get(1..).unwrap_or_default().to_vec();
                    return Target { of_crate: Some(other), modules };
                }
            }
        }
        for part in rest {
            match part.as_str() {
                "super" => {
                    here.pop();
                }
                "self" => {}
                other => here.push(other.to_owned()),
            }
        }
        Target { of_crate: own, modules: here }
    }

    /// A bare `ActiveModel`: of the module itself, or of one that everything is imported from.
    fn bare(&self, here: &[String], globs: &[Vec<String>], relative: bool, file: FileId, path: &str) -> Vec<usize> {
        let exact: Vec<usize> = self.ids(|known| known.module == here);
        if !exact.is_empty() {
            return exact;
        }
        let last = vec![LEAVES.first().map_or_else(String::new, |leaf| (*leaf).to_owned())];
        for glob in globs {
            let name: Vec<String> = glob.iter().cloned().chain(last.clone()).collect();
            if glob.iter().all(|part| matches!(part.as_str(), "crate" | "self")) {
                continue;
            }
            let found = self.candidates(&name, &[], &[], file, path, MAX_ALIASES);
            if !found.is_empty() {
                return found;
            }
        }
        // The innermost module of the same file around the place.
        let mut around = self.ids(|known| known.file == file && here.starts_with(&known.module));
        if let Some(longest) = around.iter().filter_map(|id| self.known.get(*id)).map(|k| k.module.len()).max() {
            around.retain(|id| self.known.get(*id).is_some_and(|known| known.module.len() == longest));
            return around;
        }
        let _ = relative;
        self.ids(|known| known.file == file)
    }

    fn ids(&self, test: impl Fn(&Known<'_>) -> bool) -> Vec<usize> {
        self.known.iter().enumerate().filter(|(_, known)| test(known)).map(|(id, _)| id).collect()
    }

    /// Entities whose module ends as the path does.
    fn named(&self, wanted: &[&str], target: &Target<'_>, file: FileId, path: &str) -> Vec<usize> {
        let Some(found) = wanted.last().and_then(|last| self.by_module.get(*last)) else { return vec![] };
        let mut best: Vec<usize> = vec![];
        let mut best_fit = None;
        for id in found {
            let Some(known) = self.known.get(*id) else { continue };
            let tail = known.module.iter().rev().zip(wanted.iter().rev()).take_while(|(a, b)| a == b).count();
            // The name of a crate is most often that of its folder, or ends in it.
            let first = wanted.first().filter(|_| wanted.len() > 1).copied().unwrap_or_default();
            let of_crate = match () {
                () if first == known.root => 3,
                () if !known.root.is_empty() && first.ends_with(&format!("_{}", known.root)) => 2,
                () => usize::from(known.module.iter().any(|module| module == first)),
            };
            let in_crate = target.of_crate.is_some() && known.of_crate == target.of_crate;
            let exact = in_crate && known.inside == target.modules;
            let near = shared_folders(known.path, path);
            let fit = (exact, known.file == file, in_crate, !known.old, tail, of_crate, near);
            if best_fit.is_none_or(|best| fit > best) {
                best_fit = Some(fit);
                best.clear();
            }
            if best_fit == Some(fit) {
                best.push(*id);
            }
        }
        best
    }

    /// An entity by another name: `prelude::Users`, `UserActiveModel`.
    fn aliased(&self, leaf: &str, module: &[String], path: &str, hops: usize) -> Vec<usize> {
        let Some(targets) = self.aliases.get(leaf).filter(|_| hops < MAX_ALIASES) else { return vec![] };
        let wanted: Vec<&str> =
            module.iter().map(String::as_str).filter(|part| !matches!(*part, "crate" | "self" | "super")).collect();
        let target = self.target(module, &[], path);
        let fit = |of: &str| {
            let names = module_path(of);
            let in_crate = target.of_crate.is_some() && self.paths.settings.crates.folder(of) == target.of_crate;
            let tail = names.iter().rev().zip(wanted.iter().rev()).take_while(|(a, b)| a == b).count();
            (in_crate, tail, shared_folders(of, path))
        };
        let best = targets.iter().map(|(_, _, of)| fit(of)).max();
        let mut found: Vec<usize> = targets
            .iter()
            .filter(|(_, _, of)| Some(fit(of)) == best)
            .flat_map(|(target, file, of)| self.candidates(target, &[], &[], *file, of, hops + 1))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Whether an entity has all columns that a write assigns.
fn has_all(entity: &Entity, write: &BuiltWrite) -> bool {
    count(entity, write) == write.set.len()
}

/// Whether an entity has at least half of the columns that a write assigns: some fields are no columns.
pub(super) fn has_most(entity: &Entity, write: &BuiltWrite) -> bool {
    count(entity, write) * 2 >= write.set.len()
}

fn count(entity: &Entity, write: &BuiltWrite) -> usize {
    let has = |column: &BuiltColumn| {
        entity.columns.iter().any(|known| match column {
            BuiltColumn::Field(name) => known.field == *name,
            BuiltColumn::Variant(name) => known.variant == *name,
            BuiltColumn::Name(_) | BuiltColumn::Rest(_) => true,
        })
    };
    write.set.iter().filter(|item| has(&item.column)).count()
}

/// The folder that holds `src`, as a crate's name would spell it.
fn crate_folder(path: &str) -> String {
    let head = path.rsplit_once("/src/").map_or("", |(head, _)| head);
    head.rsplit('/').next().unwrap_or_default().replace('-', "_")
}
