export VERIFYMAIL_KEY="dc_..."
# Preferred:
curl -H "X-API-Key: $VERIFYMAIL_KEY" \
https://api.verifymailapi.com/v1/check?email=test@example.com
# Also accepted (useful when a client only allows Authorization):
curl -H "Authorization: Bearer $VERIFYMAIL_KEY" \
https://api.verifymailapi.com/v1/check?email=test@example.com
