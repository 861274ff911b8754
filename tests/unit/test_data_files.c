/* SPDX-License-Identifier: MIT */
/* Which files a reset removes: those that cloud/README.md names, and nobody else's. */
// LINK: cloud_cli
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/cli/data_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[40];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-files-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[80];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *inside(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name)
{
    int fd = open(inside(name), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static bool is_there(const char *name)
{
    return access(inside(name), F_OK) == 0;
}

static const char *const ours[] = {"lock",
                                   "iot.db",
                                   "iot.db-wal",
                                   "iot.db-shm",
                                   "iot.db.schema-2.backup",
                                   "iot.db.schema-2.backup.new",
                                   "credentials",
                                   "server.pem",
                                   "server.key",
                                   "mosquitto.db",
                                   "mosquitto.db.new",
                                   "mosquitto.conf",
                                   "broker.lock",
                                   "status.json",
                                   "mqtt.sock",
                                   "control.sock",
                                   "iot-local.log",
                                   "iot-local.log.1",
                                   "server.key.new"};
static const char *const foreign[] = {"notes.txt", "iot.db.mine", "ca.pem.old", "lock2",
                                      ".new",      "x.new",       "-wal"};

static void put_all(void)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        put(ours[i]);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        put(foreign[i]);
    }
    put("ca.pem");
    put("ca.key");
    assert_int_equal(mkdir(inside("objects"), 0700), 0);
    put("objects/0123456789abcdef0123456789abcdef");
    put("objects/0123456789abcdef0123456789abcdef.new");
    assert_int_equal(mkdir(inside("trusted"), 0700), 0);
    put("trusted/0123abcd.0");
    put("trusted/0123abcd.1.new");
    assert_int_equal(mkdir(inside("devices"), 0700), 0);
    assert_int_equal(mkdir(inside("devices/lamp"), 0700), 0);
    put("devices/lamp/private_key.pem");
    put("devices/lamp/host");
}

static void a_devices_own_files_stay(void **state)
{
    unsigned left = 0;
    (void)state;
    put_all();
    put("devices/lamp/client.pem");
    assert_true(data_files_remove(folder, false, &left));
    assert_true(is_there("devices/lamp/client.pem"));
    assert_false(is_there("devices/lamp/private_key.pem"));
}

/* A reset with --keep-ca leaves the authority and no lock; one without it must still know the directory. */
static void a_kept_authority_can_be_reset(void **state)
{
    unsigned left = 0;
    (void)state;
    put_all();
    assert_true(data_files_remove(folder, true, &left));
    assert_true(data_files_are_there(folder));
    assert_int_equal(unlink(inside("ca.key")), 0); /* a CA's certificate alone may be anybody's */
    assert_false(data_files_are_there(folder));
}

static void reset_removes_ours_alone(void **state)
{
    unsigned left = 0;
    (void)state;
    put_all();
    assert_true(data_files_are_there(folder));
    assert_true(data_files_remove(folder, true, &left));
    assert_int_equal(left, sizeof foreign / sizeof foreign[0]);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        assert_false(is_there(ours[i]));
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_true(is_there(foreign[i]));
    }
    assert_false(is_there("objects") || is_there("trusted") || is_there("devices"));
    assert_true(is_there("ca.pem") && is_there("ca.key"));
    assert_true(data_files_remove(folder, false, &left));
    assert_false(is_there("ca.pem") || is_there("ca.key"));
    assert_false(data_files_are_none(folder));
}

static void folder_of_ours_name_is_somebodys(void **state)
{
    unsigned left = 0;
    (void)state;
    put_all();
    put("objects/readme");
    unlink(inside("credentials"));
    assert_int_equal(mkdir(inside("credentials"), 0700), 0);
    put("credentials/key");
    assert_true(data_files_remove(folder, false, &left));
    assert_true(is_there("objects/readme") && is_there("credentials/key"));
    assert_false(is_there("objects/0123456789abcdef0123456789abcdef"));
    assert_int_equal(left, sizeof foreign / sizeof foreign[0] + 2);
}

static void link_is_removed_and_not_followed(void **state)
{
    unsigned left = 0;
    (void)state;
    put("lock");
    put("ca.pem");
    assert_int_equal(mkdir(inside("else"), 0700), 0);
    put("else/0123456789abcdef0123456789abcdef");
    put("precious");
    assert_int_equal(symlink("else", inside("objects")), 0);
    assert_int_equal(symlink("precious", inside("iot.db")), 0);
    assert_true(data_files_remove(folder, false, &left));
    assert_true(is_there("else/0123456789abcdef0123456789abcdef") && is_there("precious"));
    assert_false(is_there("iot.db"));
}

static void other_directories_are_refused(void **state)
{
    (void)state;
    assert_false(data_files_are_there("/"));
    assert_false(data_files_are_there("/tmp"));
    assert_false(data_files_are_there("/nonexistent"));
    assert_false(data_files_are_there(folder)); /* empty */
    assert_true(data_files_are_none(folder));
    assert_true(data_files_are_none("/nonexistent"));
    put("lock");
    assert_false(data_files_are_there(folder)); /* of some other program */
    put("iot.db");
    assert_true(data_files_are_there(folder));
    assert_int_equal(chmod(folder, 0755), 0); /* a home directory; iot-local's own is private */
    assert_false(data_files_are_there(folder));
}

/* Each name in backticks there is known. */
static void readme_names_them(void **state)
{
    (void)state;
    char text[20000] = "";
    FILE *file = fopen(TEST_SOURCE_DIR "/../cloud/README.md", "r");
    assert_non_null(file);
    (void)!fread(text, 1, sizeof text - 1, file);
    fclose(file);
    char *section = strstr(text, "## The data directory");
    assert_non_null(section);
    char *end = strstr(section + 1, "\n\n");
    assert_non_null(end);
    *end = '\0';
    size_t count = 0;
    char *rest = section;
    for (char *word = strtok_r(section, "`", &rest); word; word = strtok_r(NULL, "`", &rest)) {
        word = strtok_r(NULL, "`", &rest);
        if (!word) {
            break;
        }
        size_t len = strlen(word);
        if (len > 0 && word[len - 1] == '/') {
            word[len - 1] = '\0';
        }
        if (data_file_kind(word) == DATA_FILE_FOREIGN) {
            fail_msg("cloud/README.md names %s in the data directory, and a reset would leave it", word);
        }
        count++;
    }
    assert_true(count >= 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reset_removes_ours_alone, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(folder_of_ours_name_is_somebodys, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_devices_own_files_stay, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_kept_authority_can_be_reset, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(link_is_removed_and_not_followed, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(other_directories_are_refused, make_folder, remove_folder),
        cmocka_unit_test(readme_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
