import * as Endpoint from "@tempcred/client/effect"
import { contract } from "@tempcred/testing/Contract"
import { make, mintRoute } from "./endpoint.ts"

contract("token endpoint", {
  adapter: Endpoint.adapter,
  emulator: make,
  mintRoute,
  request: { purpose: "stt.realtime" },
  provider: "acme"
})
