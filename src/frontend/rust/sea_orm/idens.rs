//! Names of tables and columns as sea-query takes them: `Users::Table`, `Alias::new("x")`, `"x"`, constants.

use super::attributes::Entries;
use super::names;
use crate::frontend::rust::names::derives;
use crate::frontend::sql::TableName;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{Expr, ItemEnum, ItemStruct, Lit};

/// The identifiers that a file declares.
#[derive(Debug, Default)]
pub(super) struct Idens {
    /// `Users`, `Table` to `users`.
    variants: BTreeMap<(String, String), String>,
    /// Unit structs.
    structs: BTreeMap<String, String>,
    /// String constants.
    constants: BTreeMap<String, String>,
    /// Tables and columns of the file's entities, by the module they stand in: `users`, `Settings` to `settings`.
    entities: BTreeMap<(String, String), String>,
}

impl Idens {
    /// Reads the declarations of a file.
    pub(super) fn read(file: &syn::File) -> Self {
        let mut idens = Self::default();
        idens.visit_file(file);
        idens
    }

    /// Adds the names of an entity.
    pub(super) fn entity(&mut self, entity: &crate::frontend::facts::Entity) {
        let module = entity.module.last().cloned().unwrap_or_default();
        self.entities.insert((module.clone(), "Entity".into()), entity.table.name.clone());
        for column in &entity.columns {
            self.entities.insert((module.clone(), column.variant.clone()), column.column.clone());
        }
    }

    /// The name that an expression spells; `None` when it is not known.
    pub(super) fn name(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            Expr::Reference(inner) => self.name(&inner.expr),
            Expr::Paren(inner) => self.name(&inner.expr),
            // `Alias::new("x")`, `DynIden::new(..)`, `String::from("x")`
            Expr::Call(call) => call.args.first().and_then(|argument| self.name(argument)),
            // `Users::Table.into_iden()`, `.to_string()`
            Expr::MethodCall(call) => self.name(&call.receiver),
            Expr::Path(path) => self.path(&path.path),
            // `(Users::Table, Users::Id)`: the last is what is meant.
            Expr::Tuple(tuple) => tuple.elems.last().and_then(|last| self.name(last)),
            _ => None,
        }
    }

    fn path(&self, path: &syn::Path) -> Option<String> {
        let parts: Vec<String> = path.segments.iter().map(|segment| names::plain(&segment.ident)).collect();
        match parts.as_slice() {
            [.., module, column, variant] if column == "Column" => Some(self.of_entity(module, variant)),
            [column, variant] if column == "Column" => Some(self.of_entity("", variant)),
            [.., module, entity] if entity == "Entity" => {
                Some(self.entities.get(&(module.clone(), entity.clone())).cloned().unwrap_or_else(|| module.clone()))
            }
            [entity] if entity == "Entity" => self.entities.get(&(String::new(), entity.clone())).cloned(),
            [.., iden, variant] if variant.starts_with(char::is_uppercase) && iden.starts_with(char::is_uppercase) => {
                let known = self.variants.get(&(iden.clone(), variant.clone())).cloned();
                Some(known.unwrap_or_else(|| match variant.as_str() {
                    "Table" => names::snake(iden),
                    other => names::snake(other),
                }))
            }
            [.., last] => {
                if let Some(known) = self.constants.get(last).or_else(|| self.structs.get(last)) {
                    return Some(known.clone());
                }
                let is_type = last.starts_with(char::is_uppercase) && last.chars().any(char::is_lowercase);
                is_type.then(|| names::snake(last))
            }
            [] => None,
        }
    }

    fn of_entity(&self, module: &str, variant: &str) -> String {
        let key = (module.to_owned(), variant.to_owned());
        self.entities.get(&key).cloned().unwrap_or_else(|| names::snake(variant))
    }

    /// The table that an expression names, perhaps with its schema: `Users::Table`, `(Alias::new("app"), Users::Table)`.
    pub(super) fn table(&self, expr: &Expr) -> Option<TableName> {
        if let Expr::Tuple(tuple) = expr
            && let (Some(schema), Some(table), 2) = (tuple.elems.first(), tuple.elems.get(1), tuple.elems.len())
        {
            return Some(TableName { schema: self.name(schema), name: self.name(table)? });
        }
        self.name(expr).map(|name| match name.split_once('.') {
            Some((schema, table)) => TableName { schema: Some(schema.to_owned()), name: table.to_owned() },
            None => TableName { schema: None, name },
        })
    }
}

