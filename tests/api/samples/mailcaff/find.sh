curl -X POST https://mailcaff.com/api/v1/find \
  -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "first_name": "John",
    "last_name": "Doe",
    "domain": "company.com"
  }'
