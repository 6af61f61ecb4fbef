curl https://mailcaff.com/api/v1/verify/bulk/{job_id} \
  -H "Authorization: Bearer your-api-key"
