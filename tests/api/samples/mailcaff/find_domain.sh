curl -X POST https://mailcaff.com/api/v1/find-domain \
  -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "company_name": "Coolblue"
  }'
