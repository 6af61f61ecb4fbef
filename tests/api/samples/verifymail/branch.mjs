// What stands around the reference's sample, which begins behind the line.
const user = {}, email = "someone@example.com";
const reject = (why) => `rejected: ${why}`;
const sendVerificationEmail = async (to) => console.log(`a mail to ${JSON.stringify(to)}`);
async function signUp() {
// ----
const res = await fetch("https://api.verifymailapi.com/v1/check", {
method: "POST",
headers: { "X-API-Key": process.env.VERIFYMAIL_KEY, "Content-Type": "application/json" },
body: JSON.stringify({ email }),
});
const result = await res.json();
switch (result.verdict.recommendation) {
case "block":
return reject("This email cannot be used.");
case "allow_with_flag":
// Suspicious — route through your verification step.
user.requires_email_verification = true;
await sendVerificationEmail(user);
break;
case "allow":
// Clean — proceed normally.
break;
}
// ----
return "signed up";
}
console.log(await signUp());
