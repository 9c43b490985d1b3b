/* What is read of calls and streams of media. */
#include "talk.h"
#include "told.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PARTIES "From: Alice <sip:alice@example.org>;tag=19\r\nTo: <sip:bob@example.com>\r\nCall-ID: a84b\r\n"
#define DESCRIPTION                                                                                          \
	"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 0 RTP/AVP " \
	"31\r\n"
#define BEGIN_INVITE                                                                                         \
	"INVITE sip:bob@example.com SIP/2.0\r\n" PARTIES "CSeq: 1 INVITE\r\nUser-Agent: Linphone/5.1.2\r\n"
#define INVITE          BEGIN_INVITE "Content-Length: 0\r\n\r\n"
#define INVITE_TO_MEDIA BEGIN_INVITE "Content-Type: application/sdp\r\nContent-Length: 94\r\n\r\n" DESCRIPTION

static void sip_follows_calls(void **unused)
{
	(void)unused;
	talk_udp("sip",
		 "{\"software\":\"client\",\"product\":\"Linphone\",\"version\":\"5.1.2\"}\n"
		 "{\"sip\":{\"method\":\"INVITE\",\"uri\":\"sip:bob@example.com\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"INVITE sip:bob@example.com SIP/2.0\",\"call_id\":\"a84b"
		 "\",\"from\":\"sip:alice@example.org\",\"to\":\"sip:bob@example.com"
		 "\",\"user_agent\":\"Linphone/5.1.2\"}}\n"
		 "{\"call\":{\"event\":\"call\",\"call_id\":\"a84b\",\"from\":\"sip:alice@example.org"
		 "\",\"to\":\"sip:bob@example.com\"}}\n"
		 "{\"sip\":{\"version\":\"SIP/2.0\",\"code\":180,\"reason\":\"Ringing"
		 "\",\"response_line\":\"SIP/2.0 180 Ringing\",\"response_to\":\"INVITE"
		 "\",\"call_id\":\"a84b\",\"from\":\"sip:alice@example.org"
		 "\",\"to\":\"sip:bob@example.com\"}}\n"
		 "{\"call\":{\"event\":\"ringing\",\"call_id\":\"a84b"
		 "\",\"from\":\"sip:alice@example.org\",\"to\":\"sip:bob@example.com\",\"code\":180}}\n"
		 "{\"software\":\"server\",\"product\":\"Asterisk\",\"version\":\"18.10.0\"}\n"
		 "{\"sip\":{\"version\":\"SIP/2.0\",\"code\":200,\"reason"
		 "\":\"OK\",\"response_line\":\"SIP/2.0 200 OK\",\"response_to\":\"INVITE"
		 "\",\"call_id\":\"a84b\",\"from\":\"sip:alice@example.org"
		 "\",\"to\":\"sip:bob@example.com\",\"server\":\"Asterisk/18.10.0\"}}\n"
		 "{\"call\":{\"event\":\"answered\",\"call_id\":\"a84b"
		 "\",\"from\":\"sip:alice@example.org\",\"to\":\"sip:bob@example.com\",\"code\":200}}\n"
		 "{\"sip\":{\"method\":\"ACK\",\"uri\":\"sip:bob@example.com\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"ACK sip:bob@example.com SIP/2.0\",\"call_id\":\"a84b"
		 "\",\"from\":\"sip:alice@example.org\",\"to\":\"sip:bob@example.com\"}}\n"
		 "{\"sip\":{\"method\":\"BYE\",\"uri\":\"sip:alice@example.org\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"BYE sip:alice@example.org SIP/2.0\",\"call_id\":\"a84b"
		 "\",\"from\":\"sip:alice@example.org\",\"to\":\"sip:bob@example.com\"}}\n"
		 "{\"call\":{\"event\":\"ended\",\"call_id\":\"a84b\",\"from\":\"sip:alice@example.org"
		 "\",\"to\":\"sip:bob@example.com\",\"duration\":0}}\n",
		 CLIENT(INVITE), SERVER("SIP/2.0 180 Ringing\r\n" PARTIES "CSeq: 1 INVITE\r\n\r\n"),
		 SERVER("SIP/2.0 200 OK\r\n" PARTIES "CSeq: 1 INVITE\r\nServer: Asterisk/18.10.0\r\n\r\n"),
		 CLIENT("ACK sip:bob@example.com SIP/2.0\r\n" PARTIES "CSeq: 1 ACK\r\n\r\n"),
		 SERVER("BYE sip:alice@example.org SIP/2.0\r\n" PARTIES "CSeq: 2 BYE\r\n\r\n"),
		 CLIENT("\r\n\r\n"));
	talk_udp("sip",
		 "{\"sip\":{\"method\":\"INVITE\",\"uri\":\"sip:b\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"INVITE sip:b SIP/2.0\",\"call_id\":\"1\",\"from\":\"sip:a"
		 "\",\"to\":\"sip:b\"}}\n"
		 "{\"call\":{\"event\":\"call\",\"call_id\":\"1\",\"from\":\"sip:a\",\"to\":\"sip:b\"}}\n"
		 "{\"sip\":{\"version\":\"SIP/2.0\",\"code\":486,\"reason\":\"Busy Here"
		 "\",\"response_line\":\"SIP/2.0 486 Busy Here\",\"response_to\":\"INVITE"
		 "\",\"call_id\":\"1\"}}\n"
		 "{\"call\":{\"event\":\"busy\",\"call_id\":\"1\",\"from\":\"sip:a\",\"to\":\"sip:b"
		 "\",\"code\":486}}\n"
		 "{\"sip\":{\"method\":\"REGISTER\",\"uri\":\"sip:example.com\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"REGISTER sip:example.com SIP/2.0\",\"call_id"
		 "\":\"2\",\"contact\":\"sip:a@192.0.2.1\",\"expires\":\"60\"}}\n",
		 CLIENT("INVITE sip:b SIP/2.0\r\ni: 1\r\nf: <sip:a>\r\nt: <sip:b>\r\nCSeq: 1 INVITE\r\n\r\n"),
		 SERVER("SIP/2.0 486 Busy Here\r\ni: 1\r\nCSeq: 1 INVITE\r\n\r\n"),
		 CLIENT("REGISTER sip:example.com SIP/2.0\r\nCall-ID \t: 2\r\nCSeq: 1 REGISTER\r\nExpires: "
			"60\r\n"
			"x: no field of ours\r\nnor: this\r\nno colon\r\nM: <sip:a@192.0.2.1>\r\n"
			"Contact: <sip:second@192.0.2.2>\r\n\r\n"));
}

