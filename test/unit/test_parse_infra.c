/* What is read of routing, industry, remote procedures, queues and peers: words built to the specifications.
 */
#include "told.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void bittorrent_peers_greet(void **unused)
{
	(void)unused;
	talk_tcp("bittorrent",
		 "{\"software\":\"client\",\"product\":\"Transmission\",\"version\":\"4.0.5.0\"}\n"
		 "{\"software\":\"server\",\"product\":\"qBittorrent\",\"version\":\"4.5.2.0\"}\n"
		 "{\"bittorrent\":{\"part\":\"peer\",\"info_hash\":"
		 "\"404142434445464748494a4b4c4d4e4f50515253\",\"client\":{\"peer_id\":\"-TR4050-"
		 "0123456789ab\",\"extensions\":true,\"dht\":true,\"fast\":true},\"server\":{\"peer_id\":\"-"
		 "qB4520-abcdefghijkl\",\"extensions\":true,\"dht\":false,\"fast\":true}}}\n"
		 "{\"done\":\"server\"}\n",
		 talk_first("bittorrent.client.tcp.specification"),
		 talk_first("bittorrent.server.tcp.specification"));
}

static void bittorrent_nodes_ask(void **unused)
{
	(void)unused;
	talk_udp("bittorrent",
		 "{\"bittorrent\":{\"part\":\"dht\",\"info_hash\":"
		 "\"6d6e6f707172737475767778797a313233343536\",\"messages\":{\"get_peers\":1,\"ping\":1,"
		 "\"response\":1},\"node_id\":\"6d6e6f707172737475767778797a313233343536\",\"node_version\":"
		 "\"LT\"}}\n",
		 talk_first("bittorrent.client.udp.specification-get-peers"),
		 talk_first("bittorrent.client.udp.specification-ping"),
		 talk_first("bittorrent.server.udp.specification"));
}

static void bittorrent_opens_utp(void **unused)
{
	(void)unused;
	talk_udp("bittorrent", "{\"bittorrent\":{\"part\":\"utp\"}}\n",
		 talk_first("bittorrent.client.udp.specification-utp"));
}

static void bittorrent_looks_for_peers(void **unused)
{
	(void)unused;
	talk_udp("bittorrent",
		 "{\"software\":\"client\",\"product\":\"Transmission\",\"version\":\"4.0.5.0\"}\n"
		 "{\"bittorrent\":{\"part\":\"tracker\",\"info_hash\":"
		 "\"404142434445464748494a4b4c4d4e4f50515253\",\"client\":{\"peer_id\":\"-TR4050-"
		 "0123456789ab\"},\"port\":6882}}\n",
		 talk_first("bittorrent.client.udp.specification-tracker"),
		 SERVER("\0\0\0\0\x12\x34\x56\x78numbered"),
		 CLIENT("numbered\0\0\0\1\x11\x11\x11\x11@ABCDEFGHIJKLMNOPQRS-TR4050-0123456789ab"
			"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0"
			"\1\2\3\4\xff\xff\xff\xff\x1a\xe2"));
	talk_udp("bittorrent",
		 "{\"bittorrent\":{\"part\":\"search\",\"info_hash\":"
		 "\"6162636465666768696a6b6c6d6e6f7071727374\",\"port\":6881}}\n",
		 talk_first("bittorrent.client.udp.specification-search"));
}

/* Who speaks uTP asks the DHT beside it: for other numbers, and with one of its own. */
static void bittorrent_parts_stand_side_by_side(void **unused)
{
	(void)unused;
	talk_udp("bittorrent",
		 "{\"software\":\"client\",\"product\":\"Transmission\",\"version\":\"4.0.5.0\"}\n"
		 "{\"bittorrent\":{\"part\":\"utp\",\"info_hash\":"
		 "\"404142434445464748494a4b4c4d4e4f50515253\",\"client\":{\"peer_id\":\"-TR4050-"
		 "0123456789ab\",\"extensions\":false,\"dht\":false,\"fast\":false},\"messages\":{"
		 "\"get_peers\":1},\"node_id\":\"6162636465666768696a30313233343536373839\"}}\n",
		 talk_first("bittorrent.client.udp.libtorrent"),
		 CLIENT("\1\0\x08\x4e\x94\x49\x8d\x22\0\0\0\0\0\1\0\0\xe5\xca\0\0\x13"
			"BitTorrent protocol\0\0\0\0\0\0\0\0@ABCDEFGHIJKLMNOPQRS-TR4050-0123456789ab"),
		 CLIENT("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers"
			"1:t2:aa1:y1:qe"));
}

static void rpc_tells_ports_and_expects_them(void **unused)
{
	(void)unused;
	talk_udp("rpc",
		 "{\"rpc\":{\"xid\":4097,\"program\":\"rpcbind\",\"program_number\":100000,\"version\":2,"
		 "\"procedure_number\":3,\"procedure\":\"getport\",\"auth_type\":\"none\",\"status\":"
		 "\"success\",\"asked_program\":\"nfs\",\"asked_version\":3,\"port\":2049}}\n"
		 "{\"expect\":\"nfs\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":2049,\"waiting\":"
		 "\"server\"}\n",
		 talk_first("rpc.client.udp.specification-getport"),
		 SERVER("\0\0\x10\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\1"));
}

