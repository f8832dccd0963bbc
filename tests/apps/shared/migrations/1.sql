CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text,
    data jsonb NOT NULL DEFAULT '{}',
    notes json,
    settings text
);
