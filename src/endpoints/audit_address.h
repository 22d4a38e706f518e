// How the audit log names the address of a client: by a keyed hash, or in full for tools that ban addresses
// (log.audit_addresses).

#pragma once

#include <string>

#include "base/crypto.h"
#include "base/log.h"
#include "http/request.h"

namespace sessiond {

inline std::string auditAddress(AuditAddresses addresses, const HmacKey& log_key, const Request& request) {
  const std::string_view address = request.paramOrEmpty("SESSIOND_ADDR");
  return addresses == AuditAddresses::kFull ? std::string(address) : pseudonym(log_key, address);
}

}  // namespace sessiond
