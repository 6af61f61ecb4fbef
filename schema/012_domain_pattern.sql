-- 012: how domains build their local parts, as mail servers have confirmed: no person, and no part
-- of an address.  Nothing rests on it: a row that is missing means that more is asked.

CREATE TABLE IF NOT EXISTS domain_pattern (
  domain       VARBINARY(255) NOT NULL COMMENT 'A-labels, lower case',
  pattern      VARBINARY(32) NOT NULL COMMENT 'its name in src/find/candidates.c',
  provider     VARBINARY(64) NOT NULL COMMENT 'who receives its mail; empty: unknown',
  confirmed    INT UNSIGNED NOT NULL COMMENT 'how often',
  confirmed_at DATETIME(6) NOT NULL COMMENT 'the last time',
  PRIMARY KEY (domain, pattern),
  KEY domain_pattern_provider (provider, pattern),
  KEY domain_pattern_age (confirmed_at)
) ENGINE=InnoDB;
