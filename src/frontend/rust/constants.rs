//! The string constants of a file, for texts of other files.

use super::assemble::Reader;
use crate::frontend::facts::Constant;

/// All constants whose value is a known string.
pub(super) fn read(reader: &Reader<'_, '_>) -> Vec<Constant> {
    let Some(file) = reader.tree.scopes.first() else { return vec![] };
    let mut constants = vec![];
    for found in reader.tree.constants.iter().filter(|c| c.block.is_none()) {
        reader.refill();
        let Some(text) = reader.text(found.value, file) else { continue };
        if text.literals.is_empty() {
            continue;
        }
        let Some(known) = text.known() else { continue };
        constants.push(Constant {
            name: found.name.clone(),
            module: found.module.clone(),
            value: known.value,
            span: reader.source.expr(found.value),
        });
    }
    constants
}
