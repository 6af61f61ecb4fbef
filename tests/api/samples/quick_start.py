import requests
response = requests.post(
'https://verify.cascade-mail.com/api/verify.php',
json={'email': 'user@example.com'},
headers={'X-Api-Key': 'cv_your_key_here'}
)
data = response.json()
result = data['result']
print(f"{result['email']}: {result['status']} (score: {result['score']}/10)")
