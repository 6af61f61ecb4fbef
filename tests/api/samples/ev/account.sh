curl https://your-domain.com/api/v1/account \
-H "Authorization: Bearer ev_live_YOUR_KEY"
