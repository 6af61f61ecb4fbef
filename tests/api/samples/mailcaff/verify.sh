curl -X POST https://mailcaff.com/api/v1/verify \
  -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "email": "user@example.com",
    "mode": "power"
  }'
