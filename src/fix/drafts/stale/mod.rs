//! A document that is read, changed in the program and written back: only what was changed is sent, and the database
//! puts it into the document as it is by then.
//!
//! The code that reads and changes the document stays: what it computed is taken from there.

mod spelled;

use super::{Case, json_input};
use crate::document::{self, CastTo, Document, Input, Key, MergeHow, Nullability, Path, Removal, Rest, SetMode, Shape};
use crate::fix::suggestion::Applicability;
use crate::fix::{Draft, bound_text, rebind, templates, text};
use crate::frontend::facts::Bind;
use crate::frontend::sql::Dialect;
use crate::project::catalog::ColumnKind;

const TITLE: &str = "send only what was changed, and let the database put it into the document";

const UNNAMED: &str =
    "send only what was changed, and let the database put it at the field's key, which is not known here";

pub(super) fn drafts(case: &Case<'_>) -> Vec<Draft> {
    let Some((placeholder, bind)) = case.sole_bind() else { return vec![] };
    if !case.is_used_once(&placeholder) {
        return vec![];
    }
    let (_, expression) = bound_text(case.write, bind, case.fixer.files);
    if let Some(merged) = merged(case, bind, expression) {
        return vec![merged];
    }
    let Some(edits) = edits(&bind.value) else { return vec![] };
    let Some(variable) = rebind::variable(expression) else { return vec![] };
    let stale = Stale { case, placeholder, bind, expression, variable };
    if stale.repeats() {
        return vec![];
    }
    let draft = match edits.as_slice() {
        [Edit::Set(path, value)] => match stale.step(path, value) {
            Step::Counts(step) => stale.count(path, &step),
            Step::Fresh => stale.set(path),
            Step::Unknown => None,
        },
        [Edit::Append(path)] => stale.append(path),
        [Edit::Remove(path)] => stale.remove(path),
        [_, _, ..] => stale.several(&edits),
        [] => stale.pushed().and_then(|path| stale.append(&path)),
    };
    let draft = draft.map(|draft| {
        if edits.iter().all(|edit| stale.is_at_its_key(edit.path())) {
            return draft;
        }
        Draft { title: UNNAMED, applicability: Applicability::Display, ..draft }
    });
    draft.into_iter().collect()
}

/// A document that was read is merged in the program with one from outside: bind that, and let the database merge.
fn merged(case: &Case<'_>, bind: &Bind, expression: &str) -> Option<Draft> {
    const TITLE: &str = "bind what is new, and let the database merge it";
    let mut value = &bind.value;
    let (patch, how) = loop {
        value = match value {
            Document::Cast { of, to: CastTo::Json | CastTo::Text } => of,
            // What is no object is replaced.
            Document::Choose { branches, otherwise } => match branches.as_slice() {
                [(_, held)] if matches!(**otherwise, Document::Input(_)) => held,
                _ => return None,
            },
            Document::Merge { left, right, how } => match &**right {
                Document::Input(patch) if edits(left)?.is_empty() => break (patch, how),
                _ => return None,
            },
            _ => return None,
        };
    };
    // It must still be there: it is where the program merges.
    let call = rebind::inner_call(expression)?;
    let plain = patch.id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let given = expression.get(call.clone())?.split(['(', ',', ')']).any(|given| given.trim() == patch.id);
    if !plain || !given {
        return None;
    }
    let templates = templates(case.write.dialect);
    let value = templates.merge(&case.target, case.value);
    let change = rebind::Rebind { range: call, text: patch.id.clone() };
    let bind = case.rebound(bind, &change, json_input(&patch.id))?;
    // The others merge at every depth, and take null for a removal.
    let same = matches!((case.write.dialect, how), (Dialect::Postgres, MergeHow::Concat))
        || matches!((case.write.dialect, how), (Dialect::Mysql | Dialect::Sqlite, MergeHow::Patch(_)));
    let applicability = if same { Applicability::Unsafe } else { Applicability::Display };
    Some(Draft { bind: Some(bind), ..case.assigns(TITLE, applicability, &value) })
}

/// What the program did to the document.
enum Edit<'d> {
    /// A value was put at this path.
    Set(Vec<String>, &'d Document),
    /// A value was put at the end of the array at this path.
    Append(Vec<String>),
    /// This path was taken out.
    Remove(Vec<String>),
}

