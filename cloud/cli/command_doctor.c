/* SPDX-License-Identifier: MIT */
/* iot-local doctor: may this certificate do that, and by which statement? Asks what the broker asks (cloud/access), out of
 * the same database; the daemon need not run. */
#include "cloud/access/authority.h"
#include "cloud/base/text.h"
#include "cloud/broker/mosquitto_conf.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/cli_data_dir.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/file.h"
#include "cloud/cli/print.h"
#include "cloud/pki/certificate_id.h"
#include "cloud/pki/foreign.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PEM_SIZE_MAX  FOREIGN_PEM_MAX
#define CONF_SIZE_MAX 65536

struct doctor_options {
    const char *data, *client_id, *source_ip;
};

static const struct arg_option options[] = {
    {"--client-id", "ID", "the client id of the connection (default: the thing's name, or the certificate's)",
     ARG_TEXT, offsetof(struct doctor_options, client_id)},
    {"--source-ip", "ADDR", "where the device connects from (default: 127.0.0.1)", ARG_TEXT,
     offsetof(struct doctor_options, source_ip)},
    OPTION_DATA(struct doctor_options),
};

const struct arg_command syntax_doctor = {
    .name = "doctor",
    .operands = "DEVICE ACTION NAME",
    .operand_count = 3,
    .summary =
        "says whether a device may do something, by which statement of which policy, or what is missing",
    .details =
        "DEVICE is the folder that `iot-local thing` wrote, a certificate's PEM file, or its id; ACTION is\n"
        "connect, publish, receive or subscribe; NAME the client id, the topic, or the topic filter.\n"
        "Exit code 0: allowed, 1: refused.\n\n"
        "  iot-local doctor lamp publish '$aws/things/lamp/jobs/get'",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static const struct {
    const char *word, *action, *kind;
} actions[] = {
    {"connect", "iot:Connect", "client"},
    {"publish", "iot:Publish", "topic"},
    {"receive", "iot:Receive", "topic"},
    {"subscribe", "iot:Subscribe", "topicfilter"},
};

/* "publish" or "iot:Publish". */
static bool read_question(const char *word, const char *name, struct authority_question *question)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(word, actions[i].word) == 0 || strcmp(word, actions[i].action) == 0) {
            *question = (struct authority_question){actions[i].action, actions[i].kind, name};
            return true;
        }
    }
    fprintf(stderr, "iot-local doctor: '%s' is no action: use connect, publish, receive or subscribe\n",
            word);
    return false;
}

static bool fail_long(const char *what, const char *text)
{
    fprintf(stderr, "iot-local doctor: %s '%.80s' is too long\n", what, text);
    return false;
}

static bool read_certificate(const char *path, struct identity *identity)
{
    size_t len;
    char *pem = file_read(path, PEM_SIZE_MAX, &len);
    if (!pem) {
        return false;
    }
    BIO *bio =
        BIO_new_mem_buf(pem, (int)len); /* the first certificate: text and a chain may stand around it */
    struct foreign read = {.certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL};
    bool is_good = read.certificate && certificate_id(read.certificate, identity->certificate_id);
    if (is_good) {
        foreign_common_name(&read, identity->common_name);
    } else {
        fprintf(stderr, "iot-local doctor: %s holds no certificate in PEM\n", path);
    }
    foreign_clear(&read);
    BIO_free(bio);
    free(pem);
    return is_good;
}

static bool read_folder(const char *folder, struct identity *identity)
{
    size_t len;
    char *path = text_format("%s/certificate.pem", folder);
    bool is_good = read_certificate(path, identity);
    free(path);
    path = text_format("%s/thing_name", folder);
    char *name = is_good ? file_read(path, sizeof identity->client_id - 1, &len) : NULL;
    free(path);
    if (!name) {
        return false;
    }
    snprintf(identity->client_id, sizeof identity->client_id, "%.*s", (int)strcspn(name, "\r\n"), name);
    free(name);
    return true;
}

static bool read_device(const char *device, struct identity *identity)
{
    struct stat status;
    if (strlen(device) == sizeof identity->certificate_id - 1 &&
        strspn(device, "0123456789abcdef") == strlen(device)) {
        memcpy(identity->certificate_id, device, strlen(device) + 1);
        return true;
    }
    if (stat(device, &status) == 0 && S_ISDIR(status.st_mode)) {
        return read_folder(device, identity);
    }
    return read_certificate(device, identity);
}

