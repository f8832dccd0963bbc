//! `Set` and `Remove`: which argument is SQL NULL decides first, then the family's own rules.

use serde_json::{Map, Value as Json};

use super::Runner;
use super::postgres::{self, Edit};
use super::step::{Place, Resolved, resolve};
use super::value::{Edited, Eval, Stop, Value, error};
use super::{mysql, serde_value, sqlite, typing};
use crate::document::{Document, Family, OnNull, Path, Removal, SetMode, Step};

impl Runner<'_> {
    #[allow(clippy::too_many_arguments, reason = "the fields of `Document::Set`, in their order")]
    pub(super) fn set(
        &self,
        of: &Document,
        path: &Path,
        value: &Document,
        mode: SetMode,
        on_null: OnNull,
        family: Family,
        depth: usize,
    ) -> Eval {
        let pg = matches!(family, Family::PgFunction | Family::PgSubscript);
        if pg && typing::is_text(value, depth) {
            return Err(Stop::Fails("the value must be jsonb, not text".into()));
        }
        let (of, value) = if on_null == OnNull::Wipe {
            if *path == Path::Null && family == Family::PgFunction {
                // Folded before the arguments are evaluated, unless they are of the wrong type.
                return match self.both(of, value, depth) {
                    Err(stop @ Stop::Fails(_)) => Err(stop),
                    _ => Ok(Value::Null),
                };
            }
            self.both(of, value, depth)?
        } else {
            match (self.eval(of, depth)?, self.eval(value, depth)) {
                // Measured: MariaDB evaluates the value when it puts it, not where the path leads nowhere.
                (of, Err(stop @ Stop::Error(_))) if family == Family::MariaDb => {
                    return self.unless_put(of, path, mode, stop);
                }
                (of, value) => (of, value?),
            }
        };
        if on_null == OnNull::Wipe && value == Value::Null {
            return Ok(Value::Null);
        }
        let of = match (of, family) {
            (Value::Null, Family::PgSubscript) => empty_for(path),
            (Value::Null, _) => return Ok(Value::Null),
            (of, _) => of,
        };
        let places = match resolve(path, self.inputs)? {
            // PostgreSQL's and MySQL's functions give NULL, SQLite's change nothing.
            Resolved::Null if family == Family::Sqlite => return Ok(Value::from(of.into_document(family)?)),
            Resolved::Null if family == Family::PgSubscript => {
                return error("jsonb subscript in assignment must not be null");
            }
            Resolved::Null => return Ok(Value::Null),
            Resolved::Invalid(why) => return error(why),
            Resolved::Places(places) => places,
        };
        if matches!(family, Family::MySql | Family::MariaDb)
            && places.iter().any(|place| matches!(place, Place::Index(index) if *index < 0))
        {
            return Err(Stop::Unknown("MySQL and MariaDB differ over a negative index".into()));
        }
        if pg && matches!(value, Value::Text(_) | Value::Scalar(_)) {
            return Err(Stop::Fails("the value must be jsonb, not text or an SQL scalar".into()));
        }
        let Some(document) = of.into_document(family)? else { return Ok(Value::Null) };
        let value = match (value.into_part(), on_null) {
            (Some(value), _) => value,
            (None, OnNull::JsonNull | OnNull::Wipe) => Json::Null,
            (None, OnNull::Keep) => return Ok(Value::Json(document)),
            (None, OnNull::Fail) => return error("the value is NULL"),
            (None, OnNull::Remove) => return remove_path(document, &places, family).map(Value::from),
        };
        put(document, &places, value, mode, family).map(Value::from)
    }

    /// What MariaDB makes of a value that fails: the failure, unless there is no place to put it.
    fn unless_put(&self, of: Value, path: &Path, mode: SetMode, failure: Stop) -> Eval {
        let family = Family::MariaDb;
        let Resolved::Places(places) = resolve(path, self.inputs)? else { return Ok(Value::Null) };
        let Some(document) = of.into_document(family)? else { return Ok(Value::Null) };
        // Two values, so that one of them differs from what may stand there.
        let put = |value: Json| mysql::set(document.clone(), &places, value, mode, family);
        let (one, other) = (put(Json::Bool(true)), put(Json::Bool(false)));
        if one == other { Ok(Value::from(one)) } else { Err(failure) }
    }

    pub(super) fn remove(&self, of: &Document, what: &Removal, family: Family, depth: usize) -> Eval {
        let of = self.eval(of, depth);
        if let Err(Stop::Fails(why)) = of {
            return Err(Stop::Fails(why));
        }
        let dynamic;
        let what = match what {
            Removal::Null | Removal::Path(Path::Null) if family == Family::Sqlite => {
                // Measured: SQLite reads the document first.
                of?.into_document(family)?;
                return Ok(Value::Null);
            }
            Removal::Null | Removal::Path(Path::Null) if family == Family::MariaDb => {
                of?;
                return Ok(Value::Null);
            }
            Removal::Null | Removal::Path(Path::Null) => return Ok(Value::Null),
            Removal::Dynamic(input) => match self.inputs.value(&input.id) {
                None => return Err(Stop::Unknown(format!("which key `{}` removes is not known", input.id))),
                // An argument that fails does so before the function sees that another one is NULL.
                Some(None) => return if let Err(stop @ Stop::Error(_)) = of { Err(stop) } else { Ok(Value::Null) },
                Some(Some(value)) => {
                    dynamic = removal(value, &input.id)?;
                    &dynamic
                }
            },
            what => what,
        };
        let Some(document) = of?.into_document(family)? else { return Ok(Value::Null) };
        match what {
            Removal::Keys(keys) if pg_or_serde(family) => match (family, document) {
                (Family::SerdeIndex | Family::SerdeInsert, Json::Object(mut map)) => {
                    map.retain(|key, _| !keys.contains(key));
                    Ok(Value::Json(Json::Object(map)))
                }
                (Family::SerdeIndex | Family::SerdeInsert, other) => Ok(Value::Json(other)),
                (_, document) => postgres::remove_keys(document, keys).map(Value::from),
            },
            Removal::Keys(keys) => {
                let mut document = Some(document);
                for key in keys {
                    let Some(inside) = document else { return Ok(Value::Null) };
                    document = remove_path(inside, &[Place::Key(key.clone())], family)?;
                }
                Ok(Value::from(document))
            }
            Removal::Index(index) if matches!(family, Family::PgFunction | Family::PgSubscript) => {
                postgres::remove_index(document, *index).map(Value::from)
            }
            Removal::Index(index) => remove_path(document, &[Place::Index(*index)], family).map(Value::from),
            Removal::Path(path) => match resolve(path, self.inputs)? {
                Resolved::Null => Ok(Value::Null),
                Resolved::Invalid(why) => error(why),
                Resolved::Places(places) => remove_path(document, &places, family).map(Value::from),
            },
            Removal::Dynamic(_) | Removal::Null => Ok(Value::Null),
        }
    }
}

