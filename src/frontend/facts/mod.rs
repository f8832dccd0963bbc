//! What is read off one file: plain owned data, so that it can leave the thread that parsed the file.

mod built;
mod columns;
mod handed;
mod imports;
mod signs;
mod summaries;
mod texts;
mod types;

use crate::frontend::comments::Comment;
use crate::source::{FileId, Span};
pub use built::{
    BuiltColumn, BuiltItem, BuiltKind, BuiltWrite, Entity, EntityColumn, EntityPath, EntityUse, Given, Hooks,
    JsonTypes, MadeEnd, Maker, ModelFacts, SetterMacro, SqlPiece,
};
pub use columns::{
    DeclaredBy, DeclaredColumn, FieldFacts, FieldRef, JsonDecode, JsonField, KeyRead, KeyReadOf, SchemaFact, TypedRead,
};
pub use handed::{GivenArgument, HandedOn, HandedOver, WantedCall};
pub use imports::Imports;
pub use signs::{Sign, SignKind, speaks_of_part};
pub use summaries::{PendingCall, Receiver, Summary};
pub(in crate::frontend) use texts::FIRST_HOLE_PLACEHOLDER;
pub use texts::is_numbered_by_program;
pub use texts::{Bind, Constant, ConstantQuery, DeferredText, FileQuery, Hole, Route, SqlText, TextFacts};
pub use types::{
    DeclaredEnum, DeclaredField, DeclaredType, DeclaredVariant, PendingType, RustType, Tagging, TypeFacts, TypeForm,
    TypeUse, VariantForm, is_default,
};

/// Everything read off one file.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The file.
    pub file: FileId,
    /// Every text that is, or may be, SQL, with what was read in it.
    pub texts: Vec<TextFacts>,
    /// SQL texts with parts spelled by constants of other files; resolved when all files are read.
    pub deferred: Vec<DeferredText>,
    /// Values bound to statements that a constant of another file spells as a whole.
    pub constant_queries: Vec<ConstantQuery>,
    /// Uses of `.sql` files by path: `query_file!`, `include_str!`.
    pub file_queries: Vec<FileQuery>,
    /// String constants of this file, for the deferred texts of others.
    pub constants: Vec<Constant>,
    /// Places where a column that was read as text is decoded as JSON (`serde_json::from_str(&row.data)`).
    pub decodes: Vec<JsonDecode>,
    /// Keys that are read of documents.
    pub key_reads: Vec<KeyRead>,
    /// Fields of structs that stand between a column and the JSON in it.
    pub fields: FieldFacts,
    /// Columns whose type is said outside SQL: sqlx's offline cache, an entity, a `table!` macro.
    pub columns: Vec<DeclaredColumn>,
    /// Changes to the schema that are spelled in Rust: sea-query, SeaORM's and loco's migration helpers.
    pub schema: Vec<SchemaFact>,
    /// SeaORM entities.
    pub entities: Vec<Entity>,
    /// What the file says of Rust types that are kept as JSON.
    pub json_types: JsonTypes,
    /// What the file says of other Rust types.
    pub types: TypeFacts,
    /// Writes that are built in Rust; they become SQL texts when all entities are known.
    pub built: Vec<BuiltWrite>,
    /// Names under which the file passes on entities and models of others: `pub use super::users::Entity as Users`.
    pub reexports: Vec<(String, Vec<String>)>,
    /// What the file says of models that are made or changed in other files.
    pub models: ModelFacts,
    /// Functions that hold SQL, by index.
    pub functions: Vec<Function>,
    /// Functions that make documents of documents, for the calls of other files.
    pub summaries: Vec<Summary>,
    /// Functions that are registered for PATCH requests, by the path that names them, each with its place.
    pub patch_handlers: Vec<(String, Span)>,
    /// Comments that speak to noclobber, by place.
    pub comments: Vec<Comment>,
    /// What went wrong with the file as a whole (read at token level, not UTF-8, ..), with the place if known.
    pub problems: Vec<Problem>,
}

impl Facts {
    /// No facts yet.
    pub fn new(file: FileId) -> Self {
        Self {
            file,
            texts: vec![],
            deferred: vec![],
            constant_queries: vec![],
            file_queries: vec![],
            constants: vec![],
            decodes: vec![],
            key_reads: vec![],
            fields: FieldFacts::default(),
            columns: vec![],
            schema: vec![],
            entities: vec![],
            json_types: JsonTypes::default(),
            types: TypeFacts::default(),
            built: vec![],
            reexports: vec![],
            models: ModelFacts::default(),
            functions: vec![],
            summaries: vec![],
            patch_handlers: vec![],
            comments: vec![],
            problems: vec![],
        }
    }
}

/// A function that holds SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// The type whose method it is.
    pub self_type: Option<String>,
    /// The trait that the method is one of.
    pub trait_name: Option<String>,
    /// Modules around it inside the file.
    pub module: Vec<String>,
    /// The names of its parameters in order, `self` left out; empty where a pattern stands.
    pub parameters: Vec<String>,
    /// What its name, its documentation and its attributes say of how its writes are meant.
    pub signs: Vec<Sign>,
}

/// Something that went wrong with a file, or a text that could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, if known.
    pub span: Option<Span>,
    /// One sentence.
    pub message: String,
}