impl Edit<'_> {
    fn path(&self) -> &[String] {
        let (Self::Set(path, _) | Self::Append(path) | Self::Remove(path)) = self;
        path
    }
}

/// The edits of a document that was read, in order; `None` when there is anything else.
fn edits(document: &Document) -> Option<Vec<Edit<'_>>> {
    let mut found = vec![];
    let mut document = document;
    loop {
        document = match document {
            Document::Read(_) => break,
            Document::Cast { of, to: CastTo::Json | CastTo::Text } | Document::Retype { of, .. } => of,
            // Where there was no document, or none that has keys: an empty one, as the template has it.
            Document::First(several) => match several.as_slice() {
                [of, rest @ ..] if rest.iter().all(is_empty) => of,
                _ => return None,
            },
            Document::Choose { branches, otherwise } => {
                let all = || branches.iter().map(|(_, of)| of).chain([&**otherwise]);
                let mut held = all().filter(|of| !is_empty(of));
                match (held.next(), held.next()) {
                    (Some(of), None) if all().count() == 2 => of,
                    _ => return None,
                }
            }
            Document::Set { of, path: Path::Steps(steps), mode: SetMode::Append, .. } => {
                found.push(Edit::Append(keys(steps)?));
                of
            }
            Document::Set { of, path: Path::Steps(steps), value, mode: SetMode::Set, .. } => {
                found.push(Edit::Set(keys(steps)?, value));
                of
            }
            Document::Remove { of, what, .. } => {
                let path = match what {
                    Removal::Keys(keys) if keys.len() == 1 => keys.clone(),
                    Removal::Path(Path::Steps(steps)) => keys(steps)?,
                    _ => return None,
                };
                found.push(Edit::Remove(path));
                of
            }
            _ => return None,
        };
    }
    found.reverse();
    Some(found)
}

fn is_empty(document: &Document) -> bool {
    match document {
        Document::Known(serde_json::Value::Object(map)) => map.is_empty(),
        Document::Object { entries, rest: Rest::Closed } => entries.is_empty(),
        Document::Null | Document::Known(serde_json::Value::Null) => true,
        _ => false,
    }
}

/// Whether a value takes the place of what was there also where it is merged: it is neither an object nor null.
fn is_replaced_whole(value: &Document) -> bool {
    match value {
        Document::Known(json) => !json.is_object() && !json.is_null(),
        Document::Input(input) => {
            matches!(input.shape, Shape::Scalar | Shape::SqlScalar | Shape::Array) && input.null == Nullability::Never
        }
        Document::Array(_) | Document::Computed { .. } | Document::Text(_) => true,
        Document::Cast { of, .. } => is_replaced_whole(of),
        _ => false,
    }
}

/// How a new value came about.
enum Step {
    /// Without the old document.
    Fresh,
    /// By so much more, or less, than the old one: `+ 1`.
    Counts(String),
    /// From the old document in some other way, or nobody knows.
    Unknown,
}

fn keys(steps: &[document::Step]) -> Option<Vec<String>> {
    let key = |step: &document::Step| match step {
        document::Step::Key(key) | document::Step::Name(key) => Some(key.clone()),
        _ => None,
    };
    let keys: Vec<String> = steps.iter().map(key).collect::<Option<_>>()?;
    (!keys.is_empty()).then_some(keys)
}

/// A document on its way back, and how the program spells it.
struct Stale<'c> {
    case: &'c Case<'c>,
    placeholder: String,
    bind: &'c Bind,
    /// What is bound.
    expression: &'c str,
    /// The variable in it.
    variable: rebind::Variable,
}

