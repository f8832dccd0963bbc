//! Puts what is known of types into values: fields where a value of a type is stored, keys where a document is decoded.

use super::{Keys, Types};
use crate::document::{Document, Family, Input, Key, Nullability, OnNull, Path, ReadSite, Rest, SetMode, Shape, Step};
use crate::frontend::facts::{Bind, PendingType, RustType, Summary, TypeUse};
use crate::source::FileId;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How deep fields of structs in structs are listed.
const MAX_STRUCTS: usize = 4;

/// More fields of one value say no more.
const MAX_FIELDS: usize = 400;

/// Puts types into a value, and into the arguments of the calls in it; `file` spells them.
pub(in crate::project) fn fill(bind: &mut Bind, file: FileId, types: &Types) {
    if bind.types.is_empty() {
        return;
    }
    let filler = Filler::new(types, bind.file.unwrap_or(file), &bind.types);
    let value = std::mem::replace(&mut bind.value, Document::Null);
    if let Some(ty) = filler.whole(&value) {
        bind.rust_type = Some(ty);
    }
    bind.value = filler.filled(value);
    for argument in bind.calls.iter_mut().flat_map(|call| &mut call.arguments) {
        let value = std::mem::replace(argument, Document::Null);
        *argument = filler.filled(value);
    }
}

/// Puts types into what a function makes of its parameters; `file` spells them.
pub(in crate::project) fn fill_summary(summary: &mut Summary, file: FileId, types: &Types) {
    if summary.types.is_empty() {
        return;
    }
    let filler = Filler::new(types, file, &summary.types);
    let returned = summary.returned.iter_mut();
    let made = returned.chain(summary.lent.iter_mut().map(|(_, document)| document));
    for document in made.chain(summary.calls.iter_mut().flat_map(|call| &mut call.arguments)) {
        let value = std::mem::replace(document, Document::Null);
        *document = filler.filled(value);
    }
}

struct Filler<'a> {
    types: &'a Types,
    file: FileId,
    pending: &'a [PendingType],
    /// The types that reads were decoded into, by their names.
    read: RefCell<BTreeMap<String, Keys>>,
}

impl<'a> Filler<'a> {
    fn new(types: &'a Types, file: FileId, pending: &'a [PendingType]) -> Self {
        Self { types, file, pending, read: RefCell::default() }
    }

    /// The type that a value is one of as a whole, where its keys are known.
    fn whole(&self, value: &Document) -> Option<String> {
        let tag = match value {
            Document::Cast { of, .. } => return self.whole(of),
            Document::Input(input) => &input.id,
            Document::Through { why, .. } => why,
            Document::First(items) => return items.iter().find_map(|item| self.whole(item)),
            Document::Choose { branches, otherwise } => {
                let parts = branches.iter().map(|(_, part)| part).chain([&**otherwise]);
                return parts.into_iter().find_map(|part| self.whole(part));
            }
            _ => return None,
        };
        if let Some((ty, file, at)) = self.pending(tag).and_then(|pending| self.type_of_field(pending)) {
            let keys = self.types.keys(ty, file, at)?;
            return keys.encoded.then(|| ty.document().path.clone());
        }
        let (pending, keys) = self.known(tag)?;
        (keys.encoded && pending.how != TypeUse::Decoded).then(|| pending.ty.path.clone())
    }

    fn filled(&self, value: Document) -> Document {
        value.transformed(&|part| self.part(part))
    }

    fn part(&self, part: Document) -> Document {
        match part {
            Document::Input(input) => {
                if let Some(found) = self.field_of(&input) {
                    return found;
                }
                let Some((pending, keys)) = self.known(&input.id) else { return self.shaped(input) };
                match &pending.how {
                    TypeUse::Variant { name, fields } => {
                        self.variant(pending, name, fields).unwrap_or(Document::Input(input))
                    }
                    // Which of its forms it has is not known.
                    TypeUse::Encoded if keys.encoded && keys.has_forms() => {
                        Document::Input(Input { shape: keys.shape(), ..input })
                    }
                    TypeUse::Encoded if keys.encoded => {
                        let mut left = MAX_FIELDS;
                        self.object(&keys, &input.id, 0, &mut left).unwrap_or(Document::Input(input))
                    }
                    TypeUse::Literal { fields, base } if keys.encoded => {
                        literal(&keys, &pending.ty, &self.inner(fields, &pending.tag), base.as_ref())
                    }
                    _ => Document::Input(input),
                }
            }
            Document::Through { of, why } => {
                let known = self.known(&why).filter(|(_, keys)| keys.encoded);
                match known.as_ref().map(|(pending, keys)| (&pending.how, keys)) {
                    // `Settings { theme, ..old }`: the old document with these fields set.
                    Some((TypeUse::Literal { fields, .. }, keys)) if of.len() == 1 && !keys.open => {
                        let held = of.into_iter().next().unwrap_or(Document::Null);
                        let fields = self.inner(fields, &why);
                        fields.into_iter().fold(held, |held, (name, value)| match keys.of_field(&name) {
                            Some(key) => with_key(held, key, value),
                            None => held,
                        })
                    }
                    Some((TypeUse::Variant { name, fields }, _)) => self
                        .pending(&why)
                        .and_then(|pending| self.variant(pending, name, fields))
                        .unwrap_or(Document::Through { of, why }),
                    _ => Document::Through { of, why },
                }
            }
            Document::Retype { of, fields: None, rest: Rest::Closed, ty: Some(ty) } => match self.known(&ty) {
                Some((PendingType { how: TypeUse::Decoded, ty: spelled, .. }, keys)) if keys.decoded => {
                    keys.retyped(*of, spelled)
                }
                // Another name for a map: all keys stay.
                None if self.pending(&ty).is_some_and(|pending| self.is_plain(pending)) => *of,
                _ => Document::Retype { of, fields: None, rest: Rest::Closed, ty: Some(ty) },
            },
            Document::Read(read) => self.decoded(&read).unwrap_or(Document::Read(read)),
            // A field of what was decoded is written under the key that serde gives it.
            other => renamed(other, &|ty, name| match self.read.borrow().get(ty) {
                Some(keys) => keys.of_field(name),
                None => self.known(ty)?.1.of_field(name),
            }),
        }
    }

