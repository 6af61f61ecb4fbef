$key = 'your-api-key';
$base = 'https://mailcaff.com/api/v1';

function call($method, $path, $body = null) {
    global $key, $base;
    $ch = curl_init($base . $path);
    curl_setopt_array($ch, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => ["Authorization: Bearer $key", 'Content-Type: application/json'],
    ]);
    if ($body !== null) {
        curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode($body));
    }
    $answer = json_decode(curl_exec($ch), true);
    $status = curl_getinfo($ch, CURLINFO_RESPONSE_CODE);
    curl_close($ch);
    if ($status >= 400) {
        throw new Exception("$status: {$answer['error']}");
    }
    return $answer;
}

foreach (['power', 'quick'] as $mode) {
    $said = call('POST', '/verify', ['email' => 'user@example.com', 'mode' => $mode]);
    printf("%s: %s (%d) in %s mode\n", $said['email'], $said['status'], $said['quality_score'],
           $said['mode']);
}
$job = call('POST', '/verify/bulk', ['emails' => ['alice@example.com', 'bob@company.org']]);
do {
    sleep(5);
    $said = call('GET', "/verify/bulk/{$job['job_id']}");
} while ($said['status'] === 'processing');
printf("%s: %d of %d\n", $said['status'], $said['processed'], $said['total']);
foreach ($said['results'] as $result) {
    printf("%s: %s\n", $result['email'], $result['is_valid'] ? 'valid' : $result['status']);
}
try {
    call('POST', '/verify', ['email' => '']);
} catch (Exception $error) {
    echo $error->getMessage(), "\n";
}
