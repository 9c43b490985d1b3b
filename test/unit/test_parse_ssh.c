/* What is read of Secure Shell. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CLIENT_OFFERS                                                                                        \
	"\000\000\000\354\012\024cccccccccccccccc\000\000\0006curve25519-sha256,diffie-hellman-group-"       \
	"exchange-sha256\000\000\000\023ssh-ed25519,ssh-rsa\000\000\000\025aes128-ctr,aes128-"               \
	"cbc\000\000\000\025aes256-ctr,aes128-ctr\000\000\000\015hmac-sha2-256\000\000\000\026hmac-md5,"     \
	"hmac-sha2-256\000\000\000\004none\000\000\000\011zlib,"                                             \
	"none\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
#define SERVER_OFFERS                                                                                        \
	"\000\000\000\344\013\024cccccccccccccccc\000\000\000\077diffie-hellman-group-exchange-sha256,"      \
	"diffie-hellman-group1-sha1\000\000\000\007ssh-rsa\000\000\000\012aes128-cbc\000\000\000(aes128-"    \
	"ctr,chacha20-poly1305@openssh.com\000\000\000\015hmac-sha2-256\000\000\000\015hmac-sha2-"           \
	"256\000\000\000\004none\000\000\000\004none\000\000\000\000\000\000\000\000\000\000\000\000\000"    \
	"\000\000\000\000\000\000\000\000\000\000\000"
#define GROUP                                                                                                \
	"\000\000\0004\010\037\000\000\000!"                                                                 \
	"\000\200\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001"   \
	"\001\001\001\001\001\001\001\001\001\000\000\000\001\002\000\000\000\000\000\000\000\000"
#define REPLY                                                                                                \
	"\000\000\000D\013!\000\000\000'\000\000\000\007ssh-"                                                \
	"rsa\000\000\000\003\001\000\001\000\000\000\021\000\300\001\001\001\001\001\001\001\001\001\001"    \
	"\001\001\001\001\001\000\000\000\001f\000\000\000\003sig\000\000\000\000\000\000\000\000\000\000"   \
	"\000"
#define NEW_KEYS "\000\000\000\014\012\025\000\000\000\000\000\000\000\000\000\000"

static void ssh_tells_both_sides_and_what_they_agree_on(void **unused)
{
	(void)unused;
	talk_tcp("ssh",
		 "{\"software\":\"server\",\"product\":\"OpenSSH\",\"version\":\"9.2p1\"}\n"
		 "{\"software\":\"client\",\"product\":\"libssh\",\"version\":\"0.10.4\"}\n"
		 "{\"weakness\":\"ssh-weak-kex\",\"evidence\":\"diffie-hellman-group1-sha1\"}\n"
		 "{\"weakness\":\"ssh-terrapin\",\"evidence\":\"chacha20-poly1305 without strict key excha"
		 "nge\"}\n"
		 "{\"weakness\":\"ssh-weak-host-key\",\"evidence\":\"an RSA key of 128 bits\"}\n"
		 "{\"ssh\":{\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"libssh_0.10.4"
		 "\",\"hassh\":{\"hash\":\"5b5a19bd5ce3c3b8c23a6f44c604f19a"
		 "\",\"string\":\"curve25519-sha256,diffie-hellman-group-exchange-sha256;aes128-ctr,"
		 "aes128-cbc;hmac-sha2-256;none\"}},\"server\":{\"proto_version\":\"2.0"
		 "\",\"software_version\":\"OpenSSH_9.2p1\",\"comments\":\"Debian-2"
		 "\",\"hassh\":{\"hash\":\"33e5d2d36e2b8d9c0e5b3b45138f2835"
		 "\",\"string\":\"diffie-hellman-group-exchange-sha256,"
		 "diffie-hellman-group1-sha1;aes128-ctr,chacha20-poly1305@openssh.com;hmac-sha2-256;none"
		 "\"}},\"kex_algorithm\":\"diffie-hellman-group-exchange-sha256"
		 "\",\"host_key_algorithm\":\"ssh-rsa\",\"cipher_toserver\":\"aes128-cbc"
		 "\",\"cipher_toclient\":\"aes128-ctr\",\"mac_toserver\":\"hmac-sha2-256"
		 "\",\"mac_toclient\":\"hmac-sha2-256\",\"compression_toserver\":\"none"
		 "\",\"compression_toclient\":\"none\",\"kex_group_bits\":256,"
		 "\"host_key\":{\"type\":\"ssh-rsa\",\"fingerprint\":\"SHA256:+MXJiYiWrhIGdMwQ1EulP5iLyGJT"
		 "hXkc1hjMfmcHnOw\",\"bits\":128}}}\n",
		 SERVER("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), CLIENT("SSH-2.0-libssh_0.10.4\n"),
		 CLIENT(CLIENT_OFFERS), SERVER(SERVER_OFFERS), CLIENT("\0\0\0\014\006\042abcd\0\0\0\0\0\0"),
		 SERVER(GROUP), SERVER(REPLY NEW_KEYS), CLIENT(NEW_KEYS "encrypted"), SERVER("more"));
}

static void ssh_tells_one_side_alone(void **unused)
{
	(void)unused;
	talk_tcp("ssh",
		 "{\"software\":\"server\",\"product\":\"Go x/crypto SSH\"}\n"
		 "{\"weakness\":\"ssh-1\",\"evidence\":\"the server's version is SSH-1.99\"}\n"
		 "{\"weakness\":\"ssh-weak-kex\",\"evidence\":\"diffie-hellman-group1-sha1\"}\n"
		 "{\"weakness\":\"ssh-terrapin\",\"evidence\":\"chacha20-poly1305 without strict key excha"
		 "nge\"}\n"
		 "{\"ssh\":{\"client\":{},\"server\":{\"proto_version\":\"1.99"
		 "\",\"software_version\":\"Go\",\"hassh\":{\"hash\":\"33e5d2d36e2b8d9c0e5b3b45138f2835"
		 "\",\"string\":\"diffie-hellman-group-exchange-sha256,"
		 "diffie-hellman-group1-sha1;aes128-ctr,chacha20-poly1305@openssh.com;hmac-sha2-256;none"
		 "\"}}}}\n",
		 SERVER("Welcome.\r\nSSH-1.99-Go\r\n" SERVER_OFFERS NEW_KEYS));
	talk_tcp("ssh",
		 "{\"software\":\"client\",\"product\":\"PuTTY\",\"version\":\"0.80\"}\n"
		 "{\"ssh\":{\"client\":{\"proto_version\":\"2.0"
		 "\",\"software_version\":\"PuTTY_Release_0.80\"},\"server\":{}}}\n",
		 CLIENT("SSH-2.0-PuTTY_Release_0.80\r\n"));
	talk_tcp("ssh",
		 "{\"software\":\"client\",\"product\":\"x\"}\n"
		 "{\"ssh\":{\"client\":{\"proto_version\":\"2.0\",\"software_version"
		 "\":\"x\"},\"server\":{}}}\n",
		 CLIENT("SSH-2.0-x\r\n"), LOST(SIDE_CLIENT, 9), CLIENT("abc"));
}

static void ssh_1_is_a_weakness_and_its_keys_are_told(void **unused)
{
	(void)unused;
	talk_tcp("ssh",
		 "{\"software\":\"server\",\"product\":\"OpenSSH\",\"version\":\"2.0\"}\n"
		 "{\"weakness\":\"ssh-1\",\"evidence\":\"the server's version is SSH-1.5\"}\n"
		 "{\"software\":\"client\",\"product\":\"x\"}\n"
		 "{\"weakness\":\"ssh-weak-host-key\",\"evidence\":\"an RSA key of 128 bits, of protocol "
		 "1\"}\n"
		 "{\"ssh\":{\"client\":{\"proto_version\":\"1.5\",\"software_version\":\"x\"},\"server\":{"
		 "\"proto_version\":\"1.5\",\"software_version\":\"OpenSSH_2.0\"},\"protocol_1\":{"
		 "\"server_key_bits\":96,\"host_key_bits\":128,\"ciphers\":[\"des\",\"3des\",\"blowfish\"],"
		 "\"authentications\":[\"rsa\",\"password\"],\"cipher\":\"3des\"}}}\n"
		 "{\"done\":\"client\"}\n",
		 SERVER("SSH-1.5-OpenSSH_2.0\n"), CLIENT("SSH-1.5-x\n"),
		 SERVER("\000\000\000GP\002cookie!!\000\000\000`\000\006\201\000`\201\201\201\201\201\201\201"
			"\201\201\201\201\201\000\000\000\200\000\006\201\000\200\201\201\201\201\201\201\201"
			"\201\201\201\201\201\201\201\201\201\000\000\000\002\000\000\000L\000\000\000\014CRC"
			"!"),
		 CLIENT("\000\000\000 PPPPPPPP\003\003cookie!!\000`\201\201\201\201\201\201\201\201\201\201"
			"\201\201\000\000\000\002CRC!"));
	talk_tcp("ssh",
		 "{\"software\":\"client\",\"product\":\"x\"}\n"
		 "{\"ssh\":{\"client\":{\"proto_version\":\"1.5\",\"software_version\":\"x\"},\"server\":{}}}"
		 "\n"
		 "{\"broken\":\"client\",\"at\":10}\n",
		 CLIENT("SSH-1.5-x\n"), CLIENT("\0\0\0\1abc"));
}

/* RFC 4253 5.2: a server of the old protocol alone says so in words, and closes. */
static void ssh_without_a_protocol_in_common_parts_with_words(void **unused)
{
	(void)unused;
	talk_tcp("ssh",
		 "{\"software\":\"server\",\"product\":\"x\"}\n"
		 "{\"weakness\":\"ssh-1\",\"evidence\":\"the server's version is SSH-1.5\"}\n"
		 "{\"software\":\"client\",\"product\":\"y\"}\n"
		 "{\"ssh\":{\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"y\"},\"server\":{"
		 "\"proto_version\":\"1.5\",\"software_version\":\"x\"}}}\n"
		 "{\"done\":\"client\"}\n",
		 SERVER("SSH-1.5-x\n"), CLIENT("SSH-2.0-y\r\n"), SERVER("Protocol major versions differ.\n"));
}

