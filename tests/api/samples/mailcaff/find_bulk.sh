curl -X POST https://mailcaff.com/api/v1/find/bulk \
  -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "leads": [
      { "first_name": "John", "last_name": "Doe", "domain": "company.com" },
      { "first_name": "Jane", "last_name": "Smith", "domain": "acme.org" }
    ]
  }'
