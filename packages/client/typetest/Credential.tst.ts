/** What the plain door spells out is what core says. */
import type * as Client from "@tempcred/client"
import type * as Connection from "@tempcred/core/Connection"
import type { Purpose } from "@tempcred/core/Purpose"
import type { Json } from "@tempcred/core/TempCredential"
import type { Feature } from "@tempcred/core/TempCredentialError"
import type * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import { describe, expectTypeOf, it } from "vitest"

describe("a type of the wire", () => {
  it("is the same here and in core", () => {
    expectTypeOf<Client.Purpose>().toEqualTypeOf<Purpose>()
    expectTypeOf<Client.Feature>().toEqualTypeOf<Feature>()
    expectTypeOf<Client.Connection>().toEqualTypeOf<Connection.Connection>()
    expectTypeOf<Client.Placement>().toEqualTypeOf<Connection.Placement>()
    expectTypeOf<Omit<Client.Credential, "fingerprint">>().toEqualTypeOf<Json>()
    expectTypeOf<TokenEndpoint.Response>().toExtend<Client.Credential>()
    expectTypeOf<Client.Problem>().toEqualTypeOf<TokenEndpoint.Problem>()
  })

  it("allows undefined in a request, which is not sent", () => {
    // A source adds what was refused.
    type Asked = Omit<TokenEndpoint.Request, "refused">
    type Sent = { [K in keyof Client.Request]: Exclude<Client.Request[K], undefined> }
    expectTypeOf<Required<Sent>>().toEqualTypeOf<Required<Asked>>()
    expectTypeOf<Asked>().toExtend<Client.Request>()
  })
})

describe("a first message", () => {
  it("is fields, or a function of the credential that makes them, and neither audio nor text", () => {
    type First = NonNullable<Client.OpenOptions["first"]>
    expectTypeOf<(credential: Client.Credential) => { readonly model: string }>().toExtend<First>()
    expectTypeOf<() => undefined>().toExtend<First>()
    expectTypeOf<{ readonly model: string }>().toExtend<First>()
    expectTypeOf<Uint8Array>().not.toExtend<First>()
    expectTypeOf<ReadonlyArray<string>>().not.toExtend<First>()
    expectTypeOf<string>().not.toExtend<First>()
  })
})
