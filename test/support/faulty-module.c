/*
 * A PKCS#11 module in front of another one (FAULTY_MODULE). It counts the calls of every function, does to them
 * what the control file (FAULTY_CONTROL) says, and can keep a counter of PIN attempts as smart cards do. The
 * control file is mapped, so that counts outlive the process and every process of a token shares them;
 * faulty-module.ts creates it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long Rv;
/* Every parameter of PKCS#11 fits into a word: a number, a handle or a pointer. */
typedef unsigned long W;

/* In the order of CK_FUNCTION_LIST (PKCS#11 v2.40), with the number of parameters. */
#define FUNCTIONS(F)                                                                                          \
  F(C_Initialize, 1) F(C_Finalize, 1) F(C_GetInfo, 1) F(C_GetFunctionList, 1) F(C_GetSlotList, 3)             \
  F(C_GetSlotInfo, 2) F(C_GetTokenInfo, 2) F(C_GetMechanismList, 3) F(C_GetMechanismInfo, 3) F(C_InitToken, 4) \
  F(C_InitPIN, 3) F(C_SetPIN, 5) F(C_OpenSession, 5) F(C_CloseSession, 1) F(C_CloseAllSessions, 1)            \
  F(C_GetSessionInfo, 2) F(C_GetOperationState, 3) F(C_SetOperationState, 5) F(C_Login, 4) F(C_Logout, 1)     \
  F(C_CreateObject, 4) F(C_CopyObject, 5) F(C_DestroyObject, 2) F(C_GetObjectSize, 3)                         \
  F(C_GetAttributeValue, 4) F(C_SetAttributeValue, 4) F(C_FindObjectsInit, 3) F(C_FindObjects, 4)             \
  F(C_FindObjectsFinal, 1) F(C_EncryptInit, 3) F(C_Encrypt, 5) F(C_EncryptUpdate, 5) F(C_EncryptFinal, 3)     \
  F(C_DecryptInit, 3) F(C_Decrypt, 5) F(C_DecryptUpdate, 5) F(C_DecryptFinal, 3) F(C_DigestInit, 2)           \
  F(C_Digest, 5) F(C_DigestUpdate, 3) F(C_DigestKey, 2) F(C_DigestFinal, 3) F(C_SignInit, 3) F(C_Sign, 5)     \
  F(C_SignUpdate, 3) F(C_SignFinal, 3) F(C_SignRecoverInit, 3) F(C_SignRecover, 5) F(C_VerifyInit, 3)         \
  F(C_Verify, 5) F(C_VerifyUpdate, 3) F(C_VerifyFinal, 3) F(C_VerifyRecoverInit, 3) F(C_VerifyRecover, 5)     \
  F(C_DigestEncryptUpdate, 5) F(C_DecryptDigestUpdate, 5) F(C_SignEncryptUpdate, 5)                           \
  F(C_DecryptVerifyUpdate, 5) F(C_GenerateKey, 5) F(C_GenerateKeyPair, 8) F(C_WrapKey, 6) F(C_UnwrapKey, 8)   \
  F(C_DeriveKey, 6) F(C_SeedRandom, 3) F(C_GenerateRandom, 3) F(C_GetFunctionStatus, 1)                       \
  F(C_CancelFunction, 1) F(C_WaitForSlotEvent, 3)

#define INDEX(name, arity) AT_##name,
enum { FUNCTIONS(INDEX) FUNCTION_COUNT };
#define NAME(name, arity) #name,
static const char *const NAMES[] = {FUNCTIONS(NAME)};

/* CK_FUNCTION_LIST: a version of two bytes, padded, then the pointers. */
struct FunctionList {
  void *version;
  void *functions[FUNCTION_COUNT];
};

enum { OBEY = 0, ANSWER, DO_AND_ANSWER, DELAY, HANG, CRASH };
enum { ANSWERS_KEPT = 64 };

struct Record {
  char name[32];
  uint64_t calls;
  uint64_t action;
  /* A CK_RV, or milliseconds. */
  uint64_t value;
  /* Calls that go through before the action begins. */
  uint64_t passes;
  /* Calls that the action is for; FOR_EVER does not wear off. */
  uint64_t times;
  /* CK_RV + 1 of call n at n % ANSWERS_KEPT; 0 while it has not returned. */
  uint64_t answers[ANSWERS_KEPT];
};
struct Control {
  /* Wrong PINs that lock the token; 0: nobody counts. */
  uint64_t pin_tries;
  uint64_t pin_tries_left;
  struct Record records[FUNCTION_COUNT];
};
#define FOR_EVER UINT64_MAX

static struct Control *control;
static struct FunctionList *real;
/* The real functions with the PIN counter around two of them, and those that callers get. */
static struct FunctionList counted, faulty;

