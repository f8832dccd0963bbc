//! Entities: the compact form (`DeriveEntityModel`), the expanded one, and `#[sea_orm::model]`.

use super::attributes::Entries;
use super::names;
use crate::frontend::facts::{Entity, EntityColumn};
use crate::frontend::rust::names::derives;
use crate::frontend::rust::names::is_test;
use crate::frontend::rust::place::Source;
use crate::frontend::sql::TableName;
use crate::source::Span;
use std::collections::BTreeMap;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, Fields, ItemEnum, ItemImpl, ItemMod, ItemStruct};

/// Reads the entities of a file, in the order of the text.
pub(super) fn read(file: &syn::File, source: Source<'_>, test: bool) -> Vec<Entity> {
    let mut reader = Reader { source, module: vec![], test, found: vec![], parts: BTreeMap::new() };
    reader.visit_file(file);
    let mut found = reader.found;
    for (module, parts) in reader.parts {
        found.extend(parts.join(module));
    }
    found.sort_by_key(|entity| entity.span);
    found
}

/// The parts of an entity in the expanded form, which stand side by side in one module.
#[derive(Debug, Default)]
struct Parts {
    table: Option<(TableName, Span)>,
    schema: Option<String>,
    /// Fields of the model.
    fields: Vec<EntityColumn>,
    /// Variants of `Column`: name, column, place.
    variants: Vec<(String, String, Span)>,
    /// Variant to SQL type and nullability.
    types: BTreeMap<String, (String, bool)>,
    keys: Vec<String>,
    test: bool,
}

impl Parts {
    fn join(self, module: Vec<String>) -> Option<Entity> {
        let (mut table, span) = self.table?;
        table.schema = table.schema.or(self.schema);
        let mut columns = self.fields;
        if !self.variants.is_empty() {
            columns.retain(|column| self.variants.iter().any(|(variant, _, _)| *variant == column.variant));
        }
        for (variant, name, span) in self.variants {
            let column = if let Some(column) = columns.iter_mut().find(|column| column.variant == variant) {
                column
            } else {
                columns.push(EntityColumn {
                    field: names::snake(&variant),
                    variant: variant.clone(),
                    column: String::new(),
                    sql_type: String::new(),
                    rust_type: String::new(),
                    nullable: None,
                    primary_key: false,
                    span,
                });
                let Some(last) = columns.last_mut() else { continue };
                last
            };
            column.column = name;
            column.primary_key |= self.keys.contains(&variant);
            if let Some((sql_type, nullable)) = self.types.get(&variant) {
                column.sql_type.clone_from(sql_type);
                column.nullable = Some(*nullable);
            }
        }
        Some(Entity { module, table, columns, span, test: self.test })
    }
}

struct Reader<'s> {
    source: Source<'s>,
    module: Vec<String>,
    test: bool,
    found: Vec<Entity>,
    parts: BTreeMap<Vec<String>, Parts>,
}

impl Reader<'_> {
    fn parts(&mut self) -> &mut Parts {
        let test = self.test;
        let parts = self.parts.entry(self.module.clone()).or_default();
        parts.test = test;
        parts
    }

    fn columns(&self, fields: &Fields, style: Option<&str>) -> Vec<EntityColumn> {
        fields.iter().filter_map(|field| self.column(field, style)).collect()
    }

    fn column(&self, field: &syn::Field, style: Option<&str>) -> Option<EntityColumn> {
        let entries = Entries::read(&field.attrs);
        let ident = field.ident.as_ref()?;
        let name = names::plain(ident);
        let (ty, optional) = names::inner(&field.ty);
        let last = names::last_segment(ty).map(|s| s.ident.to_string()).unwrap_or_default();
        let relation = matches!(last.as_str(), "HasMany" | "HasOne" | "BelongsTo");
        if entries.has("ignore") || relation {
            return None;
        }
        let variant = entries.text("enum_name").map_or_else(|| names::variant(&name), str::to_owned);
        let column = entries.text("column_name").map_or_else(|| names::column(&variant, style), str::to_owned);
        let sql_type = match entries.text("column_type") {
            Some(text) => names::column_type(text),
            None => names::sql_type(ty),
        };
        let span = self.source.span(ident.span()).join(self.source.span(field.ty.span()));
        Some(EntityColumn {
            field: name,
            variant,
            column,
            sql_type,
            rust_type: last,
            nullable: Some(optional || entries.has("nullable")),
            primary_key: entries.has("primary_key"),
            span,
        })
    }
}