#define GETPORT_HEAD "\0\0\x10\1\0\0\0\0\0\0\0\2\0\1\x86\xa0\0\0\0\2\0\0\0\3"
#define GETPORT_REST "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x86\xa3\0\0\0\3\0\0\0\6\0\0\0\0"

/* RFC 5531 11: a record comes in as many fragments as its sender likes, some of them empty. */
static void records_of_fragments_are_put_together(void **unused)
{
	(void)unused;
	talk_tcp("rpc",
		 "{\"rpc\":{\"xid\":4097,\"program\":\"rpcbind\",\"program_number\":100000,\"version\":2,"
		 "\"procedure_number\":3,\"procedure\":\"getport\",\"auth_type\":\"none\",\"status\":"
		 "\"success\",\"asked_program\":\"nfs\",\"asked_version\":3,\"port\":2049}}\n"
		 "{\"expect\":\"nfs\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":2049,\"waiting\":"
		 "\"server\"}\n",
		 CLIENT("\0\0\0\x18" GETPORT_HEAD "\0\0\0\0\x80\0\0\x20" GETPORT_REST),
		 SERVER("\0\0\0\4\0\0\x10\1\x80\0\0\x18"
			"\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\1"));
}

/* Of a record that is longer than what is read the further fragments are stepped over: the next one is read.
 */
static void fragments_beyond_what_is_read_are_stepped_over(void **unused)
{
	static const char head[] = "\0\0\x13\x88" GETPORT_HEAD GETPORT_REST;
	static const char next[] = "\x80\0\0\x38" GETPORT_HEAD GETPORT_REST;
	static uint8_t bytes[4 + 5000 + 4 + 10 + 4 + 5 + sizeof(next) - 1];
	const struct turn turns[] = { { .side = SIDE_CLIENT, .bytes = span_of(bytes, sizeof(bytes)) } };
	char *told;

	(void)unused;
	memcpy(bytes, head, sizeof(head) - 1);
	memcpy(bytes + 5004, "\0\0\0\x0a", 4);
	memcpy(bytes + 5018, "\x80\0\0\5", 4);
	memcpy(bytes + sizeof(bytes) - sizeof(next) + 1, next, sizeof(next) - 1);
	told = talk_told("rpc", TRANSPORT_TCP, turns, 1);
	assert_non_null(strstr(told, "\"xid\":4097"));
	assert_non_null(strstr(strstr(told, "\"xid\":4097") + 1, "\"xid\":4097"));
	assert_null(strstr(told, "broken"));
	free(told);
}

/* RFC 5665 5.2.3.3: versions 3 and 4 answer with an address that has the port in it. What is no such text, or
 * is of another transport, announces nothing. */
static void rpc_expects_what_has_an_address(void **unused)
{
	(void)unused;
	talk_udp("rpc",
		 "{\"rpc\":{\"xid\":20737,\"program\":\"rpcbind\",\"program_number\":100000,\"version\":4,"
		 "\"procedure_number\":3,\"procedure\":\"getaddr\",\"auth_type\":\"none\",\"status\":"
		 "\"success\",\"asked_program\":\"nfs\",\"asked_version\":4,\"address\":\"192.0.2.2.8.1\"}}\n"
		 "{\"expect\":\"nfs\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":2049,\"waiting\":"
		 "\"server\"}\n"
		 "{\"rpc\":{\"xid\":20738,\"program\":\"rpcbind\",\"program_number\":100000,\"version\":3,"
		 "\"procedure_number\":9,\"procedure\":\"getversaddr\",\"auth_type\":\"none\",\"status\":"
		 "\"success\",\"asked_program\":\"mount\",\"asked_version\":3,\"address\":\"::.3.1\"}}\n"
		 "{\"expect\":\"rpc\",\"transport\":17,\"address\":\"192.0.2.2\",\"port\":769,\"waiting\":"
		 "\"server\"}\n"
		 "{\"rpc\":{\"xid\":20739,\"program\":\"rpcbind\",\"program_number\":100000,\"version\":4,"
		 "\"procedure_number\":3,\"procedure\":\"getaddr\",\"auth_type\":\"none\",\"status\":"
		 "\"success\",\"asked_program\":\"mount\",\"asked_version\":3,\"address\":\"192.0.2.2.300."
		 "1\"}}\n"
		 "{\"rpc\":{\"xid\":20740,\"program\":\"rpcbind\",\"program_number\":100000,\"version\":4,"
		 "\"procedure_number\":3,\"procedure\":\"getaddr\",\"auth_type\":\"none\",\"status\":"
		 "\"success\",\"asked_program\":\"mount\",\"asked_version\":3,\"address\":\"/run/"
		 "rpcbind.sock\"}}\n",
		 CLIENT("\0\0Q\1\0\0\0\0\0\0\0\2\0\1\206\240\0\0\0\4\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\1\206"
			"\243\0\0\0\4\0\0\0\3tcp\0\0\0\0\0\0\0\0\6porter\0\0"),
		 SERVER("\0\0Q\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\015192.0.2.2.8.1\0\0\0"),
		 CLIENT("\0\0Q\2\0\0\0\0\0\0\0\2\0\1\206\240\0\0\0\3\0\0\0\11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\1\206"
			"\245\0\0\0\3\0\0\0\4udp6\0\0\0\0\0\0\0\0"),
		 SERVER("\0\0Q\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\6::.3.1\0\0"),
		 CLIENT("\0\0Q\3\0\0\0\0\0\0\0\2\0\1\206\240\0\0\0\4\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\1\206"
			"\245\0\0\0\3\0\0\0\3tcp\0\0\0\0\0\0\0\0\0"),
		 SERVER("\0\0Q\3\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\017192.0.2.2.300.1\0"),
		 CLIENT("\0\0Q\4\0\0\0\0\0\0\0\2\0\1\206\240\0\0\0\4\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\1\206"
			"\245\0\0\0\3\0\0\0\5local\0\0\0\0\0\0\0\0\0\0\0"),
		 SERVER("\0\0Q\4\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\21/run/rpcbind.sock\0\0\0"));
}

