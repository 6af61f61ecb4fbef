-- 003: the plans of cascade, as its reference sells them.  An operator's changes are kept.

INSERT IGNORE INTO plan
  (dialect, id, name, credits, price_cents, max_keys, api_access, bulk_access, rate_per_minute)
VALUES
  ('cascade', 'free', 'Free', 25, 0, 0, 0, 0, 0),
  ('cascade', 'starter', 'Starter', 2000, 1600, 2, 1, 1, 0),
  ('cascade', 'professional', 'Professional', 10000, 6500, 5, 1, 1, 0),
  ('cascade', 'enterprise', 'Enterprise', 100000, 40000, 20, 1, 1, 0);
