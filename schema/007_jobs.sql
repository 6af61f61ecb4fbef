-- 007: lists of addresses, the queue that works them off, and who is told when one is done.

-- A list.  counts: results by the dialect's own status, each unique address once, the newest run's.
CREATE TABLE IF NOT EXISTS job (
  id            BINARY(16) NOT NULL PRIMARY KEY,
  purse_id      BIGINT UNSIGNED NOT NULL,
  dialect       VARBINARY(16) NOT NULL,
  state         TINYINT UNSIGNED NOT NULL
                COMMENT '0 loading 1 ready 2 running 3 completed 4 cancelled 5 failed 6 deleted',
  filename      VARBINARY(255) NULL,
  encoding      VARBINARY(16) NOT NULL,
  delimiter     VARBINARY(1) NOT NULL COMMENT 'empty: a single column',
  has_header    TINYINT UNSIGNED NOT NULL,
  column_number INT UNSIGNED NOT NULL COMMENT '0: the first valid address of each row',
  column_name   VARBINARY(128) NOT NULL,
  row_count     INT UNSIGNED NOT NULL,
  address_count INT UNSIGNED NOT NULL,
  unique_count  INT UNSIGNED NOT NULL,
  price         BIGINT NOT NULL COMMENT 'credits, of one address in the newest run',
  run           INT UNSIGNED NOT NULL COMMENT '0: never processed',
  batch_id      BINARY(16) NULL COMMENT 'of the newest run',
  again_status  TINYINT UNSIGNED NOT NULL COMMENT 'what the newest run asks again; of a first run: nothing',
  total         INT UNSIGNED NOT NULL COMMENT 'addresses of the newest run, with the next four',
  fed           INT UNSIGNED NOT NULL COMMENT 'of them, that work has or had',
  done          INT UNSIGNED NOT NULL,
  feed_turn     INT UNSIGNED NOT NULL,
  feed_n        INT UNSIGNED NOT NULL,
  count_0       INT UNSIGNED NOT NULL,
  count_1       INT UNSIGNED NOT NULL,
  count_2       INT UNSIGNED NOT NULL,
  count_3       INT UNSIGNED NOT NULL,
  count_4       INT UNSIGNED NOT NULL,
  count_5       INT UNSIGNED NOT NULL,
  count_6       INT UNSIGNED NOT NULL,
  count_7       INT UNSIGNED NOT NULL,
  leftovers     TINYINT UNSIGNED NOT NULL COMMENT '1: rows of work wait to be swept',
  created       DATETIME(6) NOT NULL,
  started       DATETIME(6) NULL COMMENT 'the newest run',
  finished      DATETIME(6) NULL,
  touched       DATETIME(6) NOT NULL COMMENT 'when something last moved',
  KEY job_owner (purse_id, created),
  KEY job_state (state, touched),
  KEY job_leftovers (leftovers),
  CONSTRAINT job_range CHECK (done <= fed AND fed <= total AND unique_count <= address_count
                              AND address_count <= row_count AND price >= 0)
) ENGINE=InnoDB;

-- The header row of an uploaded table, which would only be in the way in a row that changes often.
CREATE TABLE IF NOT EXISTS job_header (
  job_id BINARY(16) NOT NULL PRIMARY KEY,
  cells  MEDIUMBLOB NOT NULL
) ENGINE=InnoDB;

-- One row of the file.  Rows are asked about in the order of (turn, n).
CREATE TABLE IF NOT EXISTS job_row (
  job_id  BINARY(16) NOT NULL,
  n       INT UNSIGNED NOT NULL COMMENT 'from 1, as in the file',
  turn    INT UNSIGNED NULL COMMENT 'NULL: not asked about itself',
  first   INT UNSIGNED NULL COMMENT 'the first row with this address: its result counts here too',
  address VARBINARY(1024) NULL COMMENT 'NULL: the row has none',
  cells   MEDIUMBLOB NULL COMMENT 'the row as a line of CSV; NULL: just the address',
  PRIMARY KEY (job_id, n),
  KEY job_row_turn (job_id, turn)
) ENGINE=InnoDB;

