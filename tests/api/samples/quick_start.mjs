const res = await fetch('https://verify.cascade-mail.com/api/verify.php', {
method: 'POST',
headers: {
'Content-Type': 'application/json',
'X-Api-Key': 'cv_your_key_here',
},
body: JSON.stringify({ email: 'user@example.com' }),
});
const { result } = await res.json();
console.log(`${result.email}: ${result.status} (${result.score}/10)`);
