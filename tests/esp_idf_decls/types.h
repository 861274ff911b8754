/* SPDX-License-Identifier: MIT */
/* Our own declarations, see README.md: types, constants, and what is a macro or inline in ESP-IDF. */
#ifndef TESTS_ESP_IDF_DECLS_TYPES_H
#define TESTS_ESP_IDF_DECLS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sdkconfig.h"

/* Which ESP-IDF these declarations stand for; the gates compile the port against both. */
#ifndef DECLS_IDF_MAJOR
#define DECLS_IDF_MAJOR 5
#endif

/* ---- esp_common */
typedef int esp_err_t;
#define ESP_OK                                   0
#define ESP_FAIL                                 (-1)
#define ESP_ERR_NO_MEM                           0x101
#define ESP_ERR_INVALID_STATE                    0x103
#define ESP_IDF_VERSION_VAL(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))
#define ESP_IDF_VERSION                          ESP_IDF_VERSION_VAL(DECLS_IDF_MAJOR, 0, 0)

/* ---- freertos */
typedef int BaseType_t;
typedef unsigned UBaseType_t;
typedef uint32_t TickType_t;
typedef void *TaskHandle_t;
typedef void *SemaphoreHandle_t;
typedef void *QueueHandle_t;
typedef void (*TaskFunction_t)(void *);
typedef struct {
    void *words[20];
} StaticSemaphore_t;
#define pdFALSE            0
#define pdTRUE             1
#define pdPASS             1
#define portMAX_DELAY      ((TickType_t)0xffffffffu)
#define configTICK_RATE_HZ 100
SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory);
SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *memory);
BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore);
BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t semaphore, BaseType_t *has_woken);
void decls_yield_from_isr(BaseType_t has_woken);
#define portYIELD_FROM_ISR(has_woken) decls_yield_from_isr(has_woken)
BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t stack, void *param,
                       UBaseType_t priority, TaskHandle_t *out);

