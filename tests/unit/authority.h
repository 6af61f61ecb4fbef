#ifndef TESTS_AUTHORITY_H
#define TESTS_AUTHORITY_H

/* A CA, and certificates of it, made on the spot. */
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct authority {
    EVP_PKEY *key;
    X509 *cert;
    char file[40];
};

static X509 *cert_made(EVP_PKEY *key, const char *name, long ends_s)
{
    static long serial;
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), ends_s);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    return cert;
}

static void cert_extend(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, NULL, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    cr_assert_not_null(extension);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static void authority_make(struct authority *authority, const char *name)
{
    authority->key = EVP_EC_gen("P-256");
    authority->cert = cert_made(authority->key, name, 3600);
    X509_set_issuer_name(authority->cert, X509_get_subject_name(authority->cert));
    cert_extend(authority->cert, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(authority->cert, authority->key, EVP_sha256());
    snprintf(authority->file, sizeof(authority->file), "/tmp/vrfy-web-XXXXXX");
    FILE *file = fdopen(mkstemp(authority->file), "w");
    cr_assert_not_null(file);
    PEM_write_X509(file, authority->cert);
    fclose(file);
}

static void authority_free(struct authority *authority)
{
    unlink(authority->file);
    EVP_PKEY_free(authority->key);
    X509_free(authority->cert);
}

/* A server's context; `names` as in "DNS:hook.example.org,IP:127.0.0.1". */
static SSL_CTX *authority_context(const struct authority *authority, const char *names, long ends_s)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = cert_made(key, "somebody", ends_s);
    X509_set_issuer_name(cert, X509_get_subject_name(authority->cert));
    cert_extend(cert, NID_subject_alt_name, names);
    X509_sign(cert, authority->key, EVP_sha256());
    SSL_CTX_use_certificate(context, cert);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return context;
}

#endif
