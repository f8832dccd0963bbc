//! Which entity an expression has to do with, and whether it is a model, an active model or a query.
//!
//! A guess by form: wrappers such as `Option`, `Result` and iterators are looked through.

use super::idens::Idens;
use super::names;
use super::walk::Own;
use crate::frontend::facts::{EntityPath, Imports};
use crate::frontend::rust::assemble::Reader;
use crate::frontend::rust::imports::is_leaf;
pub(super) use crate::frontend::rust::peel::peel;
use crate::frontend::rust::scope::{Binding, Scope};
use std::collections::BTreeMap;
use syn::{Expr, Type};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A row that is to be written.
    ActiveModel,
    /// A row that was read.
    Model,
    /// The entity, or a query on it.
    Query,
}

/// A value of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) kind: Kind,
    pub(super) entity: EntityPath,
}

/// How deep expressions and bindings are followed.
const MAX_DEPTH: usize = 12;

/// The file, as far as types need it.
pub(super) struct File<'r, 'a, 's> {
    pub(super) reader: &'r Reader<'a, 's>,
    pub(super) imports: &'r Imports,
    pub(super) idens: &'r Idens,
    /// Return types of the file's functions, by name.
    pub(super) returns: BTreeMap<String, &'a Type>,
    /// The same, by the function's first byte.
    pub(super) returns_at: BTreeMap<usize, &'a Type>,
    /// Functions that return a conflict clause, by name: the first byte and the body.
    pub(super) clauses: BTreeMap<String, (usize, &'a syn::Block)>,
    /// Types of the file's struct fields, by name.
    pub(super) fields: BTreeMap<String, &'a Type>,
}

/// A place in the file: its function, and the `impl` around it.
#[derive(Clone, Copy)]
pub(super) struct Place<'r, 'a, 's> {
    pub(super) file: &'r File<'r, 'a, 's>,
    pub(super) scope: &'r Scope<'a>,
    pub(super) index: usize,
    pub(super) own: Own<'a>,
    pub(super) test: bool,
}

impl<'a> Place<'_, 'a, '_> {
    /// The first byte of an expression.
    pub(super) fn at(&self, expr: &Expr) -> usize {
        self.file.reader.source.expr(expr).start as usize
    }

    /// The binding that an expression names.
    pub(super) fn binding(&self, expr: &Expr) -> Option<usize> {
        let Expr::Path(path) = peel(expr) else { return None };
        let ident = path.path.get_ident()?;
        self.scope.resolve(&ident.to_string(), self.file.reader.source.start(ident.span()))
    }

    /// What a type is about.
    pub(super) fn of_type(&self, ty: &Type, at: usize) -> Option<Typed> {
        self.of_type_in(ty, at, 0)
    }

