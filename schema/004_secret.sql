-- 004: secrets of this installation that must not change between processes or restarts.

CREATE TABLE IF NOT EXISTS secret (
  name    VARBINARY(32) NOT NULL PRIMARY KEY,
  value   VARBINARY(64) NOT NULL,
  created DATETIME(6) NOT NULL
) ENGINE=InnoDB;