/* Whoever connects with no client id of his own is asked about the id that he names. */
static bool read_identity(const struct doctor_options *given, const char *device,
                          const struct authority_question *question, struct identity *identity)
{
    const char *source_ip = given->source_ip ? given->source_ip : "127.0.0.1";
    if (!read_device(device, identity)) {
        return false;
    }
    const char *client_id = strcmp(question->kind, "client") == 0 ? question->name : given->client_id;
    if (client_id && strlen(client_id) >= sizeof identity->client_id) {
        return fail_long("the client id", client_id);
    }
    if (strlen(source_ip) >= sizeof identity->source_ip) {
        return fail_long("the address", source_ip);
    }
    if (client_id) {
        memcpy(identity->client_id, client_id, strlen(client_id) + 1);
    }
    memcpy(identity->source_ip, source_ip, strlen(source_ip) + 1);
    return true;
}

/* A statement for this very thing; whoever pastes it may widen it. */
static void print_statement(const char *action, const char *resource)
{
    json_t *statement = json_pack("{ss ss ss}", "Effect", "Allow", "Action", action, "Resource", resource);
    char *text = json_dumps(statement, JSON_PRESERVE_ORDER);
    printf("this statement in one of its policies would allow it:\n  %s\n", text ? text : "");
    free(text);
    json_decref(statement);
}

static bool answer(struct authority *authority, struct identity *identity,
                   const struct authority_question *question)
{
    char why[1200] = "";
    bool is_loaded = authority_load(authority, identity);
    bool is_allowed = is_loaded && authority_allows(authority, identity, question);
    authority_explain(authority, identity, question, why, sizeof why);
    printf("%s: %s %s, certificate %.8s, client id %s\n", is_allowed ? "allowed" : "refused",
           question->action, question->name, identity->certificate_id,
           *identity->client_id ? identity->client_id : "not given (--client-id)");
    print_clean(stdout, why);
    putchar('\n');
    const char *resource = authority_resource(authority, question);
    if (!is_allowed && identity_is_active(identity) && resource && !strstr(why, " denies it ")) {
        print_statement(question->action, resource);
    }
    authority_release(authority, identity);
    return is_allowed;
}

/* As the daemon told its broker at the last start: both are part of every ARN. */
struct place {
    char region[64], account[64];
};

static bool read_place(const char *folder, struct place *place)
{
    size_t len;
    char *path = text_format("%s/" MOSQUITTO_CONF_NAME, folder);
    char *conf = file_read(path, CONF_SIZE_MAX, &len);
    bool is_good = conf &&
                   mosquitto_conf_read(conf, MOSQUITTO_CONF_REGION, place->region, sizeof place->region) &&
                   mosquitto_conf_read(conf, MOSQUITTO_CONF_ACCOUNT, place->account, sizeof place->account);
    if (!is_good) {
        fprintf(stderr,
                "iot-local doctor: %s is no data directory of an iot-local that has run (--data DIR)\n",
                folder);
    }
    free(conf);
    free(path);
    return is_good;
}

static bool ask(const char *folder, struct identity *identity, const struct authority_question *question)
{
    char why[600] = "";
    struct place place;
    if (!read_place(folder, &place)) {
        return false;
    }
    char *database = text_format("%s/iot.db", folder);
    const struct authority_config config = {
        .database = database, .region = place.region, .account = place.account};
    struct authority *authority = authority_open(&config, why, sizeof why);
    if (!authority) {
        fprintf(stderr, "iot-local doctor: %s\n", why);
    }
    bool is_allowed = authority && answer(authority, identity, question);
    if (authority) {
        authority_close(authority);
    }
    free(database);
    return is_allowed;
}

int command_doctor(int argc, char **argv)
{
    struct doctor_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX] = {0};
    struct authority_question question;
    struct identity identity = {0};
    enum args_outcome outcome = args_parse(&syntax_doctor, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!read_question(operands[1], operands[2], &question) ||
        !read_identity(&given, operands[0], &question, &identity)) {
        return CLI_USAGE;
    }
    char *folder = cli_data_dir(given.data);
    bool is_allowed = ask(folder ? folder : "", &identity, &question);
    free(folder);
    return is_allowed ? CLI_OK : CLI_FAILED;
}
