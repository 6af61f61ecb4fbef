curl -H "X-Api-Key: cv_your_key_here" \
https://verify.cascade-mail.com/api/verify.php
