//! Fields of values, and columns of rows that were fetched.

use super::inline::may_hold;
use super::peel::{Off, peel, peel_also};
use super::structs;
use super::types::Ty;
use super::values::{Val, Values};
use crate::document::{Document, Family, Form, Path, ReadSite, Step};
use crate::frontend::facts::{PendingType, TypeUse};
use crate::source::{Site, Span};
use heck::ToSnakeCase;
use proc_macro2::{TokenStream, TokenTree};
use syn::{Expr, ExprMethodCall, GenericArgument, ItemStruct, Member, PathArguments};

impl Values<'_, '_, '_> {
    /// A field.
    pub(super) fn field(&self, expr: &Expr, field: &syn::ExprField) -> Val {
        let name = match &field.member {
            Member::Named(name) => name.to_string().trim_start_matches("r#").to_owned(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        let unnamed = matches!(field.member, Member::Unnamed(_));
        if !unnamed && self.is_row(&field.base) {
            let row = self.value(&field.base);
            let ty = row.ty.as_ref().and_then(|ty| self.field_type(ty, &name));
            // Fields of it were changed since it was fetched.
            if matches!(row.doc, Document::Set { .. } | Document::Choose { .. }) && row_of(&row.doc).is_some() {
                return self.taken_of(row, &name, ty);
            }
            let found = self.read(&name, &field.base, ty);
            self.await_decoded(&found, row.ty.as_ref(), &name);
            return found;
        }
        let base = self.value(&field.base);
        if unnamed && let Some(found) = name.parse().ok().and_then(|number| self.at_position(&base, number, false)) {
            return found;
        }
        let ty = base.ty.as_ref().and_then(|ty| self.field_type(ty, &name));
        match &base.doc {
            // The inside of `Json(..)`, which is all that was selected.
            Document::Read(_) if unnamed && base.ty.as_ref().is_some_and(Ty::wraps_document) => {
                let ty = base.ty.as_ref().and_then(|ty| ty.unwrapped().arg().cloned());
                Val { json: ty.as_ref().is_some_and(Ty::is_json_value), ty, doc: base.doc }
            }
            Document::Read(row) if row.column.is_none() => self.taken_of(base, &name, ty),
            _ if unnamed => match &base.ty {
                // The inside of `Json(..)`.
                Some(ty) if matches!(ty.unwrapped().name(), "Json" | "Jsonb") => {
                    let inner = ty.unwrapped().arg().cloned();
                    Val { json: inner.as_ref().is_some_and(Ty::is_json_value), ty: inner, doc: base.doc }
                }
                _ if matches!(base.doc, Document::Read(_)) => base,
                // The same, changed since, of a row that another file declares.
                _ if name == "0" && matches!(base.doc, Document::Set { .. } | Document::Retype { .. }) => {
                    Val { ty: None, ..base }
                }
                _ => self.input(expr, None),
            },
            // A field of a row of which fields were changed since.
            Document::Set { .. } | Document::Choose { .. } if row_of(&base.doc).is_some() => {
                self.taken_of(base, &name, ty)
            }
            Document::Read(_) | Document::Retype { .. } => {
                let path = Path::Steps(vec![Step::Key(self.key_of(base.ty.as_ref(), name))]);
                let of = Box::new(base.doc);
                let json = ty.as_ref().is_some_and(Ty::is_json_value);
                Val { doc: Document::Get { of, path, form: Form::Json, family: Family::SerdeIndex }, ty, json }
            }
            Document::Input(_) if base.ty.as_ref().is_some_and(|ty| self.is_model(ty)) => {
                let what = format!("`{}`", self.source(expr));
                let site = Some(Site { file: self.reader.file, span: self.reader.source.expr(expr) });
                let json = ty.as_ref().is_some_and(Ty::is_json_value);
                let read = ReadSite { what, column: Some(name.clone()), site, handed_in: true };
                let found = Val { doc: Document::Read(read), ty, json };
                self.await_decoded(&found, base.ty.as_ref(), &name);
                found
            }
            Document::Input(_) => self.changed_field(&field.base, &name).unwrap_or_else(|| match &base.doc {
                of if may_hold(of) => {
                    let path = Path::Steps(vec![Step::Key(self.key_of(base.ty.as_ref(), name))]);
                    let json = ty.as_ref().is_some_and(Ty::is_json_value);
                    let (of, form, family) = (Box::new(of.clone()), Form::Json, Family::SerdeIndex);
                    Val { doc: Document::Get { of, path, form, family }, ty, json }
                }
                whole => {
                    let found = self.input(expr, ty);
                    if let Document::Input(input) = &found.doc {
                        self.await_field(whole, &name, &input.id);
                        self.await_type_of(&found, base.ty.as_ref(), &name, &input.id);
                    }
                    found
                }
            }),
            _ => self.input(expr, ty),
        }
    }

    /// A field of a value that is spelled so.
    pub(super) fn field_at(&self, base: Val, name: &str, spelled: &str) -> Val {
        let ty = base.ty.as_ref().and_then(|ty| self.field_type(ty, name));
        let json = ty.as_ref().is_some_and(Ty::is_json_value);
        let doc = match base.doc {
            row if row_of(&row).is_some() => return self.taken_of(Val { doc: row, ..base }, name, ty),
            of @ (Document::Read(_) | Document::Retype { .. }) => {
                let path = Path::Steps(vec![Step::Key(self.key_of(base.ty.as_ref(), name.to_owned()))]);
                Document::Get { of: Box::new(of), path, form: Form::Json, family: Family::SerdeIndex }
            }
            whole => {
                self.await_field(&whole, name, spelled);
                let found = super::values::input(spelled.to_owned(), ty);
                self.await_type_of(&found, base.ty.as_ref(), name, spelled);
                return found;
            }
        };
        Val { doc, ty, json }
    }

    /// A field of a row, of which fields may have been changed since it was fetched.
    fn taken_of(&self, row: Val, name: &str, ty: Option<Ty>) -> Val {
        let json = ty.as_ref().is_some_and(Ty::is_json_value);
        let found = Val { doc: field_of_row(row.doc, name), ty, json };
        self.await_decoded(&found, row.ty.as_ref(), name);
        found
    }

    /// An element of a row that is a tuple, by its type or because a pattern takes it apart: the column that is selected
    /// at its place.
    pub(super) fn at_position(&self, row: &Val, number: usize, is_taken_apart: bool) -> Option<Val> {
        let read = row_of(&row.doc)?;
        let ty = match row.ty.as_ref().map(Ty::elements) {
            Some(elements) => Some(elements?.get(number)?.clone()),
            None if is_taken_apart => None,
            None => return None,
        };
        let place = read.site.map_or(0, |site| site.span.start);
        let name = match self.selected.borrow().get(&place) {
            Some(columns) => columns.get(number)?.clone()?,
            None => number.to_string(),
        };
        let found = self.taken_of(Val { ty: None, ..row.clone() }, &name, ty);
        self.await_element(&found);
        Some(found)
    }

    /// Notes the type of an element of a tuple.
    fn await_element(&self, found: &Val) {
        let Some(ty) = found.ty.clone().filter(|ty| ty.wraps_document() && ty.document().may_be_declared()) else {
            return;
        };
        found.doc.visit(&mut |part| {
            if let Document::Read(read) = part {
                let (tag, at) = (PendingType::of_read(read), self.scope.range.0);
                self.await_type(PendingType { tag, ty: ty.clone(), at, how: TypeUse::Decoded });
            }
        });
    }

    /// Notes that a value is a field of a struct that another file may declare; `tag` stands for it until then.
    fn await_type_of(&self, field: &Val, whole: Option<&Ty>, name: &str, tag: &str) {
        if let (None, Some(whole)) = (&field.ty, whole) {
            self.awaits(tag, whole, TypeUse::Field(name.to_owned()));
        }
    }

    /// Notes as which type a column was decoded as its row was fetched: the one that is spelled, or that of the row's
    /// field, which other files may declare.
    fn await_decoded(&self, column: &Val, row: Option<&Ty>, name: &str) {
        let (ty, how) = match (&column.ty, row) {
            (Some(ty), _) if ty.wraps_document() && ty.document().may_be_declared() => (ty, TypeUse::Decoded),
            (None, Some(row)) if row.may_be_declared() => (row, TypeUse::Field(name.to_owned())),
            _ => return,
        };
        column.doc.visit(&mut |part| {
            if let Document::Read(read) = part
                && read.column.as_ref().is_none_or(|column| column == name)
            {
                let (tag, ty, at) = (PendingType::of_read(read), ty.clone(), self.scope.range.0);
                self.await_type(PendingType { tag, ty, at, how: how.clone() });
            }
        });
    }

    /// The key under which serde writes a field.
    fn key_of(&self, ty: Option<&Ty>, field: String) -> String {
        let item = ty.and_then(|ty| self.reader.tree.structs.get(ty.unwrapped().name()));
        let known = item.and_then(|item| {
            structs::read_struct(item, self.reader.source).fields.into_iter().find(|known| known.name == field)
        });
        known.map_or(field, |known| known.key)
    }

    /// Whether a type is a row as it was read: SeaORM's models, structs of this file that rows are read into.
    fn is_model(&self, ty: &Ty) -> bool {
        let name = ty.unwrapped().name();
        matches!(name, "Model" | "ActiveModel") || self.reader.tree.structs.get(name).is_some_and(|item| is_row(item))
    }

    /// The type of a field of a struct of this file.
    fn field_type(&self, ty: &Ty, field: &str) -> Option<Ty> {
        let item = self.reader.tree.structs.get(ty.unwrapped().name())?;
        item.fields.iter().find(|f| f.ident.as_ref().is_some_and(|i| i == field)).and_then(structs::type_of)
    }

    /// A column of a row that was fetched.
    pub(super) fn read(&self, column: &str, from: &Expr, ty: Option<Ty>) -> Val {
        let what = format!("{} of {}", named(column), self.fetched_row());
        let json = ty.as_ref().is_some_and(Ty::is_json_value);
        let site = self.read_at(from).map(|span| Site { file: self.reader.file, span });
        let read = ReadSite { what, column: Some(column.to_owned()), site, handed_in: false };
        let found = Val { doc: Document::Read(read), ty, json };
        self.await_decoded(&found, None, column);
        found
    }

    /// A row that is fetched, in words; a function that a macro makes has no name here.
    fn fetched_row(&self) -> String {
        match self.scope.name.as_str() {
            "" => "a row fetched before".to_owned(),
            name => format!("a row fetched in `{name}`"),
        }
    }

    /// Whether a call fetches rows: those of SeaORM are told by the query that they end.
    pub(super) fn fetches(&self, call: &ExprMethodCall) -> bool {
        if !matches!(call.method.to_string().as_str(), "one" | "all") {
            return true;
        }
        let source = self.source(&call.receiver);
        call.args.len() == 1 && (source.contains("find") || source.contains("select") || source.contains("lock"))
    }

    /// A row that is fetched, whole; or the one column of it.
    pub(super) fn row(&self, fetch: &Expr) -> Val {
        let site = Some(Site { file: self.reader.file, span: self.reader.source.expr(fetch) });
        let what = self.fetched_row();
        // A query builder may as well give models of several tables.
        let is_built = matches!(fetch, Expr::MethodCall(call) if call.method == "one" || call.method == "all");
        if let (true, Some(site)) = (is_built, site) {
            self.selected.borrow_mut().insert(site.span.start, selected(fetch).unwrap_or_default());
        }
        let read = ReadSite { what, column: None, site, handed_in: false };
        let found = Val { doc: Document::Read(read), ty: row_type(fetch), json: false };
        // A column alone.
        if found.ty.as_ref().is_some_and(Ty::wraps_document) {
            self.await_decoded(&found, None, "");
        }
        found
    }

    /// What a closure takes of the one row that a call fetches: `conn.query_row(sql, [id], |row| row.get(0))`; `None` where
    /// that is no column.
    pub(super) fn mapped_row(&self, fetch: &Expr, call: &ExprMethodCall) -> Option<Val> {
        let Some(Expr::Closure(closure)) = call.args.last() else { return None };
        let maps = matches!(call.method.to_string().as_str(), "query_row" | "query_row_and_then");
        let found = maps.then(|| self.applied(closure, self.row(fetch)))?;
        matches!(found.doc, Document::Read(ReadSite { column: Some(_), .. })).then_some(found)
    }

    /// Whether an expression is a row that was fetched, or the rows.
    pub(super) fn is_row(&self, expr: &Expr) -> bool {
        self.read_at(expr).is_some()
    }

    /// The call that fetched the row that an expression is: the bytes of its whole chain.
    fn read_at(&self, expr: &Expr) -> Option<Span> {
        self.fetched(expr, 0)
    }

    fn fetched(&self, expr: &Expr, depth: usize) -> Option<Span> {
        if depth > 6 {
            return None;
        }
        let mut expr = expr;
        loop {
            expr = match peel_also(expr, &[Off::Copies, Off::Results, Off::Iterates, Off::Picks]) {
                Expr::Index(e) => &e.expr,
                fetch @ Expr::MethodCall(call) => {
                    let fetches = matches!(
                        call.method.to_string().as_str(),
                        "fetch_one" | "fetch_optional" | "fetch_all" | "query_one" | "query_opt" | "query_all"
                    );
                    return fetches.then(|| self.reader.source.expr(fetch));
                }
                Expr::Path(path) => {
                    let ident = path.path.get_ident()?;
                    let at = self.reader.source.start(ident.span());
                    let id = self.scope.resolve(&ident.to_string(), at)?;
                    // The row that a closure is given: `row.map(|row| row.get("data"))`.
                    if let Some((_, given)) = self.given.borrow().iter().rev().find(|(known, _)| *known == id) {
                        let site = row_of(&given.doc)?.site?;
                        return (site.file == self.reader.file).then_some(site.span);
                    }
                    let binding = self.scope.bindings.get(id)?;
                    return self.fetched(binding.init.or(binding.part_of)?, depth + 1);
                }
                _ => return None,
            }
        }
    }
}

/// A column in words: by its name, or by its place among what is selected.
fn named(column: &str) -> String {
    match column.parse::<usize>() {
        Ok(number) => format!("column {}", number.saturating_add(1)),
        Err(_) => format!("`{column}`"),
    }
}

/// The row as a whole that a value is, with fields of it changed.
fn row_of(value: &Document) -> Option<&ReadSite> {
    match value {
        Document::Read(read) => read.column.is_none().then_some(read),
        Document::Set { of, path: Path::Steps(_), .. } => row_of(of),
        Document::Choose { branches, otherwise } => {
            branches.iter().all(|(_, part)| row_of(part).is_some()).then(|| row_of(otherwise)).flatten()
        }
        _ => None,
    }
}

/// A field of a row, changed as the row was: `row.data` after `row.data["k"] = v` and `row.name = n`.
fn field_of_row(row: Document, name: &str) -> Document {
    match row {
        Document::Read(read) => {
            let what = format!("{} of {}", named(name), read.what);
            Document::Read(ReadSite { what, column: Some(name.to_owned()), ..read })
        }
        Document::Set { of, path: Path::Steps(steps), value, mode, on_null, family } => {
            let of = field_of_row(*of, name);
            match steps.split_first() {
                Some((Step::Key(first), [])) if first == name => *value,
                Some((Step::Key(first), rest)) if first == name => {
                    let path = Path::Steps(rest.to_vec());
                    Document::Set { of: Box::new(of), path, value, mode, on_null, family }
                }
                _ => of,
            }
        }
        Document::Choose { branches, otherwise } => {
            let branches = branches.into_iter().map(|(condition, part)| (condition, field_of_row(part, name)));
            Document::Choose { branches: branches.collect(), otherwise: Box::new(field_of_row(*otherwise, name)) }
        }
        other => other,
    }
}

/// Whether rows are read into a struct: it derives `FromRow` or its like.
fn is_row(item: &ItemStruct) -> bool {
    let derives = item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
    derives.into_iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let words = list.tokens.to_string();
        words
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| matches!(word, "FromRow" | "Queryable" | "QueryableByName" | "FromQueryResult" | "DeriveModel"))
    })
}