    fn of_type_in(&self, ty: &Type, at: usize, depth: usize) -> Option<Typed> {
        if depth > MAX_DEPTH {
            return None;
        }
        let inner = |ty| self.of_type_in(ty, at, depth + 1);
        match ty {
            Type::Path(path) => {
                let parts: Vec<String> = path.path.segments.iter().map(|s| names::plain(&s.ident)).collect();
                let own = match parts.as_slice() {
                    [first, last] if first == "Self" && last == "ActiveModel" => self.own.model,
                    [only] if only == "Self" => self.own.ty,
                    _ => None,
                };
                if let Some(own) = own {
                    return inner(own);
                }
                if let Some(found) = self.of_path(&parts, at) {
                    return Some(found);
                }
                path.path.segments.iter().find_map(|segment| match &segment.arguments {
                    syn::PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|a| match a {
                        syn::GenericArgument::Type(ty) => inner(ty),
                        _ => None,
                    }),
                    _ => None,
                })
            }
            Type::Reference(reference) => inner(&reference.elem),
            Type::Tuple(tuple) => tuple.elems.iter().find_map(inner),
            Type::Slice(slice) => inner(&slice.elem),
            Type::Array(array) => inner(&array.elem),
            Type::Paren(paren) => inner(&paren.elem),
            _ => None,
        }
    }

    /// What the path of a type is about.
    pub(super) fn of_path(&self, parts: &[String], at: usize) -> Option<Typed> {
        let entity = self.file.imports.resolve(parts, at);
        let last = entity.path.last()?;
        let kind = match last.as_str() {
            "ActiveModel" | "ActiveModelEx" => Kind::ActiveModel,
            "Model" | "ModelEx" => Kind::Model,
            "Entity" | "Column" => Kind::Query,
            other if other.ends_with("ActiveModel") => Kind::ActiveModel,
            _ => return None,
        };
        Some(Typed { kind, entity })
    }

    /// What an expression is about.
    pub(super) fn of(&self, expr: &Expr) -> Option<Typed> {
        self.of_expr(expr, 0)
    }

    /// What a binding is about.
    pub(super) fn of_binding(&self, id: usize) -> Option<Typed> {
        self.of_binding_in(id, 0)
    }

    fn of_binding_in(&self, id: usize, depth: usize) -> Option<Typed> {
        if depth > MAX_DEPTH {
            return None;
        }
        let binding = self.scope.bindings.get(id)?;
        let declared = binding.ty.and_then(|ty| self.of_type(ty, binding.visible));
        let of_part = || binding.of_tuple.and_then(|(ty, at)| self.of_element(ty, at, binding.visible));
        let declared = declared.or_else(of_part).or_else(|| self.related(binding, depth));
        declared.or_else(|| binding.init.or(binding.part_of).and_then(|init| self.of_expr(init, depth + 1)))
    }

    /// What a row is about that a query finds beside another one: `(user, team)` of `find_also_related(Team)`.
    fn related(&self, binding: &Binding<'a>, depth: usize) -> Option<Typed> {
        let beside = binding.element?.checked_sub(1)?;
        let (_, links) = super::columns::chain(binding.init.or(binding.part_of)?);
        let finds = |name: &str| name.starts_with("find_also_related") || name.starts_with("find_with_related");
        let mut others = links.into_iter().filter(|link| finds(&link.method.to_string()));
        let other = others.nth(beside)?.args.first()?;
        let entity = self.of_expr(other, depth + 1).map(|typed| typed.entity).or_else(|| match peel(other) {
            Expr::Path(path) => Some(self.file.imports.resolve(&parts(&path.path), self.at(other))),
            _ => None,
        })?;
        Some(Typed { kind: Kind::Model, entity })
    }

    /// What an element of a tuple type is about: `(a, b): &mut Self::ActiveModel`.
    fn of_element(&self, mut ty: &'a Type, number: usize, at: usize) -> Option<Typed> {
        for _ in 0..MAX_DEPTH {
            ty = match ty {
                Type::Reference(reference) => &reference.elem,
                Type::Paren(inner) => &inner.elem,
                Type::Tuple(tuple) => return tuple.elems.get(number).and_then(|ty| self.of_type(ty, at)),
                Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "ActiveModel") => {
                    let of_self = path.path.segments.first().is_some_and(|s| s.ident == "Self");
                    self.own.model.filter(|_| of_self)?
                }
                _ => return None,
            };
        }
        None
    }

    /// The path of an expression's type, where it is declared: of a parameter, of a literal, of `self`.
    pub(super) fn named_type(&self, expr: &Expr) -> Option<Vec<String>> {
        let path_of = |ty: &Type| match names::inner(ty).0 {
            Type::Path(path) => Some(parts(&path.path)),
            _ => None,
        };
        match peel(expr) {
            Expr::Struct(literal) => Some(parts(&literal.path)),
            Expr::Path(path) if path.path.is_ident("self") => self.own.ty.and_then(path_of),
            Expr::Path(_) => {
                let binding = self.scope.bindings.get(self.binding(expr)?)?;
                let of_literal = || binding.init.filter(|init| matches!(peel(init), Expr::Struct(_)));
                binding.ty.and_then(path_of).or_else(|| of_literal().and_then(|init| self.named_type(init)))
            }
            Expr::MethodCall(call) if call.method == "clone" => self.named_type(&call.receiver),
            _ => None,
        }
    }

    /// The type that the function of this place returns.
    pub(super) fn returned(&self) -> Option<&'a Type> {
        self.file.returns_at.get(&self.scope.range.0).copied()
    }

    fn of_expr(&self, expr: &Expr, depth: usize) -> Option<Typed> {
        if depth > MAX_DEPTH {
            return None;
        }
        let next = |expr| self.of_expr(expr, depth + 1);
        match peel(expr) {
            Expr::Struct(literal) => self.of_path(&parts(&literal.path), self.at(expr)),
            Expr::Path(path) => {
                if let Some(id) = self.binding(expr) {
                    return self.of_binding_in(id, depth + 1);
                }
                if path.path.is_ident("self") {
                    return self.of_type_in(self.own.ty?, self.at(expr), depth + 1);
                }
                self.of_path(&parts(&path.path), self.at(expr))
            }
            Expr::Field(field) => {
                let syn::Member::Named(name) = &field.member else { return None };
                let ty = self.file.fields.get(&names::plain(name))?;
                self.of_type(ty, self.at(expr))
            }
            Expr::Call(call) => self.of_call(call, depth),
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                let receiver = next(&call.receiver);
                match (method.as_str(), receiver) {
                    ("into_active_model", Some(typed)) => Some(Typed { kind: Kind::ActiveModel, ..typed }),
                    ("into_active_model", None) => {
                        // A struct that derives it: its name stands for the entity.
                        let entity = self.file.imports.resolve(&self.named_type(&call.receiver)?, self.at(expr));
                        Some(Typed { kind: Kind::ActiveModel, entity })
                    }
                    ("one" | "all" | "stream" | "fetch_page" | "fetch" | "exec_with_returning", Some(typed)) => {
                        Some(Typed { kind: Kind::Model, ..typed })
                    }
                    ("update" | "insert" | "save" | "try_into_model", Some(typed))
                        if typed.kind == Kind::ActiveModel =>
                    {
                        Some(Typed { kind: Kind::Model, ..typed })
                    }
                    (_, Some(typed)) => Some(typed),
                    (name, None) => {
                        let ty = self.file.returns.get(name)?;
                        self.of_type(ty, self.at(expr))
                    }
                }
            }
            Expr::If(branch) => {
                let then = last_of(&branch.then_branch).and_then(next);
                then.or_else(|| branch.else_branch.as_ref().and_then(|(_, other)| next(other)))
            }
            Expr::Match(branches) => branches.arms.iter().find_map(|arm| next(&arm.body)),
            Expr::Block(block) => last_of(&block.block).and_then(next),
            Expr::Async(block) => last_of(&block.block).and_then(next),
            Expr::Closure(closure) => next(&closure.body),
            Expr::Index(index) => next(&index.expr),
            Expr::Tuple(tuple) => tuple.elems.iter().find_map(next),
            _ => None,
        }
    }

    fn of_call(&self, call: &syn::ExprCall, depth: usize) -> Option<Typed> {
        let Expr::Path(path) = &*call.func else { return None };
        let parts = parts(&path.path);
        let at = self.file.reader.source.start(crate::frontend::rust::place::path_start(&path.path));
        if let (Some(qself), [.., _]) = (&path.qself, parts.as_slice()) {
            // `<users::ActiveModel as ActiveModelTrait>::from_json(..)`
            return self.of_type(&qself.ty, at);
        }
        match parts.as_slice() {
            [.., name] if matches!(name.as_str(), "Some" | "Ok" | "Box" | "Arc") => {
                call.args.first().and_then(|inner| self.of_expr(inner, depth + 1))
            }
            [owner, function] if owner == "Self" && self.file.returns.contains_key(function) => {
                self.file.returns.get(function).and_then(|ty| self.of_type(ty, at))
            }
            [.., owner, function]
                if matches!(owner.as_str(), "Update" | "Insert" | "Delete")
                    && matches!(function.as_str(), "one" | "many") =>
            {
                let typed = self.of_expr(call.args.first()?, depth + 1)?;
                Some(Typed { kind: Kind::Query, ..typed })
            }
            [head @ .., function] if !head.is_empty() => {
                if let Some(typed) = self.of_path(head, at) {
                    return Some(typed);
                }
                let entity = self.file.imports.resolve(head, at);
                let alias = entity.path.last().is_some_and(|last| last.starts_with(char::is_uppercase));
                if alias && is_query(function) {
                    return Some(Typed { kind: Kind::Query, entity });
                }
                self.file.returns.get(function).and_then(|ty| self.of_type(ty, at))
            }
            [function] => self.file.returns.get(function).and_then(|ty| self.of_type(ty, at)),
            _ => None,
        }
    }

    /// The entity that is most likely meant where none is named: of the nearest query before, in the same function; else
    /// the only one that the file imports.
    pub(super) fn nearby(&self, at: usize) -> Option<EntityPath> {
        let mut best: Option<(usize, EntityPath)> = None;
        for chain in &self.scope.chains {
            let crate::frontend::rust::scope::Root::Expr(root) = &chain.root else { continue };
            if chain.at < at
                && best.as_ref().is_none_or(|(found, _)| chain.at >= *found)
                && let Some(typed) = self.of(root)
            {
                best = Some((chain.at, typed.entity));
            }
        }
        best.map(|(_, entity)| entity)
    }
}

