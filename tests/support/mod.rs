//! What the server tests share: throw-away databases, random documents, fixtures.
//!
//! Every test binary uses its own part of it.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

pub(crate) mod fixtures;
pub(crate) mod harm;
pub(crate) mod random;
pub(crate) mod servers;
pub(crate) mod templates;
