-- 014: verifymail: an account's own default profile, and whose mail hosts domains share; of any
-- dialect: keys with a ceiling of their own.

CREATE TABLE IF NOT EXISTS risk_profile (
  purse_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  profile  TINYINT UNSIGNED NOT NULL COMMENT '0 strict 1 balanced 2 permissive'
) ENGINE=InnoDB;

-- Mail for `domain` goes to hosts in `mx_domain`; both registrable domains.
CREATE TABLE IF NOT EXISTS mx_member (
  mx_domain  VARBINARY(253) NOT NULL,
  domain     VARBINARY(253) NOT NULL,
  disposable TINYINT UNSIGNED NOT NULL,
  noted      DATETIME(6) NOT NULL,
  PRIMARY KEY (mx_domain, domain),
  KEY mx_member_age (noted)
) ENGINE=InnoDB;

-- Requests a minute of a key, instead of its plan's.
CREATE TABLE IF NOT EXISTS key_rate (
  key_id     BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  per_minute INT UNSIGNED NOT NULL
) ENGINE=InnoDB;
