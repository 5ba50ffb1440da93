// OpenSSL's macros as functions, so that Swift can call them.
#ifndef OCMGATE_OPENSSL_SHIMS_H
#define OCMGATE_OPENSSL_SHIMS_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline EVP_PKEY *ocmgate_generate_ed25519(void) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static inline EVP_PKEY *ocmgate_generate_ec(const char *group) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", (char *)group);
}

static inline EVP_PKEY *ocmgate_generate_rsa(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

static inline int ocmgate_public_key_selection(void) {
    return EVP_PKEY_PUBLIC_KEY;
}

static inline void ocmgate_clear_free(void *memory, size_t count) {
    OPENSSL_clear_free(memory, count);
}

#endif
