-- 009: the plans of ev, as its reference sells them; of validmail, whose reference names no sizes,
-- packs that do not run out.  An operator's changes are kept.

INSERT IGNORE INTO plan
  (dialect, id, name, credits, price_cents, max_keys, api_access, bulk_access, rate_per_minute,
   monthly, rollover, overage_micros)
VALUES
  ('ev', 'free', 'Free', 100, 0, 2, 1, 1, 10, 1, 0, 0),
  ('ev', 'starter', 'Starter', 5000, 2900, 5, 1, 1, 60, 1, 0, 8000),
  ('ev', 'pro', 'Pro', 25000, 9900, 10, 1, 1, 300, 1, 0, 5000),
  ('ev', 'enterprise', 'Enterprise', 100000, 29900, 50, 1, 1, 1000, 1, 0, 3000),
  ('validmail', 'free', 'Free', 100, 0, 2, 1, 0, 60, 0, 0, 0),
  ('validmail', 'starter', 'Starter', 1000, 900, 5, 1, 0, 60, 0, 0, 0),
  ('validmail', 'growth', 'Growth', 10000, 4900, 10, 1, 0, 60, 0, 0, 0),
  ('validmail', 'scale', 'Scale', 100000, 29900, 20, 1, 0, 60, 0, 0, 0);
