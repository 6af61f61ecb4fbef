curl -X POST https://verify.cascade-mail.com/api/verify.php \
-H "Content-Type: application/json" \
-H "X-Api-Key: cv_your_key_here" \
-d '{"email": "john.smith@example.com"}'