static void sip_takes_messages_off_streams(void **unused)
{
	(void)unused;
	talk_tcp("sip",
		 "{\"software\":\"client\",\"product\":\"Linphone\",\"version\":\"5.1.2\"}\n"
		 "{\"sip\":{\"method\":\"INVITE\",\"uri\":\"sip:bob@example.com\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"INVITE sip:bob@example.com SIP/2.0\",\"call_id\":\"a84b"
		 "\",\"from\":\"sip:alice@example.org\",\"to\":\"sip:bob@example.com"
		 "\",\"user_agent\":\"Linphone/5.1.2\"}}\n"
		 "{\"call\":{\"event\":\"call\",\"call_id\":\"a84b\",\"from\":\"sip:alice@example.org"
		 "\",\"to\":\"sip:bob@example.com\"}}\n"
		 "{\"sip\":{\"method\":\"INVITE\",\"uri\":\"sip:bob@example.com\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"INVITE sip:bob@example.com SIP/2.0\",\"call_id\":\"a84b"
		 "\",\"from\":\"sip:alice@example.org\",\"to\":\"sip:bob@example.com"
		 "\",\"user_agent\":\"Linphone/5.1.2\"}}\n",
		 CLIENT(INVITE "\r\n\r\n" INVITE));
	talk_tcp("sip",
		 "{\"sip\":{\"method\":\"OPTIONS\",\"uri\":\"sip:b\",\"version\":\"SIP/2.0"
		 "\",\"request_line\":\"OPTIONS sip:b SIP/2.0\",\"call_id\":\"4\"}}\n",
		 CLIENT("MESSAGE sip:b SIP/2.0\r\nCall-ID: 3\r\nContent-Length: 5\r\n\r\nhel"),
		 LOST(SIDE_CLIENT, 9),
		 CLIENT("\r\nx\r\nOPTIONS sip:b SIP/2.0\r\nCall-ID: 4\r\nContent-Length: 0\r\n\r\n"));
	talk_tcp("sip", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("GET / HTTP/1.1\r\n"));
}

