/* SPDX-License-Identifier: MIT */
/* The command line of device-config, and the text that it stands for. */
#include "common/json_write.h"
#include "common/pem.h"
#include "ports/linux/device_config/device_config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define USAGE_CODE 2
#define FILE_CAP   65536 /* more than any certificate chain */
#define FILES      8

enum { OPTION_STATE = 256, OPTION_FROM, OPTION_SHOW, OPTION_ERASE, OPTION_PRINT };

/* Options that name a field have the field's number as their value. */
static const struct option known[] = {
    {"state", required_argument, NULL, OPTION_STATE},
    {"from", required_argument, NULL, OPTION_FROM},
    {"endpoint", required_argument, NULL, CONFIG_ENDPOINT},
    {"port", required_argument, NULL, CONFIG_PORT},
    {"root-ca", required_argument, NULL, CONFIG_ROOT_CA},
    {"thing", required_argument, NULL, CONFIG_THING_NAME},
    {"cert", required_argument, NULL, CONFIG_CERTIFICATE},
    {"key", required_argument, NULL, CONFIG_PRIVATE_KEY},
    {"claim-cert", required_argument, NULL, CONFIG_CLAIM_CERTIFICATE},
    {"claim-key", required_argument, NULL, CONFIG_CLAIM_PRIVATE_KEY},
    {"template", required_argument, NULL, CONFIG_TEMPLATE},
    {"wifi-ssid", required_argument, NULL, CONFIG_WIFI_SSID},
    {"wifi-password-file", required_argument, NULL, CONFIG_WIFI_PASSWORD},
    {"name-prefix", required_argument, NULL, CONFIG_NAME_PREFIX},
    {"show", no_argument, NULL, OPTION_SHOW},
    {"erase", no_argument, NULL, OPTION_ERASE},
    {"print", no_argument, NULL, OPTION_PRINT},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static void synopsis(FILE *out)
{
    fputs("usage: device-config --state DIR --endpoint NAME --root-ca FILE --thing NAME --cert FILE --key "
          "FILE\n"
          "       device-config --state DIR --endpoint NAME --root-ca FILE --claim-cert FILE --claim-key "
          "FILE --template NAME\n"
          "       device-config --state DIR --from FOLDER | --show | --erase\n",
          out);
}

static void usage(FILE *out)
{
    synopsis(out);
    fputs(
        "\n"
        "Configures a device whose program gives it nothing. A device that waits (mode DEVICE CONFIG) takes "
        "the\n"
        "configuration and goes on; where none runs it is stored, and used at the next start.\n"
        "\n"
        "  --state DIR                 the device's folder of records; its log names it while it waits "
        "(default:\n"
        "                              $DEVICE_STATE_DIR)\n"
        "  --endpoint NAME             where the device connects\n"
        "  --port N                    8883 when it is not given; 443 also works with AWS\n"
        "  --root-ca FILE              PEM: whom the device trusts\n"
        "  --thing NAME --cert FILE --key FILE\n"
        "                              the thing, its certificate and key, PEM; certificate and key may be a "
        "PKCS#11\n"
        "                              URI in place of a file: pkcs11:token=...\n"
        "  --claim-cert FILE --claim-key FILE --template NAME\n"
        "                              a claim certificate: the device gets its own at its first connection\n"
        "  --wifi-ssid NAME, --wifi-password-file FILE\n"
        "                              the network of a device that brings its Wi-Fi up (not on Linux)\n"
        "  --name-prefix TEXT          of the device's name, up to 15 characters\n"
        "  --from FOLDER               host, port, thing_name, root_ca.pem, certificate.pem, private_key.pem "
        "from\n"
        "                              what `iot-local thing NAME --out FOLDER` writes\n"
        "  --print                     writes the configuration as text, for a serial console, and stores "
        "nothing\n"
        "  --show                      what is stored; no key, no password\n"
        "  --erase                     forgets configuration, identity and the journal of jobs\n"
        "  --help\n"
        "\n"
        "Exit code: 0 done; 1 refused or failed, a line names each field; 2 wrong usage.\n",
        out);
}

/* The whole file with a NUL; NULL: said. It stays. */
static char *read_file(const char *path)
{
    static char room[FILES * FILE_CAP];
    static size_t used;
    FILE *file = used + FILE_CAP <= sizeof(room) ? fopen(path, "rb") : NULL;

    if (!file) {
        say("%s: %s", path, used + FILE_CAP <= sizeof(room) ? strerror(errno) : "too many files");
        return NULL;
    }
    char *text = room + used;
    errno = 0;
    size_t len = fread(text, 1, FILE_CAP, file);
    int why = ferror(file) ? errno : 0; /* a folder can be opened, too */
    fclose(file);
    if (why) {
        say("%s: %s", path, strerror(why));
        return NULL;
    }
    if (len == 0 || len == FILE_CAP || memchr(text, '\0', len)) {
        say("%s: %s", path, len == 0 ? "is empty" : len == FILE_CAP ? "is too large" : "is no text");
        return NULL;
    }
    text[len] = '\0';
    used += len + 1;
    return text;
}

static void trim(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1])) {
        text[--len] = '\0';
    }
}

