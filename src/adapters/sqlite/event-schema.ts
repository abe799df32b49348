/**
 * Migration 1: the event store (transparency-log chapter §7). All times are milliseconds since 1970.
 *
 * Three choices differ from the logical schema, for speed of ingest; the tables answer the same questions.
 * The order of listings is (event_time, event_pk), and `event_pk` is the ingest sequence: gap-free, and within a log in
 * index order. Digests stand whole in `detail`; `event_digest` finds them by their first 48 bits within buckets of 16,384
 * events, because random keys over all of history would dirty a page per digest. What it finds is compared whole.
 */
export const EVENT_STORE_SQL = `
CREATE TABLE log (
  log_pk INTEGER PRIMARY KEY,
  name   TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE checkpoint (
  checkpoint_pk INTEGER PRIMARY KEY,
  log_pk        INTEGER NOT NULL REFERENCES log,
  size          INTEGER NOT NULL CHECK (size >= 0),
  root          BLOB NOT NULL CHECK (length(root) = 32),
  note          BLOB NOT NULL,
  note_sha256   BLOB NOT NULL CHECK (length(note_sha256) = 32),
  first_seen    INTEGER NOT NULL,
  source        TEXT NOT NULL,
  UNIQUE (log_pk, note_sha256)
) STRICT;
CREATE INDEX checkpoint_by_size ON checkpoint (log_pk, size);

CREATE TABLE follow_position (
  log_pk       INTEGER PRIMARY KEY REFERENCES log,
  state        TEXT NOT NULL,
  reason       TEXT NOT NULL,
  start_index  INTEGER NOT NULL CHECK (start_index >= 0),
  indexed_upto INTEGER NOT NULL CHECK (indexed_upto >= start_index),
  frontier     BLOB NOT NULL CHECK (length(frontier) % 32 = 0),
  head_pk      INTEGER REFERENCES checkpoint,
  updated_at   INTEGER NOT NULL,
  unparsed     INTEGER NOT NULL,
  untrusted    INTEGER NOT NULL
) STRICT;

CREATE TABLE misbehaviour (
  misbehaviour_pk INTEGER PRIMARY KEY,
  log_pk          INTEGER NOT NULL REFERENCES log,
  code            TEXT NOT NULL,
  detail          TEXT NOT NULL,
  at              INTEGER NOT NULL,
  evidence_sha256 BLOB NOT NULL,
  UNIQUE (log_pk, code, evidence_sha256)
) STRICT;
CREATE TABLE misbehaviour_file (
  misbehaviour_pk INTEGER NOT NULL REFERENCES misbehaviour,
  name            TEXT NOT NULL,
  content         BLOB NOT NULL,
  PRIMARY KEY (misbehaviour_pk, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (
  identity_pk INTEGER PRIMARY KEY,
  issuer      TEXT NOT NULL,
  san         TEXT NOT NULL,
  san_type    TEXT NOT NULL,
  UNIQUE (san, issuer, san_type)
) STRICT;
CREATE INDEX identity_by_issuer ON identity (issuer);

CREATE TABLE signing_event (
  event_pk        INTEGER PRIMARY KEY,
  log_pk          INTEGER NOT NULL REFERENCES log,
  log_index       INTEGER NOT NULL CHECK (log_index >= 0),
  verified        INTEGER NOT NULL CHECK (verified IN (0, 1)),
  event_time      INTEGER NOT NULL,
  first_seen      INTEGER NOT NULL,
  integrated_time INTEGER,
  global_index    INTEGER,
  leaf_hash       BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  kind            TEXT NOT NULL,
  detail          TEXT NOT NULL
) STRICT;
CREATE TABLE event_at (
  log_pk    INTEGER NOT NULL REFERENCES log,
  log_index INTEGER NOT NULL CHECK (log_index >= 0),
  event_pk  INTEGER NOT NULL,
  leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  PRIMARY KEY (log_pk, log_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_by_time ON signing_event (log_pk, verified, event_time);

CREATE TABLE event_identity (
  identity_pk INTEGER NOT NULL,
  verified    INTEGER NOT NULL,
  event_time  INTEGER NOT NULL,
  event_pk    INTEGER NOT NULL,
  PRIMARY KEY (identity_pk, verified, event_time, event_pk)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_digest (
  bucket   INTEGER NOT NULL,
  prefix   INTEGER NOT NULL,
  event_pk INTEGER NOT NULL,
  PRIMARY KEY (bucket, prefix, event_pk)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_body (
  event_pk INTEGER PRIMARY KEY,
  body     BLOB NOT NULL
) STRICT;
`;
