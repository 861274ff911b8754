/* SPDX-License-Identifier: MIT */
#include "device/port/port_gpio.h"
#include "port/port_suite.h"

#include <stdatomic.h>
#include <string.h>

#define PATIENCE_MS 10000

/* ---- time */

static const char *check_monotonic_clock(const struct port_world *world)
{
    (void)world;
    uint64_t last_ms = port_time_monotonic_ms();
    for (int i = 0; i < 100000; i++) {
        uint64_t now_ms = port_time_monotonic_ms();
        PORT_EXPECT(now_ms >= last_ms);
        last_ms = now_ms;
    }
    return NULL;
}

static const char *check_microseconds_and_milliseconds_agree(const struct port_world *world)
{
    (void)world;
    for (int i = 0; i < 1000; i++) {
        uint64_t before_ms = port_time_monotonic_ms();
        uint64_t between_us = port_time_monotonic_us();
        uint64_t after_ms = port_time_monotonic_ms();
        PORT_EXPECT(between_us / 1000 >= before_ms && between_us / 1000 <= after_ms);
    }
    return NULL;
}

static const char *check_sleep_is_not_shorter(const struct port_world *world)
{
    (void)world;
    uint64_t before_ms = port_time_monotonic_ms();
    port_time_sleep_ms(0);
    port_time_sleep_ms(30);
    PORT_EXPECT(port_time_monotonic_ms() - before_ms >= 30);
    return NULL;
}

static const char *check_wall_clock(const struct port_world *world)
{
    (void)world;
    int64_t wall_s = port_time_wall_s();
    /* a real time, or what has passed since the start of a board whose clock nobody has set */
    PORT_EXPECT(wall_s > 1700000000 || (wall_s >= 0 && wall_s < 100000000));
    PORT_EXPECT(port_time_built_s() > 1700000000);
    return NULL;
}

/* ---- signals, locks, tasks */

static struct port_signal ping, pong;
static struct port_mutex mutex;
static atomic_uint counter;

static const char *check_signal_set_before_the_wait(const struct port_world *world)
{
    (void)world;
    port_signal_init(&ping);
    PORT_EXPECT(!port_signal_wait(&ping, 0));
    port_signal_set(&ping);
    port_signal_set(&ping);
    PORT_EXPECT(port_signal_wait(&ping, UINT32_MAX));
    PORT_EXPECT(!port_signal_wait(&ping, 0)); /* twice set is once set */
    return NULL;
}

static const char *check_signal_times_out(const struct port_world *world)
{
    (void)world;
    port_signal_init(&ping);
    uint64_t before_ms = port_time_monotonic_ms();
    PORT_EXPECT(!port_signal_wait(&ping, 30));
    PORT_EXPECT(port_time_monotonic_ms() - before_ms >= 30);
    return NULL;
}

static void answer_once(void *ctx)
{
    if (port_signal_wait(&ping, PATIENCE_MS)) {
        atomic_fetch_add(&counter, *(unsigned *)ctx);
    }
    port_signal_set(&pong);
}

static const char *check_task_runs_with_its_argument(const struct port_world *world)
{
    (void)world;
    static unsigned seven = 7;
    atomic_store(&counter, 0);
    port_signal_init(&ping);
    port_signal_init(&pong);
    PORT_EXPECT(port_task_start("suite", 1024, 4, answer_once, &seven) == ERR_OK);
    port_signal_set(&ping);
    PORT_EXPECT(port_signal_wait(&pong, PATIENCE_MS));
    PORT_EXPECT(atomic_load(&counter) == 7);
    return NULL;
}

/* Each set wakes one: two tasks wait, two sets, both go on. */
static void take_one(void *ctx)
{
    (void)ctx;
    if (port_signal_wait(&ping, PATIENCE_MS)) {
        atomic_fetch_add(&counter, 1);
        port_signal_set(&pong);
    }
}

