/* ike_names.c: the numbers of IKE by name. IANA's registers "Internet Key Exchange (IKE) Attributes" and
 * "Internet Key Exchange Version 2 (IKEv2) Parameters"; vendor ids are those that their makers send. */
#include "base/escape.h"
#include "protocols/ike.h"

struct name {
	uint16_t number;
	const char *text;
};

#define NAMED(table, number) named(table, sizeof(table) / sizeof((table)[0]), number)
static const char *named(const struct name *table, size_t count, uint16_t number)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].number == number)
			return table[i].text;
	return NULL;
}

const char *ike_exchange_text(uint8_t exchange)
{
	static const struct name names[] = {
		{ 1, "base" },
		{ 2, "main" },
		{ 3, "authentication_only" },
		{ 4, "aggressive" },
		{ 5, "informational" },
		{ 6, "transaction" },
		{ 32, "quick" },
		{ 33, "new_group" },
		{ 34, "ike_sa_init" },
		{ 35, "ike_auth" },
		{ 36, "create_child_sa" },
		{ 37, "informational" },
		{ 38, "ike_session_resume" },
		{ 43, "ike_intermediate" },
		{ 44, "ike_followup_ke" },
	};

	return NAMED(names, exchange);
}

const char *ike_payload_text(uint8_t type)
{
	static const struct name names[] = {
		{ 1, "SecurityAssociation" },
		{ 2, "Proposal" },
		{ 3, "Transform" },
		{ 4, "KeyExchange" },
		{ 5, "Identification" },
		{ 6, "Certificate" },
		{ 7, "CertificateRequest" },
		{ 8, "Hash" },
		{ 9, "Signature" },
		{ 10, "Nonce" },
		{ 11, "Notification" },
		{ 12, "Delete" },
		{ 13, "VendorID" },
		{ 14, "Attributes" },
		{ 20, "NatDiscovery" },
		{ 21, "NatOriginalAddress" },
		{ 33, "SecurityAssociation" },
		{ 34, "KeyExchange" },
		{ 35, "IdInitiator" },
		{ 36, "IdResponder" },
		{ 37, "Certificate" },
		{ 38, "CertificateRequest" },
		{ 39, "Authentication" },
		{ 40, "Nonce" },
		{ 41, "Notify" },
		{ 42, "Delete" },
		{ 43, "VendorID" },
		{ 44, "TrafficSelectorInitiator" },
		{ 45, "TrafficSelectorResponder" },
		{ 46, "EncryptedAndAuthenticated" },
		{ 47, "Configuration" },
		{ 48, "ExtensibleAuthentication" },
		{ 53, "EncryptedFragment" },
		{ 130, "NatDiscovery" },
		{ 131, "NatOriginalAddress" },
		{ 132, "Fragment" },
	};

	return NAMED(names, type);
}

/* ---- algorithms ---- */

static const struct name encryption_v1[] = {
	{ 1, "DES-CBC" },  { 2, "IDEA-CBC" }, { 3, "Blowfish-CBC" }, { 4, "RC5-CBC" },
	{ 5, "3DES-CBC" }, { 6, "CAST-CBC" }, { 7, "AES-CBC" },      { 8, "Camellia-CBC" },
};
static const struct name hash_v1[] = {
	{ 1, "MD5" }, { 2, "SHA1" }, { 3, "Tiger" }, { 4, "SHA2-256" }, { 5, "SHA2-384" }, { 6, "SHA2-512" },
};
static const struct name methods_v1[] = {
	{ 1, "PSK" },
	{ 2, "DSS" },
	{ 3, "RSA-signature" },
	{ 4, "RSA-encryption" },
	{ 5, "RSA-revised-encryption" },
	{ 9, "ECDSA-256" },
	{ 10, "ECDSA-384" },
	{ 11, "ECDSA-521" },
	{ 64221, "hybrid-RSA" },
	{ 65001, "XAUTH-PSK" },
	{ 65005, "XAUTH-RSA" },
};
static const struct name encryption_v2[] = {
	{ 1, "DES_IV64" },
	{ 2, "DES" },
	{ 3, "3DES" },
	{ 4, "RC5" },
	{ 5, "IDEA" },
	{ 6, "CAST" },
	{ 7, "BLOWFISH" },
	{ 11, "NULL" },
	{ 12, "AES_CBC" },
	{ 13, "AES_CTR" },
	{ 14, "AES_CCM_8" },
	{ 15, "AES_CCM_12" },
	{ 16, "AES_CCM_16" },
	{ 18, "AES_GCM_8" },
	{ 19, "AES_GCM_12" },
	{ 20, "AES_GCM_16" },
	{ 23, "CAMELLIA_CBC" },
	{ 24, "CAMELLIA_CTR" },
	{ 28, "CHACHA20_POLY1305" },
};
static const struct name prf_v2[] = {
	{ 1, "HMAC_MD5" },      { 2, "HMAC_SHA1" },     { 3, "HMAC_TIGER" },    { 4, "AES128_XCBC" },
	{ 5, "HMAC_SHA2_256" }, { 6, "HMAC_SHA2_384" }, { 7, "HMAC_SHA2_512" }, { 8, "AES128_CMAC" },
};
static const struct name integrity_v2[] = {
	{ 1, "HMAC_MD5_96" },        { 2, "HMAC_SHA1_96" },       { 3, "DES_MAC" },
	{ 5, "AES_XCBC_96" },        { 6, "HMAC_MD5_128" },       { 7, "HMAC_SHA1_160" },
	{ 8, "AES_CMAC_96" },        { 12, "HMAC_SHA2_256_128" }, { 13, "HMAC_SHA2_384_192" },
	{ 14, "HMAC_SHA2_512_256" },
};
static const struct name groups[] = {
	{ 1, "MODP-768" },       { 2, "MODP-1024" },      { 3, "EC2N-155" },       { 4, "EC2N-185" },
	{ 5, "MODP-1536" },      { 14, "MODP-2048" },     { 15, "MODP-3072" },     { 16, "MODP-4096" },
	{ 17, "MODP-6144" },     { 18, "MODP-8192" },     { 19, "ECP-256" },       { 20, "ECP-384" },
	{ 21, "ECP-521" },       { 22, "MODP-1024-160" }, { 23, "MODP-2048-224" }, { 24, "MODP-2048-256" },
	{ 25, "ECP-192" },       { 26, "ECP-224" },       { 27, "BRAINPOOL-224" }, { 28, "BRAINPOOL-256" },
	{ 29, "BRAINPOOL-384" }, { 30, "BRAINPOOL-512" }, { 31, "CURVE25519" },    { 32, "CURVE448" },
	{ 35, "ML-KEM-512" },    { 36, "ML-KEM-768" },    { 37, "ML-KEM-1024" },
};

