//! How a program spells what it does to a document between the read and the write: text of its own function only, and
//! only what happens exactly once on every way to the write.

use super::{Stale, Step};
use crate::document::{Document, Input, ReadSite};
use crate::fix::{bound_text, rebind, text};

impl Stale<'_> {
    /// The function up to what is bound.
    pub(super) fn before(&self) -> Option<&str> {
        let write = self.case.write;
        let (site, _) = bound_text(write, self.bind, self.case.fixer.files);
        let before = self.case.fixer.files.get(site.file).text.get(..site.span.start as usize)?;
        let own = write.within.as_ref().filter(|own| site.file == write.file && own.span.contains(site.span));
        let start = own.map(|own| own.span.start as usize).or_else(|| before.rfind("fn "));
        before.get(start.unwrap_or_default()..)
    }

    /// How the program spells the part of the document at that path where it changes it: `data["phone"]`,
    /// `settings.theme`. A key may be renamed, and a variable be of any type: what is not seen there is not known, and
    /// neither is what may happen not at all, or more than once.
    pub(super) fn part(&self, path: &[String]) -> Option<String> {
        let variable = &self.variable.text;
        let field = format!("{variable}.{}", path.join("."));
        if let Some(at) = self.changes(&field, &["=", "+=", "-=", ".push("]) {
            return self.happens_once(at).then_some(field);
        }
        let keys: Vec<String> = path.iter().map(|key| format!("{key:?}")).collect();
        let indexed = format!("{variable}[{}]", keys.join("]["));
        if let Some(at) = self.changes(&indexed, &["=", ".as_array_mut", ".push("]) {
            return self.happens_once(at).then_some(indexed);
        }
        let last = path.last()?;
        let key = format!("(\"{last}\"");
        let inserted = self.last(&key).unwrap_or(self.changes(variable, &[".as_object_mut", ".insert(", ".remove("])?);
        let is_json = self.changes(variable, &[".as_object_mut", ".insert(", ".remove("]).is_some();
        (is_json && self.happens_once(inserted)).then_some(indexed)
    }

    /// Whether the path is that of the document, and not one of fields that the document may have under other keys: of a
    /// type that is not known, or of a field in a field.
    pub(super) fn is_at_its_key(&self, path: &[String]) -> bool {
        let field = format!("{}.{}", self.variable.text, path.join("."));
        if self.part(path).is_none_or(|part| part != field) {
            return true;
        }
        let [name] = path else { return false };
        let mut is_known = false;
        self.bind.value.visit(&mut |part| {
            is_known |= matches!(part, Document::Retype { fields: Some(fields), .. } if fields.contains(name));
        });
        is_known
    }

    /// The last place at which one of these follows on a spelling.
    fn changes(&self, part: &str, ends: &[&str]) -> Option<usize> {
        let before = self.before()?;
        let found = before.match_indices(part).filter(|(at, _)| {
            let rest = before.get(at + part.len()..).unwrap_or_default().trim_start();
            let whole = !before
                .get(..*at)
                .is_some_and(|head| head.ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c)));
            whole && ends.iter().any(|end| rest.starts_with(end)) && !rest.starts_with("==")
        });
        found.last().map(|(at, _)| at)
    }

    fn last(&self, spelled: &str) -> Option<usize> {
        self.before()?.rfind(spelled)
    }

    /// Whether what stands at a byte runs once on every way to the write: no block around it has ended by then, but for
    /// one that asks whether there is an object or an array at all.
    fn happens_once(&self, at: usize) -> bool {
        let Some(before) = self.before() else { return false };
        let (head, tail) = (before.get(..at).unwrap_or_default(), before.get(at..).unwrap_or_default());
        let mut depth = 0_usize;
        let mut ended = 0_usize;
        for byte in tail.bytes() {
            match byte {
                b'{' => depth += 1,
                b'}' if depth > 0 => depth -= 1,
                b'}' => ended += 1,
                _ => {}
            }
        }
        let mut rest = head;
        (0..ended).all(|_| {
            let Some((header, outer)) = opened(rest) else { return false };
            rest = outer;
            let asks = header.starts_with("if let Some(") && header.contains(".as_object_mut()");
            asks || header.starts_with("if let Some(") && header.contains(".as_array_mut()")
        })
    }

    /// Whether the write may run more often than the read: a loop or a closure that begins between them is still open at
    /// the write. What is changed there is changed again each time.
    pub(super) fn repeats(&self) -> bool {
        let mut read = None;
        self.bind.value.visit(&mut |document| {
            if let Document::Read(ReadSite { site: Some(site), handed_in: false, .. }) = document {
                read.get_or_insert(*site);
            }
        });
        let (here, _) = bound_text(self.case.write, self.bind, self.case.fixer.files);
        let Some(read) = read.filter(|read| read.file == here.file) else { return false };
        let text = &self.case.fixer.files.get(here.file).text;
        let Some(between) = text.get(read.span.end as usize..here.span.start as usize) else { return false };
        let mut open = vec![];
        for (at, byte) in between.bytes().enumerate() {
            match byte {
                b'{' => open.push(at),
                b'}' => {
                    open.pop();
                }
                _ => {}
            }
        }
        open.into_iter().any(|at| {
            let head = between.get(..at).unwrap_or_default();
            let header = head.rsplit([';', '{', '}']).next().unwrap_or_default().trim();
            let first = text::words(header).next().unwrap_or_default();
            ["for", "while", "loop"].contains(&first) || header.contains('|')
        })
    }

    /// How the new value at that path came about.
    pub(super) fn step(&self, path: &[String], value: &Document) -> Step {
        let Some(part) = self.part(path) else { return Step::Unknown };
        let before = self.before().unwrap_or_default();
        // The last assignment is the one that counts.
        let assigned = ["+=", "-=", "="].map(|operator| (before.rfind(&format!("{part} {operator} ")), operator));
        let last = assigned.into_iter().max_by_key(|(at, _)| *at);
        if let Some((Some(at), operator @ ("+=" | "-="))) = last {
            let rest = before.get(at + part.len() + operator.len() + 2..).unwrap_or_default();
            let digits = rest.split(';').next().unwrap_or_default().trim();
            let sign = if operator == "+=" { "+" } else { "-" };
            return rebind::integer(digits).map_or(Step::Unknown, |digits| Step::Counts(format!("{sign} {digits}")));
        }
        let mut mentions = value.holds_old();
        let mut whole = None;
        value.visit(&mut |document| {
            if let Document::Input(Input { id: what, .. }) | Document::Computed { what, .. } = document {
                let root = self.variable.text.split('.').next().unwrap_or_default();
                if text::words(what).any(|word| word == root) {
                    mentions = true;
                    whole.get_or_insert_with(|| what.clone());
                }
            }
        });
        match (mentions, whole.and_then(|whole| rebind::counted(&whole, &part))) {
            (false, _) => Step::Fresh,
            (true, Some(step)) => Step::Counts(step),
            (true, None) => Step::Unknown,
        }
    }

    /// The path of an array of which one statement, the only one that names the document between its read and what is
    /// bound, takes an element: `data["tags"].as_array_mut().unwrap().push(..);`.
    pub(super) fn pushed(&self) -> Option<Vec<String>> {
        let Document::Read(ReadSite { site: Some(site), .. }) = self.bind.value.without_casts() else { return None };
        let (here, _) = bound_text(self.case.write, self.bind, self.case.fixer.files);
        let text = &self.case.fixer.files.get(here.file).text;
        let between = text.get(site.span.end as usize..here.span.start as usize).filter(|_| site.file == here.file)?;
        let statements: Vec<&str> = between.split(';').skip(1).collect();
        let (_, statements) = statements.split_last()?;
        let variable = self.variable.text.as_str();
        let mut own = statements.iter().filter(|statement| text::words(statement).any(|word| word == variable));
        let (Some(only), None) = (own.next(), own.next()) else { return None };
        let mut rest = only.trim().strip_prefix(variable)?;
        let mut path = vec![];
        while let Some((key, behind)) = rest.strip_prefix("[\"").and_then(|rest| rest.split_once("\"]")) {
            path.push(key.to_owned());
            rest = behind;
        }
        let plain = !path.is_empty() && path.iter().all(|key| text::is_plain(key));
        (plain && rest.starts_with(".as_array_mut()") && rest.contains(".push(")).then_some(path)
    }

    /// What is pushed to the array that is spelled so, as it can be spelled a second time: nothing in it is called that
    /// could give something else then.
    pub(super) fn element(&self, part: &str) -> Option<&str> {
        const HARMLESS: [&str; 5] = ["json!(", ".clone(", ".to_string(", ".to_owned(", "Some("];
        let before = self.before()?;
        let statement = before.get(before.rfind(part)?..)?.split(';').next()?;
        let pushes = format!("{part}.as_array_mut()");
        let head = before.get(..before.rfind(part)?)?.trim_end();
        let (called, rest) = statement.split_once(".push(")?;
        let direct = called.starts_with(part) && !called.contains('{') && !head.ends_with('=');
        // `if let Some(tags) = data["tags"].as_array_mut() { tags.push(..)`
        let asked = called.split_once('{').is_some_and(|(asks, inner)| {
            let name = head.rsplit("if let Some(").next().unwrap_or_default().split(')').next().unwrap_or_default();
            asks.trim() == pushes && inner.trim() == name.trim_start_matches("ref mut ") && head.ends_with('=')
        });
        let element = rebind::first_argument(rest).filter(|_| direct || asked)?;
        let mut left = element.to_owned();
        for harmless in HARMLESS {
            left = left.replace(harmless, "");
        }
        let calls = left.contains(['(', '?']) || left.contains(".await") || left.contains('!');
        let copied = HARMLESS.iter().take(4).any(|copy| element.contains(copy));
        (!calls && copied).then_some(element)
    }
}

/// The header of the innermost block that is open at the end of a text, and the text before that block.
fn opened(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b'}' => depth += 1,
            b'{' if depth > 0 => depth -= 1,
            b'{' => {
                let head = text.get(..at)?;
                let start = head.rfind([';', '{', '}']).map_or(0, |at| at + 1);
                return Some((head.get(start..)?.trim(), head));
            }
            _ => {}
        }
    }
    None
}