static void sip_reads_descriptions(void **unused)
{
	(void)unused;
	talk_udp("sip", NULL, CLIENT(INVITE_TO_MEDIA));
	talk_tcp("sip", NULL, CLIENT(INVITE_TO_MEDIA "\r\n\r\n" INVITE_TO_MEDIA));
}

/* The first candidate of each component is what the description says itself, and the last ones are no places
 * of datagrams. */
static void candidates_are_announced_as_media_are(void **unused)
{
	const struct turn turns[] = { CLIENT(
		"MDCX 1 a@b.example MGCP 1.0\r\n\r\nv=0\r\nc=IN IP4 192.0.2.2\r\nm=audio 4000 RTP/AVP 0\r\n"
		"a=candidate:1 1 UDP 2130706431 192.0.2.2 4000 typ host\r\n"
		"a=candidate:1 2 UDP 2130706430 192.0.2.2 4001 typ host\r\n"
		"a=candidate:2 1 udp 1694498815 198.51.100.7 5000 typ srflx raddr 192.0.2.2 rport 4000\r\n"
		"a=candidate:3 2 UDP 1694498814 2001:db8::7 5001 typ host\r\n"
		"a=candidate:4 1 TCP 1 192.0.2.3 9 typ host tcptype active\r\n"
		"a=candidate:5 1 UDP 1 6b1e.local 9 typ host\r\n"
		"a=candidate:6 3 UDP 1 192.0.2.4 9 typ host\r\n"
		"a=candidate:7 1 UDP 1 192.0.2.4\r\n") };

	(void)unused;
	TOLD("mgcp", TRANSPORT_UDP, turns,
	     "{\"expect\":\"rtp\",\"transport\":17,\"address\":\"192.0.2.2\",\"port\":4000,",
	     "{\"expect\":\"rtcp\",\"transport\":17,\"address\":\"192.0.2.2\",\"port\":4001,",
	     "{\"expect\":\"rtp\",\"transport\":17,\"address\":\"198.51.100.7\",\"port\":5000,",
	     "{\"expect\":\"rtcp\",\"transport\":17,\"address\":\"2001:db8::7\",\"port\":5001,",
	     "\"candidates\":[\"1 1 UDP 2130706431 192.0.2.2 4000 typ host\",", "!\"port\":9,", "!192.0.2.4");
}

static void rtsp_reads_setups_and_media_between_messages(void **unused)
{
	(void)unused;
	talk_tcp("rtsp", NULL,
		 CLIENT("DESCRIBE rtsp://example.com/door RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Basic "
			"am9lOnNlY3JldA==\r\n\r\n"),
		 SERVER("RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: gortsplib/4.6\r\nContent-Type: "
			"application/sdp\r\nContent-Length: 38\r\n\r\n"
			"v=0\r\nm=video 0 RTP/AVP 96\r\na=control\r\n"),
		 CLIENT("SETUP rtsp://example.com/door/1 RTSP/1.0\r\nCSeq: 2\r\nTransport: "
			"RTP/AVP;unicast;client_port=4588-4589\r\n\r\n"),
		 SERVER("RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 9\r\nTransport: "
			"RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257\r\n\r\n"),
		 SERVER("$\000\000\004abcdRTSP/1.0 404 No\r\nCSeq: 3\r\n\r\n"));
	talk_tcp("rtsp", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("hello\r\n"));
	talk_tcp("rtsp",
		 "{\"rtsp\":{\"interleaved\":[{\"channel\":0,\"frames\":2,\"bytes\":6},{\"channel\":3,"
		 "\"frames\":1,"
		 "\"bytes\":0}]}}\n",
		 SERVER("$\0\0\4abcd$\3\0\0"), CLIENT("$\0\0\2ab"));
}