/* ---- log */
void decls_log(const char *tag, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define ESP_LOGE(tag, format, ...) decls_log(tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) decls_log(tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) decls_log(tag, format, ##__VA_ARGS__)

/* ---- driver/gpio */
typedef int gpio_num_t;
typedef enum {
    GPIO_MODE_DISABLE = 0,
    GPIO_MODE_INPUT = 1,
    GPIO_MODE_OUTPUT = 2,
    GPIO_MODE_INPUT_OUTPUT = 3,
    GPIO_MODE_OUTPUT_OD = 6,
    GPIO_MODE_INPUT_OUTPUT_OD = 7
} gpio_mode_t;
typedef enum {
    GPIO_INTR_DISABLE = 0,
    GPIO_INTR_POSEDGE = 1,
    GPIO_INTR_NEGEDGE = 2,
    GPIO_INTR_ANYEDGE = 3
} gpio_int_type_t;
typedef enum { GPIO_PULLUP_DISABLE = 0, GPIO_PULLUP_ENABLE = 1 } gpio_pullup_t;
typedef enum { GPIO_PULLDOWN_DISABLE = 0, GPIO_PULLDOWN_ENABLE = 1 } gpio_pulldown_t;
typedef enum { GPIO_PULLUP_ONLY, GPIO_PULLDOWN_ONLY, GPIO_PULLUP_PULLDOWN, GPIO_FLOATING } gpio_pull_mode_t;
typedef void (*gpio_isr_t)(void *arg);
typedef struct {
    uint64_t pin_bit_mask;
    gpio_mode_t mode;
    gpio_pullup_t pull_up_en;
    gpio_pulldown_t pull_down_en;
    gpio_int_type_t intr_type;
} gpio_config_t;
#define GPIO_NUM_MAX           22
/* As ESP-IDF checks a pin: for being negative, in 6 also for being too large, and then by a shift, which means nothing from 64 on. */
#define DECLS_IS_IN(pins, pin) (((1ULL << (pin)) & (pins)) != 0)
#if DECLS_IDF_MAJOR >= 6
#define DECLS_IS_PIN(pin) (pin >= 0 && pin <= GPIO_NUM_MAX - 1)
#else
#define DECLS_IS_PIN(pin) (pin >= 0)
#endif
#define GPIO_IS_VALID_GPIO(pin)        (DECLS_IS_PIN(pin) && DECLS_IS_IN(0x3fffffULL, pin))
#define GPIO_IS_VALID_OUTPUT_GPIO(pin) (DECLS_IS_PIN(pin) && DECLS_IS_IN(0x3fffffULL, pin))

/* ---- esp_system, esp_timer, vfs */
typedef void (*shutdown_handler_t)(void);
typedef enum {
    ESP_RST_UNKNOWN,
    ESP_RST_POWERON,
    ESP_RST_EXT,
    ESP_RST_SW,
    ESP_RST_PANIC,
    ESP_RST_INT_WDT,
    ESP_RST_TASK_WDT,
    ESP_RST_WDT,
    ESP_RST_DEEPSLEEP,
    ESP_RST_BROWNOUT
} esp_reset_reason_t;
typedef struct esp_timer *esp_timer_handle_t;
typedef struct {
    void (*callback)(void *arg);
    void *arg;
    int dispatch_method;
    const char *name;
    bool skip_unhandled_events;
} esp_timer_create_args_t;
typedef struct {
    size_t max_fds;
} esp_vfs_eventfd_config_t;
#define ESP_VFS_EVENTD_CONFIG_DEFAULT()                                                                      \
    (esp_vfs_eventfd_config_t)                                                                               \
    {                                                                                                        \
        .max_fds = 5                                                                                         \
    }

/* ---- esp_partition, linux target only */
typedef struct {
    char flash_file_name[4096];
} esp_partition_file_mmap_ctrl_t;

/* ---- nvs */
typedef uint32_t nvs_handle_t;
typedef enum { NVS_READONLY, NVS_READWRITE } nvs_open_mode_t;
#define ESP_ERR_NVS_NOT_FOUND         0x1102
#define ESP_ERR_NVS_NO_FREE_PAGES     0x110d
#define ESP_ERR_NVS_NEW_VERSION_FOUND 0x1110

/* ---- esp_event, esp_netif, esp_wifi, esp_eth */
typedef const char *esp_event_base_t;
typedef void *esp_event_handler_instance_t;
typedef void (*esp_event_handler_t)(void *arg, esp_event_base_t base, int32_t id, void *data);
#define ESP_EVENT_ANY_ID (-1)
extern esp_event_base_t const IP_EVENT, WIFI_EVENT, ETH_EVENT;
enum {
    IP_EVENT_STA_GOT_IP,
    IP_EVENT_STA_LOST_IP,
    IP_EVENT_GOT_IP6,
    IP_EVENT_ETH_GOT_IP,
    IP_EVENT_ETH_LOST_IP,
    IP_EVENT_PPP_GOT_IP,
    IP_EVENT_PPP_LOST_IP
};
enum { WIFI_EVENT_STA_START, WIFI_EVENT_STA_CONNECTED, WIFI_EVENT_STA_DISCONNECTED };
enum { ETHERNET_EVENT_DISCONNECTED };
typedef struct esp_netif_obj esp_netif_t;
typedef bool (*esp_netif_find_predicate_t)(esp_netif_t *netif, void *ctx);
typedef esp_err_t (*esp_netif_callback_fn)(void *ctx);
typedef enum { ESP_NETIF_DHCP_CLIENT = 1, ESP_NETIF_DHCP_SERVER = 2 } esp_netif_flags_t;
typedef struct {
    uint32_t addr;
} esp_ip4_addr_t;
typedef struct {
    uint32_t addr[4];
    uint8_t zone;
} esp_ip6_addr_t;
typedef enum {
    ESP_IP6_ADDR_IS_UNKNOWN,
    ESP_IP6_ADDR_IS_GLOBAL,
    ESP_IP6_ADDR_IS_LINK_LOCAL
} esp_ip6_addr_type_t;
typedef struct {
    esp_ip4_addr_t ip, netmask, gw;
} esp_netif_ip_info_t;
typedef struct {
    esp_netif_t *esp_netif;
    struct {
        esp_ip6_addr_t ip;
    } ip6_info;
} ip_event_got_ip6_t;
typedef struct {
    const void *base, *driver, *stack;
} esp_netif_config_t;
#define ESP_NETIF_DEFAULT_ETH()                                                                              \
    {                                                                                                        \
        0                                                                                                    \
    }
typedef struct {
    size_t num_of_servers;
    const char *servers[CONFIG_LWIP_SNTP_MAX_SERVERS];
} esp_sntp_config_t;
#define ESP_NETIF_SNTP_DEFAULT_CONFIG(name)                                                                  \
    {                                                                                                        \
        .num_of_servers = 1, .servers = {(name) }                                                            \
    }
typedef struct {
    uint32_t addr;
} ip_addr_t;
#define ip_addr_isany(address) (!(address) || (address)->addr == 0)
typedef enum { WIFI_MODE_STA = 1 } wifi_mode_t;
typedef enum { WIFI_IF_STA = 0 } wifi_interface_t;
typedef enum { WIFI_STORAGE_RAM = 1 } wifi_storage_t;
typedef enum { WIFI_AUTH_OPEN, WIFI_AUTH_WPA2_PSK = 3 } wifi_auth_mode_t;
typedef struct {
    int dummy;
} wifi_init_config_t;
#define WIFI_INIT_CONFIG_DEFAULT()                                                                           \
    {                                                                                                        \
        0                                                                                                    \
    }
typedef struct {
    uint8_t ssid[32];
    uint8_t password[64];
    struct {
        wifi_auth_mode_t authmode;
    } threshold;
} wifi_sta_config_t;
typedef union {
    wifi_sta_config_t sta;
} wifi_config_t;
typedef struct {
    uint8_t reason;
} wifi_event_sta_disconnected_t;
typedef struct {
    uint8_t bssid[6], ssid[33];
    int8_t rssi;
} wifi_ap_record_t;
typedef struct esp_eth_mac esp_eth_mac_t;
typedef struct esp_eth_phy esp_eth_phy_t;
typedef struct esp_eth_netif_glue_t *esp_eth_netif_glue_handle_t;
typedef void *esp_eth_handle_t;
typedef struct {
    int dummy;
} eth_mac_config_t;
typedef struct {
    uint32_t autonego_timeout_ms;
} eth_phy_config_t;
typedef struct {
    esp_eth_mac_t *mac;
    esp_eth_phy_t *phy;
} esp_eth_config_t;
#define ETH_MAC_DEFAULT_CONFIG()                                                                             \
    {                                                                                                        \
        0                                                                                                    \
    }
#define ETH_PHY_DEFAULT_CONFIG()                                                                             \
    {                                                                                                        \
        0                                                                                                    \
    }
#define ETH_DEFAULT_CONFIG(emac, ephy)                                                                       \
    {                                                                                                        \
        .mac = (emac), .phy = (ephy)                                                                         \
    }

/* ---- consoles */
typedef int uart_port_t;
typedef struct {
    uint32_t tx_buffer_size, rx_buffer_size;
} usb_serial_jtag_driver_config_t;

/* ---- protocomm, and the provisioning manager: of ESP-IDF 5, and as a component of ESP-IDF 6 */
typedef struct protocomm_security2_params {
    const char *salt;
    uint16_t salt_len;
    const char *verifier;
    uint16_t verifier_len;
} protocomm_security2_params_t;
typedef esp_err_t (*protocomm_req_handler_t)(uint32_t session_id, const uint8_t *in, ssize_t in_len,
                                             uint8_t **out, ssize_t *out_len, void *ctx);
#if DECLS_IDF_MAJOR >= 6
#define DECLS_PROV(name) network_prov_##name
typedef enum {
    NETWORK_PROV_INIT,
    NETWORK_PROV_START,
    NETWORK_PROV_SET_WIFI_STA_CONFIG,
    NETWORK_PROV_WIFI_CRED_RECV,
    NETWORK_PROV_WIFI_CRED_FAIL,
    NETWORK_PROV_WIFI_CRED_SUCCESS,
    NETWORK_PROV_END,
    NETWORK_PROV_DEINIT
} network_prov_cb_event_t;
typedef enum { NETWORK_PROV_SECURITY_2 = 2 } network_prov_security_t;
#else
#define DECLS_PROV(name) wifi_prov_##name
typedef enum {
    WIFI_PROV_INIT,
    WIFI_PROV_START,
    WIFI_PROV_CRED_RECV,
    WIFI_PROV_CRED_FAIL,
    WIFI_PROV_CRED_SUCCESS,
    WIFI_PROV_END,
    WIFI_PROV_DEINIT
} wifi_prov_cb_event_t;
typedef enum { WIFI_PROV_SECURITY_2 = 2 } wifi_prov_security_t;
#endif
typedef protocomm_security2_params_t DECLS_PROV(security2_params_t);
typedef struct {
    void (*event_cb)(void *ctx, DECLS_PROV(cb_event_t) event, void *data);
    void *user_data;
} DECLS_PROV(event_handler_t);
typedef struct {
    wifi_mode_t wifi_mode;
} DECLS_PROV(scheme_t);
typedef struct {
    DECLS_PROV(scheme_t) scheme;
    DECLS_PROV(event_handler_t) scheme_event_handler, app_event_handler;
} DECLS_PROV(mgr_config_t);
extern const DECLS_PROV(scheme_t) DECLS_PROV(scheme_ble), DECLS_PROV(scheme_softap);

/* ---- esp-tls */
typedef struct esp_tls esp_tls_t;
typedef struct esp_tls_last_error *esp_tls_error_handle_t;
typedef struct esp_tls_cfg {
    const char **alpn_protos;
    const unsigned char *cacert_buf;
    unsigned cacert_bytes;
    const unsigned char *clientcert_buf;
    unsigned clientcert_bytes;
    const unsigned char *clientkey_buf;
    unsigned clientkey_bytes;
    bool use_secure_element;
    int timeout_ms;
    void *ds_data;
} esp_tls_cfg_t;
typedef enum { ESP_TLS_ERR_TYPE_SYSTEM = 2 } esp_tls_error_type_t;
#define ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME 0x8001
#define ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET    0x8002
#define ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST  0x8004
#define ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT      0x8006
#define ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED    0x801a
#define ESP_TLS_ERR_SSL_WANT_READ               (-0x6900)
#define ESP_TLS_ERR_SSL_TIMEOUT                 (-0x6800)
ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t len);
ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t len);

