//! Keys that are read of a model's fields: `user.data["phone"]`.

use super::names;
use super::typing::{File, Kind, Place};
use super::walk::Own;
use crate::frontend::facts::{KeyRead, KeyReadOf};
use crate::frontend::rust::key_reads::{self, KeyUse};
use crate::frontend::rust::wrappers::peel;
use syn::{Expr, Member};

/// The keys that are read of models, as far as the place shows which entity that is.
pub(super) fn read<'a>(file: &File<'_, 'a, '_>, uses: &[KeyUse<'a>]) -> Vec<KeyRead> {
    uses.iter().filter_map(|used| of_model(file, used)).collect()
}

fn of_model<'a>(file: &File<'_, 'a, '_>, used: &KeyUse<'a>) -> Option<KeyRead> {
    let (base, path) = key_reads::document(file.reader, used)?;
    let Expr::Field(field) = peel(base) else { return None };
    let Member::Named(name) = &field.member else { return None };
    let scope = file.reader.tree.scopes.get(used.scope)?;
    let own = Own { ty: used.own, ..Own::default() };
    let place = Place { file, scope, index: used.scope, own, test: false };
    // What holds a field of a field is no model.
    let is_model = matches!(peel(&field.base), Expr::Path(_) | Expr::MethodCall(_) | Expr::Call(_));
    let typed = place.of(&field.base).filter(|typed| is_model && typed.kind == Kind::Model)?;
    let of = KeyReadOf::Field { entity: typed.entity, field: names::plain(name) };
    Some(KeyRead { of, path, span: used.span })
}
