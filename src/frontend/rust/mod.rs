//! Rust source to facts: every text that is, or may be, SQL, with the values bound to it.
//!
//! [`read`] parses the file with `syn`, reads what stands inside macros ([`macros`]), walks the tree once
//! ([`collect`]) into tables of functions, bindings and call chains ([`scope`]), and reads those: calls ([`calls`]),
//! query builders, fragments, and at last every literal that is left. Nothing of `syn` leaves this room.

mod assemble;
mod binds;
mod branches;
mod builder;
mod calls;
mod collect;
mod comments;
mod constants;
mod decode;
mod defaults;
mod edits;
mod emit;
mod encode;
mod enums;
mod fields;
mod files;
mod flow;
mod format;
mod fragments;
mod functions;
mod handed;
mod imports;
mod inline;
mod json;
mod key_reads;
mod literal;
mod macros;
mod members;
mod names;
mod peel;
mod place;
mod quotes;
mod rows;
mod scope;
mod sea_orm;
mod signs;
pub mod spelled;
mod structs;
mod summaries;
mod text;
mod types;
mod values;
mod variants;
mod wrappers;

pub use comments::places as comment_places;
pub use handed::calls as handed_on;

use super::comments::{by_place, may_hold};
use super::facts::{Facts, Problem, TypeFacts};
use super::sql::Dialect;
use crate::source::{FileId, SourceFile};
use assemble::Reader;
use collect::{Collector, Tree};
use emit::Emitter;
use macros::{Macros, Parsed};
use place::{Lines, Source};
use proc_macro2::TokenStream;
use std::borrow::Cow;
use std::ops::Range;

/// What the front end is told about the file beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The dialect of the crate, from its Cargo features or its `DATABASE_URL`.
    pub dialect: Option<Dialect>,
    /// The file stands under `tests/`, `benches/` or `examples/`.
    pub test: bool,
    /// Bytes of the file that hold nothing, in order: functions, or the insides of their bodies, and modules. They are
    /// read as blanks.
    pub idle: &'a [Range<usize>],
}

/// Reads a Rust file. Never fails: what cannot be parsed is read at token level and noted in [`Facts::problems`].
pub fn read(file: FileId, source: &SourceFile, context: Context<'_>) -> Facts {
    let shift = stripped(&source.text);
    let blanked = blanked(&source.text, context.idle);
    let body = blanked.get(shift..).unwrap_or("");
    let lines = Lines::new(&blanked, shift);
    let source = Source::new(&source.text, &blanked, &lines);
    let mut facts = read_body(Facts::new(file), source, body, context);
    if may_hold(source.text) {
        let mut comments = comments::read(source.text);
        for text in &facts.texts {
            comments.extend(super::sql::comments(&text.text, text.facts.dialect, false));
        }
        facts.comments = by_place(comments);
    }
    // Spans are bytes of the file by now; the thread's copy of the text can go.
    proc_macro2::extra::invalidate_current_thread_spans();
    facts
}

/// The text with blanks for what is idle and for comments that document nothing of interest: as many bytes on as many
/// lines, so that every place stays what it is.
///
/// Each line of documentation is an attribute to the parser, and costs more than a statement.
fn blanked<'t>(text: &'t str, idle: &[Range<usize>]) -> Cow<'t, str> {
    let mut idle = idle.iter().peekable();
    let mut out = String::new();
    let (mut done, mut at) = (0, 0);
    let mut blank = |range: Range<usize>, done: &mut usize| {
        let (Some(kept), Some(blank)) = (text.get(*done..range.start), text.get(range.clone())) else { return };
        out.reserve(text.len() - out.len());
        out.push_str(kept);
        out.extend(blank.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }));
        *done = range.end;
    };
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        while let Some(body) = idle.next_if(|body| body.start < at) {
            blank(body.clone(), &mut done);
        }
        if start >= done && is_idle_doc(line) {
            blank(start..at, &mut done);
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(done..).unwrap_or(""));
    Cow::Owned(out)
}

