/* SPDX-License-Identifier: MIT */
/* Our own declarations, see README.md: functions of ESP-IDF, compared with the real ones by `make esp-idf-check`. */
#ifndef TESTS_ESP_IDF_DECLS_FUNCTIONS_H
#define TESTS_ESP_IDF_DECLS_FUNCTIONS_H

const char *esp_err_to_name(esp_err_t code);

void vTaskDelay(const TickType_t ticks);
void vTaskDelete(TaskHandle_t task);

int64_t esp_timer_get_time(void);
uint32_t esp_random(void);
void esp_fill_random(void *buf, size_t len);

esp_err_t nvs_flash_init(void);
esp_err_t nvs_open(const char *space, nvs_open_mode_t mode, nvs_handle_t *out);
void nvs_close(nvs_handle_t handle);
esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t len);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out, size_t *len);
esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key);
esp_err_t nvs_commit(nvs_handle_t handle);
esp_err_t nvs_flash_init_partition(const char *label);
esp_err_t nvs_open_from_partition(const char *partition, const char *space, nvs_open_mode_t mode,
                                  nvs_handle_t *out);
esp_err_t nvs_get_u8(nvs_handle_t handle, const char *key, uint8_t *out);
esp_err_t nvs_get_u16(nvs_handle_t handle, const char *key, uint16_t *out);

esp_tls_t *esp_tls_init(void);
int esp_tls_conn_new_sync(const char *host, int len, int port, const esp_tls_cfg_t *config, esp_tls_t *tls);
int esp_tls_conn_destroy(esp_tls_t *tls);
ssize_t esp_tls_get_bytes_avail(esp_tls_t *tls);
esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *socket);
esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *out);
esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t errors, esp_tls_error_type_t type,
                                           int *code);
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t errors, int *code, int *flags);
void *esp_tls_get_ssl_context(esp_tls_t *tls);

esp_transport_handle_t esp_transport_init(void);
esp_err_t esp_transport_destroy(esp_transport_handle_t t);
void *esp_transport_get_context_data(esp_transport_handle_t t);
esp_err_t esp_transport_set_context_data(esp_transport_handle_t t, void *data);
esp_err_t esp_transport_set_func(esp_transport_handle_t t, connect_func connect, io_read_func read,
                                 io_func write, trans_func close, poll_func poll_read, poll_func poll_write,
                                 trans_func destroy);

esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *config);
esp_err_t esp_mqtt_client_start(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_disconnect(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_destroy(esp_mqtt_client_handle_t client);
int esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *filter, int qos);
int esp_mqtt_client_unsubscribe(esp_mqtt_client_handle_t client, const char *filter);
int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len,
                            int qos, int retain);
esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                         esp_event_handler_t handler, void *arg);

void mbedtls_x509_crt_init(mbedtls_x509_crt *crt);
void mbedtls_x509_crt_free(mbedtls_x509_crt *crt);
int mbedtls_x509_crt_parse(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len);
void mbedtls_pk_init(mbedtls_pk_context *key);
void mbedtls_pk_free(mbedtls_pk_context *key);
size_t mbedtls_pk_get_bitlen(const mbedtls_pk_context *key);
#if MBEDTLS_VERSION_MAJOR < 4
int mbedtls_pk_parse_key(mbedtls_pk_context *key, const unsigned char *text, size_t len,
                         const unsigned char *password, size_t password_len,
                         int (*random)(void *, unsigned char *, size_t), void *ctx);
int mbedtls_pk_check_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_,
                          int (*random)(void *, unsigned char *, size_t), void *ctx);
#else
psa_status_t psa_crypto_init(void);
int mbedtls_pk_parse_key(mbedtls_pk_context *key, const unsigned char *text, size_t len,
                         const unsigned char *password, size_t password_len);
int mbedtls_pk_check_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_);
#endif
int mbedtls_pk_write_key_der(const mbedtls_pk_context *key, unsigned char *buf, size_t size);
int mbedtls_pem_write_buffer(const char *header, const char *footer, const unsigned char *der_data,
                             size_t der_len, unsigned char *buf, size_t buf_len, size_t *olen);
void mbedtls_x509write_csr_init(mbedtls_x509write_csr *ctx);
void mbedtls_x509write_csr_free(mbedtls_x509write_csr *ctx);
void mbedtls_x509write_csr_set_key(mbedtls_x509write_csr *ctx, mbedtls_pk_context *key);
void mbedtls_x509write_csr_set_md_alg(mbedtls_x509write_csr *ctx, mbedtls_md_type_t md_alg);
int mbedtls_x509write_csr_set_subject_name(mbedtls_x509write_csr *ctx, const char *subject_name);
#if MBEDTLS_VERSION_MAJOR < 4
int mbedtls_pk_setup(mbedtls_pk_context *ctx, const mbedtls_pk_info_t *info);
const mbedtls_pk_info_t *mbedtls_pk_info_from_type(mbedtls_pk_type_t pk_type);
int mbedtls_ecp_gen_key(mbedtls_ecp_group_id grp_id, mbedtls_ecp_keypair *key,
                        int (*f_rng)(void *, unsigned char *, size_t), void *p_rng);
int mbedtls_x509write_csr_der(mbedtls_x509write_csr *ctx, unsigned char *buf, size_t size,
                              int (*f_rng)(void *, unsigned char *, size_t), void *p_rng);
int mbedtls_sha256(const unsigned char *input, size_t ilen, unsigned char *output, int is224);
#else
psa_status_t psa_generate_key(const psa_key_attributes_t *attributes, mbedtls_svc_key_id_t *key);
psa_status_t psa_destroy_key(mbedtls_svc_key_id_t key);
psa_status_t psa_hash_compute(psa_algorithm_t alg, const uint8_t *input, size_t input_length, uint8_t *hash,
                              size_t hash_size, size_t *hash_length);
