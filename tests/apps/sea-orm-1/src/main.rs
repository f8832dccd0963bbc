//! The forms of SeaORM 1.1, and the suggestions for them.
#![allow(dead_code, unused_imports, reason = "what compiles is what is proven, with traits that one version needs")]

#[path = "../../sea-orm-shared/entity.rs"]
mod entity;
#[path = "../../sea-orm-shared/forms/mod.rs"]
mod forms;
mod forms_1;

#[tokio::main(flavor = "current_thread")]
async fn main() {}
