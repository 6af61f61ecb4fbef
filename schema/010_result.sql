-- 010: results of single checks, for dialects that may answer again with what is known.  No
-- address: a keyed hash of it, and facts without address or the servers' texts.

CREATE TABLE IF NOT EXISTS result (
  address_hash BINARY(32) NOT NULL PRIMARY KEY,
  facts        VARBINARY(8192) NOT NULL COMMENT 'model/facts_codec.h',
  expires      DATETIME(6) NOT NULL,
  KEY result_expiry (expires)
) ENGINE=InnoDB;
