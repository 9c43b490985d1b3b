/* http.h: what the files of HTTP/1 share, and HTTP/2 as well. */
#ifndef PROTOCOLS_HTTP_H
#define PROTOCOLS_HTTP_H

#include "protocols/parse.h"
#include "protocols/text.h"

enum {
	HTTP_HEAD = 32 * 1024, /* first line and fields */
	HTTP_USER = 96,
};

/* Whether this begins with "METHOD TARGET HTTP/1.1", or with "HTTP/1.1 200". */
enum verdict http_recognise_request(struct span first);
enum verdict http_recognise_status(struct span first);

/* Whether this line is a whole request of HTTP/0.9: "GET /path". */
bool http_is_simple(struct span line);

/* Octets of the head, to the end of the empty line behind the fields; 0 while that has not come. */
size_t http_head(struct span heard);

/* Cuts one field off; names are compared without case (RFC 9110 5.1). False behind the last. */
bool http_next_field(struct span *fields, struct span *ret_name, struct span *ret_value);
struct span http_field(struct span fields, const char *wanted);

/* What a server calls itself in the field Server; a name that is not known is told as it is: "Name/1.2". */
void http_server_product(struct span server, struct span *ret_product, struct span *ret_version);

/* What a client calls itself in User-Agent. */
void http_client_product(struct span agent, struct span *ret_product, struct span *ret_version);

/* Reads Authorization: true for a name and a password in the clear, of which the name is told. */
bool http_basic_user(struct span authorization, char *user, size_t size);

/* The members of an event for "example.com:8080", "[2001:db8::1]:80". */
void http_emit_host(struct json *json, struct span host);

/* "text/html; charset=utf-8" without what it is parted by. */
struct span http_media_type(struct span content_type);

/* What an event is written of. Empty and failed: it was not seen. */
struct http_transaction {
	struct span request, response; /* heads */
	uint64_t length;
	bool has_length;
};
parse_emit http_emit;

/* What a response shows of an interface that is open to all: the weakness, or NULL. The fields of the request
 * are empty where it was not seen, or where it had none. */
const struct weakness *http_judge_api(struct span request, struct span fields, uint64_t status);

/* The member "elasticsearch" of what that engine has answered, of the heads of both; nothing of others. */
void http_emit_search(struct json *json, struct span request, struct span response);

/* ---- asking ---- */

struct http_message {
	struct span line, fields, body, server; /* the first line, the fields behind it, and one of these */
};

/* Takes an answer off what was heard: PROBE_WAIT until as much of it has come as is looked at. */
enum probe_step http_take_message(struct span *heard, bool ended, struct http_message *ret);

/* Tell what an answer shows: who wrote it; what of an interface is open to all. */
void http_tell_product(struct answer *answer, const struct http_message *message);
void http_tell_api(struct answer *answer, struct span fields, uint64_t status);

/* What a server is asked further, where its first page left open who it is (http_further.c). */
enum { HTTP_FURTHER = 7 };
bool http_wants_further(const struct answer *known, size_t variant);
void http_greet_further(void *state, size_t variant, const struct answer *known, struct buffer *out);
enum probe_step http_hear_further(void *state, size_t variant, struct span *heard, bool ended,
				  struct answer *answer);

extern const struct weakness http_clear_login, http_container_api, http_search_api;
extern const struct probe http_probe;
extern const struct parser http_parser;

#endif
