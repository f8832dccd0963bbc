//! Every form in which SeaORM and sea-query write a column, as code that compiles.
//!
//! A comment `//= data: lost` says what noclobber must see where the next line begins: the column, and what becomes of the
//! old document; `//= upsert data: lost` says the same of an upsert. Nothing else may be seen.

mod builders;
mod ends;
mod helpers;
mod silent;
mod sources;
mod statements;
mod upserts;
mod values;