/// Whether a function of an entity starts a query.
pub(super) fn is_query(function: &str) -> bool {
    function == "find"
        || function.starts_with("find_")
        || matches!(
            function,
            "update" | "update_many" | "insert" | "insert_many" | "delete" | "delete_many" | "delete_by_id"
        )
}

/// The names of a path.
pub(super) fn parts(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| names::plain(&segment.ident)).collect()
}

/// The last expression of a block.
pub(super) fn last_of(block: &syn::Block) -> Option<&Expr> {
    match block.stmts.last() {
        Some(syn::Stmt::Expr(last, None)) => Some(last),
        _ => None,
    }
}

/// The entity of `users::Column::Settings`, and the variant.
pub(super) fn column_path(expr: &Expr) -> Option<(Vec<String>, String)> {
    let expr = match peel(expr) {
        Expr::MethodCall(call) if matches!(call.method.to_string().as_str(), "into_iden" | "into" | "to_owned") => {
            peel(&call.receiver)
        }
        // `(users::Entity, users::Column::Settings)`
        Expr::Tuple(tuple) => peel(tuple.elems.last()?),
        other => other,
    };
    let Expr::Path(path) = expr else { return None };
    let mut parts = parts(&path.path);
    let variant = parts.pop()?;
    let owner = parts.last()?;
    let is_column = is_leaf(owner) && owner == "Column" || owner.ends_with("Column");
    (is_column && variant.starts_with(char::is_uppercase)).then_some((parts, variant))
}