/// The text that a function returns, where it returns a literal.
fn returned_text(function: &syn::ImplItemFn) -> Option<String> {
    let [.., syn::Stmt::Expr(last, _)] = function.block.stmts.as_slice() else { return None };
    text_in(last)
}

fn text_in(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        Expr::Call(call) => call.args.first().and_then(text_in),
        Expr::MethodCall(call) => text_in(&call.receiver),
        Expr::Return(inner) => inner.expr.as_deref().and_then(text_in),
        Expr::Reference(inner) => text_in(&inner.expr),
        _ => None,
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        let before = self.test;
        self.test |= item.attrs.iter().any(is_test);
        self.module.push(names::plain(&item.ident));
        visit::visit_item_mod(self, item);
        self.module.pop();
        self.test = before;
    }

    fn visit_item_struct(&mut self, item: &'a ItemStruct) {
        let entries = Entries::read(&item.attrs);
        let table = entries
            .text("table_name")
            .map(|name| TableName { schema: entries.text("schema_name").map(str::to_owned), name: name.to_owned() });
        let span = self.source.span(item.ident.span());
        if derives(&item.attrs, "DeriveEntityModel") {
            let columns = self.columns(&item.fields, entries.text("rename_all"));
            match table {
                Some(table) => {
                    let (module, test) = (self.module.clone(), self.test);
                    self.found.push(Entity { module, table, columns, span, test });
                }
                None => self.parts().fields = columns,
            }
        } else if derives(&item.attrs, "DeriveModel") && item.ident == "Model" {
            self.parts().fields = self.columns(&item.fields, None);
        } else if item.ident == "Entity"
            && let Some(table) = table
        {
            self.parts().table = Some((table, span));
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'a ItemEnum) {
        if item.ident == "Column" && derives(&item.attrs, "DeriveColumn") {
            let style = Entries::read(&item.attrs).text("rename_all").map(str::to_owned);
            let variants = item.variants.iter().map(|variant| {
                let name = names::plain(&variant.ident);
                let entries = Entries::read(&variant.attrs);
                let column =
                    entries.text("column_name").map_or_else(|| names::column(&name, style.as_deref()), str::to_owned);
                (name, column, self.source.span(variant.ident.span()))
            });
            let variants: Vec<_> = variants.collect();
            self.parts().variants = variants;
        } else if item.ident == "PrimaryKey" && derives(&item.attrs, "DerivePrimaryKey") {
            let keys = item.variants.iter().map(|variant| names::plain(&variant.ident)).collect();
            self.parts().keys = keys;
        }
        visit::visit_item_enum(self, item);
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        let name = item.trait_.as_ref().and_then(|(path, _)| path.segments.last()).map(|s| s.ident.to_string());
        let methods = item.items.iter().filter_map(|item| match item {
            syn::ImplItem::Fn(function) => Some(function),
            _ => None,
        });
        match name.as_deref() {
            Some("EntityName") => {
                for function in methods {
                    let span = self.source.span(function.sig.ident.span());
                    let Some(text) = returned_text(function) else { continue };
                    match function.sig.ident.to_string().as_str() {
                        "table_name" => self.parts().table = Some((TableName { schema: None, name: text }, span)),
                        "schema_name" => self.parts().schema = Some(text),
                        _ => {}
                    }
                }
            }
            Some("ColumnTrait") => {
                for function in methods.filter(|function| function.sig.ident == "def") {
                    let mut types = Definitions { source: self.source, types: BTreeMap::new() };
                    types.visit_block(&function.block);
                    self.parts().types = types.types;
                }
            }
            _ => {}
        }
        visit::visit_item_impl(self, item);
    }
}

/// Reads `Self::Settings => ColumnType::JsonBinary.def().nullable()`.
struct Definitions<'s> {
    source: Source<'s>,
    types: BTreeMap<String, (String, bool)>,
}

impl<'a> Visit<'a> for Definitions<'_> {
    fn visit_arm(&mut self, arm: &'a syn::Arm) {
        let syn::Pat::Path(path) = &arm.pat else { return };
        let Some(variant) = path.path.segments.last().map(|s| names::plain(&s.ident)) else { return };
        let mut expr = &*arm.body;
        let mut nullable = false;
        while let Expr::MethodCall(call) = expr {
            nullable |= matches!(call.method.to_string().as_str(), "null" | "nullable");
            expr = &call.receiver;
        }
        let text = self.source.folded(self.source.expr(expr));
        self.types.insert(variant, (names::column_type(&text), nullable));
    }
}
