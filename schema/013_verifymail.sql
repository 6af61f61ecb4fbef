-- 013: what verifymail keeps of accounts: their lists, reports and checks, by domain and never by
-- address; answers that are given again; checks that are answered later, sealed; and its plans.

-- One row a purse, locked by whoever changes its lists or its reports.
CREATE TABLE IF NOT EXISTS risk_purse (
  purse_id     BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  throwaway    INT NOT NULL COMMENT 'domains that it last confirmed as that',
  legitimate   INT NOT NULL COMMENT 'the same',
  report_tat   BIGINT NOT NULL COMMENT 'how fast it may report: as rate_limit.tat'
) ENGINE=InnoDB;

-- An account's own lists.
CREATE TABLE IF NOT EXISTS risk_list (
  purse_id BIGINT UNSIGNED NOT NULL,
  list     TINYINT UNSIGNED NOT NULL COMMENT '0 allow 1 block',
  domain   VARBINARY(253) NOT NULL COMMENT 'A-labels, lower case; so in every table here',
  added    DATETIME(6) NOT NULL,
  PRIMARY KEY (purse_id, list, domain)
) ENGINE=InnoDB;

-- What an account says of a registrable domain: its newest word of each kind.
CREATE TABLE IF NOT EXISTS risk_report (
  purse_id     BIGINT UNSIGNED NOT NULL,
  domain       VARBINARY(253) NOT NULL,
  confirmed    TINYINT UNSIGNED NULL COMMENT '0 throwaway 1 legitimate NULL neither so far',
  confirmed_at DATETIME(6) NULL,
  suspected_at DATETIME(6) NULL,
  notes        VARBINARY(2000) NOT NULL COMMENT 'of the newest report, without addresses',
  PRIMARY KEY (purse_id, domain),
  KEY risk_report_domain (domain, confirmed_at)
) ENGINE=InnoDB;

-- One check.  Kept for some days.
CREATE TABLE IF NOT EXISTS risk_check (
  id             BINARY(16) NOT NULL PRIMARY KEY,
  purse_id       BIGINT UNSIGNED NOT NULL,
  domain         VARBINARY(253) NOT NULL COMMENT 'registrable; empty: the address had none',
  single         TINYINT UNSIGNED NOT NULL COMMENT '1 by itself 0 one of several',
  recommendation TINYINT UNSIGNED NOT NULL COMMENT '0 allow 1 allow_with_flag 2 block',
  score          SMALLINT NOT NULL,
  signals        VARBINARY(1024) NOT NULL COMMENT 'names, comma-separated',
  latency_ms     INT UNSIGNED NOT NULL,
  cached         TINYINT UNSIGNED NOT NULL,
  at             DATETIME(6) NOT NULL,
  KEY risk_check_velocity (purse_id, domain, single, at),
  KEY risk_check_age (at)
) ENGINE=InnoDB;

-- Which accounts had trouble with a registrable domain, and when last: so that others need not be
-- counted.
CREATE TABLE IF NOT EXISTS risk_trouble (
  domain   VARBINARY(253) NOT NULL,
  purse_id BIGINT UNSIGNED NOT NULL,
  at       DATETIME(6) NOT NULL,
  PRIMARY KEY (domain, purse_id),
  KEY risk_trouble_recent (domain, at),
  KEY risk_trouble_age (at),
  KEY risk_trouble_purse (purse_id)
) ENGINE=InnoDB;

-- Checks of a purse, summed up by months.
CREATE TABLE IF NOT EXISTS risk_usage (
  purse_id   BIGINT UNSIGNED NOT NULL,
  period     INT NOT NULL COMMENT 'UTC, YYYYMM',
  checks     BIGINT NOT NULL,
  allows     BIGINT NOT NULL,
  flags      BIGINT NOT NULL,
  blocks     BIGINT NOT NULL,
  cached     BIGINT NOT NULL,
  latency_ms BIGINT NOT NULL COMMENT 'the sum',
  PRIMARY KEY (purse_id, period)
) ENGINE=InnoDB;

-- What was learnt of a domain, for any account.
CREATE TABLE IF NOT EXISTS risk_kept (
  domain  VARBINARY(253) NOT NULL PRIMARY KEY,
  body    VARBINARY(8192) NOT NULL,
  kept    DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  KEY risk_kept_expiry (expires)
) ENGINE=InnoDB;

-- Answers that are given again (Idempotency-Key).  k: hash of purse and key.
CREATE TABLE IF NOT EXISTS idem (
  purse_id BIGINT UNSIGNED NOT NULL,
  k        BINARY(32) NOT NULL,
  request  BINARY(32) NOT NULL COMMENT 'hash of endpoint and body',
  owner    BINARY(16) NOT NULL COMMENT 'whose claim it is, or was',
  state    TINYINT UNSIGNED NOT NULL COMMENT '0 claimed 1 answered',
  http     SMALLINT UNSIGNED NOT NULL COMMENT '0 until it is answered',
  body     MEDIUMBLOB NULL COMMENT 'sealed',
  witness  BINARY(16) NULL COMMENT 'batch or async_check: when it is paid, or there, body was given',
  ends     DATETIME(6) NOT NULL COMMENT 'then the claim, or the answer, counts no more',
  PRIMARY KEY (purse_id, k),
  KEY idem_ends (ends)
) ENGINE=InnoDB;

-- Checks that are answered by webhook, later.
CREATE TABLE IF NOT EXISTS async_check (
  id        BINARY(16) NOT NULL PRIMARY KEY,
  purse_id  BIGINT UNSIGNED NOT NULL,
  batch_id  BINARY(16) NOT NULL COMMENT 'its hold',
  state     TINYINT UNSIGNED NOT NULL
            COMMENT '0 to be probed 1 to be delivered 2 delivered 3 given up 4 too old',
  sealed    MEDIUMBLOB NULL COMMENT 'who is asked about, who is told, the result; NULL: it ended',
  run_at    DATETIME(6) NOT NULL COMMENT 'due then; while leased: when the lease ends',
  owner     BINARY(16) NULL,
  epoch     INT UNSIGNED NOT NULL,
  tries     TINYINT UNSIGNED NOT NULL COMMENT 'in this state',
  last_code SMALLINT UNSIGNED NOT NULL COMMENT 'HTTP status of the last try; 0: none',
  created   DATETIME(6) NOT NULL,
  ended     DATETIME(6) NULL,
  KEY async_check_due (state, run_at),
  KEY async_check_age (state, created),
  KEY async_check_purse (purse_id),
  CONSTRAINT async_check_bare CHECK ((state < 2) = (sealed IS NOT NULL))
) ENGINE=InnoDB;

-- Credits that do not run out.  An operator's changes are kept.
INSERT IGNORE INTO plan
  (dialect, id, name, credits, price_cents, max_keys, api_access, bulk_access, rate_per_minute,
   monthly, rollover, overage_micros)
VALUES
  ('verifymail', 'free', 'Free', 100, 0, 2, 1, 1, 600, 0, 0, 0),
  ('verifymail', 'starter', 'Starter', 5000, 1900, 5, 1, 1, 600, 0, 0, 0),
  ('verifymail', 'growth', 'Growth', 50000, 9900, 10, 1, 1, 600, 0, 0, 0),
  ('verifymail', 'scale', 'Scale', 250000, 29900, 20, 1, 1, 600, 0, 0, 0);
