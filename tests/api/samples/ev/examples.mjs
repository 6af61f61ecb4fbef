const API_KEY = "ev_live_YOUR_KEY";
const BASE = "https://your-domain.com/api/v1";
const headers = {
"Authorization": `Bearer ${API_KEY}`,
"Content-Type": "application/json"
};
// Single verify
const res = await fetch(`${BASE}/verify`, {
method: "POST",
headers,
body: JSON.stringify({ email: "test@gmail.com" })
});
const data = await res.json();
console.log(`${data.email} -> ${data.tier} (score: ${data.score})`);
// Bulk verify
const bulk = await fetch(`${BASE}/verify/bulk`, {
method: "POST",
headers,
body: JSON.stringify({ emails: ["a@gmail.com", "b@yahoo.com"] })
});
const { jobId } = await bulk.json();
// Poll until complete
let status;
do {
await new Promise(r => setTimeout(r, 5000));
const poll = await fetch(`${BASE}/jobs/${jobId}`, { headers });
status = await poll.json();
} while (status.status !== "completed");
// Get results
const results = await fetch(`${BASE}/jobs/${jobId}/results`, { headers });
console.log(await results.json());
