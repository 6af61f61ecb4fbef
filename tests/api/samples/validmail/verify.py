import requests
import os

def verify_email(email):
    response = requests.post(
        'https://validmail.io/api/v1/verify',
        headers={
            'Authorization': f'Bearer {os.environ["VALIDMAIL_API_KEY"]}',
            'Content-Type': 'application/json',
        },
        json={'email': email}
    )

    response.raise_for_status()
    return response.json()

# Usage
result = verify_email('test@example.com')
print(result['status'])  # 'valid', 'invalid', 'risky', or 'unknown'
