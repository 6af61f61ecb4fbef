-- 011: the plans of mailcaff, as its reference sells them: credits by the month, as many of the last
-- month's carried over as a month includes, and no overage.  An operator's changes are kept.

INSERT IGNORE INTO plan
  (dialect, id, name, credits, price_cents, max_keys, api_access, bulk_access, rate_per_minute,
   monthly, rollover, overage_micros)
VALUES
  ('mailcaff', 'free', 'Free', 600, 0, 2, 1, 1, 0, 1, 600, 0),
  ('mailcaff', 'starter', 'Starter', 10000, 1200, 5, 1, 1, 0, 1, 10000, 0),
  ('mailcaff', 'growth', 'Growth', 50000, 4900, 10, 1, 1, 0, 1, 50000, 0),
  ('mailcaff', 'scale', 'Scale', 250000, 12900, 20, 1, 1, 0, 1, 250000, 0);
