//! Suggested statements that keep the rest of the document, per database.
