-- 006: what is known of domains and mail hosts, for all processes.  Nothing rests on it: a row that
-- is missing, old or unreadable only means that the network is asked.

CREATE TABLE IF NOT EXISTS domain_fact (
  kind       TINYINT UNSIGNED NOT NULL COMMENT '1 domain, 2 mail host',
  name       VARBINARY(255) NOT NULL COMMENT 'A-labels, lower case',
  version    SMALLINT UNSIGNED NOT NULL COMMENT 'of the format of body',
  body       VARBINARY(8192) NOT NULL,
  expires_at BIGINT NOT NULL COMMENT 'us since 1970, UTC',
  updated_at BIGINT NOT NULL COMMENT 'when its newest part was learnt, by the clock of who did',
  PRIMARY KEY (kind, name),
  KEY domain_fact_expires (expires_at)
) ENGINE=InnoDB;
