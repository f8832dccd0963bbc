CREATE TABLE notes (id BIGINT PRIMARY KEY, body JSONB NOT NULL);

UPDATE notes SET body = our_own_merge(body, $1) WHERE id = $2;