static const char *check_each_set_wakes_one_of_several(const struct port_world *world)
{
    (void)world;
    atomic_store(&counter, 0);
    port_signal_init(&ping);
    port_signal_init(&pong);
    PORT_EXPECT(port_task_start("one", 1024, 3, take_one, NULL) == ERR_OK);
    PORT_EXPECT(port_task_start("two", 1024, 3, take_one, NULL) == ERR_OK);
    port_signal_set(&ping);
    PORT_EXPECT(port_signal_wait(&pong, PATIENCE_MS));
    PORT_EXPECT(atomic_load(&counter) == 1);
    port_signal_set(&ping);
    PORT_EXPECT(port_signal_wait(&pong, PATIENCE_MS));
    PORT_EXPECT(atomic_load(&counter) == 2);
    return NULL;
}

#define ROUNDS 20000
static unsigned plain;

static void count_up(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < ROUNDS; i++) {
        port_mutex_lock(&mutex);
        plain++;
        port_mutex_unlock(&mutex);
    }
    port_signal_set(&pong);
}

static const char *check_mutex_excludes(const struct port_world *world)
{
    (void)world;
    plain = 0;
    port_mutex_init(&mutex);
    port_signal_init(&pong);
    PORT_EXPECT(port_task_start("count", 1024, 3, count_up, NULL) == ERR_OK);
    for (int i = 0; i < ROUNDS; i++) {
        port_mutex_lock(&mutex);
        plain++;
        port_mutex_unlock(&mutex);
    }
    PORT_EXPECT(port_signal_wait(&pong, PATIENCE_MS));
    port_mutex_lock(&mutex);
    unsigned total = plain;
    port_mutex_unlock(&mutex);
    PORT_EXPECT(total == 2 * ROUNDS);
    return NULL;
}

/* ---- storage */

#define RECORD_MAX 3072 /* JOBS_RECORD_CAP: the longest that the library stores */

static char record[RECORD_MAX], found[RECORD_MAX];

static void fill(char seed)
{
    for (size_t i = 0; i < sizeof(record); i++) {
        record[i] = (char)(i * 31 + (size_t)seed);
    }
}

static const char *check_store_keeps_a_record(const struct port_world *world)
{
    (void)world;
    size_t len = 0;
    fill(1);
    PORT_EXPECT(port_store_open() == ERR_OK);
    PORT_EXPECT(port_store_erase("suite") == ERR_OK);
    PORT_EXPECT(port_store_erase("suite") == ERR_OK); /* good also when there is none */
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_NOT_FOUND);
    PORT_EXPECT(port_store_put("suite", record, sizeof(record)) == ERR_OK);
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_OK);
    PORT_EXPECT(len == sizeof(record) && memcmp(found, record, len) == 0);
    PORT_EXPECT(port_store_erase("suite") == ERR_OK);
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_NOT_FOUND);
    return NULL;
}

static const char *check_store_forgets_for_good(const struct port_world *world)
{
    (void)world;
    size_t len = 77;
    fill(5);
    PORT_EXPECT(port_store_open() == ERR_OK);
    PORT_EXPECT(port_store_put("suite", record, sizeof(record)) == ERR_OK);
    PORT_EXPECT(port_store_put("suite_b", "b", 1) == ERR_OK);
    PORT_EXPECT(port_store_erase("suite") == ERR_OK);
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_NOT_FOUND && len == 77);
    PORT_EXPECT(port_store_open() == ERR_OK); /* as a boot does */
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_NOT_FOUND && len == 77);
    PORT_EXPECT(port_store_get("suite_b", found, sizeof(found), &len) == ERR_OK && len == 1);
    PORT_EXPECT(port_store_put("suite", "again", 5) == ERR_OK); /* and it comes back as a new one */
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_OK && len == 5);
    PORT_EXPECT(port_store_erase("suite") == ERR_OK && port_store_erase("suite_b") == ERR_OK);
    PORT_EXPECT(port_store_erase("Suite") == ERR_ARG && port_store_erase("") == ERR_ARG);
    return NULL;
}

static const char *check_store_replaces_the_whole_record(const struct port_world *world)
{
    (void)world;
    size_t len = 0;
    fill(2);
    PORT_EXPECT(port_store_open() == ERR_OK);
    PORT_EXPECT(port_store_put("suite", record, sizeof(record)) == ERR_OK);
    PORT_EXPECT(port_store_put("suite", "short", 5) == ERR_OK);
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_OK);
    PORT_EXPECT(len == 5 && memcmp(found, "short", 5) == 0);
    PORT_EXPECT(port_store_put("suite", "", 0) == ERR_OK);
    PORT_EXPECT(port_store_get("suite", found, sizeof(found), &len) == ERR_OK && len == 0);
    return NULL;
}

