//! Rust types of all files: which declaration a name means at a place, and which keys serde gives its values.
//!
//! A name that may mean several declarations is not followed, nor is one of another repository.

mod enums;
mod fill;

use super::crates::Crates;
use super::place::is_migration;
use super::{Paths, calls};
use crate::document::{Document, Rest, Shape};
use crate::frontend::facts::{
    Bind, DeclaredField, DeclaredType, DeclaredVariant, Facts, Imports, PendingType, RustType, TypeFacts, TypeForm,
    TypeUse, VariantForm,
};
use crate::source::{FileId, Site, Span};
use std::collections::{BTreeMap, BTreeSet};

pub use enums::Form;
pub(super) use fill::{fill, fill_summary, renamed};

/// How often one name may stand for another.
const MAX_ALIASES: usize = 4;

/// How deep flattened structs are looked into.
const MAX_FLATTENED: usize = 4;

/// All types of the project.
#[derive(Debug, Clone, Default)]
pub struct Types {
    known: Vec<Known>,
    by_name: BTreeMap<String, Vec<usize>>,
    files: BTreeMap<FileId, File>,
    crates: Crates,
}

/// A declaration, and where it stands.
#[derive(Debug, Clone)]
struct Known {
    declared: DeclaredType,
    file: FileId,
    /// Modules inside of its crate, those of its file included.
    inside: Vec<String>,
    /// A copy in a migration.
    old: bool,
}

/// A file that declares or names types.
#[derive(Debug, Clone)]
struct File {
    path: String,
    /// The folder of its crate.
    of_crate: Option<String>,
    /// Its modules inside of the crate.
    inside: Vec<String>,
    imports: Imports,
}

/// The keys of a type's values.
// Each flag stands for itself: any may hold with any other.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Where the type is declared.
    pub site: Site,
    /// The keys, in the order of the fields.
    pub keys: Vec<Key>,
    /// There may be others: a map is flattened into it.
    pub open: bool,
    /// It is written as JSON as its fields say.
    pub encoded: bool,
    /// It is read from JSON as its fields say.
    pub decoded: bool,
    /// A document with other keys is not read.
    pub strict: bool,
    /// The forms that its values have, each with some of the keys: those of an enum. None for a struct.
    pub forms: Vec<Form>,
}

impl Keys {
    /// What a document becomes that is read as the type, which must be one that is [`Self::decoded`].
    pub(super) fn retyped(&self, of: Document, ty: &RustType) -> Document {
        // Where other keys are an error, none are lost.
        let rest = if self.open || self.strict { Rest::Open } else { Rest::Closed };
        let ty = Some(ty.document().to_string());
        // Of several forms a value has one: the keys of the others are not added to it.
        let fields = if self.has_forms() && rest == Rest::Open { vec![] } else { self.names() };
        Document::Retype { of: Box::new(of), fields: Some(fields), rest, ty }
    }

    /// The key of a field of the type itself.
    pub(super) fn of_field(&self, name: &str) -> Option<String> {
        let named = |key: &&Key| key.field.name == *name && !name.is_empty();
        self.keys.iter().find(named).map(|key| key.field.key.clone())
    }

    /// The keys by name, in the order of the fields.
    pub fn names(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.field.key.clone()).collect()
    }
}

/// A key of a type's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The field.
    pub field: DeclaredField,
    /// The file that declares it.
    pub file: FileId,
}