/* ---- esp_ds; sizes of a chip with keys up to 4096 bits */
typedef enum { ESP_DS_RSA_4096 = (4096 / 32) - 1 } esp_digital_signature_length_t;
typedef struct {
    esp_digital_signature_length_t rsa_length;
    uint32_t iv[4];
    uint8_t c[1584];
} esp_ds_data_t;
typedef struct {
    esp_ds_data_t *esp_ds_data;
    uint8_t efuse_key_id;
    uint16_t rsa_length_bits;
} esp_ds_data_ctx_t;

/* ---- tcp_transport */
typedef struct esp_transport_item_t *esp_transport_handle_t;
typedef int (*connect_func)(esp_transport_handle_t t, const char *host, int port, int timeout_ms);
typedef int (*io_func)(esp_transport_handle_t t, const char *buffer, int len, int timeout_ms);
typedef int (*io_read_func)(esp_transport_handle_t t, char *buffer, int len, int timeout_ms);
typedef int (*trans_func)(esp_transport_handle_t t);
typedef int (*poll_func)(esp_transport_handle_t t, int timeout_ms);
enum {
    ERR_TCP_TRANSPORT_CONNECTION_FAILED = -2,
    ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN = -1,
    ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT = 0
};

/* ---- mqtt */
typedef struct esp_mqtt_client *esp_mqtt_client_handle_t;
typedef enum esp_mqtt_event_id_t {
    MQTT_EVENT_ANY = -1,
    MQTT_EVENT_ERROR = 0,
    MQTT_EVENT_CONNECTED,
    MQTT_EVENT_DISCONNECTED,
    MQTT_EVENT_SUBSCRIBED,
    MQTT_EVENT_UNSUBSCRIBED,
    MQTT_EVENT_PUBLISHED,
    MQTT_EVENT_DATA
} esp_mqtt_event_id_t;
typedef struct {
    int error_type;
    int connect_return_code;
} esp_mqtt_error_codes_t;
enum { MQTT_ERROR_TYPE_CONNECTION_REFUSED = 2 };
enum { MQTT_TRANSPORT_OVER_SSL = 2 };
enum { MQTT_PROTOCOL_V_3_1_1 = 2 };
typedef struct {
    char *data;
    int data_len, total_data_len, current_data_offset;
    char *topic;
    int topic_len, msg_id;
    esp_mqtt_error_codes_t *error_handle;
    bool retain;
    int qos;
} esp_mqtt_event_t;
typedef struct esp_mqtt_client_config_t {
    struct {
        struct {
            const char *hostname;
            int transport;
            uint32_t port;
        } address;
    } broker;
    struct {
        const char *client_id;
    } credentials;
    struct {
        int keepalive;
        int protocol_ver;
        int message_retransmit_timeout;
    } session;
    struct {
        int reconnect_timeout_ms, timeout_ms;
        bool disable_auto_reconnect;
        esp_transport_handle_t transport;
    } network;
    struct {
        int priority, stack_size;
    } task;
    struct {
        int size, out_size;
    } buffer;
} esp_mqtt_client_config_t;

