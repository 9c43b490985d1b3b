/* talk.h: tests of parsers. A script of turns is played (play.h) and what was told is compared:
 *
 *     talk_tcp("smtp", "{\"smtp\":{\"helo\":\"alpha\"}}\n",
 *              SERVER("220 mx ESMTP\r\n"), CLIENT("EHLO alpha\r\n"), SERVER("250 mx\r\n"));
 *
 * Each script is played whole, with every turn cut in two at each place, and byte by byte, and must tell the
 * same each time. It is also played with gaps, begun in the middle, with one side alone, and with bytes
 * flipped: what is told then is not compared, but nothing may be read out of bounds. Datagrams are not cut in
 * two but cut short, and lost. */
#ifndef TEST_UNIT_TALK_H
#define TEST_UNIT_TALK_H

#include "protocols/parse.h"

struct turn {
	enum side side;
	struct span bytes;
	uint64_t gap; /* or this many bytes were lost */
};

/* Constant texts, with zeros in them where needed. */
#define TURN(who, text)                                                                                      \
	{                                                                                                    \
		.side = (who), .bytes = {                                                                    \
			(const uint8_t *)(text),                                                             \
			(const uint8_t *)(text) + sizeof(text) - 1,                                          \
			false                                                                                \
		}                                                                                            \
	}
#define CLIENT(text) TURN(SIDE_CLIENT, text)
#define SERVER(text) TURN(SIDE_SERVER, text)
#define LOST(who, length)                                                                                    \
	{                                                                                                    \
		.side = (who), .gap = (length)                                                               \
	}

#define TURNS(...)                                                                                           \
	(const struct turn[]){ __VA_ARGS__ },                                                                \
		sizeof((const struct turn[]){ __VA_ARGS__ }) / sizeof(struct turn)

/* Fails the test unless the lines that are told are these; NULL: whatever they are. */
#define talk_tcp(protocol, told, ...) talk(protocol, TRANSPORT_TCP, told, TURNS(__VA_ARGS__))
#define talk_udp(protocol, told, ...) talk(protocol, TRANSPORT_UDP, told, TURNS(__VA_ARGS__))
void talk(const char *protocol, unsigned transport, const char *told, const struct turn *turns, size_t count);

/* Plays it whole, and only that. The text is the caller's, to be freed. */
char *talk_told(const char *protocol, unsigned transport, const struct turn *turns, size_t count);

/* A turn of what a file in test/data/first holds; the file's name says who spoke. The bytes live as long as
 * the program. */
struct turn talk_first(const char *name);

#endif