int mbedtls_pk_copy_from_psa(mbedtls_svc_key_id_t key_id, mbedtls_pk_context *pk);
int mbedtls_x509write_csr_der(mbedtls_x509write_csr *ctx, unsigned char *buf, size_t size);
#endif
uint32_t mbedtls_ssl_get_verify_result(const mbedtls_ssl_context *ssl);

/* ---- what only IDF's linux target has, and what it does not have */
#ifdef CONFIG_IDF_TARGET_LINUX
esp_partition_file_mmap_ctrl_t *esp_partition_get_file_mmap_ctrl_input(void);
esp_partition_file_mmap_ctrl_t *esp_partition_get_file_mmap_ctrl_act(void);
#else
void esp_restart(void) __attribute__((__noreturn__));
esp_reset_reason_t esp_reset_reason(void);
esp_err_t esp_register_shutdown_handler(shutdown_handler_t handler);
esp_err_t esp_efuse_mac_get_default(uint8_t *mac);
esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *out);
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout_us);
esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config);
int eventfd(unsigned int value, int flags);

esp_err_t gpio_config(const gpio_config_t *config);
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level);
int gpio_get_level(gpio_num_t pin);
esp_err_t gpio_set_intr_type(gpio_num_t pin, gpio_int_type_t type);
esp_err_t gpio_install_isr_service(int flags);
esp_err_t gpio_isr_handler_add(gpio_num_t pin, gpio_isr_t handler, void *arg);
esp_err_t gpio_isr_handler_remove(gpio_num_t pin);

esp_err_t esp_event_loop_create_default(void);
esp_err_t esp_event_handler_instance_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                              void *arg, esp_event_handler_instance_t *out);
esp_err_t esp_netif_init(void);
esp_netif_t *esp_netif_find_if(esp_netif_find_predicate_t fn, void *ctx);
esp_netif_t *esp_netif_get_handle_from_ifkey(const char *key);
esp_netif_flags_t esp_netif_get_flags(esp_netif_t *netif);
bool esp_netif_is_netif_up(esp_netif_t *netif);
esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *out);
int esp_netif_get_all_ip6(esp_netif_t *netif, esp_ip6_addr_t out[]);
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t *address);
#else
esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(const esp_ip6_addr_t *address);
#endif
esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn fn, void *ctx);
bool esp_sntp_enabled(void);
void esp_sntp_setservername(uint8_t place, const char *name);
const char *esp_sntp_getservername(uint8_t place);
const ip_addr_t *esp_sntp_getserver(uint8_t place);
void esp_sntp_servermode_dhcp(bool enable);
esp_netif_t *esp_netif_new(const esp_netif_config_t *config);
esp_err_t esp_netif_attach(esp_netif_t *netif, void *driver);
esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *config);

esp_netif_t *esp_netif_create_default_wifi_sta(void);
esp_err_t esp_wifi_init(const wifi_init_config_t *config);
esp_err_t esp_wifi_set_storage(wifi_storage_t storage);
esp_err_t esp_wifi_set_mode(wifi_mode_t mode);
esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *config);
esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_connect(void);
esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *info);
esp_err_t esp_wifi_restore(void);
esp_netif_t *esp_netif_create_default_wifi_ap(void);

bool uart_is_driver_installed(uart_port_t port);
esp_err_t uart_driver_install(uart_port_t port, int rx_bytes, int tx_bytes, int queue_size,
                              QueueHandle_t *queue, int flags);
int uart_read_bytes(uart_port_t port, void *out, uint32_t len, uint32_t ticks);
bool usb_serial_jtag_is_driver_installed(void);
esp_err_t usb_serial_jtag_driver_install(usb_serial_jtag_driver_config_t *config);
int usb_serial_jtag_read_bytes(void *out, uint32_t len, uint32_t ticks);
void usb_serial_jtag_vfs_use_driver(void);

esp_err_t DECLS_PROV(mgr_init)(DECLS_PROV(mgr_config_t) config);
#if DECLS_IDF_MAJOR >= 6
esp_err_t network_prov_mgr_deinit(void);
esp_err_t network_prov_mgr_reset_wifi_sm_state_on_failure(void);
#else
void wifi_prov_mgr_deinit(void);
esp_err_t wifi_prov_mgr_reset_sm_state_on_failure(void);
#endif
esp_err_t DECLS_PROV(mgr_disable_auto_stop)(uint32_t cleanup_ms);
esp_err_t DECLS_PROV(mgr_endpoint_create)(const char *name);
esp_err_t DECLS_PROV(mgr_endpoint_register)(const char *name, protocomm_req_handler_t handler, void *ctx);
esp_err_t DECLS_PROV(mgr_start_provisioning)(DECLS_PROV(security_t) security, const void *params,
                                             const char *name, const char *key);
void DECLS_PROV(mgr_stop_provisioning)(void);

esp_eth_mac_t *esp_eth_mac_new_openeth(const eth_mac_config_t *config);
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
esp_eth_phy_t *esp_eth_phy_new_dp83848(const eth_phy_config_t *config);
#else
esp_eth_phy_t *esp_eth_phy_new_generic(const eth_phy_config_t *config);
#endif
esp_err_t esp_eth_driver_install(const esp_eth_config_t *config, esp_eth_handle_t *out);
esp_eth_netif_glue_handle_t esp_eth_new_netif_glue(esp_eth_handle_t eth);
esp_err_t esp_eth_start(esp_eth_handle_t eth);
#endif

#endif
