// What stands around the reference's sample, which begins behind the line.
const request = () => fetch("https://api.verifymailapi.com/v1/usage/me", { headers: { "X-API-Key": "dc_..." } });
let waits = 0;
const retry = async () => { waits++; return send(); };
async function send(req) {
const res = await request();
// ----
if (res.status === 429) {
const wait = Number(res.headers.get("Retry-After") ?? 1) * 1000;
await new Promise(r => setTimeout(r, wait));
return retry(req);
}
// ----
return res.status;
}
const statuses = [];
for (let i = 0; i < 12; i++) statuses.push(await send());
console.log(JSON.stringify([statuses, waits > 0]));
