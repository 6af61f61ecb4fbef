import time
import requests

BASE = "https://mailcaff.com/api/v1"
session = requests.Session()
session.headers["Authorization"] = "Bearer your-api-key"


def check(response):
    if response.status_code == 429:
        limit = response.json()
        raise SystemExit(f"used {limit['monthly_used']} until {limit['resets_at']}")
    response.raise_for_status()
    return response.json()


for body in ({"email": "user@example.com"}, {"email": "user@example.com", "mode": "quick"}):
    said = check(session.post(f"{BASE}/verify", json=body))
    print(f"{said['email']}: {said['status']} ({said['quality_score']}) in {said['mode']} mode")
job = check(session.post(f"{BASE}/verify/bulk", json={"emails": ["alice@example.com",
                                                                 "bob@company.org"]}))
while True:
    said = check(session.get(f"{BASE}/verify/bulk/{job['job_id']}"))
    if said["status"] != "processing":
        break
    time.sleep(5)
print(f"{said['status']}: {said['processed']} of {said['total']}")
for result in said["results"]:
    print(f"{result['email']}: {'valid' if result['is_valid'] else result['status']}")
refused = session.post(f"{BASE}/verify", json={"email": ""})
print(f"{refused.status_code}: {refused.json()['error']}")
