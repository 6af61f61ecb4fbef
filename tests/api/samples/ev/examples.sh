# Single verification
curl -X POST https://your-domain.com/api/v1/verify \
-H "Authorization: Bearer ev_live_YOUR_KEY" \
-H "Content-Type: application/json" \
-d '{"email": "test@gmail.com"}'
# Bulk verification
curl -X POST https://your-domain.com/api/v1/verify/bulk \
-H "Authorization: Bearer ev_live_YOUR_KEY" \
-H "Content-Type: application/json" \
-d '{"emails": ["a@gmail.com", "b@yahoo.com"]}'
# Check job status
curl https://your-domain.com/api/v1/jobs/JOB_ID \
-H "Authorization: Bearer ev_live_YOUR_KEY"
