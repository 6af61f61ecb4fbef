const base = 'https://mailcaff.com/api/v1';
const headers = { Authorization: 'Bearer your-api-key', 'Content-Type': 'application/json' };

async function call(method, path, body) {
  const response = await fetch(base + path, { method, headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status}: ${answer.error}`);
  return answer;
}

for (const mode of [undefined, 'quick']) {
  const said = await call('POST', '/verify', { email: 'user@example.com', mode });
  console.log(`${said.email}: ${said.status} (${said.quality_score}) in ${said.mode} mode`);
}
const { job_id } = await call('POST', '/verify/bulk', {
  emails: ['alice@example.com', 'bob@company.org'],
});
let said;
do {
  await new Promise((resolve) => setTimeout(resolve, 5000));
  said = await call('GET', `/verify/bulk/${job_id}`);
} while (said.status === 'processing');
console.log(`${said.status}: ${said.processed} of ${said.total}`);
for (const result of said.results) {
  console.log(`${result.email}: ${result.is_valid ? 'valid' : result.status}`);
}
try {
  await call('POST', '/verify', { email: '' });
} catch (error) {
  console.log(error.message);
}
