//! Whose method a call means, as far as its receiver shows it.

use crate::frontend::facts::Receiver;
use heck::ToSnakeCase as _;

/// How sure it is that a call means a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    /// By the name, and because nothing speaks against it.
    ByName,
    /// The receiver is called like the type.
    Resembles,
    /// The type, trait, module or file is named.
    Named,
}

/// How sure it is that a call on a receiver means the method `name` of one of these types and traits.
pub(super) fn method(own: &[&str], name: &str, receiver: &Receiver) -> Option<Sure> {
    if own.is_empty() {
        return None;
    }
    // A short name may be that of a type parameter.
    if let Some(ty) = receiver.ty.as_deref().filter(|ty| ty.len() > 2 || own.contains(ty)) {
        return own.contains(&ty).then_some(Sure::Named);
    }
    let variable = receiver.name.as_deref().unwrap_or("").trim_start_matches('_');
    if own.iter().any(|name| alike(&name.to_snake_case(), variable)) {
        return Some(Sure::Resembles);
    }
    is_telling(name).then_some(Sure::ByName)
}

/// Whether a name says enough by itself.
pub(super) fn is_telling(name: &str) -> bool {
    name.len() >= 8 && name.contains('_')
}

/// Whether a variable is called like a type: `user_repo`, `users`, `repo` say less and less of `user_repository`.
fn alike(ty: &str, variable: &str) -> bool {
    let variable = variable.trim_end_matches('s');
    variable.len() >= 4 && (ty.starts_with(variable) || variable.starts_with(ty) || ty.ends_with(variable))
}

#[cfg(test)]
mod tests {
    use super::{Sure, alike, method};
    use crate::frontend::facts::Receiver;

    #[test]
    fn a_type_of_two_letters_is_one_where_it_is_the_method_s_own() {
        let of = |ty: &str| method(&["Pg"], "store", &Receiver { name: None, ty: Some(ty.to_owned()) });
        assert_eq!(of("Pg"), Some(Sure::Named));
        assert_eq!(of("DB"), None);
    }

    #[test]
    fn a_variable_may_be_called_like_its_type() {
        assert!(alike("user_repository", "user_repo") && alike("user_store", "users") && alike("store", "store"));
        assert!(!alike("user_store", "cache") && !alike("user_store", "db") && !alike("user_store", ""));
    }
}