static const char *check_store_keeps_keys_apart(const struct port_world *world)
{
    (void)world;
    size_t len = 0;
    PORT_EXPECT(port_store_open() == ERR_OK);
    PORT_EXPECT(port_store_put("suite_a", "A", 1) == ERR_OK);
    PORT_EXPECT(port_store_put("suite_b23456789", "B", 1) == ERR_OK); /* 15 characters */
    PORT_EXPECT(port_store_get("suite_a", found, sizeof(found), &len) == ERR_OK && found[0] == 'A');
    PORT_EXPECT(port_store_get("suite_b23456789", found, sizeof(found), &len) == ERR_OK && found[0] == 'B');
    PORT_EXPECT(port_store_erase("suite_a") == ERR_OK);
    PORT_EXPECT(port_store_get("suite_b23456789", found, sizeof(found), &len) == ERR_OK);
    PORT_EXPECT(port_store_erase("suite_b23456789") == ERR_OK);
    return NULL;
}

static const char *check_store_survives_a_new_opening(const struct port_world *world)
{
    (void)world;
    size_t len = 0;
    for (int i = 0; i < 3; i++) { /* what we create we accept */
        PORT_EXPECT(port_store_open() == ERR_OK);
        PORT_EXPECT(i == 0 || port_store_get("suite", found, sizeof(found), &len) == ERR_OK);
        PORT_EXPECT(port_store_put("suite", "stays", 5) == ERR_OK);
    }
    return NULL;
}

static const char *check_store_refuses_what_does_not_fit(const struct port_world *world)
{
    (void)world;
    size_t len = 77;
    PORT_EXPECT(port_store_open() == ERR_OK);
    PORT_EXPECT(port_store_put("suite", "0123456789", 10) == ERR_OK);
    memset(found, 'x', sizeof(found));
    PORT_EXPECT(port_store_get("suite", found, 9, &len) == ERR_TOO_LONG);
    PORT_EXPECT(len == 77 && found[0] == 'x'); /* outputs change on success only */
    PORT_EXPECT(port_store_get("suite", found, 10, &len) == ERR_OK && len == 10);
    return NULL;
}

static const char *check_store_refuses_bad_keys(const struct port_world *world)
{
    (void)world;
    static const char *const bad[] = {"", "sixteen_letters_", "Suite", "su/ite", "..", "su.ite", "su ite"};
    size_t len = 0;
    PORT_EXPECT(port_store_open() == ERR_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        PORT_EXPECT(port_store_put(bad[i], "x", 1) == ERR_ARG);
        PORT_EXPECT(port_store_get(bad[i], found, sizeof(found), &len) == ERR_ARG);
        PORT_EXPECT(port_store_erase(bad[i]) == ERR_ARG);
    }
    return NULL;
}

/* ---- board */

static const char *check_random_bits_differ(const struct port_world *world)
{
    (void)world;
    uint32_t all = 0, any = UINT32_MAX;
    for (int i = 0; i < 200; i++) {
        uint32_t bits = port_board_random();
        all |= bits;
        any &= bits;
    }
    PORT_EXPECT(all == UINT32_MAX && any == 0); /* fails by chance once in 10^58 runs */
    return NULL;
}

static const char *check_device_id_is_short_and_stays(const struct port_world *world)
{
    (void)world;
    char id[48] = "", again[48] = "";
    PORT_EXPECT(port_board_device_id(id, sizeof(id)) == ERR_OK);
    PORT_EXPECT(port_board_device_id(again, sizeof(again)) == ERR_OK);
    PORT_EXPECT(id[0] && strcmp(id, again) == 0);
    PORT_EXPECT(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(id));
    PORT_EXPECT(port_board_device_id(again, 2) == ERR_TOO_LONG);
    return NULL;
}

