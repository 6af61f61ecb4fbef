<?php

function verifyEmail($email) {
    $ch = curl_init('https://validmail.io/api/v1/verify');

    curl_setopt_array($ch, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_POST => true,
        CURLOPT_HTTPHEADER => [
            'Authorization: Bearer ' . getenv('VALIDMAIL_API_KEY'),
            'Content-Type: application/json',
        ],
        CURLOPT_POSTFIELDS => json_encode(['email' => $email]),
    ]);

    $response = curl_exec($ch);
    curl_close($ch);

    return json_decode($response, true);
}

// Usage
$result = verifyEmail('test@example.com');
echo $result['status']; // 'valid', 'invalid', 'risky', or 'unknown'
