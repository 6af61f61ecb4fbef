-- 002: where every credit is.  README.md beside this file says what must always hold.

-- Append-only.  One line per movement of one purse, numbered without gaps, with the balances
-- after it.  once(kind, ref) makes every movement happen at most once, whatever programs do.
CREATE TABLE IF NOT EXISTS ledger (
  purse_id    BIGINT UNSIGNED NOT NULL,
  seq         BIGINT NOT NULL,
  kind        TINYINT UNSIGNED NOT NULL
              COMMENT '1 grant 2 hold 3 post 4 charge 5 release 6 refund 7 expire 8 overage',
  amount      BIGINT NOT NULL,
  ref         BINARY(16) NOT NULL,
  batch_id    BINARY(16) NULL COMMENT 'the list it is about; NULL for lines of single checks',
  note        VARBINARY(128) NULL COMMENT 'payment reference of a grant, as given',
  avail_after BIGINT NOT NULL,
  held_after  BIGINT NOT NULL,
  spent_after BIGINT NOT NULL,
  at          DATETIME(6) NOT NULL,
  PRIMARY KEY (purse_id, seq),
  UNIQUE KEY ledger_once (kind, ref),
  KEY ledger_batch (batch_id),
  CONSTRAINT ledger_nn CHECK (amount > 0 AND avail_after >= 0 AND held_after >= 0
                              AND spent_after >= 0)
) ENGINE=InnoDB;

-- What credits were moved for: a list, or a single check, which is a batch of one.  hold_ref and
-- release_ref name the ledger line that this batch is part of: one line serves up to 64 of them.
CREATE TABLE IF NOT EXISTS batch (
  id          BINARY(16) NOT NULL PRIMARY KEY,
  purse_id    BIGINT UNSIGNED NOT NULL,
  state       TINYINT UNSIGNED NOT NULL COMMENT '0 loading 1 open 2 cancelling 3 closed',
  total       BIGINT NOT NULL COMMENT 'credits',
  posted      BIGINT NOT NULL,
  released    BIGINT NOT NULL,
  hold_ref    BINARY(16) NULL COMMENT 'NULL: charged at once, never held',
  release_ref BINARY(16) NULL,
  expires_at  DATETIME(6) NULL COMMENT 'of an open hold that nobody may keep for long',
  created     DATETIME(6) NOT NULL,
  KEY batch_expiry (purse_id, expires_at),
  CONSTRAINT batch_cap CHECK (total > 0 AND posted >= 0 AND released >= 0
                              AND posted + released <= total)
) ENGINE=InnoDB;

-- One result.  No address: a keyed hash of it.  charged is what this result cost (0: free) and
-- settle_ref the post or charge line that took it.
CREATE TABLE IF NOT EXISTS item (
  batch_id     BINARY(16) NOT NULL,
  n            INT UNSIGNED NOT NULL,
  address_hash BINARY(32) NOT NULL,
  verdict      TINYINT UNSIGNED NULL,
  reason       TINYINT UNSIGNED NULL,
  score        SMALLINT NULL,
  charged      BIGINT NULL,
  settle_ref   BINARY(16) NULL,
  settled      DATETIME(6) NULL,
  PRIMARY KEY (batch_id, n)
) ENGINE=InnoDB;