/* ---- mbedtls */
#define MBEDTLS_VERSION_MAJOR               (DECLS_IDF_MAJOR >= 6 ? 4 : 3)
#define MBEDTLS_X509_BADCERT_EXPIRED        0x01
#define MBEDTLS_X509_BADCERT_CN_MISMATCH    0x04
#define MBEDTLS_X509_BADCERT_NOT_TRUSTED    0x08
#define MBEDTLS_X509_BADCERT_FUTURE         0x0200
#define MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE (-0x7780)
#define MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY   (-0x7880)
typedef int32_t psa_status_t;
#define PSA_SUCCESS ((psa_status_t)0)
typedef struct mbedtls_ssl_context mbedtls_ssl_context;
typedef struct {
    void *words[8];
} mbedtls_pk_context;
typedef struct {
    int tag;
    size_t len;
    unsigned char *p;
} mbedtls_x509_buf;
typedef struct {
    mbedtls_x509_buf raw;
    mbedtls_pk_context pk;
} mbedtls_x509_crt;
typedef struct {
    mbedtls_pk_context *key;
    const char *subject;
} mbedtls_x509write_csr;
typedef enum { MBEDTLS_MD_SHA256 = 9 } mbedtls_md_type_t;
#if DECLS_IDF_MAJOR < 6
typedef enum { MBEDTLS_PK_ECKEY = 2 } mbedtls_pk_type_t;
typedef struct mbedtls_pk_info_t mbedtls_pk_info_t;
typedef enum { MBEDTLS_ECP_DP_SECP256R1 = 3 } mbedtls_ecp_group_id;
typedef struct mbedtls_ecp_keypair mbedtls_ecp_keypair;
static inline mbedtls_ecp_keypair *mbedtls_pk_ec(const mbedtls_pk_context key)
{
    return (mbedtls_ecp_keypair *)key.words[2];
}
#else
typedef uint32_t mbedtls_svc_key_id_t;
#define MBEDTLS_SVC_KEY_ID_INIT 0
typedef uint16_t psa_key_type_t;
typedef uint32_t psa_algorithm_t;
typedef uint32_t psa_key_usage_t;
typedef struct {
    size_t bits;
    psa_key_type_t type;
    psa_algorithm_t alg;
    psa_key_usage_t usage;
} psa_key_attributes_t;
#define PSA_KEY_ATTRIBUTES_INIT                                                                              \
    {                                                                                                        \
        0                                                                                                    \
    }
#define PSA_ECC_FAMILY_SECP_R1           0x12
#define PSA_KEY_TYPE_ECC_KEY_PAIR(curve) ((psa_key_type_t)(0x7100 | (curve)))
#define PSA_ALG_SHA_256                  ((psa_algorithm_t)0x02000009)
#define PSA_ALG_ECDSA(hash)              ((psa_algorithm_t)(0x06000600 | ((hash)&0xff)))
#define PSA_KEY_USAGE_EXPORT             ((psa_key_usage_t)0x01)
#define PSA_KEY_USAGE_SIGN_HASH          ((psa_key_usage_t)0x1000)
static inline void psa_set_key_type(psa_key_attributes_t *attributes, psa_key_type_t type)
{
    attributes->type = type;
}
static inline void psa_set_key_bits(psa_key_attributes_t *attributes, size_t bits)
{
    attributes->bits = bits;
}
static inline void psa_set_key_algorithm(psa_key_attributes_t *attributes, psa_algorithm_t alg)
{
    attributes->alg = alg;
}
static inline void psa_set_key_usage_flags(psa_key_attributes_t *attributes, psa_key_usage_t usage)
{
    attributes->usage = usage;
}
#endif

#endif