const char *ike_value_text(bool v1, enum ike_kind kind, uint16_t value)
{
	switch (kind) {
	case IKE_ENCRYPTION: return v1 ? NAMED(encryption_v1, value) : NAMED(encryption_v2, value);
	case IKE_PRF: return v1 ? NULL : NAMED(prf_v2, value);
	case IKE_INTEGRITY: return v1 ? NAMED(hash_v1, value) : NAMED(integrity_v2, value);
	case IKE_GROUP: return NAMED(groups, value);
	case IKE_AUTHENTICATION: return NAMED(methods_v1, value);
	default: return NULL;
	}
}

bool ike_is_weak(bool v1, enum ike_kind kind, uint16_t value)
{
	switch (kind) {
	case IKE_ENCRYPTION: return v1 ? value == 1 || value == 5 : (value >= 1 && value <= 3) || value == 11;
	case IKE_PRF: return !v1 && (value == 1 || value == 2);
	case IKE_INTEGRITY:
		return v1 ? value == 1 || value == 2
			  : value == 1 || value == 2 || value == 3 || value == 6 || value == 7;
	case IKE_GROUP: return (value >= 1 && value < 14) || value == 22 || value == 25;
	default: return false;
	}
}

/* ---- notifications of version 2, and the errors of version 1 that have the same names ---- */

const char *ike_notify_text(uint16_t type)
{
	static const struct name names[] = {
		{ 1, "unsupported_critical_payload" },
		{ 4, "invalid_ike_spi" },
		{ 5, "invalid_major_version" },
		{ 7, "invalid_syntax" },
		{ 9, "invalid_message_id" },
		{ 11, "invalid_spi" },
		{ 14, "no_proposal_chosen" },
		{ 17, "invalid_ke_payload" },
		{ 18, "invalid_id_information" },
		{ 24, "authentication_failed" },
		{ 34, "single_pair_required" },
		{ 35, "no_additional_sas" },
		{ 36, "internal_address_failure" },
		{ 37, "failed_cp_required" },
		{ 38, "ts_unacceptable" },
		{ 39, "invalid_selectors" },
		{ 43, "temporary_failure" },
		{ 44, "child_sa_not_found" },
		{ 16384, "initial_contact" },
		{ 16386, "additional_ts_possible" },
		{ 16387, "ipcomp_supported" },
		{ 16388, "nat_detection_source_ip" },
		{ 16389, "nat_detection_destination_ip" },
		{ 16390, "cookie" },
		{ 16391, "use_transport_mode" },
		{ 16393, "rekey_sa" },
		{ 16396, "mobike_supported" },
		{ 16404, "multiple_auth_supported" },
		{ 16406, "redirect_supported" },
		{ 16407, "redirect" },
		{ 16417, "secure_password_methods" },
		{ 16418, "childless_ikev2_supported" },
		{ 16430, "fragmentation_supported" },
		{ 16431, "signature_hash_algorithms" },
		{ 16435, "use_ppk" },
		{ 16438, "intermediate_exchange_supported" },
	};

	return NAMED(names, type);
}

/* ---- vendors ---- */

const struct ike_vendor *ike_vendor(struct span id)
{
	static const struct ike_vendor known[] = {
		{ "4048b7d56ebce88525e7de7f00d6c2d3", "IKE fragmentation", NULL },
		{ "09002689dfd6b712", "XAUTH", NULL },
		{ "afcad71368a1f1c96b8696fc77570100", "Dead Peer Detection", NULL },
		{ "4a131c81070358455c5728f20e95452f", "NAT traversal (RFC 3947)", NULL },
		{ "90cb80913ebb696e086381b5ec427b1f", "NAT traversal (draft 2)", NULL },
		{ "cd60464335df21f87cfdb2fc68b6a448", "NAT traversal (draft 2)", NULL },
		{ "7d9419a65310ca6f2c179d9215529d56", "NAT traversal (draft 3)", NULL },
		{ "12f5f28c457168a9702d9fe274cc0", "Cisco Unity", "Cisco VPN" },
		{ "882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan", "strongSwan" },
		{ "1e2b516905991c7d7c96fcbfb587e461", "Microsoft", "Windows" },
		{ "f4ed19e0c114eb516faaac0ee37daf2807b4381f", "Check Point", "Check Point" },
		{ "8299031757a36082c6a621de", "Fortinet", "FortiGate" },
	};
	char text[48];

	(void)hex_text(id, 0, text, sizeof(text));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(text, known[i].hex, strlen(known[i].hex)) == 0)
			return &known[i];
	return NULL;
}