/// Whether a line is documentation that tells nothing. A line of a string that looks like it is taken for it: it is no SQL.
fn is_idle_doc(line: &str) -> bool {
    let line = line.trim_ascii_start();
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).is_some_and(|text| !signs::may_say(text))
}

/// The length of the byte-order mark and of the shebang line, which are not Rust.
pub(crate) fn stripped(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = text.get(mark..).unwrap_or("");
    // `#![..]` is an attribute, also with white space between.
    if rest.starts_with("#!") && !rest.get(2..).unwrap_or("").trim_start().starts_with('[') {
        mark + rest.find('\n').unwrap_or(rest.len())
    } else {
        mark
    }
}

fn read_body(mut facts: Facts, source: Source<'_>, body: &str, context: Context<'_>) -> Facts {
    // The tokens are made again where they are needed twice, which is rare: a copy would cost every file.
    let lex = || body.parse::<TokenStream>();
    let tokens = match lex() {
        Ok(tokens) => tokens,
        Err(error) => {
            let span = source.span(error.span());
            // The lexer says no more than that it failed.
            let message = "the file was not read: a bracket, quote or comment here has no end, or this is no Rust";
            facts.problems.push(Problem { span: Some(span), message: message.to_owned() });
            return facts;
        }
    };
    let mut macros = Macros::new(source);
    let Some(tokens) = macros::shallow(tokens) else {
        facts.problems.push(Problem { span: None, message: "read at token level: nested too deeply".to_owned() });
        let mut parsed = Parsed::default();
        macros::literals(lex().unwrap_or_default(), &mut parsed.loose);
        let tree = Collector::new(source, &macros, context.test).recovered(&parsed);
        return read_tree(facts, source, &tree, &macros, context, None);
    };
    match syn::parse2::<syn::File>(tokens) {
        Ok(file) => {
            syn::visit::Visit::visit_file(&mut macros, &file);
            let tree = Collector::new(source, &macros, context.test).file(&file);
            read_tree(facts, source, &tree, &macros, context, Some(&file))
        }
        Err(error) => {
            let span = source.span(error.span());
            facts.problems.push(Problem { span: Some(span), message: format!("read at token level: {error}") });
            let parsed = macros.recover(lex().unwrap_or_default());
            let tree = Collector::new(source, &macros, context.test).recovered(&parsed);
            read_tree(facts, source, &tree, &macros, context, None)
        }
    }
}

fn read_tree<'a>(
    facts: Facts,
    source: Source<'_>,
    tree: &'a Tree<'a>,
    macros: &'a Macros<'_>,
    context: Context<'_>,
    file: Option<&'a syn::File>,
) -> Facts {
    let reader = Reader::new(facts.file, source, tree, macros);
    let mut emitter = Emitter::new(facts, context.dialect);
    let mut parts = vec![];
    for (index, scope) in tree.scopes.iter().enumerate() {
        let test = tree.test.get(index).copied().unwrap_or(context.test);
        let left = builder::read(&reader, index, scope, test, &mut emitter);
        parts.extend(left.into_iter().map(|built| (index, test, built)));
        calls::read(&reader, index, scope, test, &mut emitter);
        files::read(&reader, index, scope, test, &mut emitter);
    }
    calls::read_made(&reader, &mut emitter);
    fragments::read(&reader, parts, &mut emitter);
    calls::read_literals(&reader, &mut emitter);
    for (index, scope) in tree.scopes.iter().enumerate() {
        decode::read(&reader, index, scope, &mut emitter);
    }
    if let Some(file) = file {
        let uses = key_reads::find(file, &reader);
        key_reads::of_rows(&reader, &uses, &mut emitter);
        let imports = sea_orm::read(file, &reader, context.dialect, &uses, &mut emitter);
        let declared = if context.test { vec![] } else { structs::declared(&file.items, source) };
        emitter.facts.types = TypeFacts { declared, imports };
    }
    fields::read(&reader, &mut emitter);
    signs::functions(&reader, &mut emitter);
    signs::handlers(&reader, &mut emitter);
    let mut facts = emitter.facts;
    facts.constants = constants::read(&reader);
    facts.summaries = summaries::read(&reader);
    facts
}

#[cfg(test)]
mod tests;
