"""The simulated internet: DNS and SMTP on loopback addresses, with a referee."""
