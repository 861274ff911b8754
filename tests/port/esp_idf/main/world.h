/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PORT_ESP_IDF_WORLD_H
#define TESTS_PORT_ESP_IDF_WORLD_H

#include "port/port_suite.h"

/* The world that `port_world` has written. false: there is none, and only the local checks make sense. */
bool world_load(struct port_world *world);

#endif