fn pg_or_serde(family: Family) -> bool {
    !matches!(family, Family::MySql | Family::MariaDb | Family::Sqlite)
}

/// What a subscripted assignment starts from when the column is SQL NULL: an array when the first subscript is a number.
fn empty_for(path: &Path) -> Value {
    Value::Json(match path {
        Path::Steps(steps) if matches!(steps.first(), Some(Step::Index(_))) => Json::Array(vec![]),
        _ => Json::Object(Map::new()),
    })
}

/// What a removal by a value from outside takes out.
fn removal(value: Json, id: &str) -> Result<Removal, Stop> {
    match value {
        Json::String(key) => Ok(Removal::Keys(vec![key])),
        Json::Number(n) if n.is_i64() => Ok(Removal::Index(n.as_i64().unwrap_or(0))),
        Json::Array(items) => Ok(Removal::Keys(
            items.into_iter().filter_map(|item| if let Json::String(key) = item { Some(key) } else { None }).collect(),
        )),
        _ => Err(Stop::Unknown(format!("which key `{id}` removes is not known"))),
    }
}

fn put(document: Json, places: &[Place], value: Json, mode: SetMode, family: Family) -> Edited {
    match family {
        Family::PgFunction => {
            let edit = match mode {
                SetMode::Set => Edit::Create(&value),
                SetMode::Replace => Edit::Replace(&value),
                SetMode::Insert => Edit::IfMissing(&value),
                SetMode::InsertOrFail { after } => Edit::Insert { value: &value, after },
                SetMode::Append => return Err(Stop::Unknown("PostgreSQL has no append at a path".into())),
            };
            postgres::edit(document, places, edit)
        }
        Family::PgSubscript => postgres::edit(document, places, Edit::Subscript(&value)),
        Family::MySql | Family::MariaDb => Ok(mysql::set(document, places, value, mode, family)),
        Family::Sqlite => Ok(Some(sqlite::set(document, places, value, mode))),
        Family::SerdeIndex => serde_value::index_set(document, places, value, mode),
        Family::SerdeInsert => Ok(Some(serde_value::insert(document, places, value, mode))),
    }
}

fn remove_path(document: Json, places: &[Place], family: Family) -> Edited {
    match family {
        Family::PgFunction | Family::PgSubscript => postgres::edit(document, places, Edit::Delete),
        Family::MySql | Family::MariaDb => mysql::remove(document, places),
        Family::Sqlite => Ok(sqlite::remove(document, places)),
        Family::SerdeIndex | Family::SerdeInsert => Ok(Some(serde_value::remove(document, places))),
    }
}
