# pip install requests
import requests
API_KEY = "ev_live_YOUR_KEY"
BASE = "https://your-domain.com/api/v1"
headers = {"Authorization": f"Bearer {API_KEY}"}
# Single verify
r = requests.post(f"{BASE}/verify", json={"email": "test@gmail.com"}, headers=headers)
data = r.json()
print(f"{data['email']} -> {data['tier']} (score: {data['score']})")
# Bulk verify
r = requests.post(f"{BASE}/verify/bulk",
    json={"emails": ["a@gmail.com", "b@yahoo.com"]}, headers=headers)
job_id = r.json()["jobId"]
print(f"Job submitted: {job_id}")
# Poll until complete
import time
while True:
    status = requests.get(f"{BASE}/jobs/{job_id}", headers=headers).json()
    if status["status"] == "completed": break
    time.sleep(5)
# Get results
results = requests.get(f"{BASE}/jobs/{job_id}/results", headers=headers).json()
