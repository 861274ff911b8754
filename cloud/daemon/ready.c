/* SPDX-License-Identifier: MIT */
#include "cloud/base/text.h"
#include "cloud/daemon/daemon_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_welcome(const struct daemon *daemon)
{
    const struct daemon_options *options = &daemon->options;
    bool is_ipv6 = strchr(options->listen, ':') != NULL;
    const char *host = strcmp(options->listen, "0.0.0.0") == 0 ? "127.0.0.1" : options->listen;
    if (strcmp(host, "::") == 0) {
        host = "::1";
    }

    char *data = text_shell_quote(daemon->dir.path);
    if (daemon->background->ready >= 0) {
        printf("iot-local is ready (process %ld); iot-local down --data %s ends it. Its log is %s\n",
               (long)getpid(), data, daemon->log);
    } else {
        puts("iot-local is ready; Ctrl-C stops it.");
    }
    printf("  devices:  mqtts://%s:%u   (CA certificate: %s/ca.pem)\n"
           "  objects:  https://%s   (for devices, by signed links)\n"
           "  AWS API:  http://%s%s%s:%u\n\n",
           options->endpoint, options->mqtt_port, daemon->dir.path, daemon->objects_host, is_ipv6 ? "[" : "",
           host, is_ipv6 ? "]" : "", options->http_port);
    printf("%s:\n"
           "  iot-local thing lamp --out lamp%s%s\n",
           daemon->background->ready >= 0 ? "From here" : "In another terminal",
           options->data != NULL ? " --data " : "", options->data != NULL ? data : "");
    access_keys_print(&daemon->keys, options->region);
    printf("  aws --endpoint-url http://%s%s%s:%u iot list-things\n", is_ipv6 ? "[" : "", host,
           is_ipv6 ? "]" : "", options->http_port);
    fflush(stdout);
    free(data);
}

static bool make_ready_file(struct daemon *daemon)
{
    const char *path = daemon->options.ready_file;
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    if (path != NULL && fd < 0) {
        snprintf(daemon->why, sizeof(daemon->why), "--ready-file %s: %s", path, strerror(errno));
        return false;
    }
    if (fd >= 0) {
        close(fd);
    }
    return true;
}

bool ready_tell(struct daemon *daemon)
{
    const struct data_dir_status status = {
        .http_port = daemon->options.http_port,
        .mqtt_port = daemon->options.mqtt_port,
        .https_port = daemon->options.https_port,
        .endpoint = daemon->options.endpoint,
    };
    if (!make_ready_file(daemon) ||
        !data_dir_write_status(&daemon->dir, &status, daemon->why, sizeof(daemon->why))) {
        return false;
    }
    if (!daemon->background->ends_with_caller) { /* a command has the terminal then */
        print_welcome(daemon);
    }
    background_tell_ready(daemon->background);
    return true;
}
