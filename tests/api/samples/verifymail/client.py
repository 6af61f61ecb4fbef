# A client written from the reference's text: the reference has none in Python.
import json
import urllib.error
import urllib.request

BASE, KEY = "https://api.verifymailapi.com/v1", "dc_..."


def call(method, path, body=None):
    request = urllib.request.Request(
        BASE + path, json.dumps(body).encode() if body is not None else None, method=method,
        headers={"X-API-Key": KEY, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
            return response.status, json.loads(text) if text else None, response.headers
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers


status, result, headers = call("POST", "/check", {"email": "user@example.com"})
print(status, result["verdict"]["recommendation"], result["score"]["value"],
      " ".join(signal["name"] for signal in result["signals"]["fired"]))
print("limit", headers["X-RateLimit-Limit"])
status, result, _ = call("POST", "/check/bulk", {"emails": ["a@example.com", "b@example.com"]})
print(status, result["summary"]["total"], result["summary"]["credits_charged"],
      " ".join(item["verdict"]["recommendation"] for item in result["items"]))
status, result, _ = call("POST", "/check", {})
print(status, result["error"]["code"])
status, result, _ = call("GET", "/usage/me")
print(status, result["total_checks"], result["credit_balance_checks"])