-- Each time a list is processed it is a batch of its own in the ledger.
CREATE TABLE IF NOT EXISTS job_run (
  job_id   BINARY(16) NOT NULL,
  run      INT UNSIGNED NOT NULL,
  batch_id BINARY(16) NOT NULL,
  PRIMARY KEY (job_id, run),
  UNIQUE KEY job_run_batch (batch_id)
) ENGINE=InnoDB;

-- The queue: what is fed and not settled; of a long list a small part, and what is put off.
CREATE TABLE IF NOT EXISTS work (
  batch_id BINARY(16) NOT NULL,
  n        INT UNSIGNED NOT NULL,
  address  VARBINARY(1024) NOT NULL,
  run_at   DATETIME(6) NOT NULL COMMENT 'due then; while leased: when the lease ends',
  owner    BINARY(16) NULL COMMENT 'the worker that has it',
  epoch    INT UNSIGNED NOT NULL COMMENT 'grows with every lease; every write names it',
  tries    TINYINT UNSIGNED NOT NULL COMMENT 'leases that ended in nothing, and this one',
  retries  TINYINT UNSIGNED NOT NULL COMMENT 'times that it was put off',
  PRIMARY KEY (batch_id, n),
  KEY work_due (run_at)
) ENGINE=InnoDB;

-- One result.  charged is what it cost (0: free), settle_ref the post line that took it.
CREATE TABLE IF NOT EXISTS job_item (
  batch_id   BINARY(16) NOT NULL,
  n          INT UNSIGNED NOT NULL,
  verdict    TINYINT UNSIGNED NOT NULL,
  reason     TINYINT UNSIGNED NOT NULL,
  status     TINYINT UNSIGNED NOT NULL COMMENT 'the dialect''s, by its index',
  score      SMALLINT NOT NULL,
  charged    BIGINT NOT NULL,
  settle_ref BINARY(16) NULL,
  settled    DATETIME(6) NOT NULL,
  facts      VARBINARY(8192) NULL COMMENT 'model/facts_codec.h; NULL: the list was deleted',
  PRIMARY KEY (batch_id, n)
) ENGINE=InnoDB;

-- Where an account wants to be told, per dialect.
CREATE TABLE IF NOT EXISTS webhook (
  purse_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  url      VARBINARY(2048) NOT NULL,
  secret   VARBINARY(64) NOT NULL COMMENT 'keys the signature; empty: none',
  created  DATETIME(6) NOT NULL
) ENGINE=InnoDB;

-- What there is to tell.  ref says what about (a run's batch); it is told once.
CREATE TABLE IF NOT EXISTS webhook_event (
  id        BINARY(16) NOT NULL PRIMARY KEY,
  purse_id  BIGINT UNSIGNED NOT NULL,
  ref       BINARY(16) NOT NULL,
  dialect   VARBINARY(16) NOT NULL,
  name      VARBINARY(64) NOT NULL,
  body      MEDIUMBLOB NOT NULL,
  state     TINYINT UNSIGNED NOT NULL COMMENT '0 waiting 1 delivered 2 given up 3 nobody to tell',
  run_at    DATETIME(6) NOT NULL,
  owner     BINARY(16) NULL,
  epoch     INT UNSIGNED NOT NULL,
  tries     TINYINT UNSIGNED NOT NULL,
  last_code SMALLINT UNSIGNED NOT NULL COMMENT 'HTTP status of the last try; 0: none',
  last_why  VARBINARY(32) NOT NULL,
  created   DATETIME(6) NOT NULL,
  ended     DATETIME(6) NULL,
  UNIQUE KEY webhook_event_once (ref),
  KEY webhook_event_due (state, run_at)
) ENGINE=InnoDB;