/// The columns that a query builder selects, in their order, for rows that are tuples; `None` for one that is computed.
fn selected(fetch: &Expr) -> Option<Vec<Option<String>>> {
    let mut calls: Vec<&ExprMethodCall> = vec![];
    let mut expr = fetch;
    while let Expr::MethodCall(call) = peel(expr) {
        calls.push(call);
        expr = &call.receiver;
    }
    if !calls.iter().any(|call| call.method == "into_tuple") {
        return None;
    }
    let of_variant = |expr: &Expr| match peel(expr) {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string().to_snake_case()),
        _ => None,
    };
    let mut columns = vec![];
    for call in calls.iter().rev().skip_while(|call| call.method != "select_only") {
        match (call.method.to_string().as_str(), call.args.first()) {
            ("column", Some(column)) => columns.push(of_variant(column)),
            ("columns", Some(Expr::Array(all))) => columns.extend(all.elems.iter().map(of_variant)),
            ("column_as" | "expr" | "expr_as" | "expr_as_", _) => columns.push(None),
            ("columns" | "exprs" | "tbl_col_as", _) => return None,
            _ => {}
        }
    }
    Some(columns)
}

/// The struct that rows are read into: `query_as::<_, User>(..)`.
fn row_type(fetch: &Expr) -> Option<Ty> {
    let mut expr = fetch;
    loop {
        expr = match expr {
            // `.into_tuple::<(i64, Json)>()`
            Expr::MethodCall(call) if call.method == "into_tuple" => {
                return match call.turbofish.as_ref()?.args.first()? {
                    GenericArgument::Type(ty) => Ty::read(ty),
                    _ => None,
                };
            }
            Expr::MethodCall(call) => &call.receiver,
            Expr::Await(e) => &e.base,
            Expr::Try(e) => &e.expr,
            Expr::Paren(e) => &e.expr,
            Expr::Macro(mac) => return macro_row(&mac.mac),
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                let last = path.path.segments.last()?;
                let PathArguments::AngleBracketed(types) = &last.arguments else { return None };
                let wanted = usize::from(last.ident.to_string().starts_with("query_"));
                return match types.args.iter().nth(wanted)? {
                    GenericArgument::Type(ty) => Ty::read(ty),
                    _ => None,
                };
            }
            _ => return None,
        }
    }
}

/// The struct that rows of a macro are read into: `query_as!(User, "..")`.
pub(super) fn macro_row(mac: &syn::Macro) -> Option<Ty> {
    if !super::macros::name(mac).starts_with("query_as") {
        return None;
    }
    let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',');
    let ty: TokenStream = mac.tokens.clone().into_iter().take_while(|tree| !is_comma(tree)).collect();
    Ty::read(&syn::parse2(ty).ok()?)
}
