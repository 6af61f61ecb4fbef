$ch = curl_init('https://verify.cascade-mail.com/api/verify.php');
curl_setopt_array($ch, [
CURLOPT_POST => true,
CURLOPT_RETURNTRANSFER => true,
CURLOPT_HTTPHEADER => [
'Content-Type: application/json',
'X-Api-Key: cv_your_key_here',
],
CURLOPT_POSTFIELDS => json_encode(['email' => 'user@example.com']),
]);
$result = json_decode(curl_exec($ch), true);
curl_close($ch);
if ($result['result']['score'] >= 7) {
echo "Safe to send!";
}
