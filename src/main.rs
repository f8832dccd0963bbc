//! The `noclobber` program.
fn main() {}
