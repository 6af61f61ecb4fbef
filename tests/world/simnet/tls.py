"""Certificates for the SMTP servers: self-signed, made when the world starts, gone with it."""

import os
import ssl
import subprocess


class Tls:
    """One key, contexts by highest version."""

    VERSIONS = {None: ssl.TLSVersion.TLSv1_3, "1.2": ssl.TLSVersion.TLSv1_2}

    def __init__(self, directory):
        self.key = os.path.join(directory, "key.pem")
        self.certificate = os.path.join(directory, "certificate.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", "/CN=mail.world", "-keyout", self.key,
             "-out", self.certificate], check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        self.contexts = {}

    def context(self, highest=None):
        """The server context that speaks TLS up to `highest`."""
        if highest not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.maximum_version = self.VERSIONS[highest]
            context.load_cert_chain(self.certificate, self.key)
            self.contexts[highest] = context
        return self.contexts[highest]
