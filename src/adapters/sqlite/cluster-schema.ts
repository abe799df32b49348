/**
 * Migration 2: what was seen of clusters, and what registries said of artifacts. All times are milliseconds since 1970.
 * `object` is the object's JSON as the API server gave it; the columns are what listings look for.
 */
export const CLUSTER_STORE_SQL = `
CREATE TABLE cluster_object (
  cluster    TEXT NOT NULL,
  uid        TEXT NOT NULL,
  resource   TEXT NOT NULL,
  namespace  TEXT NOT NULL,
  name       TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  end_kind   TEXT CHECK (end_kind IN ('deleted', 'gone-between')),
  gone_by    INTEGER,
  object     TEXT NOT NULL,
  PRIMARY KEY (cluster, uid),
  CHECK ((end_kind IS NULL) = (gone_by IS NULL))
) STRICT;
CREATE INDEX cluster_object_by_time ON cluster_object (resource, first_seen);

CREATE TABLE watch_position (
  cluster          TEXT NOT NULL,
  resource         TEXT NOT NULL,
  resource_version TEXT NOT NULL,
  PRIMARY KEY (cluster, resource)
) STRICT, WITHOUT ROWID;

CREATE TABLE watch_gap (
  gap_pk   INTEGER PRIMARY KEY,
  cluster  TEXT NOT NULL,
  resource TEXT NOT NULL,
  since    INTEGER NOT NULL,
  until    INTEGER,
  reason   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX watch_gap_open ON watch_gap (cluster, resource) WHERE until IS NULL;

CREATE TABLE signature_link (
  link_pk        INTEGER PRIMARY KEY,
  log            TEXT NOT NULL,
  log_index      INTEGER NOT NULL CHECK (log_index >= 0),
  repository     TEXT NOT NULL,
  subject        TEXT NOT NULL,
  bundle         TEXT NOT NULL,
  predicate_type TEXT,
  invocation_id  TEXT,
  claimed_run    TEXT,
  seen_at        INTEGER NOT NULL,
  UNIQUE (log, log_index, repository, subject, bundle)
) STRICT;
CREATE INDEX signature_link_by_subject ON signature_link (subject);

CREATE TABLE image_set (
  set_pk     INTEGER PRIMARY KEY,
  repository TEXT NOT NULL,
  subject    TEXT NOT NULL,
  is_index   INTEGER NOT NULL CHECK (is_index IN (0, 1)),
  UNIQUE (repository, subject)
) STRICT;
CREATE TABLE image_child (
  set_pk   INTEGER NOT NULL REFERENCES image_set ON DELETE CASCADE,
  position INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  platform TEXT NOT NULL,
  config   TEXT,
  PRIMARY KEY (set_pk, position)
) STRICT, WITHOUT ROWID;
`;