/* A list of folders, each with its own list of who may have it; one that ends in the middle. */
static void rpc_tells_what_may_be_mounted(void **unused)
{
	(void)unused;
	talk_udp(
		"rpc",
		"{\"rpc\":{\"xid\":20741,\"program\":\"mount\",\"program_number\":100005,\"version\":3,"
		"\"procedure_number\":5,\"procedure\":\"export\",\"auth_type\":\"none\",\"status\":"
		"\"success\",\"exports\":[\"/srv/data\",\"/home\"]}}\n",
		CLIENT("\0\0Q\5\0\0\0\0\0\0\0\2\0\1\206\245\0\0\0\3\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		SERVER("\0\0Q\5\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\11/srv/"
		       "data\0\0\0\0\0\0\1\0"
		       "\0\0\014192.0.2.0/24\0\0\0\1\0\0\0\5alpha\0\0\0\0\0\0\0\0\0\0\1\0\0\0\5/"
		       "home\0\0\0\0\0\0\0"
		       "\0\0\0\0"));
	talk_udp(
		"rpc",
		"{\"rpc\":{\"xid\":20741,\"program\":\"mount\",\"program_number\":100005,\"version\":3,"
		"\"procedure_number\":5,\"procedure\":\"export\",\"auth_type\":\"none\",\"status\":"
		"\"success\",\"exports\":[\"/srv\"]}}\n",
		CLIENT("\0\0Q\5\0\0\0\0\0\0\0\2\0\1\206\245\0\0\0\3\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		SERVER("\0\0Q\5\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4/"
		       "srv\0\0\0\0\0\0\0\1\377\377"
		       "\377\377"));
}

static void rpc_tells_mounts(void **unused)
{
	(void)unused;
	talk_tcp("rpc",
		 "{\"weakness\":\"rpc-auth-sys\",\"evidence\":\"mount as uid 1000 of alpha\"}\n"
		 "{\"rpc\":{\"xid\":4098,\"program\":\"mount\",\"program_number\":100005,\"version\":3,"
		 "\"procedure_number\":1,\"procedure\":\"mnt\",\"auth_type\":\"sys\",\"machine_name\":"
		 "\"alpha\",\"uid\":1000,\"gid\":1000,\"status\":\"success\",\"path\":\"/srv/"
		 "data\",\"mount_status\":13}}\n",
		 talk_first("rpc.client.tcp.specification-mount"),
		 SERVER("\x80\0\0\x1c\0\0\x10\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xd"));
}

static void rpc_tells_calls_without_an_answer(void **unused)
{
	(void)unused;
	talk_udp("rpc",
		 "{\"rpc\":{\"xid\":4097,\"program\":\"rpcbind\",\"program_number\":100000,\"version\":2,"
		 "\"procedure_number\":3,\"procedure\":\"getport\",\"auth_type\":\"none\",\"asked_program\":"
		 "\"nfs\",\"asked_version\":3}}\n",
		 talk_first("rpc.client.udp.specification-getport"));
}

static void nfs_counts_and_names(void **unused)
{
	(void)unused;
	talk_udp("nfs",
		 "{\"weakness\":\"nfs-auth-sys\",\"evidence\":\"version 3 as uid 1000 of alpha\"}\n"
		 "{\"nfs\":{\"version\":3,\"auth_type\":\"sys\",\"machine_name\":\"alpha\",\"uid\":1000,"
		 "\"gid\":1000,\"requests\":1,\"responses\":1,\"procedures\":{\"lookup\":1},\"errors\":{"
		 "\"noent\":1},\"names\":[\"notes\"]}}\n",
		 talk_first("nfs.client.udp.specification"),
		 SERVER("\0\0\x20\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"));
}

static void nfs_reads_a_null_call(void **unused)
{
	(void)unused;
	talk_tcp("nfs",
		 "{\"nfs\":{\"version\":4,\"minor_version\":0,\"auth_type\":\"none\",\"requests\":1,"
		 "\"responses\":0,\"operations\":{\"null\":1}}}\n",
		 talk_first("nfs.client.tcp.linux"));
}

/* PUTFH and READ of five octets; RENAME, and CREATE of a link. */
static void nfs_4_tells_what_is_read_and_renamed(void **unused)
{
	const struct turn turns[] = {
		CLIENT("\x80\0\0\x60\x20\0\0\x01\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x04\0\0\0\x01"
		       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x16\0\0\0"
		       "\004abcd\0\0\0\x19\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10"
		       "\0"),
		SERVER("\x80\0\0\x44\x20\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		       "\0\0\0\0\0\0\0\x02\0\0\0\x16\0\0\0\0\0\0\0\x19\0\0\0\0\0\0\0\x01\0\0\0\x05"
		       "hello\0\0\0"),
		CLIENT("\x80\0\0l\x20\0\0\x02\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x04\0\0\0\x01"
		       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x1d\0\0\0"
		       "\x03old\0\0\0\0\x03new\0\0\0\0\x06\0\0\0\x05\0\0\0\x06target\0\0\0\0\0\x04"
		       "link\0\0\0\0\0\0\0\0"),
	};

	(void)unused;
	TOLD("nfs", TRANSPORT_TCP, turns, "\"operations\":{\"putfh\":1,\"read\":1,\"rename\":1,\"create\":1}",
	     "\"names\":[\"new\",\"link\"]", "\"removed\":[\"old\"]", "\"read_bytes\":5}");
}