/// The renaming of an iden attribute: `#[sea_orm(iden = "x")]`, `#[iden = "x"]`, `#[iden(rename = "x")]`.
fn renamed(attributes: &[syn::Attribute]) -> Option<String> {
    let sea_orm = Entries::read(attributes);
    let iden = Entries::named(attributes, "iden");
    let found = sea_orm.text("iden").or_else(|| iden.text("")).or_else(|| iden.text("rename"));
    found.map(str::to_owned)
}

impl<'a> Visit<'a> for Idens {
    fn visit_item_enum(&mut self, item: &'a ItemEnum) {
        let by_orm = derives(&item.attrs, "DeriveIden");
        if by_orm || derives(&item.attrs, "Iden") || derives(&item.attrs, "EnumIter") {
            let name = names::plain(&item.ident);
            // Only sea-query's own derive lets the enum's attribute name the table.
            let table = if by_orm { None } else { renamed(&item.attrs) };
            for variant in &item.variants {
                let own = names::plain(&variant.ident);
                let sql = renamed(&variant.attrs).unwrap_or_else(|| match own.as_str() {
                    "Table" => table.clone().unwrap_or_else(|| names::snake(&name)),
                    other => names::snake(other),
                });
                self.variants.insert((name.clone(), own), sql);
            }
        }
    }

    fn visit_item_struct(&mut self, item: &'a ItemStruct) {
        if derives(&item.attrs, "DeriveIden") || derives(&item.attrs, "Iden") {
            let name = names::plain(&item.ident);
            let sql = renamed(&item.attrs).unwrap_or_else(|| names::snake(&name));
            self.structs.insert(name, sql);
        }
    }

    fn visit_item_const(&mut self, item: &'a syn::ItemConst) {
        if let Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) = &*item.expr {
            self.constants.insert(names::plain(&item.ident), text.value());
        }
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        // `impl Iden for Users { fn unquoted(&self, s: &mut dyn Write) { write!(s, match self { Self::Table => "users", .. }) } }`
        let is_iden =
            item.trait_.as_ref().and_then(|(path, _)| path.segments.last()).is_some_and(|s| s.ident == "Iden");
        if is_iden && let Some(own) = names::last_segment(&item.self_ty) {
            let name = own.ident.to_string();
            for (variant, text) in written(quote::ToTokens::to_token_stream(item)) {
                self.variants.insert((name.clone(), variant), text);
            }
        }
        visit::visit_item_impl(self, item);
    }
}

/// `Variant => "text"` pairs among tokens, at any depth.
fn written(tokens: proc_macro2::TokenStream) -> Vec<(String, String)> {
    use proc_macro2::TokenTree;
    let mut found = vec![];
    let mut open = vec![tokens.into_iter()];
    let mut last = None;
    while let Some(stream) = open.last_mut() {
        match stream.next() {
            None => {
                open.pop();
            }
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(TokenTree::Ident(ident)) => last = Some(ident.to_string()),
            Some(TokenTree::Literal(literal)) => {
                if let (Some(variant), Ok(text)) = (last.take(), syn::parse_str::<syn::LitStr>(&literal.to_string())) {
                    found.push((variant, text.value()));
                }
            }
            Some(TokenTree::Punct(_)) => {}
        }
    }
    found
}
