/* http2.h: what the files of HTTP/2 share. */
#ifndef PROTOCOLS_HTTP2_H
#define PROTOCOLS_HTTP2_H

#include "protocols/parse.h"

#define HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { HTTP2_FRAME_HEAD = 9, HTTP2_SETTING = 6 };

/* RFC 9113 6. */
enum http2_type {
	HTTP2_DATA,
	HTTP2_HEADERS,
	HTTP2_PRIORITY,
	HTTP2_RST_STREAM,
	HTTP2_SETTINGS,
	HTTP2_PUSH_PROMISE,
	HTTP2_PING,
	HTTP2_GOAWAY,
	HTTP2_WINDOW_UPDATE,
	HTTP2_CONTINUATION,
};

/* The head of a frame. */
struct http2_frame {
	uint32_t length, stream;
	uint8_t type, flags;
};
struct http2_frame http2_read_head(struct span *s);

/* Whether this begins with the SETTINGS of a server. */
enum verdict http2_recognise_settings(struct span first);

extern const struct weakness http2_clear_login;
extern const struct probe http2_probe;
extern const struct parser http2_parser;

#endif
