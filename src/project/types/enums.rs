//! Enums as documents: the forms that their values have, and what a value that is spelled out is.
//!
//! Follows serde's four representations; which of the forms a stored document has is not known here.

use super::{Key, Keys, Known, MAX_FLATTENED, Types};
use crate::document::{Document, Key as Name, Rest, Shape};
use crate::frontend::facts::{DeclaredEnum, DeclaredField, DeclaredVariant, RustType, Tagging, TypeForm, VariantForm};
use crate::source::{FileId, Site, Span};
use serde_json::Value as Json;

/// One of the forms that the values of an enum have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What its values are: objects, scalars, arrays, or any of these.
    pub shape: Shape,
    /// The keys of those that are objects.
    pub keys: Vec<Key>,
    /// There may be others.
    pub open: bool,
    /// The key that says which form it is, and what it says.
    pub tag: Option<(String, String)>,
}

impl Form {
    /// Whether it has a key.
    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.field.key == key)
    }

    /// Whether an object with these keys, and this at its tag, may have the form.
    fn fits(&self, keys: &[String], tag: &dyn Fn(&str) -> Option<String>) -> bool {
        let says_so = self.tag.as_ref().is_none_or(|(key, name)| tag(key).is_none_or(|said| said == *name));
        let complete = || self.keys.iter().all(|key| key.field.optional || keys.contains(&key.field.key));
        says_so && self.shape == Shape::Object && keys.iter().all(|key| self.open || self.has(key)) && complete()
    }
}

impl Keys {
    /// Whether values are one of several forms: of an enum.
    pub fn has_forms(&self) -> bool {
        !self.forms.is_empty()
    }

    /// What all values are; any where they differ.
    pub fn shape(&self) -> Shape {
        let Some((first, rest)) = self.forms.split_first() else { return Shape::Object };
        if rest.iter().all(|form| form.shape == first.shape) { first.shape } else { Shape::Any }
    }

    /// Whether some values are objects.
    pub fn may_be_object(&self) -> bool {
        self.forms.is_empty() || self.forms.iter().any(|form| matches!(form.shape, Shape::Object | Shape::Any))
    }

    /// Whether a value may be a bare string or number.
    pub fn may_be_scalar(&self) -> bool {
        self.forms.iter().any(|form| matches!(form.shape, Shape::Scalar | Shape::Any))
    }

    /// Whether a key is one of other forms than the one that a value has: its top-level keys, `None` for one that is no
    /// object, and what it says at a tag.
    pub fn is_of_other_form(&self, key: &str, value: Option<&[String]>, tag: &dyn Fn(&str) -> Option<String>) -> bool {
        if !self.forms.iter().any(|form| form.has(key)) {
            return false;
        }
        match value {
            Some(keys) => {
                let mut fitting = self.forms.iter().filter(|form| form.fits(keys, tag)).peekable();
                fitting.peek().is_some() && !fitting.all(|form| form.has(key))
            }
            None => self.may_be_scalar(),
        }
    }
}

impl Types {
    /// The keys of an enum's values: those of all its forms.
    pub(super) fn keys_of_enum(&self, known: &Known, declared: &DeclaredEnum, depth: usize) -> Keys {
        let forms: Vec<Form> =
            declared.variants.iter().map(|variant| self.form(known, declared, variant, depth)).collect();
        let mut keys: Vec<Key> = vec![];
        for key in forms.iter().flat_map(|form| &form.keys) {
            if !keys.iter().any(|known| known.field.key == key.field.key) {
                let needed = |form: &Form| {
                    form.keys.iter().any(|known| known.field.key == key.field.key && !known.field.optional)
                };
                let mut key = key.clone();
                key.field.optional = !forms.iter().all(needed);
                keys.push(key);
            }
        }
        Keys {
            site: Site { file: known.file, span: known.declared.span },
            keys,
            open: forms.iter().any(|form| form.open),
            encoded: declared.encoded,
            decoded: declared.decoded,
            // A second key beside the variant's name is an error.
            strict: declared.strict || declared.tagging == Tagging::External,
            forms,
        }
    }

    fn form(&self, known: &Known, declared: &DeclaredEnum, variant: &DeclaredVariant, depth: usize) -> Form {
        let named = |key: &str, ty: Option<RustType>| added(known.file, key, ty, variant.span);
        let string = || Some(RustType { path: "String".to_owned(), args: vec![] });
        let object = |keys: Vec<Key>| Form { shape: Shape::Object, keys, open: false, tag: None };
        let says = |key: &String| Some((key.clone(), variant.key.clone()));
        let is_unit = matches!(variant.form, VariantForm::Unit);
        match &declared.tagging {
            _ if variant.untagged => self.inside(known, variant, depth),
            Tagging::Untagged => self.inside(known, variant, depth),
            Tagging::External if is_unit => Form { shape: Shape::Scalar, keys: vec![], open: false, tag: None },
            Tagging::External => object(vec![named(&variant.key, None)]),
            Tagging::Adjacent(tag, content) => {
                let content = (!is_unit).then(|| named(content, None));
                let keys = std::iter::once(named(tag, string())).chain(content).collect();
                Form { tag: says(tag), ..object(keys) }
            }
            Tagging::Internal(tag) => {
                let inner = if is_unit { object(vec![]) } else { self.inside(known, variant, depth) };
                let keys = std::iter::once(named(tag, string())).chain(inner.keys).collect();
                // What stands beside a tag is an object.
                Form { open: inner.open || inner.shape != Shape::Object, tag: says(tag), ..object(keys) }
            }
        }
    }

