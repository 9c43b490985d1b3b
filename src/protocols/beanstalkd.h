/* beanstalkd.h: what the files about beanstalkd share. beanstalkd.c recognises it and asks a server,
 * beanstalkd_parse.c reads conversations. */
#ifndef PROTOCOLS_BEANSTALKD_H
#define PROTOCOLS_BEANSTALKD_H

#include "protocols/protocols.h"

extern const struct parser beanstalkd_parser;
extern const struct weakness beanstalkd_no_auth;

/* `version: "1.12"` among the figures of a server, in older ones without the marks; it fails where there is
 * none, or not yet. */
struct span beanstalkd_version(struct span figures);

#endif
