/* redis.h: what the files of Redis share. */
#ifndef PROTOCOLS_REDIS_H
#define PROTOCOLS_REDIS_H

#include "protocols/parse.h"

enum { REDIS_BULK_MOST = 512 * 1024 * 1024, REDIS_COUNT_MOST = 1024 * 1024 };

/* Reads a line that is a letter and a number; MORE while its end has not come. */
enum verdict redis_read_number(struct span *s, char letter, uint64_t most, uint64_t *ret_number);

/* What a server tells of itself in its answer to INFO; empty where it does not. */
struct redis_info {
	struct span redis_version, valkey_version, dragonfly_version, mode, os, executable;
};
struct redis_info redis_read_info(struct span text);

/* Descendants keep telling the version of Redis with which they agree, and their own beside it. False: no
 * version. */
bool redis_product(const struct redis_info *info, const char **ret_product, struct span *ret_version);

enum verdict redis_recognise(struct span first, enum side side, unsigned transport);

extern const struct weakness redis_no_auth, redis_clear_login;

enum { REDIS_PROBE_STATE = 1 };
extern const struct probe redis_probe;
extern const struct parser redis_parser;

#endif
