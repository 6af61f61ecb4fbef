// A client written from the reference's text, as of the days of PHP 5: curl and json_decode.
define('BASE', 'https://api.verifymailapi.com/v1');
define('KEY', 'dc_...');

function call($method, $path, $body = null)
{
    $limit = null;
    $curl = curl_init(BASE . $path);
    curl_setopt_array($curl, array(
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 60,
        CURLOPT_HTTPHEADER => array('X-API-Key: ' . KEY, 'Content-Type: application/json'),
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$limit) {
            if (stripos($line, 'X-RateLimit-Limit:') === 0) {
                $limit = trim(substr($line, 18));
            }
            return strlen($line);
        },
    ));
    if ($body !== null) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body));
    }
    $text = curl_exec($curl);
    $status = curl_getinfo($curl, CURLINFO_HTTP_CODE);
    curl_close($curl);
    return array($status, json_decode($text, true), $limit);
}

list($status, $result, $limit) = call('POST', '/check', array('email' => 'user@example.com'));
$names = array();
foreach ($result['signals']['fired'] as $signal) {
    $names[] = $signal['name'];
}
echo "$status {$result['verdict']['recommendation']} {$result['score']['value']} ", implode(' ', $names), "\n";
echo "limit $limit\n";
list($status, $result) = call('POST', '/check/bulk', array('emails' => array('a@example.com', 'b@example.com')));
$rows = array();
foreach ($result['items'] as $item) {
    $rows[] = $item['verdict']['recommendation'];
}
echo "$status {$result['summary']['total']} {$result['summary']['credits_charged']} ", implode(' ', $rows), "\n";
list($status, $result) = call('POST', '/check', new stdClass());
echo "$status {$result['error']['code']}\n";
list($status, $result) = call('GET', '/usage/me');
echo "$status {$result['total_checks']} {$result['credit_balance_checks']}\n";