static void dcerpc_binds_and_calls(void **unused)
{
	(void)unused;
	talk_tcp("dcerpc",
		 "{\"dcerpc\":{\"rpc_version\":\"5.0\",\"interfaces\":[{\"uuid\":\"e1af8308-5d1f-11c9-91a4-"
		 "08002b14a0fa\",\"name\":\"epmapper\",\"version\":\"3.0\",\"ack_result\":0}],\"auth_type\":"
		 "\"none\",\"endpoint\":\"135\",\"messages\":{\"bind\":1,\"request\":1,\"bind_ack\":1,"
		 "\"response\":1},\"opnums\":{\"3\":1}}}\n",
		 talk_first("dcerpc.client.tcp.specification"),
		 talk_first("dcerpc.server.tcp.specification"));
}

/* C706 appendix L: what the mapper answers, two towers, the second of which is of datagrams. */
#define TOWERS                                                                                               \
	"\005\000\002\003\020\000\000\000\360\000\000\000\003\000\000\000\330\000\000\000\000"               \
	"\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"               \
	"\000\000\002\000\000\000\004\000\000\000\000\000\000\000\002\000\000\000\003\000\000"               \
	"\000\004\000\000\000K\000\000\000K\000\000\000\005\000\023\000\0155BQ\343\006K\021"                 \
	"\321\253\004\000\300O\302\334\322\004\000\002\000\000\000\023\000\015\004]\210\212"                 \
	"\353\034\311\021\237\350\010\000+\020H`\002\000\002\000\000\000\001\000\013\002\000"                \
	"\000\000\001\000\007\002\000\302\000\001\000\011\004\000\300\000\002\002\000K\000"                  \
	"\000\000K\000\000\000\005\000\023\000\0155BQ\343\006K\021\321\253\004\000\300O\302"                 \
	"\334\322\004\000\002\000\000\000\023\000\015\004]\210\212\353\034\311\021\237\350"                  \
	"\010\000+\020H`\002\000\002\000\000\000\001\000\013\002\000\000\000\001\000\010\002"                \
	"\000\300\000\001\000\011\004\000\300\000\002\002\000\000\000\000\000"

static void dcerpc_announces_what_the_mapper_answers(void **unused)
{
	const struct turn turns[] = {
		talk_first("dcerpc.client.tcp.specification"), talk_first("dcerpc.server.tcp.specification"),
		CLIENT("\005\000\000\003\020\000\000\000 \000\000\000\003\000\000\000\010\000\000\000\000"
		       "\000\003\000\000\000\000\000\000\000\000\000"),
		SERVER(TOWERS)
	};
	const struct turn other[] = {
		talk_first("dcerpc.client.tcp.specification"), talk_first("dcerpc.server.tcp.specification"),
		CLIENT("\005\000\000\003\020\000\000\000 \000\000\000\003\000\000\000\010\000\000\000\000"
		       "\000\004\000\000\000\000\000\000\000\000\000"),
		SERVER(TOWERS)
	};

	(void)unused;
	TOLD("dcerpc", TRANSPORT_TCP, turns,
	     "{\"expect\":\"dcerpc\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":49664,",
	     "\"mapped\":[\"drsuapi 49664\"]", "!49152");
	/* The same octets, answered to another operation. */
	TOLD("dcerpc", TRANSPORT_TCP, other, "\"opnums\":{\"3\":1,\"4\":1}", "!expect", "!mapped");
}

/* [MS-NLMP]: who logs in says so in the third message. */
static void dcerpc_tells_who_logs_in(void **unused)
{
	const struct turn turns[] = {
		talk_first("dcerpc.client.tcp.specification"),
		talk_first("dcerpc.server.tcp.specification"),
		CLIENT("\005\000\020\003\020\000\000\000r\000V\000\001\000\000\000\000\000\000\000\012\006"
		       "\000\000\001\000\000\000NTLMSSP\000\003\000\000\000\000\000\000\000\100\000\000\000"
		       "\000\000\000\000\100\000\000\000\006\000\006\000\100\000\000\000\006\000\006\000F"
		       "\000\000\000\012\000\012\000L\000\000\000\000\000\000\000\100\000\000\000\001\000"
		       "\000\000L\000A\000B\000j\000o\000e\000A\000L\000P\000H\000A\000"),
	};

	(void)unused;
	TOLD("dcerpc", TRANSPORT_TCP, turns,
	     "\"ntlmssp\":{\"domain\":\"LAB\",\"user\":\"joe\",\"host\":\"ALPHA\"}", "\"auth3\":1");
}

