-- 001: who may ask, and what they have bought.
-- Every step can be run again: it creates what is missing and changes nothing that is there.

CREATE TABLE IF NOT EXISTS account (
  id      BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name    VARBINARY(64) NOT NULL,
  state   TINYINT UNSIGNED NOT NULL COMMENT '0 active, 1 unconfirmed, 2 suspended',
  created DATETIME(6) NOT NULL,
  UNIQUE KEY account_name (name)
) ENGINE=InnoDB;

-- What an operator sells, per dialect.  Rows, so that prices and sizes change without a release.
CREATE TABLE IF NOT EXISTS plan (
  dialect         VARBINARY(16) NOT NULL,
  id              VARBINARY(32) NOT NULL,
  name            VARBINARY(64) NOT NULL,
  credits         BIGINT NOT NULL COMMENT 'granted with the plan',
  price_cents     BIGINT NOT NULL,
  max_keys        INT NOT NULL COMMENT 'live keys at a time',
  api_access      TINYINT UNSIGNED NOT NULL,
  bulk_access     TINYINT UNSIGNED NOT NULL,
  rate_per_minute INT NOT NULL COMMENT '0: no limit',
  PRIMARY KEY (dialect, id),
  CONSTRAINT plan_range CHECK (credits >= 0 AND price_cents >= 0 AND max_keys >= 0
                               AND rate_per_minute >= 0)
) ENGINE=InnoDB;

-- The balance of (account, dialect): the hot row.  seq is the number of its last ledger line.
CREATE TABLE IF NOT EXISTS purse (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  dialect    VARBINARY(16) NOT NULL,
  plan       VARBINARY(32) NOT NULL,
  live_keys  INT NOT NULL COMMENT 'keys not revoked; the guard of the plan''s limit',
  seq        BIGINT NOT NULL,
  avail      BIGINT NOT NULL,
  held       BIGINT NOT NULL,
  spent      BIGINT NOT NULL,
  granted    BIGINT NOT NULL,
  created    DATETIME(6) NOT NULL,
  UNIQUE KEY purse_owner (account_id, dialect),
  CONSTRAINT purse_nn  CHECK (avail >= 0 AND held >= 0 AND spent >= 0 AND live_keys >= 0),
  CONSTRAINT purse_sum CHECK (granted = avail + held + spent)
) ENGINE=InnoDB;

-- A key is stored as a hash; head and tail are what may be shown of it.
CREATE TABLE IF NOT EXISTS api_key (
  id       BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash     BINARY(32) NOT NULL,
  purse_id BIGINT UNSIGNED NOT NULL,
  head     VARBINARY(16) NOT NULL,
  tail     VARBINARY(8) NOT NULL,
  label    VARBINARY(64) NOT NULL,
  created  DATETIME(6) NOT NULL,
  revoked  DATETIME(6) NULL,
  UNIQUE KEY api_key_hash (hash),
  KEY api_key_purse (purse_id)
) ENGINE=InnoDB;
