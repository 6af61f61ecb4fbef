#ifndef ACCOUNT_ACCOUNT_PRIVATE_H
#define ACCOUNT_ACCOUNT_PRIVATE_H

/* For src/account only. */
#include "account/account.h"

/* What a database status means to an operator: never DB_OK, DB_REFUSED or DB_DUPLICATE. */
enum account_result account_result_of(enum db_status status);

#endif
