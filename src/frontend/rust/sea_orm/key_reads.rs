//! Keys that are read of a model's fields: `user.data["phone"]`.

use super::names;
use super::typing::{File, Kind, Place};
use super::walk::Own;
use crate::frontend::facts::{KeyRead, KeyReadOf, TypedRead};
use crate::frontend::rust::key_reads::{self, AsType, KeyUse};
use crate::frontend::rust::peel::peel;
use crate::frontend::rust::types::Ty;
use syn::{Expr, Member};

/// The keys that are read of models, as far as the place shows which entity that is.
pub(super) fn read<'a>(file: &File<'_, 'a, '_>, uses: &[KeyUse<'a>]) -> Vec<KeyRead> {
    uses.iter().filter_map(|used| of_model(file, used)).collect()
}

fn of_model<'a>(file: &File<'_, 'a, '_>, used: &KeyUse<'a>) -> Option<KeyRead> {
    let (base, path) = match used.typed {
        None => key_reads::document(file.reader, used)?,
        // `model.settings.theme`: the first field is the column.
        Some(AsType::OfRow(first)) => (first, vec![]),
        Some(AsType::Decoded(_)) => (key_reads::decoded(file.reader, used)?, vec![]),
    };
    let Expr::Field(field) = peel(base) else { return None };
    let Member::Named(name) = &field.member else { return None };
    let scope = file.reader.tree.scopes.get(used.scope)?;
    let own = Own { ty: used.own, ..Own::default() };
    let place = Place { file, scope, index: used.scope, own, test: false };
    // What holds a field of a field is no model.
    let is_model = matches!(peel(&field.base), Expr::Path(_) | Expr::MethodCall(_) | Expr::Call(_));
    let typed = place.of(&field.base).filter(|typed| is_model && typed.kind == Kind::Model)?;
    let of = KeyReadOf::Field { entity: typed.entity, field: names::plain(name) };
    let at = scope.range.0;
    let typed = match used.typed {
        None => None,
        Some(AsType::OfRow(_)) => {
            let fields = used.path.get(1..).unwrap_or_default().to_vec();
            Some(TypedRead { ty: None, at, fields })
        }
        Some(AsType::Decoded(said)) => {
            let ty = said.and_then(Ty::read).or_else(|| key_reads::decoded_type(file.reader, used))?;
            Some(TypedRead { ty: Some(ty), at, fields: used.path.clone() })
        }
    };
    Some(KeyRead { of, path, span: used.span, typed })
}