    /// A field of a value of a type. How it is stored does not show: only what it is as JSON, where it can be no text,
    /// and whether it may be left out.
    fn field_of(&self, input: &Input) -> Option<Document> {
        let (ty, file, at) = self.type_of_field(self.pending(&input.id)?)?;
        let null = if input.null == Nullability::Maybe { ty.nullability() } else { input.null };
        let inner = ty.document();
        if !ty.is_option()
            && let Some(keys) = self.types.keys(inner, file, at).filter(|keys| keys.encoded && !keys.has_forms())
        {
            let mut left = MAX_FIELDS;
            return self.object(&keys, &input.id, 0, &mut left);
        }
        let shape = match self.types.shape(inner, file, at) {
            shape @ (Shape::Object | Shape::Array) if input.shape == Shape::Any => shape,
            _ => input.shape,
        };
        Some(Document::Input(Input { id: input.id.clone(), shape, null }))
    }

    /// The type of a field that a value is, and the place that spells it.
    fn type_of_field(&self, pending: &PendingType) -> Option<(&'a RustType, FileId, usize)> {
        let TypeUse::Field(name) = &pending.how else { return None };
        let fields = self.types.fields(&pending.ty, self.file, pending.at);
        let (field, file) = fields.into_iter().find(|(field, _)| field.name == *name)?;
        Some((field.ty.as_ref()?, file, field.span.start as usize))
    }

    /// A value of a type without keys that are known, by what it is another name for.
    fn shaped(&self, input: Input) -> Document {
        let pending = self.pending(&input.id).filter(|pending| pending.how == TypeUse::Encoded);
        match pending.map(|pending| self.types.shape(&pending.ty, self.file, pending.at)) {
            Some(shape) if input.shape == Shape::Any => Document::Input(Input { shape, ..input }),
            _ => Document::Input(input),
        }
    }

    /// Whether a document that is decoded into a type is what it was before.
    fn is_plain(&self, pending: &PendingType) -> bool {
        let shape = self.types.shape(&pending.ty, self.file, pending.at);
        pending.how == TypeUse::Decoded && matches!(shape, Shape::Object | Shape::Array)
    }

    /// A value of an enum that is spelled out.
    fn variant(&self, pending: &PendingType, name: &str, fields: &[(String, Document)]) -> Option<Document> {
        let fields = self.inner(fields, &pending.tag);
        self.types.spelled_variant(&pending.ty, self.file, pending.at, name, &fields)
    }

    fn pending(&self, tag: &str) -> Option<&PendingType> {
        self.pending.iter().find(|pending| pending.tag == *tag)
    }

    /// A read that is decoded into a type as the row is fetched.
    fn decoded(&self, read: &ReadSite) -> Option<Document> {
        let tag = PendingType::of_read(read);
        let pending = self.pending.iter().find(|pending| pending.tag == tag)?;
        let (ty, file, at) = match &pending.how {
            TypeUse::Decoded => (&pending.ty, self.file, pending.at),
            TypeUse::Field(_) => self.type_of_field(pending).filter(|(ty, ..)| ty.wraps_document())?,
            TypeUse::Encoded | TypeUse::Literal { .. } | TypeUse::Variant { .. } => return None,
        };
        let keys = self.types.keys(ty, file, at).filter(|keys| keys.decoded)?;
        let found = keys.retyped(Document::Read(read.clone()), ty);
        self.read.borrow_mut().insert(ty.document().to_string(), keys);
        Some(found)
    }

    fn known(&self, tag: &str) -> Option<(&PendingType, Keys)> {
        let pending = self.pending(tag)?;
        Some((pending, self.types.keys(&pending.ty, self.file, pending.at)?))
    }

