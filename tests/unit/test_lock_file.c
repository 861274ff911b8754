/* SPDX-License-Identifier: MIT */
/* Who holds a data directory: a process that is known by its lock, never by a number that somebody has left. */
// LINK: cloud_base
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/lock_file.h"
#include "cloud/base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[40];
static char path[60];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-lock-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/lock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_number(long number)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%ld\n", number);
    fclose(file);
}

static void one_holder_at_a_time(void **state)
{
    (void)state;
    int first = lock_file_take(path);
    assert_true(first >= 0);
    assert_int_equal(lock_file_note(first, getpid()), 0);
    assert_int_equal(lock_file_noted(path), getpid());
    errno = 0;
    assert_int_equal(lock_file_take(path), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    pid_t pid = 0;
    int holder = lock_file_holder(path, &pid);
    assert_true(holder >= 0);
    assert_int_equal(pid, getpid());
    close(holder);
    close(first);
    assert_int_equal(lock_file_holder(path, &pid), -1); /* the number is still there, the lock is not */
    assert_int_equal(errno, ESRCH);
    first = lock_file_take(path);
    assert_true(first >= 0);
    close(first);
}

static void strangers_number_is_nobody(void **state)
{
    (void)state;
    pid_t pid = -7;
    assert_int_equal(lock_file_holder(path, &pid), -1);
    assert_int_equal(errno, ENOENT);
    pid_t child = fork(); /* alive, and has not opened the file */
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    const long numbers[] = {child, getppid(), 1, 4194303, 0, -5};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        write_number(numbers[i]);
        assert_int_equal(lock_file_holder(path, &pid), -1);
        assert_int_equal(errno, ESRCH);
    }
    assert_int_equal(pid, -7);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* What a reset has removed while somebody held it: the next one has a file of its own, and both know it. */
static void removed_file_is_no_lock(void **state)
{
    (void)state;
    int old = lock_file_take(path);
    assert_int_equal(unlink(path), 0);
    int new = lock_file_take(path);
    assert_true(old >= 0 && new >= 0);
    assert_int_equal(lock_file_take(path), -1);
    close(old);
    assert_int_equal(lock_file_take(path), -1);
    close(new);
}

/* Takes the file and removes it, again and again, beside others who do the same. Exit code 1: a lock on a file that nobody else
 * sees. */
static _Noreturn void take_and_remove(void)
{
    for (int i = 0; i < 20000; i++) {
        struct stat there, ours;
        int lock = lock_file_take(path);
        if (lock < 0) {
            continue;
        }
        if (fstat(lock, &ours) != 0 || stat(path, &there) != 0 || there.st_ino != ours.st_ino) {
            _exit(1);
        }
        unlink(path);
        close(lock);
    }
    _exit(0);
}

static void who_waits_at_a_removed_file_takes_the_new_one(void **state)
{
    (void)state;
    pid_t children[3];
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            take_and_remove();
        }
    }
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
}

/* --- Words of a shell --- */

static void expect_word(const char *text)
{
    char said[200] = "";
    char *word = text_shell_quote(text);
    char *line = text_format("printf %%s %s", word);
    FILE *shell = popen(line, "r");
    assert_non_null(shell);
    (void)!fread(said, 1, sizeof said - 1, shell);
    assert_int_equal(pclose(shell), 0);
    assert_string_equal(said, text);
    free(line);
    free(word);
}

static void quoted_words_are_read_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",     "plain/path-1.2", "a b",      "it's",        "''",       "$HOME",     "`id`",
        "a\nb", "\"x\"",          "back\\sl", "*;&|<>()#!~", "\xc3\xbc", "--option=x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_word(texts[i]);
    }
    char *word = text_shell_quote("/var/tmp/iot-data");
    assert_string_equal(word, "/var/tmp/iot-data");
    free(word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_holder_at_a_time, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(strangers_number_is_nobody, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(removed_file_is_no_lock, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(who_waits_at_a_removed_file_takes_the_new_one, make_folder,
                                        remove_folder),
        cmocka_unit_test(quoted_words_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
