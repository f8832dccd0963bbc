//! sqlx's offline cache (`.sqlx/query-*.json`, `sqlx-data.json`) as facts about columns.
