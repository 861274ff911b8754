/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakes/tls_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOSQUITTO "/usr/sbin/mosquitto"
#define DAY_S     (24L * 60 * 60)

/* ---- certificates */

static void to_text(BIO *bio, char out[TLS_PEM_CAP])
{
    int len = BIO_read(bio, out, TLS_PEM_CAP - 1);
    assert_in_range(len, 1, TLS_PEM_CAP - 2);
    out[len] = '\0';
    BIO_free(bio);
}

static void write_identity(struct tls_identity *out, X509 *certificate, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    to_text(bio, out->cert);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    to_text(bio, out->key);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *make(EVP_PKEY *key, const char *name, int from_days, int to_days)
{
    static long serial = 1;
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_days * DAY_S);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    return certificate;
}

void tls_make_authority(struct tls_identity *authority, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make(key, name, -400, 400);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    write_identity(authority, certificate, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void *read_pem(const char *text, bool is_key)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    void *result = is_key ? (void *)PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)
                          : (void *)PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(result);
    return result;
}

void tls_make_identity(struct tls_identity *identity, const struct tls_identity *authority, const char *name,
                       const char *san, int from_days, int to_days)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *authority_key = read_pem(authority->key, true);
    X509 *issuer = read_pem(authority->cert, false);
    X509 *certificate = make(key, name, from_days, to_days);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    if (san) {
        add_extension(certificate, NID_subject_alt_name, san);
    }
    assert_true(X509_sign(certificate, authority_key, EVP_sha256()) > 0);
    write_identity(identity, certificate, key);
    X509_free(certificate);
    X509_free(issuer);
    EVP_PKEY_free(authority_key);
    EVP_PKEY_free(key);
}

/* ---- sockets */

static int listen_somewhere(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

int tls_silent_socket(uint16_t *port)
{
    return listen_somewhere(port);
}

uint16_t tls_closed_port(void)
{
    uint16_t port = 0;
    close(listen_somewhere(&port));
    return port;
}

static bool is_listening(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    bool result = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return result;
}

/* ---- a server that does not read */

static SSL_CTX *deaf_context(const struct tls_identity *server, const struct tls_identity *authority)
{
    X509 *certificate = read_pem(server->cert, false);
    X509 *root = read_pem(authority->cert, false);
    EVP_PKEY *key = read_pem(server->key, true);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(ctx, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root), 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_free(certificate);
    X509_free(root);
    EVP_PKEY_free(key);
    return ctx;
}

static SSL *take_deaf(SSL_CTX *ctx, int fd)
{
    static const unsigned char connack[] = {0x20, 2, 0, 0};
    char connect[512];
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, connect, sizeof(connect)) > 0) {
        SSL_write(ssl, connack, sizeof(connack));
    }
    return ssl;
}

pid_t tls_deaf_start(const struct tls_identity *server, const struct tls_identity *authority, uint16_t *port)
{
    const int small =
        4096; /* as much as a kernel lets it be so small: what the client sends piles up there */
    SSL_CTX *ctx = deaf_context(server, authority);
    int listener = listen_somewhere(port);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        SSL *last = NULL;
        int fd, last_fd = -1;
        while (getppid() == parent && (fd = accept(listener, NULL, NULL)) >= 0) {
            SSL_free(last);
            close(last_fd);
            last = take_deaf(ctx, fd);
            last_fd = fd;
        }
        _exit(1);
    }
    assert_true(pid > 0);
    close(listener);
    SSL_CTX_free(ctx);
    return pid;
}

void tls_deaf_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* ---- mosquitto */

static void write_file(const struct tls_broker *broker, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", broker->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void write_config(const struct tls_broker *broker, const struct tls_identity *authority,
                         struct tls_listener listeners[], int count, const char *plugin, const char *more)
{
    char config[4096];
    size_t len = (size_t)snprintf(config, sizeof(config),
                                  "user root\nset_tcp_nodelay true\nallow_anonymous true\n%s%s%s%s\n",
                                  plugin ? "plugin " : "", plugin ? plugin : "", "\n", more ? more : "");
    write_file(broker, "ca.pem", authority->cert);
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "server%d.pem", i);
        write_file(broker, name, listeners[i].server->cert);
        snprintf(name, sizeof(name), "server%d.key", i);
        write_file(broker, name, listeners[i].server->key);
        listeners[i].port = tls_closed_port();
        len += (size_t)snprintf(config + len, sizeof(config) - len,
                                "listener %u 127.0.0.1\ncafile %s/ca.pem\ncertfile %s/server%d.pem\n"
                                "keyfile %s/server%d.key\nrequire_certificate true\n",
                                listeners[i].port, broker->folder, broker->folder, i, broker->folder, i);
    }
    write_file(broker, "mosquitto.conf", config);
}

static pid_t spawn(const struct tls_broker *broker)
{
    char config[128], log[128];
    snprintf(config, sizeof(config), "%s/mosquitto.conf", broker->folder);
    snprintf(log, sizeof(log), "%s/log", broker->folder);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || getppid() != parent || dup2(fd, 1) < 0 || dup2(fd, 2) < 0) {
            _exit(126);
        }
        execl(MOSQUITTO, MOSQUITTO, "-c", config, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

/* true: it listens at every port. false: it has ended (somebody took a port meanwhile). */
static bool comes_up(struct tls_broker *broker, const struct tls_listener listeners[], int count)
{
    for (int i = 0; i < count;) {
        if (waitpid(broker->pid, NULL, WNOHANG) == broker->pid) {
            broker->pid = 0;
            return false;
        }
        i += is_listening(listeners[i].port);
        nanosleep(&(struct timespec){.tv_nsec = 2000000L}, NULL);
    }
    return true;
}

void tls_broker_start(struct tls_broker *broker, const struct tls_identity *authority,
                      struct tls_listener listeners[], int count, const char *plugin, const char *more)
{
    strcpy(broker->folder, "/tmp/tls-world-XXXXXX");
    assert_non_null(mkdtemp(broker->folder));
    for (int attempt = 0; attempt < 5; attempt++) {
        write_config(broker, authority, listeners, count, plugin, more);
        broker->pid = spawn(broker);
        if (comes_up(broker, listeners, count)) {
            return;
        }
    }
    fail_msg("mosquitto does not come up: see %s/log", broker->folder);
}

void tls_broker_stop(struct tls_broker *broker)
{
    if (broker->pid > 0) {
        kill(broker->pid, SIGTERM);
        waitpid(broker->pid, NULL, 0);
    }
    static const char *const names[] = {"ca.pem",         "server0.pem", "server0.key", "server1.pem",
                                        "server1.key",    "server2.pem", "server2.key", "log",
                                        "mosquitto.conf", NULL};
    for (int i = 0; names[i]; i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", broker->folder, names[i]);
        unlink(path);
    }
    rmdir(broker->folder);
}