static int take_one(uint64_t *stock) {
  uint64_t left = __atomic_load_n(stock, __ATOMIC_SEQ_CST);
  while (left != 0) {
    if (left == FOR_EVER) return 1;
    if (__atomic_compare_exchange_n(stock, &left, left - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return 1;
  }
  return 0;
}

/* What becomes of this call; a delay is over, and a hang or a crash never gets here. */
static uint64_t fate_of(struct Record *record) {
  uint64_t action = __atomic_load_n(&record->action, __ATOMIC_SEQ_CST);
  if (action == OBEY || take_one(&record->passes) || !take_one(&record->times)) return OBEY;
  if (action == DELAY) {
    struct timespec wait = {record->value / 1000, record->value % 1000 * 1000000};
    nanosleep(&wait, NULL);
    return OBEY;
  }
  while (action == HANG) pause();
  if (action == CRASH) *(volatile int *)0 = 0;
  return action;
}

#define PARAMETERS_1 W a
#define PARAMETERS_2 PARAMETERS_1, W b
#define PARAMETERS_3 PARAMETERS_2, W c
#define PARAMETERS_4 PARAMETERS_3, W d
#define PARAMETERS_5 PARAMETERS_4, W e
#define PARAMETERS_6 PARAMETERS_5, W f
#define PARAMETERS_8 PARAMETERS_6, W g, W h
#define ARGUMENTS_1 a
#define ARGUMENTS_2 ARGUMENTS_1, b
#define ARGUMENTS_3 ARGUMENTS_2, c
#define ARGUMENTS_4 ARGUMENTS_3, d
#define ARGUMENTS_5 ARGUMENTS_4, e
#define ARGUMENTS_6 ARGUMENTS_5, f
#define ARGUMENTS_8 ARGUMENTS_6, g, h

#define DEFINE(name, arity)                                                     \
  static Rv faulty_##name(PARAMETERS_##arity) {                                 \
    Rv (*next)(PARAMETERS_##arity) = counted.functions[AT_##name];              \
    struct Record *record = &control->records[AT_##name];                       \
    uint64_t call = __atomic_fetch_add(&record->calls, 1, __ATOMIC_SEQ_CST);    \
    uint64_t *answer = &record->answers[call % ANSWERS_KEPT];                   \
    __atomic_store_n(answer, 0, __ATOMIC_SEQ_CST);                              \
    uint64_t fate = fate_of(record);                                            \
    Rv result = fate == ANSWER ? record->value : next(ARGUMENTS_##arity);       \
    if (fate == DO_AND_ANSWER) result = record->value;                          \
    __atomic_store_n(answer, result + 1, __ATOMIC_SEQ_CST);                     \
    return result;                                                              \
  }
FUNCTIONS(DEFINE)

enum { CKU_USER = 1, CKR_OK = 0, CKR_GENERAL_ERROR = 5, CKR_PIN_INCORRECT = 0xa0, CKR_PIN_LOCKED = 0xa4 };

static Rv counted_login(W session, W user, W pin, W length) {
  Rv (*next)(W, W, W, W) = real->functions[AT_C_Login];
  if (control->pin_tries == 0 || user != CKU_USER) return next(session, user, pin, length);
  if (control->pin_tries_left == 0) return CKR_PIN_LOCKED;
  Rv result = next(session, user, pin, length);
  if (result == CKR_PIN_INCORRECT) take_one(&control->pin_tries_left);
  if (result == CKR_OK) control->pin_tries_left = control->pin_tries;
  return result;
}

/* CK_TOKEN_INFO: the flags follow a label, a manufacturer, a model and a serial number. */
struct TokenInfo {
  char names[32 + 32 + 16 + 16];
  unsigned long flags;
};
enum { USER_PIN_COUNT_LOW = 0x10000, USER_PIN_FINAL_TRY = 0x20000, USER_PIN_LOCKED = 0x40000 };

static Rv counted_token_info(W slot, struct TokenInfo *info) {
  Rv (*next)(W, struct TokenInfo *) = real->functions[AT_C_GetTokenInfo];
  Rv result = next(slot, info);
  if (result != CKR_OK || control->pin_tries == 0) return result;
  uint64_t left = control->pin_tries_left;
  info->flags &= ~(unsigned long)(USER_PIN_COUNT_LOW | USER_PIN_FINAL_TRY | USER_PIN_LOCKED);
  if (left < control->pin_tries) info->flags |= USER_PIN_COUNT_LOW;
  if (left == 1) info->flags |= USER_PIN_FINAL_TRY;
  if (left == 0) info->flags |= USER_PIN_LOCKED;
  return result;
}

static int complain(const char *what) {
  fprintf(stderr, "faulty module: %s\n", what);
  return 0;
}

static int map_control(void) {
  const char *path = getenv("FAULTY_CONTROL");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0 || lseek(file, 0, SEEK_END) != sizeof *control) return complain("there is no control file of the right size");
  void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) return complain("the control file cannot be mapped");
  control = mapped;
  for (int at = 0; at < FUNCTION_COUNT; at += 1)
    if (strcmp(control->records[at].name, NAMES[at]) != 0) return complain("the control file has another order");
  return 1;
}

static int load_real(void) {
  const char *path = getenv("FAULTY_MODULE");
  void *module = path ? dlopen(path, RTLD_NOW) : NULL;
  Rv (*get)(struct FunctionList **) = module ? dlsym(module, "C_GetFunctionList") : NULL;
  return get && get(&real) == CKR_OK ? 1 : complain("no real module");
}

Rv C_GetFunctionList(struct FunctionList **list) {
  if (!faulty.version) {
    if (!map_control() || !load_real()) return CKR_GENERAL_ERROR;
    counted = *real;
    counted.functions[AT_C_Login] = counted_login;
    counted.functions[AT_C_GetTokenInfo] = counted_token_info;
#define INSTALL(name, arity) faulty.functions[AT_##name] = faulty_##name;
    FUNCTIONS(INSTALL)
    faulty.functions[AT_C_GetFunctionList] = C_GetFunctionList;
    faulty.version = real->version;
  }
  *list = &faulty;
  return CKR_OK;
}