    /// What a variant holds, without its name.
    fn inside(&self, known: &Known, variant: &DeclaredVariant, depth: usize) -> Form {
        let bare = |shape: Shape| Form { shape, keys: vec![], open: shape == Shape::Any, tag: None };
        match &variant.form {
            VariantForm::Unit => bare(Shape::Scalar),
            VariantForm::List => bare(Shape::Array),
            VariantForm::Fields(fields) => {
                let (mut keys, open) = self.keys_of_fields(fields, known.file, depth + 1);
                for key in &mut keys {
                    key.field.name.clear();
                }
                Form { shape: Shape::Object, keys, open, tag: None }
            }
            VariantForm::Value(None) => bare(Shape::Any),
            VariantForm::Value(Some(ty)) => {
                // Twice as deep: an enum in an enum has many forms.
                let found = Some(ty).filter(|ty| depth + 2 < MAX_FLATTENED && !ty.is_option());
                let at = variant.span.start as usize;
                let inner = found.and_then(|ty| self.keys_of(self.find(ty, known.file, at)?, depth + 2));
                match inner {
                    Some(inner) if inner.shape() == Shape::Object => {
                        let keys = inner.keys.into_iter().map(|mut key| {
                            key.field.name.clear();
                            key
                        });
                        Form { shape: Shape::Object, keys: keys.collect(), open: inner.open, tag: None }
                    }
                    Some(inner) => bare(inner.shape()),
                    None => {
                        let shape = self.shape(ty, known.file, at);
                        Form { open: matches!(shape, Shape::Any | Shape::Object), ..bare(shape) }
                    }
                }
            }
        }
    }

    /// A variant that is spelled out, as serde writes it; `None` where the enum is not known.
    pub(super) fn spelled_variant(
        &self,
        ty: &RustType,
        file: FileId,
        at: usize,
        name: &str,
        given: &[(String, Document)],
    ) -> Option<Document> {
        let known = self.find(ty, file, at)?;
        let TypeForm::Enum(declared) = &known.declared.form else { return None };
        let variant = declared.variants.iter().find(|variant| variant.name == *name).filter(|_| declared.encoded)?;
        let inner = content(variant, given);
        let tag = |key: &String| (Name::Name(key.clone()), Document::Known(variant.key.clone().into()));
        Some(match (&declared.tagging, inner) {
            (Tagging::Untagged, inner) => inner.unwrap_or(Document::Known(Json::Null)),
            (_, inner) if variant.untagged => inner.unwrap_or(Document::Known(Json::Null)),
            (Tagging::External, None) => Document::Known(variant.key.clone().into()),
            (Tagging::External, Some(inner)) => closed(vec![(Name::Name(variant.key.clone()), inner)]),
            (Tagging::Internal(key) | Tagging::Adjacent(key, _), None) => closed(vec![tag(key)]),
            (Tagging::Adjacent(key, content), Some(inner)) => {
                closed(vec![tag(key), (Name::Name(content.clone()), inner)])
            }
            (Tagging::Internal(key), Some(Document::Object { entries, rest })) => {
                let entries = std::iter::once(tag(key)).chain(entries).collect();
                Document::Object { entries, rest }
            }
            (Tagging::Internal(key), Some(Document::Known(Json::Object(map)))) => {
                let entries = map.into_iter().map(|(key, value)| (Name::Name(key), Document::Known(value)));
                closed(std::iter::once(tag(key)).chain(entries).collect())
            }
            (Tagging::Internal(key), Some(inner)) if !inner.holds_old() => self.beside(known, variant, tag(key), inner),
            // An earlier read with a tag put into it.
            (Tagging::Internal(_), Some(inner)) => {
                Document::Through { of: vec![inner], why: format!("`{name}` is made of it") }
            }
        })
    }

    /// A tag beside a value from outside: the keys of its type, where that is known.
    fn beside(&self, known: &Known, variant: &DeclaredVariant, tag: (Name, Document), inner: Document) -> Document {
        let form = self.inside(known, variant, 0);
        let source = match inner {
            Document::Input(input) => input.id,
            _ => variant.name.clone(),
        };
        let fields = form.keys.into_iter().map(|key| {
            let id = format!("{source}.{}", key.field.key);
            (Name::Name(key.field.key), super::fill::field(id, key.field.ty.as_ref()))
        });
        let entries = std::iter::once(tag).chain(fields).collect();
        let rest = if form.open { Rest::Open } else { Rest::Closed };
        Document::Object { entries, rest }
    }
}

/// What a variant that is spelled out holds; `None` for one that holds nothing.
fn content(variant: &DeclaredVariant, given: &[(String, Document)]) -> Option<Document> {
    match &variant.form {
        VariantForm::Unit => None,
        VariantForm::Value(_) => given.first().map(|(_, value)| value.clone()),
        VariantForm::List => Some(Document::Array(given.iter().map(|(_, value)| value.clone()).collect())),
        VariantForm::Fields(fields) => {
            let (mut entries, mut rest) = (vec![], Rest::Closed);
            for (name, value) in given {
                let Some(field) = fields.iter().find(|field| field.name == *name).filter(|field| !field.skip) else {
                    continue;
                };
                match value {
                    Document::Object { entries: inner, rest: more } if field.flatten => {
                        entries.extend(inner.iter().cloned());
                        if *more == Rest::Open {
                            rest = Rest::Open;
                        }
                    }
                    _ if field.flatten => rest = Rest::Open,
                    value => entries.push((Name::Name(field.key.clone()), value.clone())),
                }
            }
            Some(Document::Object { entries, rest })
        }
    }
}

fn closed(entries: Vec<(Name, Document)>) -> Document {
    Document::Object { entries, rest: Rest::Closed }
}

/// A key that serde adds.
fn added(file: FileId, key: &str, ty: Option<RustType>, span: Span) -> Key {
    let key = key.to_owned();
    let field = DeclaredField { name: String::new(), key, ty, skip: false, flatten: false, optional: false, span };
    Key { field, file }
}