/// The names of structs that values are of, or are flattened into these, and that no file declares so far.
pub fn wanted(facts: &[Facts]) -> BTreeSet<String> {
    let mut declared: BTreeMap<&str, Vec<(&Facts, &DeclaredType)>> = BTreeMap::new();
    for facts in facts {
        for ty in &facts.types.declared {
            declared.entry(&ty.name).or_default().push((facts, ty));
        }
    }
    let mut open: Vec<String> = vec![];
    for facts in facts {
        // A field of a request that a statement only asks with tells nothing of a document.
        let asks = facts.texts.iter().filter(|text| text.facts.writes.is_empty()).flat_map(|text| &text.text.binds);
        let asks: BTreeSet<Span> = asks.map(|bind| bind.span).collect();
        let stored = |bind: &Bind, pending: &PendingType| {
            !(matches!(pending.how, TypeUse::Field(_)) && asks.contains(&bind.span))
        };
        let spelled = calls::binds(facts).flat_map(|bind| bind.types.iter().map(move |pending| (bind, pending)));
        let spelled = spelled.filter(|(bind, pending)| stored(bind, pending));
        open.extend(spelled.filter_map(|(_, pending)| last_name(facts, &pending.ty)));
        let read = facts.key_reads.iter().filter_map(|read| read.typed.as_ref()?.ty.as_ref());
        open.extend(read.filter_map(|ty| last_name(facts, ty)));
        open.extend(facts.fields.rows.iter().map(|(row, _)| row.clone()));
        // A model's field of a type of the project's own is most often a document.
        let models = facts.types.declared.iter().filter(|ty| ty.name == "Model").filter_map(|ty| match &ty.form {
            TypeForm::Struct { fields, .. } => Some(fields),
            _ => None,
        });
        let fields = models.flatten().filter_map(|field| field.ty.as_ref());
        open.extend(fields.filter_map(|ty| last_name(facts, ty)));
    }
    let (mut seen, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    while let Some(name) = open.pop() {
        let Some(known) = declared.get(name.as_str()) else {
            wanted.insert(name);
            continue;
        };
        if !seen.insert(name) {
            continue;
        }
        for (facts, ty) in known {
            match &ty.form {
                TypeForm::Struct { fields, .. } => {
                    let documents = |field: &&DeclaredField| {
                        field.flatten || field.ty.as_ref().is_some_and(RustType::wraps_document)
                    };
                    let inner = fields.iter().filter(documents).filter_map(|field| field.ty.as_ref());
                    open.extend(inner.filter_map(|ty| last_name(facts, ty)));
                }
                TypeForm::Enum(declared) => {
                    let inner = declared.variants.iter().flat_map(|variant| match &variant.form {
                        VariantForm::Value(ty) => ty.iter().collect::<Vec<_>>(),
                        VariantForm::Fields(fields) => {
                            fields.iter().filter(|field| field.flatten).filter_map(|field| field.ty.as_ref()).collect()
                        }
                        VariantForm::Unit | VariantForm::List => vec![],
                    });
                    open.extend(inner.filter_map(|ty| last_name(facts, ty)));
                }
                TypeForm::Alias(ty) => open.extend(last_name(facts, ty)),
                TypeForm::Opaque => {}
            }
        }
    }
    wanted
}

/// The name under which a type is declared, as far as imports say; `None` for one that no project declares.
fn last_name(facts: &Facts, ty: &RustType) -> Option<String> {
    let ty = ty.document();
    let parts: Vec<String> = ty.path.split("::").map(str::to_owned).collect();
    let path = facts.types.imports.resolve(&parts, 0).path;
    path.last().filter(|_| !is_elsewhere(&path) && ty.may_be_declared()).cloned()
}

/// Whether a path leads to no type of a project.
fn is_elsewhere(path: &[String]) -> bool {
    matches!(path.first().map(String::as_str), Some("std" | "core" | "alloc" | "chrono" | "serde_json"))
}

impl Types {
    /// None yet.
    pub(super) fn new(paths: Paths<'_>) -> Self {
        Self { crates: paths.settings.crates.clone(), ..Self::default() }
    }

    /// Takes in what a file says of types, once.
    pub(super) fn take(&mut self, file: FileId, found: TypeFacts, paths: Paths<'_>) {
        if self.files.contains_key(&file) {
            return;
        }
        let path = paths.get(file);
        let (of_crate, inside) = self.crates.inside(path);
        let (of_crate, old) = (of_crate.map(str::to_owned), is_migration(path));
        for declared in found.declared {
            let id = self.known.len();
            let modules = found.imports.around(declared.span.start as usize);
            let inside = inside.iter().cloned().chain(modules).collect();
            self.by_name.entry(declared.name.clone()).or_default().push(id);
            self.known.push(Known { declared, file, inside, old });
        }
        let (path, imports) = (path.to_owned(), found.imports);
        self.files.insert(file, File { path, of_crate, inside, imports });
    }

    /// The keys of a type as a place spells it; `None` where they are not known.
    pub fn keys(&self, ty: &RustType, file: FileId, at: usize) -> Option<Keys> {
        self.keys_of(self.find(ty, file, at)?, 0)
    }

    /// The name of a type as a place spells it, where no file declares one of that name and one may.
    pub(super) fn missing(&self, ty: &RustType, file: FileId, at: usize) -> Option<String> {
        let ty = ty.document();
        let parts: Vec<String> = ty.path.split("::").map(str::to_owned).collect();
        let path = self.files.get(&file)?.imports.resolve(&parts, at).path;
        let name = path.last().filter(|_| !is_elsewhere(&path) && ty.may_be_declared())?;
        (!self.by_name.contains_key(name)).then(|| name.clone())
    }

    /// The fields of a struct as a place spells it, and the file that declares them.
    pub(super) fn fields(&self, ty: &RustType, file: FileId, at: usize) -> Vec<(&DeclaredField, FileId)> {
        let Some(known) = self.find(ty, file, at) else { return vec![] };
        let TypeForm::Struct { fields, .. } = &known.declared.form else { return vec![] };
        fields.iter().filter(|field| !field.name.is_empty()).map(|field| (field, known.file)).collect()
    }

    /// A field of the struct that a module of a file declares.
    pub(super) fn field_in(&self, file: FileId, module: &[String], name: &str, field: &str) -> Option<&DeclaredField> {
        let of_file = self.files.get(&file)?;
        let inside: Vec<&String> = of_file.inside.iter().chain(module).collect();
        let here = |known: &&Known| known.file == file && known.inside.iter().eq(inside.iter().copied());
        let known = self.by_name.get(name)?.iter().filter_map(|id| self.known.get(*id)).find(here)?;
        let TypeForm::Struct { fields, .. } = &known.declared.form else { return None };
        fields.iter().find(|known| known.name == field && !field.is_empty())
    }

    /// What a value of a type is as JSON, as far as its name, or what it is another name for, says.
    pub(super) fn shape(&self, ty: &RustType, file: FileId, at: usize) -> Shape {
        match self.follow(ty, file, at) {
            Ok(known) => self.keys_of(known, 0).map_or(Shape::Any, |keys| keys.shape()),
            Err(shape) => shape,
        }
    }

    fn keys_of(&self, known: &Known, depth: usize) -> Option<Keys> {
        let (fields, encoded, decoded, strict) = match &known.declared.form {
            TypeForm::Struct { fields, encoded, decoded, strict } => (fields, *encoded, *decoded, *strict),
            TypeForm::Enum(declared) => return Some(self.keys_of_enum(known, declared, depth)),
            _ => return None,
        };
        let site = Site { file: known.file, span: known.declared.span };
        let (keys, open) = self.keys_of_fields(fields, known.file, depth);
        Some(Keys { site, keys, open, encoded, decoded, strict, forms: vec![] })
    }

    /// The keys of fields, and whether there may be others.
    fn keys_of_fields(&self, fields: &[DeclaredField], file: FileId, depth: usize) -> (Vec<Key>, bool) {
        let (mut keys, mut open) = (vec![], false);
        for field in fields.iter().filter(|field| !field.skip) {
            if !field.flatten {
                keys.push(Key { field: field.clone(), file });
                continue;
            }
            let inner = field.ty.as_ref().filter(|_| depth < MAX_FLATTENED).and_then(|ty| {
                let inner = self.find(ty, file, field.span.start as usize)?;
                self.keys_of(inner, depth + 1)
            });
            match inner {
                Some(inner) => {
                    let optional = field.optional;
                    open |= inner.open || inner.may_be_scalar();
                    keys.extend(inner.keys.into_iter().map(|mut key| {
                        key.field.optional |= optional;
                        // It is reached through another field.
                        key.field.name.clear();
                        key
                    }));
                }
                None => open = true,
            }
        }
        (keys, open)
    }

    /// The declaration that a type means at a byte of a file, through other names and what only wraps a document.
    fn find(&self, ty: &RustType, file: FileId, at: usize) -> Option<&Known> {
        self.follow(ty, file, at).ok()
    }

    /// The same; where the project declares none, the shape of the type that is spelled at the end.
    fn follow(&self, ty: &RustType, file: FileId, at: usize) -> Result<&Known, Shape> {
        let (mut ty, mut file, mut at) = (ty, file, at);
        for _ in 0..MAX_ALIASES {
            ty = ty.document();
            let known = self.named(&ty.path, file, at).ok_or_else(|| ty.json_shape())?;
            match &known.declared.form {
                TypeForm::Alias(target) => (ty, file, at) = (target, known.file, known.declared.span.start as usize),
                _ => return Ok(known),
            }
        }
        Err(Shape::Any)
    }

    /// The declaration that a path means at a byte of a file.
    fn named(&self, path: &str, file: FileId, at: usize) -> Option<&Known> {
        let place = self.files.get(&file)?;
        let parts: Vec<String> = path.split("::").map(str::to_owned).collect();
        let name = place.imports.resolve(&parts, at);
        let (last, modules) = name.path.split_last()?;
        let mut candidates: Vec<&Known> = self.by_name.get(last)?.iter().filter_map(|id| self.known.get(*id)).collect();
        if candidates.iter().any(|known| !known.old) {
            candidates.retain(|known| !known.old || known.file == file);
        }
        let here: Vec<String> = place.inside.iter().cloned().chain(name.module.iter().cloned()).collect();
        if modules.is_empty() {
            // Of the same module, else of one that everything is imported from.
            let of_crate = place.of_crate.as_deref();
            let own = |known: &&&Known| known.file == file && known.inside == here;
            return only(candidates.iter().filter(own).copied()).or_else(|| {
                let mut found = name.globs.iter().filter_map(|glob| {
                    let (of_crate, modules) = self.target(glob, &here, of_crate, &place.path, &candidates)?;
                    self.in_module(&candidates, of_crate, &modules)
                });
                let first = found.next()?;
                found.all(|other| std::ptr::eq(other, first)).then_some(first)
            });
        }
        let (of_crate, modules) = self.target(modules, &here, place.of_crate.as_deref(), &place.path, &candidates)?;
        self.in_module(&candidates, of_crate, &modules)
    }

    /// The crate and the modules that the head of a path names; `None` for what is no crate of the project.
    fn target<'a>(
        &'a self,
        modules: &[String],
        here: &[String],
        own: Option<&'a str>,
        path: &str,
        candidates: &[&Known],
    ) -> Option<(Option<&'a str>, Vec<String>)> {
        let (mut at, mut rest) = (here.to_vec(), modules);
        match modules.first().map(String::as_str) {
            Some("crate") => {
                at.clear();
                rest = modules.get(1..)?;
            }
            Some("self" | "super") | None => {}
            Some(first) => {
                // A module of the place itself hides a crate of the same name.
                let local: Vec<String> = here.iter().chain(modules).cloned().collect();
                let is_local =
                    candidates.iter().any(|known| self.crate_of(known) == own && known.inside.starts_with(&local));
                if is_local {
                    return Some((own, local));
                }
                let other = self.crates.named(first, path)?;
                return Some((Some(other), modules.get(1..)?.to_vec()));
            }
        }
        for part in rest {
            match part.as_str() {
                "super" => {
                    at.pop();
                }
                "self" => {}
                other => at.push(other.to_owned()),
            }
        }
        Some((own, at))
    }

    /// The declaration in a module; else, as modules pass on what theirs declare, the only one below it, or of its crate.
    fn in_module<'a>(&self, candidates: &[&'a Known], of_crate: Option<&str>, modules: &[String]) -> Option<&'a Known> {
        let of_crate: Vec<&Known> =
            candidates.iter().copied().filter(|known| self.crate_of(known) == of_crate).collect();
        let exact = |known: &&&'a Known| known.inside == modules;
        let below = |known: &&&'a Known| known.inside.starts_with(modules);
        for fits in [&exact as &dyn Fn(&&&'a Known) -> bool, &below, &|_: &&&'a Known| true] {
            let mut fitting = of_crate.iter().filter(|known| fits(known)).copied().peekable();
            if fitting.peek().is_some() {
                return only(fitting);
            }
        }
        None
    }

    fn crate_of(&self, known: &Known) -> Option<&str> {
        self.files.get(&known.file)?.of_crate.as_deref()
    }
}

