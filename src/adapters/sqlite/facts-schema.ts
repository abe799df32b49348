/** Migration 3: what the background verification found out about images that run. Times are milliseconds since 1970. */
export const FACTS_STORE_SQL = `
CREATE TABLE image_facts (
  key      TEXT PRIMARY KEY,
  facts    TEXT NOT NULL,
  found_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX image_facts_by_time ON image_facts (found_at);
`;