impl Stale<'_> {
    /// The placeholder takes the value at the path, and the database puts it there.
    fn set(&self, path: &[String]) -> Option<Draft> {
        let mut text = self.part(path)?;
        if self.variable.moved {
            // A part cannot be moved out of an indexed value.
            text.push_str(".clone()");
        }
        let templates = templates(self.case.write.dialect);
        let json = templates.bound_json(&self.case.target, &self.placeholder);
        let value = templates.set(&self.case.target, &[(path.to_vec(), json)])?;
        let change = rebind::Rebind { range: self.variable.range.clone(), text: text.clone() };
        self.draft(TITLE, &value, &change, json_input(&text))
    }

    /// The step is bound, and the database counts.
    fn count(&self, path: &[String], step: &str) -> Option<Draft> {
        let (sign, digits) = step.split_once(' ')?;
        let templates = templates(self.case.write.dialect);
        let counted = templates.counted(&self.case.target, path, sign, &self.placeholder)?;
        let value = templates.set(&self.case.target, &[(path.to_vec(), counted)])?;
        let number = Input { id: digits.to_owned(), shape: Shape::SqlScalar, null: Nullability::Never };
        self.draft("let the database count", &value, &self.instead(format!("{digits}_i64")), Document::Input(number))
    }

    /// The element is bound, and the database appends it.
    fn append(&self, path: &[String]) -> Option<Draft> {
        let part = self.part(path)?;
        // It is evaluated twice from now on.
        let element = self.element(&part)?;
        let element =
            if element.contains("json!(") { element.to_owned() } else { format!("serde_json::json!({element})") };
        let templates = templates(self.case.write.dialect);
        let json = templates.bound_json(&self.case.target, &self.placeholder);
        let value = templates.appended(&self.case.target, path, &json)?;
        self.draft("let the database append", &value, &self.instead(element.clone()), json_input(&element))
    }

    /// The key is bound in the place of the document, so that the placeholders keep their numbers.
    fn remove(&self, path: &[String]) -> Option<Draft> {
        let [key] = path else { return None };
        let (column, placeholder) = (&self.case.target.column, &self.placeholder);
        let (value, bound) = match self.case.write.dialect {
            Dialect::Postgres if self.case.target.kind == ColumnKind::Jsonb => {
                (format!("{column} - {placeholder}::text"), key.clone())
            }
            Dialect::Postgres => return None,
            Dialect::Mysql => (format!("JSON_REMOVE({column}, {placeholder})"), format!("$.{key}")),
            Dialect::Sqlite => (format!("json_remove({column}, {placeholder})"), format!("$.{key}")),
        };
        let change = self.instead(format!("{bound:?}"));
        let draft = self.draft("let the database remove the key", &value, &change, Document::Text(bound));
        draft.filter(|_| text::is_plain(key))
    }

    /// Several top-level keys: an object of them is merged.
    fn several(&self, edits: &[Edit<'_>]) -> Option<Draft> {
        let (site, _) = bound_text(self.case.write, self.bind, self.case.fixer.files);
        if !self.case.fixer.files.get(site.file).text.contains("serde_json") {
            return None;
        }
        let mut members: Vec<(String, String)> = vec![];
        // A patch takes null for a removal, and merges an object with the one that is there.
        let mut same = self.case.write.dialect == Dialect::Postgres;
        let mut plain = true;
        for edit in edits {
            let Edit::Set(path, value) = edit else { return None };
            let ([key], Step::Fresh) = (path.as_slice(), self.step(path, value)) else { return None };
            plain &= is_replaced_whole(value);
            let value = self.part(path)?;
            if !members.iter().any(|(known, _)| known == key) {
                members.push((key.clone(), value));
            }
        }
        let object = members.iter().map(|(key, value)| format!("{key:?}: {value}")).collect::<Vec<_>>().join(", ");
        let as_text = if self.expression.contains("to_string") { ".to_string()" } else { "" };
        let change = self.instead(format!("serde_json::json!({{ {object} }}){as_text}"));
        let entry = |(key, id): (String, String)| {
            (Key::Name(key), Document::Input(Input { id, shape: Shape::Scalar, null: Nullability::Never }))
        };
        let bound = Document::Object { entries: members.into_iter().map(entry).collect(), rest: Rest::Closed };
        let value = templates(self.case.write.dialect).merge(&self.case.target, self.case.value);
        same |= plain;
        let applicability = if same { Applicability::Unsafe } else { Applicability::Display };
        Some(Draft { applicability, ..self.draft(TITLE, &value, &change, bound)? })
    }

    /// All of the bound expression is replaced.
    fn instead(&self, text: String) -> rebind::Rebind {
        rebind::Rebind { range: 0..self.expression.len(), text }
    }

    fn draft(&self, title: &'static str, value: &str, change: &rebind::Rebind, bound: Document) -> Option<Draft> {
        let bind = self.case.rebound(self.bind, change, bound)?;
        Some(Draft { bind: Some(bind), ..self.case.assigns(title, Applicability::Unsafe, value) })
    }
}
