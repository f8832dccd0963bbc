//! Runs the code of `../shared` with this version of sqlx.

#[path = "../../shared/check.rs"]
mod check;

#[tokio::main(flavor = "current_thread")]
async fn main() -> sqlx::Result<()> {
    check::run().await
}