static void dcerpc_calls_without_a_connection(void **unused)
{
	(void)unused;
	talk_udp("dcerpc",
		 "{\"dcerpc\":{\"rpc_version\":\"4.0\",\"interfaces\":[{\"uuid\":\"dea00001-6c97-11d1-8271-"
		 "00a02442df7d\",\"name\":\"pnio_device\",\"version\":\"1.0\"}],\"auth_type\":\"none\","
		 "\"messages\":{\"request\":1,\"response\":1},\"opnums\":{\"0\":1}}}\n",
		 talk_first("dcerpc.client.udp.specification"),
		 talk_first("dcerpc.server.udp.specification"));
}

static void dcerpc_ends_at_what_is_none(void **unused)
{
	(void)unused;
	talk_tcp("dcerpc", "{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\5\0\x0b\3\x10\0\0\0\4\0\0\0\1\0\0\0"));
}

static void bgp_opens(void **unused)
{
	(void)unused;
	talk_tcp("bgp",
		 "{\"bgp\":{\"type\":\"open\",\"side\":\"client\",\"as\":4200000001,\"hold_time\":180,"
		 "\"router_id\":\"10.0.0.1\",\"capabilities\":[\"multiprotocol\",\"route_refresh\",\"four_"
		 "octet_as\",\"graceful_restart\"]}}\n"
		 "{\"bgp\":{\"type\":\"open\",\"side\":\"server\",\"as\":4200000001,\"hold_time\":180,"
		 "\"router_id\":\"10.0.0.2\",\"capabilities\":[\"multiprotocol\",\"route_refresh\",\"four_"
		 "octet_as\",\"graceful_restart\"]}}\n"
		 "{\"bgp\":{\"type\":\"notification\",\"side\":\"server\",\"error_code\":6,\"error\":"
		 "\"cease\",\"error_subcode\":2,\"reason\":\"administrative_shutdown\",\"words\":"
		 "\"maintenance\"}}\n"
		 "{\"bgp\":{\"type\":\"summary\",\"to_server\":{\"open\":1,\"keepalive\":1},\"to_client\":{"
		 "\"open\":1,\"keepalive\":1,\"update\":1,\"notification\":1}}}\n",
		 talk_first("bgp.client.tcp.specification"), talk_first("bgp.server.tcp.specification"),
		 talk_first("bgp.server.tcp.specification-cease"));
}

/* RFC 4271 4.3; a path of numbers with four octets and one with two, where nothing tells which; RFC 4760. The
 * end of routes (RFC 4724) has none. */
static void bgp_tells_routes(void **unused)
{
	(void)unused;
	talk_tcp("bgp",
		 "{\"bgp\":{\"type\":\"update\",\"side\":\"client\",\"prefixes\":[\"203.0.113.0/"
		 "24\",\"0.0.0.0/0\"],"
		 "\"prefix_count\":2,\"withdrawn\":[\"198.51.100.0/"
		 "24\"],\"withdrawn_count\":1,\"as_path\":[65001,4200000001],"
		 "\"origin\":\"igp\",\"next_hop\":\"192.0.2.1\"}}\n"
		 "{\"bgp\":{\"type\":\"update\",\"side\":\"server\",\"prefixes\":[\"2001:db8::/"
		 "32\"],\"prefix_count\":1,"
		 "\"withdrawn_count\":0,\"as_path\":[64999],\"origin\":\"incomplete\",\"next_hop\":\"2001:"
		 "db8::1\"}}\n"
		 "{\"bgp\":{\"type\":\"update\",\"side\":\"server\",\"prefix_count\":0,\"withdrawn\":[\"2001:"
		 "db8::/32\"],"
		 "\"withdrawn_count\":1}}\n"
		 "{\"bgp\":{\"type\":\"summary\",\"to_server\":{\"update\":2},\"to_client\":{\"update\":2},"
		 "\"prefix_count\":3,\"withdrawn_count\":2}}\n",
		 CLIENT("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\0009\2\0\4\30\3063d"
			"\0\31"
			"@\1\1\0P\2\0\12\2\2\0\0\375\351\372V\352\1@\3\4\300\0\2\1\30\313\0q\0"),
		 SERVER("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\0O\2\0\0\0008@"
			"\1\1\2@\2\4"
			"\1\1\375\347\200\16*\0\2\1  "
			"\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\376\200\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\1\0  \1\15\270"),
		 CLIENT("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\0\27\2\0\0\0\0"),
		 SERVER("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\0\42\2\0\0\0\13\200"
			"\17\10"
			"\0\2\1  \1\15\270"));
}

static void bgp_ends_at_a_prefix_that_is_too_long(void **unused)
{
	(void)unused;
	talk_tcp("bgp",
		 "{\"bgp\":{\"type\":\"summary\",\"to_server\":{\"update\":1}}}\n"
		 "{\"broken\":\"client\",\"at\":29}\n",
		 CLIENT("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\0\35\2\0\6!"
			"\1\2\3\4\5\0\0"));
}

static void dnp3_reads(void **unused)
{
	(void)unused;
	talk_tcp("dnp3",
		 "{\"dnp3\":{\"src\":1,\"dst\":10,\"frames\":2,\"functions\":{\"read\":1,\"response\":1},"
		 "\"iin\":{\"device_restart\":true,\"device_trouble\":false,\"function_unsupported\":false,"
		 "\"object_unknown\":false,\"parameter_error\":false}}}\n",
		 talk_first("dnp3.client.tcp.specification"), talk_first("dnp3.server.tcp.specification"));
}

