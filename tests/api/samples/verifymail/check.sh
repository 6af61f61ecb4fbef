curl -X POST https://api.verifymailapi.com/v1/check \
-H "X-API-Key: $VERIFYMAIL_KEY" \
-H "Content-Type: application/json" \
-d '{"email": "test@mailinator.com"}'
