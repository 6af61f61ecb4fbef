-- 005: how fast a key may ask.  One row a key, made with it: a limit is one guarded UPDATE, and no
-- INSERT ever races for the row.

CREATE TABLE IF NOT EXISTS rate_limit (
  key_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  tat    BIGINT NOT NULL COMMENT 'theoretical arrival time of GCRA: us since 1970, UTC'
) ENGINE=InnoDB;

INSERT IGNORE INTO rate_limit (key_id, tat) SELECT id, 0 FROM api_key;