static void dnp3_controls(void **unused)
{
	(void)unused;
	talk_udp("dnp3",
		 "{\"weakness\":\"dnp3-clear-control\",\"evidence\":\"function 5 (direct_operate) to station "
		 "10\"}\n"
		 "{\"dnp3\":{\"src\":1,\"dst\":10,\"frames\":2,\"functions\":{\"direct_operate\":1,"
		 "\"response\":1},\"iin\":{\"device_restart\":false,\"device_trouble\":false,\"function_"
		 "unsupported\":false,\"object_unknown\":false,\"parameter_error\":false}}}\n",
		 talk_first("dnp3.client.udp.specification"), talk_first("dnp3.server.udp.specification"));
}

static void dnp3_ends_at_a_bad_checksum(void **unused)
{
	(void)unused;
	talk_tcp("dnp3", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\5\x64\5\xc0\1\0\0\0\0\0"));
}

static void modbus_reads_a_device(void **unused)
{
	(void)unused;
	talk_tcp("modbus",
		 "{\"software\":\"server\",\"product\":\"Example Works\",\"version\":\"V2.1\"}\n"
		 "{\"modbus\":{\"requests\":1,\"responses\":1,\"units\":[255],\"functions\":{"
		 "\"encapsulated\":1},\"writes\":0,\"vendor\":\"Example "
		 "Works\",\"product\":\"EX-100\",\"revision\":\"V2.1\"}}\n",
		 CLIENT("\x44\x77\0\0\0\5\xff\x2b\x0e\1\0"), talk_first("modbus.server.tcp.specification"));
}

static void modbus_writes_are_a_weakness(void **unused)
{
	(void)unused;
	talk_tcp("modbus",
		 "{\"weakness\":\"modbus-clear-write\",\"evidence\":\"function 6 (write_single_register) to "
		 "unit 1\"}\n"
		 "{\"modbus\":{\"requests\":2,\"responses\":2,\"units\":[1],\"functions\":{\"write_single_"
		 "register\":1,\"read_holding_registers\":1},\"exceptions\":{\"illegal_data_address\":1},"
		 "\"writes\":1}}\n",
		 CLIENT("\0\1\0\0\0\6\1\6\0\x10\0\3\0\2\0\0\0\6\1\3\0\0\0\1"),
		 SERVER("\0\1\0\0\0\6\1\6\0\x10\0\3\0\2\0\0\0\3\1\x83\2"));
}

static void kafka_tells_clients(void **unused)
{
	(void)unused;
	talk_tcp(
		"kafka",
		"{\"software\":\"client\",\"product\":\"librdkafka\",\"version\":\"2.3.0\"}\n"
		"{\"kafka\":{\"client_id\":\"rdkafka\",\"software_name\":\"librdkafka\",\"software_version\":"
		"\"2.3.0\",\"requests\":2,\"responses\":1,\"apis\":{\"api_versions\":1,\"metadata\":1}}}\n",
		talk_first("kafka.client.tcp.specification"), talk_first("kafka.server.tcp.specification"));
}

static void kafka_tells_passwords(void **unused)
{
	(void)unused;
	talk_tcp("kafka",
		 "{\"weakness\":\"kafka-clear-login\",\"evidence\":\"SASL PLAIN of user joe\"}\n"
		 "{\"kafka\":{\"client_id\":\"me\",\"requests\":2,\"responses\":0,\"apis\":{\"sasl_"
		 "handshake\":1,\"sasl_authenticate\":1},\"mechanism\":\"PLAIN\",\"user\":\"joe\"}}\n",
		 CLIENT("\0\0\0\x13\0\x11\0\1\0\0\0\1\0\2me\0\5PLAIN"),
		 CLIENT("\0\0\0\x1b\0\x24\0\0\0\0\0\2\0\2me\0\0\0\x0b\0joe\0secret"));
}

static void mongodb_without_a_login(void **unused)
{
	(void)unused;
	talk_tcp("mongodb",
		 "{\"software\":\"client\",\"product\":\"PyMongo\",\"version\":\"4.6.1\"}\n"
		 "{\"weakness\":\"mongodb-no-auth\",\"evidence\":\"find was answered without "
		 "authentication\"}\n"
		 "{\"mongodb\":{\"requests\":3,\"responses\":2,\"errors\":0,\"commands\":{\"isMaster\":1,"
		 "\"hello\":1,\"find\":1},\"databases\":[\"admin\",\"store\"],\"driver\":\"PyMongo\","
		 "\"driver_version\":\"4.6.1\",\"application\":\"report\"}}\n",
		 talk_first("mongodb.client.tcp.specification-query"),
		 talk_first("mongodb.client.tcp.specification"),
		 talk_first("mongodb.server.tcp.specification-open"));
}

/* What is asked in the form of old is asked of the database in front of the first dot. */
static void mongodb_tells_databases_of_queries(void **unused)
{
	(void)unused;
	talk_tcp("mongodb",
		 "{\"mongodb\":{\"requests\":1,\"responses\":0,\"errors\":0,\"commands\":{\"find\":1},"
		 "\"databases\":[\"doors\"]}}\n",
		 CLIENT("\x38\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0\0\0\0\0doors.$cmd\0\0\0\0\0\xff\xff\xff\xff"
			"\x11\0\0\0\2find\0\2\0\0\0a\0\0"));
}

static void mongodb_refuses(void **unused)
{
	(void)unused;
	talk_tcp("mongodb",
		 "{\"mongodb\":{\"requests\":2,\"responses\":2,\"errors\":1,\"last_error\":\"command "
		 "listDatabases requires "
		 "authentication\",\"commands\":{\"hello\":1,\"find\":1},\"databases\":[\"admin\",\"store\"]}"
		 "}\n",
		 talk_first("mongodb.client.tcp.specification"),
		 talk_first("mongodb.server.tcp.specification"));
}

static void amqp_tells_the_server(void **unused)
{
	(void)unused;
	talk_tcp("amqp",
		 "{\"software\":\"server\",\"product\":\"RabbitMQ\",\"version\":\"3.10.8\"}\n"
		 "{\"amqp\":{\"version\":\"0-9-1\",\"server_product\":\"RabbitMQ\",\"server_version\":\"3.10."
		 "8\",\"server_platform\":\"Erlang/OTP 25.2.3\",\"mechanisms\":\"PLAIN "
		 "AMQPLAIN\",\"responses\":{\"connection_start\":1}}}\n",
		 talk_first("amqp.client.tcp.python"), talk_first("amqp.server.tcp.rabbitmq"));
}

static void amqp_tells_logins(void **unused)
{
	(void)unused;
	talk_tcp("amqp",
		 "{\"software\":\"server\",\"product\":\"RabbitMQ\",\"version\":\"3.10.8\"}\n"
		 "{\"weakness\":\"amqp-clear-login\",\"evidence\":\"PLAIN of user guest\"}\n"
		 "{\"weakness\":\"amqp-guest\",\"evidence\":\"PLAIN of user guest\"}\n"
		 "{\"amqp\":{\"version\":\"0-9-1\",\"server_product\":\"RabbitMQ\",\"server_version\":\"3.10."
		 "8\",\"server_platform\":\"Erlang/OTP 25.2.3\",\"mechanisms\":\"PLAIN "
		 "AMQPLAIN\",\"mechanism\":\"PLAIN\",\"user\":\"guest\",\"vhost\":\"/"
		 "a\",\"queues\":[\"tasks\"],\"requests\":{\"connection_start_ok\":1,\"connection_open\":1,"
		 "\"queue_declare\":1},\"responses\":{\"connection_start\":1}}}\n",
		 talk_first("amqp.client.tcp.python"), talk_first("amqp.server.tcp.rabbitmq"),
		 CLIENT("\1\0\0\0\0\0\x25\0\x0a\0\x0b\0\0\0\0\5PLAIN\0\0\0\x0d\0guest\0secret\5en_US\xce"
			"\1\0\0\0\0\0\7\0\x0a\0\x28\2/a\xce"
			"\1\0\1\0\0\0\x0e\0\x32\0\x0a\0\0\5tasks\0\0\xce"));
}

static void amqp_of_another_version(void **unused)
{
	(void)unused;
	talk_tcp("amqp", "{\"amqp\":{\"version\":\"1.0\"}}\n", talk_first("amqp.client.tcp.specification-1"),
		 talk_first("amqp.server.tcp.specification-1"), CLIENT("\0\0\0\1x"));
}

static void amqp_1_tells_logins_and_links(void **unused)
{
	(void)unused;
	talk_tcp("amqp",
		 "{\"weakness\":\"amqp-clear-login\",\"evidence\":\"PLAIN of user joe\"}\n"
		 "{\"software\":\"client\",\"product\":\"porter\",\"version\":\"1.0\"}\n"
		 "{\"software\":\"server\",\"product\":\"Hall\",\"version\":\"2.1\"}\n"
		 "{\"amqp\":{\"version\":\"1.0\",\"server_product\":\"Hall\",\"server_version\":\"2.1\","
		 "\"client_product\":"
		 "\"porter\",\"client_version\":\"1.0\",\"mechanisms\":\"PLAIN "
		 "ANONYMOUS\",\"mechanism\":\"PLAIN\",\"user\":"
		 "\"joe\",\"requests\":{\"sasl_init\":1,\"open\":1,\"attach\":1},\"responses\":{\"sasl_"
		 "mechanisms\":1,"
		 "\"sasl_outcome\":1,\"open\":1,\"close\":1},\"last_error\":\"no such "
		 "door\",\"login\":\"accepted\","
		 "\"client_container\":\"visitor-1\",\"server_container\":\"hall\",\"hostname\":\"hall."
		 "example\","
		 "\"addresses\":[\"doors/open\"]}}\n",
		 CLIENT("AMQP\3\1\0\0"),
		 SERVER("AMQP\3\1\0\0\0\0\0\42\2\1\0\0\0S@\300\25\1\340\22\2\243\5PLAIN\11ANONYMOUS"),
		 CLIENT("\0\0\0000\2\1\0\0\0SA\300#\3\243\5PLAIN\240\13\0joe\0sesame\241\14hall.example"),
		 SERVER("\0\0\0\20\2\1\0\0\0SD\300\3\1P\0"),
		 CLIENT("AMQP\0\1\0\0\0\0\0V\2\0\0\0\0S\20\300I\12\241\11visitor-1\241\14hall.examplep\0\0@"
			"\0`\177"
			"\377@@@@@\301 \4\243\7product\241\6porter\243\7version\241\0031.0\0\0\0\10\2\0\0\0"),
		 SERVER("AMQP\0\1\0\0\0\0\0@\2\0\0\0\0S\20\3003\12\241\4hall@@@@@@@@"
			"\301\42\6\243\1xE\243\7product"
			"\241\4Hall\243\7version\241\0032.1"),
		 CLIENT("\0\0\0-\2\0\0\0\0S\22\300 \7\241\1lCBP\2P\0\0S(E\0S)\300\15\1\241\12doors/open"),
		 SERVER("\0\0\0002\2\0\0\0\0S\30\300%\1\0S\35\300\37\2\243\16amqp:not-found\241\14no such "
			"door"));
}

/* A refused login; a list that says to be longer than its frame; a frame whose body begins behind its end. */
static void amqp_1_ends_at_what_is_no_frame(void **unused)
{
	(void)unused;
	talk_tcp("amqp",
		 "{\"amqp\":{\"version\":\"1.0\",\"responses\":{\"sasl_outcome\":1},\"login\":\"refused\"}}\n"
		 "{\"broken\":\"server\",\"at\":39}\n",
		 CLIENT("AMQP\3\1\0\0"), SERVER("AMQP\3\1\0\0\0\0\0\20\2\1\0\0\0SD\300\3\1P\1"),
		 SERVER("\0\0\0\17\2\1\0\0\0SA\3000\3\243"), SERVER("\0\0\0\14\4\0\0\0\0S\20E"));
}

static void kafka_reads_tokens_without_heads(void **unused)
{
	(void)unused;
	talk_tcp("kafka",
		 "{\"weakness\":\"kafka-clear-login\",\"evidence\":\"SASL PLAIN of user joe\"}\n"
		 "{\"kafka\":{\"client_id\":\"me\",\"requests\":2,\"responses\":2,\"apis\":{\"sasl_"
		 "handshake\":1,\"metadata\":1},\"mechanism\":\"PLAIN\",\"user\":\"joe\"}}\n",
		 CLIENT("\0\0\0\x13\0\x11\0\0\0\0\0\1\0\2me\0\5PLAIN"),
		 SERVER("\0\0\0\x11\0\0\0\1\0\0\0\0\0\1\0\5PLAIN"), CLIENT("\0\0\0\x0b\0joe\0secret"),
		 SERVER("\0\0\0\0"), CLIENT("\0\0\0\x10\0\3\0\0\0\0\0\2\0\2me\0\0\0\0"),
		 SERVER("\0\0\0\x0c\0\0\0\2\0\0\0\0\0\0\0\0"));
	talk_tcp(
		"kafka",
		"{\"kafka\":{\"client_id\":\"me\",\"requests\":2,\"responses\":0,\"apis\":{\"sasl_"
		"handshake\":1,\"sasl_authenticate\":1},\"mechanism\":\"SCRAM-SHA-256\",\"user\":\"joe\"}}\n",
		CLIENT("\0\0\0\x1b\0\x11\0\1\0\0\0\1\0\2me\0\x0dSCRAM-SHA-256"),
		CLIENT("\0\0\0\x1d\0\x24\0\2\0\0\0\2\0\2me\0\x0fn,,n=joe,r=abc\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bittorrent_peers_greet),
		cmocka_unit_test(bittorrent_nodes_ask),
		cmocka_unit_test(bittorrent_opens_utp),
		cmocka_unit_test(bittorrent_looks_for_peers),
		cmocka_unit_test(bittorrent_parts_stand_side_by_side),
		cmocka_unit_test(rpc_tells_ports_and_expects_them),
		cmocka_unit_test(rpc_expects_what_has_an_address),
		cmocka_unit_test(records_of_fragments_are_put_together),
		cmocka_unit_test(fragments_beyond_what_is_read_are_stepped_over),
		cmocka_unit_test(rpc_tells_what_may_be_mounted),
		cmocka_unit_test(rpc_tells_mounts),
		cmocka_unit_test(rpc_tells_calls_without_an_answer),
		cmocka_unit_test(nfs_counts_and_names),
		cmocka_unit_test(nfs_reads_a_null_call),
		cmocka_unit_test(nfs_4_tells_what_is_read_and_renamed),
		cmocka_unit_test(dcerpc_binds_and_calls),
		cmocka_unit_test(dcerpc_announces_what_the_mapper_answers),
		cmocka_unit_test(dcerpc_tells_who_logs_in),
		cmocka_unit_test(dcerpc_calls_without_a_connection),
		cmocka_unit_test(dcerpc_ends_at_what_is_none),
		cmocka_unit_test(bgp_opens),
		cmocka_unit_test(bgp_tells_routes),
		cmocka_unit_test(bgp_ends_at_a_prefix_that_is_too_long),
		cmocka_unit_test(amqp_1_tells_logins_and_links),
		cmocka_unit_test(amqp_1_ends_at_what_is_no_frame),
		cmocka_unit_test(dnp3_reads),
		cmocka_unit_test(dnp3_controls),
		cmocka_unit_test(dnp3_ends_at_a_bad_checksum),
		cmocka_unit_test(modbus_reads_a_device),
		cmocka_unit_test(modbus_writes_are_a_weakness),
		cmocka_unit_test(kafka_tells_clients),
		cmocka_unit_test(kafka_tells_passwords),
		cmocka_unit_test(mongodb_without_a_login),
		cmocka_unit_test(mongodb_tells_databases_of_queries),
		cmocka_unit_test(mongodb_refuses),
		cmocka_unit_test(amqp_tells_the_server),
		cmocka_unit_test(amqp_tells_logins),
		cmocka_unit_test(amqp_of_another_version),
		cmocka_unit_test(kafka_reads_tokens_without_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
