curl -O https://your-domain.com/api/v1/jobs/a1b2c3d4-.../download \
-H "Authorization: Bearer ev_live_YOUR_KEY"