/// The only one; of several that say the same, the first.
fn only<'a>(mut found: impl Iterator<Item = &'a Known>) -> Option<&'a Known> {
    let first = found.next()?;
    found.all(|other| same(&other.declared.form, &first.declared.form)).then_some(first)
}

/// Whether two declarations, for two features say, give the same keys.
fn same(a: &TypeForm, b: &TypeForm) -> bool {
    let plain = |fields: &[DeclaredField]| -> Vec<DeclaredField> {
        fields.iter().map(|field| DeclaredField { span: Span::default(), ..field.clone() }).collect()
    };
    match (a, b) {
        (TypeForm::Struct { fields: a, .. }, TypeForm::Struct { fields: b, .. }) => plain(a) == plain(b),
        (TypeForm::Enum(a), TypeForm::Enum(b)) => {
            let same_variant = |(a, b): (&DeclaredVariant, &DeclaredVariant)| {
                let same_form = match (&a.form, &b.form) {
                    (VariantForm::Fields(a), VariantForm::Fields(b)) => plain(a) == plain(b),
                    (a, b) => a == b,
                };
                a.key == b.key && same_form
            };
            a.tagging == b.tagging
                && a.variants.len() == b.variants.len()
                && a.variants.iter().zip(&b.variants).all(same_variant)
        }
        (a, b) => a == b,
    }
}