static void mgcp_tells_commands_and_connections(void **unused)
{
	const struct turn turns[] = { talk_first("mgcp.client.udp.specification"),
				      talk_first("mgcp.server.udp.specification"), SERVER("200 1205 OK\r\n"),
				      CLIENT("nonsense") };

	(void)unused;
	TOLD("mgcp", TRANSPORT_UDP, turns,
	     "\"command\":\"CRCX\",\"endpoint\":\"aaln/1@rgw.example.net\",\"version\":\"MGCP "
	     "1.0\",\"transaction\":\"1204\"",
	     "{\"expect\":\"rtp\",\"transport\":17,\"address\":\"192.0.2.2\",\"port\":3456,",
	     "\"code\":200,\"comment\":\"OK\",\"transaction\":\"1204\",\"connection_id\":\"FDE234C8\"",
	     "{\"broken\":\"client\",\"at\":94}");
}

static void mgcp_has_several_messages_in_a_datagram(void **unused)
{
	const struct turn turns[] = { CLIENT("RQNT 1206 aaln/1@door.example MGCP 1.0\r\nX: 2f\r\n.\r\n"
					     "DLCX 1207 aaln/2@door.example MGCP 1.0\r\nC: a1\r\n"),
				      SERVER("200 1206 OK\r\n.\r\n250 1207 OK\r\n") };
	const struct turn damaged[] = { CLIENT(
		"RQNT 1206 aaln/1@door.example MGCP 1.0\r\n.\r\nnonsense\r\n") };

	(void)unused;
	TOLD("mgcp", TRANSPORT_UDP, turns, "\"command\":\"RQNT\",\"endpoint\":\"aaln/1@door.example\"",
	     "\"command\":\"DLCX\",\"endpoint\":\"aaln/2@door.example\"", "\"call_id\":\"a1\"",
	     "\"code\":200,\"comment\":\"OK\",\"transaction\":\"1206\"", "\"code\":250", "!broken");
	TOLD("mgcp", TRANSPORT_UDP, damaged, "\"command\":\"RQNT\"", "{\"broken\":\"client\",\"at\":43}");
}

/* Thai has the same octets again and again, and pieces of it begin in the midst of a letter. */
static void text_that_looks_alike_is_no_rtp(void **unused)
{
#define LETTERS "\xe0\xb8\xa1\xe0\xb8\x99\xe0\xb8\xb8\xe0\xb8\xa9\xe0\xb8\xa1\xe0\xb8\x99\xe0\xb8\xb8"
#define AFTER   "\xe0\xb9\x87\xe0\xb8\x99\xe0\xb8\xa1"
	static const char one[] = "\x80\xe0\xb8\x9b" AFTER LETTERS, two[] = "\x80\xe0\xb8\xa9" AFTER LETTERS,
			  media[] = "\x80\xe0\xb8\xa9" AFTER "\x01" LETTERS;
	const struct protocol *const rtp = protocol_named(span_text("rtp"));

	(void)unused;
	assert_int_equal(rtp->recognise(span_text(one), SIDE_CLIENT, TRANSPORT_UDP), MORE);
	assert_false(rtp->continues(span_text(one), span_text(two)));
	assert_true(rtp->continues(span_text(one), span_text(media)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sip_follows_calls),
		cmocka_unit_test(sip_takes_messages_off_streams),
		cmocka_unit_test(sip_reads_descriptions),
		cmocka_unit_test(candidates_are_announced_as_media_are),
		cmocka_unit_test(rtsp_reads_setups_and_media_between_messages),
		cmocka_unit_test(mgcp_tells_commands_and_connections),
		cmocka_unit_test(mgcp_has_several_messages_in_a_datagram),
		cmocka_unit_test(text_that_looks_alike_is_no_rtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
