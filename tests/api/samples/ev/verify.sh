curl -X POST https://your-domain.com/api/v1/verify \
-H "Authorization: Bearer ev_live_YOUR_KEY" \
-H "Content-Type: application/json" \
-d '{"email": "john@example.com"}'
