curl -X POST https://your-domain.com/api/v1/verify/bulk \
-H "Authorization: Bearer ev_live_YOUR_KEY" \
-H "Content-Type: application/json" \
-d '{"emails": ["alice@gmail.com", "bob@yahoo.com", "invalid@fake.xyz"]}'