/* A device without one is good: the answer stays. */
static const char *check_mac_stays(const struct port_world *world)
{
    (void)world;
    static const uint8_t none[PORT_BOARD_MAC_LEN];
    uint8_t mac[PORT_BOARD_MAC_LEN] = {0}, again[PORT_BOARD_MAC_LEN] = {0};
    enum err err = port_board_mac(mac);
    PORT_EXPECT(err == ERR_OK || err == ERR_NOT_FOUND);
    PORT_EXPECT((memcmp(mac, none, sizeof(mac)) != 0) == (err == ERR_OK));
    PORT_EXPECT(port_board_mac(again) == err && memcmp(mac, again, sizeof(mac)) == 0);
    PORT_EXPECT(port_board_reset_cause() == port_board_reset_cause());
    return NULL;
}

static const char *check_network_has_an_address_when_it_is_up(const struct port_world *world)
{
    (void)world;
    struct port_network_state state;
    memset(&state, 'x', sizeof(state));
    enum err err = port_network_look(&state);
    PORT_EXPECT(err == ERR_OK || (err == ERR_NOT_FOUND && !state.is_up));
    PORT_EXPECT(memchr(state.address, '\0', sizeof(state.address)) != NULL);
    PORT_EXPECT(strspn(state.address, "0123456789abcdef.:") == strlen(state.address));
    PORT_EXPECT(state.is_up == (state.address[0] != '\0'));
    PORT_EXPECT(state.rssi_dbm <= 0 && (state.is_up || state.rssi_dbm == 0));
    return NULL;
}

static const char *check_pins(const struct port_world *world)
{
    (void)world;
    bool level = false;
    PORT_EXPECT(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    PORT_EXPECT(port_gpio_write(2, true) == ERR_OK);
    PORT_EXPECT(port_gpio_read(2, &level) == ERR_OK && level);
    PORT_EXPECT(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    PORT_EXPECT(port_gpio_read(2, &level) == ERR_OK && level);
    PORT_EXPECT(port_gpio_write(2, false) == ERR_OK);
    PORT_EXPECT(port_gpio_read(2, &level) == ERR_OK && !level);
    PORT_EXPECT(port_gpio_mode(255, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS) == ERR_RANGE);
    PORT_EXPECT(port_gpio_write(255, true) == ERR_RANGE);
    PORT_EXPECT(port_gpio_why(255, ERR_RANGE)[0] != '\0');
    PORT_EXPECT(port_gpio_read(255, &level) == ERR_RANGE && !level);
    PORT_EXPECT(port_gpio_watch(255, PORT_GPIO_EDGES_BOTH, NULL) == ERR_RANGE);
    PORT_EXPECT(port_gpio_mode(3, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    PORT_EXPECT(port_gpio_write(3, true) == ERR_ARG);
    PORT_EXPECT(port_gpio_mode(3, PORT_GPIO_OFF, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    PORT_EXPECT(port_gpio_mode(2, PORT_GPIO_OFF, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    return NULL;
}

const struct port_check port_checks_local[] = {
    {"monotonic clock", check_monotonic_clock},
    {"microseconds and milliseconds agree", check_microseconds_and_milliseconds_agree},
    {"sleep is not shorter", check_sleep_is_not_shorter},
    {"wall clock", check_wall_clock},
    {"signal set before the wait", check_signal_set_before_the_wait},
    {"signal times out", check_signal_times_out},
    {"task runs with its argument", check_task_runs_with_its_argument},
    {"each set wakes one of several", check_each_set_wakes_one_of_several},
    {"mutex excludes", check_mutex_excludes},
    {"store keeps a record", check_store_keeps_a_record},
    {"store forgets for good", check_store_forgets_for_good},
    {"store replaces the whole record", check_store_replaces_the_whole_record},
    {"store keeps keys apart", check_store_keeps_keys_apart},
    {"store survives a new opening", check_store_survives_a_new_opening},
    {"store refuses what does not fit", check_store_refuses_what_does_not_fit},
    {"store refuses bad keys", check_store_refuses_bad_keys},
    {"random bits differ", check_random_bits_differ},
    {"device id is short and stays", check_device_id_is_short_and_stays},
    {"mac stays", check_mac_stays},
    {"network has an address when it is up", check_network_has_an_address_when_it_is_up},
    {"pins", check_pins},
};
const unsigned port_checks_local_count = sizeof(port_checks_local) / sizeof(port_checks_local[0]);