static void ssh_refuses_what_is_not_ssh(void **unused)
{
	(void)unused;
	talk_tcp("ssh", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("hello\r\n"));
	talk_tcp("ssh",
		 "{\"software\":\"client\",\"product\":\"x\"}\n"
		 "{\"ssh\":{\"client\":{\"proto_version\":\"2.0\",\"software_version"
		 "\":\"x\"},\"server\":{}}}\n"
		 "{\"broken\":\"client\",\"at\":11}\n",
		 CLIENT("SSH-2.0-x\r\n\377\377\377\377"));
}

static void ssh_reads_openssh(void **unused)
{
	const struct turn turns[] = { talk_first("ssh.server.tcp.openssh"),
				      talk_first("ssh.client.tcp.openssh") };

	(void)unused;
	talk("ssh", TRANSPORT_TCP,
	     "{\"software\":\"server\",\"product\":\"OpenSSH\",\"version\":\"9.2p1\"}\n"
	     "{\"software\":\"client\",\"product\":\"OpenSSH\",\"version\":\"9.2p1\"}\n"
	     "{\"ssh\":{\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"OpenSSH_9.2p1"
	     "\",\"comments\":\"Debian-2+deb12u10\",\"hassh\":{\"hash\":\"472b5de333ad665af5cbf10ff892"
	     "c4df\",\"string\":\"sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,"
	     "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
	     "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
	     "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,ext-info-c,"
	     "kex-strict-c-v00@openssh.com;chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,"
	     "aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com;umac-64-etm@openssh.com,"
	     "umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
	     "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,"
	     "hmac-sha2-512,hmac-sha1;none,zlib@openssh.com,zlib\"}},"
	     "\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"OpenSSH_9.2p1"
	     "\",\"comments\":\"Debian-2+deb12u10\",\"hassh\":{\"hash\":\"425d29fe50d8e4f5e37efb6e24bc"
	     "f660\",\"string\":\"sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,"
	     "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
	     "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
	     "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,"
	     "kex-strict-s-v00@openssh.com;chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,"
	     "aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com;umac-64-etm@openssh.com,"
	     "umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
	     "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,"
	     "hmac-sha2-512,hmac-sha1;none,zlib@openssh.com\"}},"
	     "\"kex_algorithm\":\"sntrup761x25519-sha512\",\"host_key_algorithm\":\"ssh-ed25519"
	     "\",\"cipher_toserver\":\"chacha20-poly1305@openssh.com"
	     "\",\"cipher_toclient\":\"chacha20-poly1305@openssh.com"
	     "\",\"mac_toserver\":\"umac-64-etm@openssh.com"
	     "\",\"mac_toclient\":\"umac-64-etm@openssh.com\",\"compression_toserver\":\"none"
	     "\",\"compression_toclient\":\"none\"}}\n",
	     turns, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_tells_both_sides_and_what_they_agree_on),
		cmocka_unit_test(ssh_tells_one_side_alone),
		cmocka_unit_test(ssh_1_is_a_weakness_and_its_keys_are_told),
		cmocka_unit_test(ssh_without_a_protocol_in_common_parts_with_words),
		cmocka_unit_test(ssh_refuses_what_is_not_ssh),
		cmocka_unit_test(ssh_reads_openssh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
