/** A program that mints once from a pool and from a cache, and ends without closing them. */
import { CredentialCache } from "@tempcred/core/CredentialCache"
import * as Minter from "@tempcred/core/Minter"
import * as WarmPool from "@tempcred/core/WarmPool"
import * as Layer from "effect/Layer"
import { request, vendor } from "./cache.ts"

const stack = CredentialCache.layer().pipe(Layer.provide(WarmPool.layer()), Layer.provide(vendor().layer))
const minter = Minter.make(stack)
await minter.mint({ ...request, purpose: "tts.realtime", singleUse: true })
await minter.mint(request)
process.stdout.write("done\n")
