-- 008: credits by the month (UTC calendar months), for plans that sell them so.
-- ADD COLUMN IF NOT EXISTS is MariaDB's alone; this says the same to both.

SET @vrfy_step = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'plan' AND column_name = 'monthly') > 0,
  'DO 0',
  'ALTER TABLE plan
    ADD COLUMN monthly TINYINT UNSIGNED NOT NULL DEFAULT 0
      COMMENT ''1: credits come every month, and go with it'',
    ADD COLUMN rollover BIGINT NOT NULL DEFAULT 0
      COMMENT ''credits of a month that may be used in the next'',
    ADD COLUMN overage_micros BIGINT NOT NULL DEFAULT 0
      COMMENT ''price of one credit more, in millionths; 0: a hard cap'',
    ADD CONSTRAINT plan_months CHECK (rollover >= 0 AND overage_micros >= 0)');
PREPARE vrfy_step FROM @vrfy_step;
EXECUTE vrfy_step;

-- What a purse may take in its month: avail = the sum of the four, less what the month has used.
SET @vrfy_step = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'purse' AND column_name = 'period') > 0,
  'DO 0',
  'ALTER TABLE purse
    ADD COLUMN period INT NOT NULL DEFAULT 0 COMMENT ''YYYYMM; 0: its credits know no months'',
    ADD COLUMN included BIGINT NOT NULL DEFAULT 0 COMMENT ''of the plan, for the month'',
    ADD COLUMN carried BIGINT NOT NULL DEFAULT 0 COMMENT ''from the month before'',
    ADD COLUMN lasting BIGINT NOT NULL DEFAULT 0 COMMENT ''granted otherwise: outlive the month'',
    ADD COLUMN overage BIGINT NOT NULL DEFAULT 0 COMMENT ''granted on account in the month'',
    ADD COLUMN overage_micros BIGINT NOT NULL DEFAULT 0
      COMMENT ''price of one of them when the last was; 0: none were'',
    ADD CONSTRAINT purse_parts CHECK (included >= 0 AND carried >= 0 AND lasting >= 0
                                      AND overage >= 0 AND overage_micros >= 0)');
PREPARE vrfy_step FROM @vrfy_step;
EXECUTE vrfy_step;

SET @vrfy_step = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'batch' AND column_name = 'period') > 0,
  'DO 0',
  'ALTER TABLE batch
    ADD COLUMN period INT NOT NULL DEFAULT 0 COMMENT ''the purse''''s when its credits were taken''');
PREPARE vrfy_step FROM @vrfy_step;
EXECUTE vrfy_step;
DEALLOCATE PREPARE vrfy_step;

-- A month that is over, as it is to be billed.  used still falls when a hold of it is released.
CREATE TABLE IF NOT EXISTS purse_month (
  purse_id       BIGINT UNSIGNED NOT NULL,
  period         INT NOT NULL,
  plan           VARBINARY(32) NOT NULL,
  included       BIGINT NOT NULL,
  carried        BIGINT NOT NULL,
  lasting        BIGINT NOT NULL,
  overage_micros BIGINT NOT NULL COMMENT 'price of one credit beyond the three before',
  used           BIGINT NOT NULL,
  PRIMARY KEY (purse_id, period),
  CONSTRAINT purse_month_nn CHECK (included >= 0 AND carried >= 0 AND lasting >= 0 AND used >= 0)
) ENGINE=InnoDB;
