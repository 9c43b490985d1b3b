#include "base/digest.h"
#include "base/openssl_calls.h"

#include <threads.h>

/* Looking an algorithm up takes longer than using it; they stay as long as the program. */
static EVP_MD *methods[DIGEST_SHA256 + 1];

/* Each thread has a context for each kind, from its first use to its end. */
static tss_t contexts[DIGEST_SHA256 + 1];

static void free_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static void find_methods(void)
{
	static const char *const names[] = { "MD5", "SHA1", "SHA256" };

	for (size_t i = 0; openssl_load(NULL) && i < sizeof(names) / sizeof(names[0]); i++)
		if (tss_create(&contexts[i], free_context) == thrd_success)
			methods[i] = EVP_MD_fetch(NULL, names[i], NULL);
}

static const EVP_MD *method_of(enum digest_kind kind)
{
	static once_flag once = ONCE_FLAG_INIT;

	call_once(&once, find_methods);
	return methods[kind];
}

/* A context that had its method before needs no memory to begin again. */
static bool begin(struct digester *digester)
{
	const EVP_MD *method;

	if (digester->context != NULL)
		return EVP_DigestInit_ex(digester->context, NULL, NULL) == 1;
	method = method_of(digester->kind);
	if (method == NULL)
		return false;
	digester->context = EVP_MD_CTX_new();
	return digester->context != NULL && EVP_DigestInit_ex(digester->context, method, NULL) == 1;
}

struct span digester_run(struct digester *digester, struct span bytes, uint8_t memory[static DIGEST_MOST])
{
	unsigned length = 0;

	if (bytes.failed || !begin(digester) ||
	    EVP_DigestUpdate(digester->context, bytes.at, span_left(bytes)) != 1 ||
	    EVP_DigestFinal_ex(digester->context, memory, &length) != 1)
		length = 0;
	return span_of(memory, length);
}

void digester_free(struct digester *digester)
{
	if (digester->context != NULL)
		EVP_MD_CTX_free(digester->context);
	digester->context = NULL;
}

struct span digest(enum digest_kind kind, struct span bytes, uint8_t memory[static DIGEST_MOST])
{
	struct digester digester = { .kind = kind };
	struct span result = span_of(memory, 0);

	if (method_of(kind) == NULL)
		return result;
	digester.context = tss_get(contexts[kind]);
	result = digester_run(&digester, bytes, memory);
	if (digester.context != tss_get(contexts[kind]) &&
	    tss_set(contexts[kind], digester.context) != thrd_success)
		digester_free(&digester);
	return result;
}