    fn inner(&self, fields: &[(String, Document)], of: &str) -> Vec<(String, Document)> {
        // A literal in a literal stands for itself: it goes by another tag, or by none.
        let is_other = |other: &&PendingType| !matches!(other.how, TypeUse::Literal { .. }) && other.tag != *of;
        let fill = |(name, value): &(String, Document)| {
            let pending: Vec<PendingType> = self.pending.iter().filter(is_other).cloned().collect();
            let filler = Filler::new(self.types, self.file, &pending);
            (name.clone(), filler.filled(value.clone()))
        };
        fields.iter().map(fill).collect()
    }

    /// A value of a type, field by field.
    fn object(&self, keys: &Keys, source: &str, depth: usize, left: &mut usize) -> Option<Document> {
        let mut entries = vec![];
        for key in &keys.keys {
            *left = left.checked_sub(1)?;
            let id = format!("{source}.{}", if key.field.name.is_empty() { &key.field.key } else { &key.field.name });
            let ty = key.field.ty.as_ref();
            let nested = ty.filter(|ty| depth + 1 < MAX_STRUCTS && !ty.is_option() && ty.may_be_declared());
            let nested = nested.and_then(|ty| {
                let inner = self.types.keys(ty, key.file, key.field.span.start as usize)?;
                (inner.encoded && !inner.has_forms()).then(|| self.object(&inner, &id, depth + 1, left)).flatten()
            });
            let value = nested.unwrap_or_else(|| field(id, ty));
            entries.push((Key::Name(key.field.key.clone()), value));
        }
        Some(Document::Object { entries, rest: if keys.open { Rest::Open } else { Rest::Closed } })
    }
}

/// A change or a part of a document that was decoded into a type, with the field that it names renamed to its key.
pub(in crate::project) fn renamed(part: Document, key: &dyn Fn(&str, &str) -> Option<String>) -> Document {
    let rename = |of: &Document, steps: &mut [Step]| {
        if let (Some(Step::Key(name)), Some(ty)) = (steps.first_mut(), decoded_as(of))
            && let Some(key) = key(ty, name)
        {
            *name = key;
        }
    };
    match part {
        Document::Set { of, path: Path::Steps(mut steps), value, mode, on_null, family } => {
            rename(&of, &mut steps);
            Document::Set { of, path: Path::Steps(steps), value, mode, on_null, family }
        }
        Document::Get { of, path: Path::Steps(mut steps), form, family } => {
            rename(&of, &mut steps);
            Document::Get { of, path: Path::Steps(steps), form, family }
        }
        other => other,
    }
}

/// The type that a value was decoded into, edits looked through.
fn decoded_as(of: &Document) -> Option<&str> {
    match of {
        Document::Retype { ty, fields: Some(_), .. } => ty.as_deref(),
        Document::Set { of, .. } | Document::Remove { of, .. } => decoded_as(of),
        Document::Choose { otherwise, .. } => decoded_as(otherwise),
        Document::First(items) => items.first().and_then(decoded_as),
        _ => None,
    }
}

/// A document with one more key.
fn with_key(of: Document, key: String, value: Document) -> Document {
    let (path, value) = (Path::Steps(vec![Step::Key(key)]), Box::new(value));
    let (mode, on_null, family) = (SetMode::Set, OnNull::JsonNull, Family::SerdeIndex);
    Document::Set { of: Box::new(of), path, value, mode, on_null, family }
}

/// A field of a value from outside.
pub(super) fn field(id: String, ty: Option<&RustType>) -> Document {
    let shape = ty.map_or(Shape::Any, RustType::json_shape);
    let null = ty.map_or(Nullability::Maybe, RustType::nullability);
    Document::Input(Input { id, shape, null })
}

/// A literal, by the keys of its type.
fn literal(keys: &Keys, ty: &RustType, fields: &[(String, Document)], base: Option<&(Document, String)>) -> Document {
    let mut entries = vec![];
    let mut open = false;
    for (name, value) in fields {
        match keys.of_field(name) {
            Some(key) => entries.push((Key::Name(key), value.clone())),
            // It is skipped, or flattened.
            None => match value {
                Document::Object { entries: inner, rest } => {
                    entries.extend(inner.iter().cloned());
                    open |= *rest == Rest::Open;
                }
                _ => open |= keys.open,
            },
        }
    }
    for key in &keys.keys {
        let known = entries.iter().any(|(name, _)| *name == Key::Name(key.field.key.clone()));
        if !known {
            let source = base.map_or_else(|| ty.name(), |(_, source)| source);
            let id = format!("{source}.{}", if key.field.name.is_empty() { &key.field.key } else { &key.field.name });
            entries.push((Key::Name(key.field.key.clone()), field(id, key.field.ty.as_ref())));
        }
    }
    if open || keys.open {
        return Document::Object { entries, rest: Rest::Open };
    }
    let constant = |(key, value): &(Key, Document)| match (key, value) {
        (Key::Name(name), Document::Known(value)) => Some((name.clone(), value.clone())),
        _ => None,
    };
    match entries.iter().map(constant).collect() {
        Some(map) => Document::Known(serde_json::Value::Object(map)),
        None => Document::Object { entries, rest: Rest::Closed },
    }
}