static bool is_file_option(unsigned field)
{
    return field == CONFIG_ROOT_CA || field == CONFIG_WIFI_PASSWORD ||
           (field >= CONFIG_CERTIFICATE && field <= CONFIG_CLAIM_PRIVATE_KEY);
}

/* false: said. */
static bool take_value(struct config_texts *texts, unsigned field, const char *value)
{
    if (!is_file_option(field) || (field != CONFIG_WIFI_PASSWORD && pem_is_reference(value))) {
        texts->of[field] = value;
        return true;
    }
    char *text = read_file(value);
    if (text && field == CONFIG_WIFI_PASSWORD) {
        text[strcspn(text, "\r\n")] = '\0';
    }
    texts->of[field] = text;
    return text != NULL;
}

static bool take_folder(struct config_texts *texts, const char *folder)
{
    static const struct {
        const char *name;
        enum config_field field;
        bool is_optional;
    } files[] = {
        {"host", CONFIG_ENDPOINT, false},
        {"port", CONFIG_PORT, false},
        {"thing_name", CONFIG_THING_NAME, false},
        {"root_ca.pem", CONFIG_ROOT_CA, false},
        {"certificate.pem", CONFIG_CERTIFICATE, false},
        {"private_key.pem", CONFIG_PRIVATE_KEY, false},
        {"wifi_ssid", CONFIG_WIFI_SSID, true},
        {"wifi_password", CONFIG_WIFI_PASSWORD, true},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[4096];
        struct stat status;
        snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
        if (texts->of[files[i].field] || (files[i].is_optional && stat(path, &status))) {
            continue; /* an option of its own comes first */
        }
        char *text = read_file(path);
        if (!text) {
            return false;
        }
        trim(text);
        texts->of[files[i].field] = text;
    }
    return true;
}

static bool write_text(struct options *options, const struct config_texts *texts)
{
    struct json_writer w;

    json_write_begin(&w, options->text, sizeof(options->text));
    json_write_object(&w);
    for (unsigned field = 1; field < CONFIG_FIELDS; field++) {
        if (texts->of[field]) {
            json_write_key(&w, config_field_name((enum config_field)field));
            json_write_string(&w, texts->of[field]);
        }
    }
    json_write_object_end(&w);
    return !json_write_finish(&w, &options->text_len) || say("this is longer than any device takes");
}

/* The mistake is not to drown in what --help tells. */
static int refuse_usage(const char *what)
{
    if (what) {
        say("%s", what);
    }
    synopsis(stderr);
    fputs("       device-config --help\n", stderr);
    return USAGE_CODE;
}

/* A device that names no folder has one of its program's name, which is not ours: we would write where no device ever looks. */
static bool lacks_folder(const struct options *options)
{
    const char *named = options->state ? options->state : getenv("DEVICE_STATE_DIR");
    return options->order != ORDER_PRINT && (!named || !named[0]);
}

/* The code to end with; -1: go on. */
static int judge(struct options *options, const struct config_texts *texts, const char *folder)
{
    bool has_field = folder != NULL;

    for (unsigned field = 1; field < CONFIG_FIELDS; field++) {
        has_field = has_field || texts->of[field];
    }
    bool wants_field = options->order == ORDER_CONFIGURE || options->order == ORDER_PRINT;
    if (has_field != wants_field) {
        return refuse_usage(has_field
                                ? "--show and --erase take no configuration beside them"
                                : "there is no configuration: --from FOLDER, or --endpoint and the rest");
    }
    if (lacks_folder(options)) {
        return refuse_usage("which device? --state DIR names its folder (so does $DEVICE_STATE_DIR)");
    }
    struct config_texts all = *texts;
    if (folder && !take_folder(&all, folder)) {
        return EXIT_FAILURE;
    }
    return !wants_field || write_text(options, &all) ? -1 : EXIT_FAILURE;
}

int options_read(struct options *options, int argc, char **argv)
{
    struct config_texts texts = {{NULL}};
    const char *folder = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            return 0;
        }
        if (option == '?') {
            return refuse_usage(NULL); /* getopt has named it */
        }
        if (option == OPTION_STATE) {
            options->state = optarg;
        } else if (option == OPTION_FROM) {
            folder = optarg;
        } else if (option >= OPTION_SHOW) {
            if (options->order != ORDER_CONFIGURE) {
                return refuse_usage("--show, --erase, --print: one of them");
            }
            options->order = option == OPTION_SHOW    ? ORDER_SHOW
                             : option == OPTION_ERASE ? ORDER_ERASE
                                                      : ORDER_PRINT;
        } else if (!take_value(&texts, (unsigned)option, optarg)) {
            return EXIT_FAILURE;
        }
    }
    if (optind < argc) {
        say("'%s' belongs to no option", argv[optind]);
        return refuse_usage(NULL);
    }
    return judge(options, &texts, folder);
}
