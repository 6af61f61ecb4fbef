curl https://mailcaff.com/api/v1/find/bulk/{job_id} \
  -H "Authorization: Bearer your-api-key"
