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
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <time.h>

static inline EVP_PKEY *ocmgate_generate_ed25519(void) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static inline EVP_PKEY *ocmgate_generate_ec(const char *group) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", (char *)group);
}

static inline EVP_PKEY *ocmgate_generate_rsa(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

// OSSL_PARAM keeps pointers to names and values, so parameters are built and used in one C
// function each, where both surely live.
static inline EVP_PKEY *ocmgate_public_key(const char *type, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

static inline EVP_PKEY *ocmgate_ec_public_key(
    const char *group, const unsigned char *point, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, count),
        OSSL_PARAM_construct_end(),
    };
    return ocmgate_public_key("EC", parameters);
}

static inline EVP_PKEY *ocmgate_rsa_public_key(
    const unsigned char *n, int n_count, const unsigned char *e, int e_count) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    BIGNUM *modulus = BN_bin2bn(n, n_count, NULL);
    BIGNUM *exponent = BN_bin2bn(e, e_count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (modulus != NULL && exponent != NULL && builder != NULL
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1
        && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL)
        key = ocmgate_public_key("RSA", parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(exponent);
    BN_free(modulus);
    return key;
}

static inline int ocmgate_hmac_init(
    EVP_MAC_CTX *context, const char *digest, const unsigned char *key, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(context, key, count, parameters);
}

static inline void ocmgate_clear_free(void *memory, size_t count) {
    OPENSSL_clear_free(memory, count);
}

// Certificates.

static inline int ocmgate_general_name_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

// The type of the name at an index; its text or address bytes in data and count.
static inline int ocmgate_general_name(
    const GENERAL_NAMES *names, int index, const unsigned char **data, int *count) {
    int type = 0;
    const ASN1_STRING *value =
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, index), &type);
    *data = NULL;
    *count = 0;
    if (type == GEN_DNS || type == GEN_IPADD) {
        *data = ASN1_STRING_get0_data(value);
        *count = ASN1_STRING_length(value);
    }
    return type;
}

// Unix seconds, or -1 when the time cannot be read; no certificate is as old as 1969.
static inline long long ocmgate_unix_time(const ASN1_TIME *time) {
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    int done = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time);
    ASN1_TIME_free(epoch);
    return done ? days * 86400LL + seconds : -1;
}

static inline int ocmgate_name_print(BIO *output, const X509_NAME *name) {
    return X509_NAME_print_ex(output, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0;
}

static inline int ocmgate_certificate_count(const STACK_OF(X509) *chain) {
    return chain == NULL ? 0 : sk_X509_num(chain);
}

static inline X509 *ocmgate_certificate(const STACK_OF(X509) *chain, int index) {
    return sk_X509_value(chain, index);
}

static inline STACK_OF(X509) *ocmgate_certificates_new(void) {
    return sk_X509_new_null();
}

static inline int ocmgate_certificates_push(STACK_OF(X509) *chain, X509 *certificate) {
    return sk_X509_push(chain, certificate);
}

// Frees the list, not the certificates in it.
static inline void ocmgate_certificates_free(STACK_OF(X509) *chain) {
    sk_X509_free(chain);
}

static inline int ocmgate_general_type_dns(void) {
    return GEN_DNS;
}

static inline void ocmgate_free(void *memory) {
    OPENSSL_free(memory);
}

static inline int ocmgate_add_extension(
    X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int done = extension != NULL && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

// TLS.

static inline void ocmgate_tls_restrict(SSL_CTX *context) {
    // A server goes by its own order of ciphers, but for clients that want ChaCha20 above all: they have
    // no AES in their processors.
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
                     | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(
        context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                     | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Every message without application data comes back to the engine, which counts them.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int ocmgate_tls_versions(SSL_CTX *context, int minimum, int maximum) {
    return SSL_CTX_set_min_proto_version(context, minimum) == 1
        && SSL_CTX_set_max_proto_version(context, maximum) == 1;
}

static inline int ocmgate_tls_groups(SSL_CTX *context, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(context, groups);
}

static inline int ocmgate_tls_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline void ocmgate_tls_on_server_name(SSL_CTX *context, int (*callback)(SSL *, int *, void *)) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
}

static inline void ocmgate_tls_on_status_request(SSL_CTX *context, int (*callback)(SSL *, void *)) {
    SSL_CTX_set_tlsext_status_cb(context, callback);
}

// OpenSSL frees what it is given; 0 without memory.
static inline int ocmgate_tls_staple(SSL *ssl, const unsigned char *response, size_t count) {
    unsigned char *copy = OPENSSL_memdup(response, count);
    if (copy == NULL) return 0;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)count);
    return 1;
}

// Whether the response says that the certificate is good, signed by its issuer or for it. `since` and `until`
// get its validity in Unix seconds, -1 where it names none. 1 good, 0 anything else.
static inline int ocmgate_ocsp_good(
    OCSP_RESPONSE *response, X509 *certificate, X509 *issuer, long long *since, long long *until) {
    int good = 0, status = 0, reason = 0;
    ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
    OCSP_BASICRESP *basic = NULL;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *issuers = sk_X509_new_null();
    // Responders name certificates by one of these digests.
    const EVP_MD *digests[] = {EVP_sha1(), EVP_sha256()};
    if (store != NULL && issuers != NULL && sk_X509_push(issuers, issuer) > 0
        && X509_STORE_add_cert(store, issuer) == 1
        && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1
        && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL
        && (basic = OCSP_response_get1_basic(response)) != NULL
        && OCSP_basic_verify(basic, issuers, store, 0) == 1) {
        for (int index = 0; index < 2 && !good; index++) {
            OCSP_CERTID *id = OCSP_cert_to_id(digests[index], certificate, issuer);
            if (id != NULL
                && OCSP_resp_find_status(basic, id, &status, &reason, NULL, &this_update, &next_update) == 1
                && status == V_OCSP_CERTSTATUS_GOOD) {
                *since = this_update == NULL ? -1 : ocmgate_unix_time(this_update);
                *until = next_update == NULL ? -1 : ocmgate_unix_time(next_update);
                good = 1;
            }
            OCSP_CERTID_free(id);
        }
    }
    sk_X509_free(issuers);
    X509_STORE_free(store);
    OCSP_BASICRESP_free(basic);
    return good;
}

// Unix seconds, now.
static inline long long ocmgate_now(void) {
    return (long long)time(NULL);
}

static inline int ocmgate_tls_ex_data_index(void) {
    return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static inline int ocmgate_ticket_mac(
    EVP_MAC_CTX *context, const unsigned char *key, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA2-256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(context, parameters);
}

static inline void ocmgate_bio_retry_read(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}

static inline void ocmgate_bio_clear_retry(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

static inline int ocmgate_error_reason(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

#endif
