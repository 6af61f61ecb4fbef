curl -X POST https://mailcaff.com/api/v1/verify/bulk \
  -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "emails": [
      "alice@example.com",
      "bob@company.org",
      "charlie@domain.net"
    ]
  }'
