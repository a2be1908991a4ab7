/** The definition of an adapter, and the spec that is made from it and from the values of its options. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type { Capabilities, Resolved } from "../Capabilities.ts"
import type { Issue } from "../ConfigurationError.ts"
import type { Source } from "../key-source/KeyRing.ts"
import type { Purpose } from "../Purpose.ts"
import type { InvalidResponseError, Reason } from "../TempCredentialError.ts"
import type { TempCredentialProvider } from "../TempCredentialProvider.ts"
import type { Call, Dialect } from "../VendorApi.ts"
import * as Options from "./Options.ts"
import type { CallContext, Common, Minted, SigningSpec, Spec } from "./Spec.ts"

/** The values of the options for one request. */
export interface Given<T extends Options.Table> {
  readonly options: Options.OptionsOf<T>
  /** The options for the request's region: all options in the configured region, none in other regions. */
  readonly own: Partial<Options.OptionsOf<T>>
}

/** The part of a vendor's definition that does not depend on how it mints. */
export interface CommonDefinition<T extends Options.Table, P extends Purpose> {
  /** The vendor's id, as used in configuration and errors. */
  readonly id: string
  readonly options: T
  /** The capabilities when everything is configured, such as keys for all regions. */
  readonly capabilities: Capabilities<P>
  /** Returns the capabilities with these options and with keys for these regions. @default capabilities */
  readonly served?: (options: Options.OptionsOf<T>, regions: ReadonlyArray<string>) => Capabilities<P>
  /** Adds keys of further regions, for example if two regions belong to one account. */
  readonly keysByRegion?: (keys: Readonly<Record<string, Source>>) => Readonly<Record<string, Source>>
  /** Adds behaviour to the provider. */
  readonly wrap?: (provider: TempCredentialProvider["Service"]) => TempCredentialProvider["Service"]
}

/** The definition of a vendor that mints over HTTP. */
export interface Definition<T extends Options.Table, P extends Purpose, Response, Failure> extends CommonDefinition<
  T,
  P
> {
  /**
   * Builds the vendor call without the long-lived key, which core adds. The request was already checked
   * against the capabilities.
   */
  readonly call: (request: Resolved<P>, context: CallContext & Given<T>) => Omit<Call, "key">
  readonly response: Schema.Codec<Response, unknown>
  /**
   * Reads a decoded response. Returns an `InvalidResponseError` if the response does not match the
   * request. Its `detail` must not contain values from the response.
   */
  readonly credential: (response: Response, request: Resolved<P>, given: Given<T>) => Minted | InvalidResponseError
  readonly dialect: Dialect<Failure>
  /** Returns further advice for errors, if it depends on the regions with keys. */
  readonly advice?: (regions: ReadonlyArray<string>) => Dialect<Failure>["advice"]
}

/** The definition of a vendor whose credentials are signed locally, such as JWTs and signed URLs. */
export interface SigningDefinition<T extends Options.Table, P extends Purpose> extends CommonDefinition<T, P> {
  /**
   * Signs a credential. The request was already checked against the capabilities. `now` is rounded down
   * to whole seconds, because signed timestamps have no fractions.
   */
  readonly sign: (
    request: Resolved<P>,
    context: CallContext & Given<T> & { readonly keys: Options.KeysOf<T> }
  ) => Effect.Effect<Minted, Reason>
}

type Sources = Readonly<Record<string, Source>>

/** The parts of a spec that depend on the options alone. */
interface Configured extends Pick<Common<Purpose>, "keyForm"> {
  readonly keys: Sources
  readonly issues: ReadonlyArray<Issue>
  readonly region: string | undefined
  readonly settings: ReadonlyArray<string | undefined>
  /** The regions that have a key. */
  readonly regions: ReadonlyArray<string>
  readonly keyOf: (region: string | undefined) => Source
}

const merged = (records: ReadonlyArray<Sources | undefined>): Sources =>
  Object.fromEntries(records.flatMap((record) => Object.entries(record ?? {})))

/** A placeholder for a missing key. The missing key is also an issue, which fails the layer. */
const missing = Redacted.make("")

const configure = (
  table: Options.Table,
  options: object,
  keysByRegion: (keys: Sources) => Sources = (keys) => keys
): Configured => {
  const parts = Options.examine(table, options)
  const { form, key = missing } = parts.find((part) => part.key !== undefined) ?? {}
  const { region } = parts.find((part) => part.region !== undefined) ?? {}
  const own = region === undefined ? {} : { [region]: key }
  const keys = keysByRegion({ ...merged(parts.map((part) => part.regionKeys)), ...own })
  return {
    keyForm: form,
    keys: merged(parts.map((part) => part.keys)),
    issues: parts.flatMap((part) => part.issues),
    region,
    settings: parts.flatMap((part) => part.identity ?? []),
    regions: Object.keys(keys),
    keyOf: (asked) => (asked === undefined ? undefined : keys[asked]) ?? key
  }
}

/** Returns the parts that both kinds of specs have, and the options and the key for a request. */
const common = <T extends Options.Table, P extends Purpose>(
  { capabilities, id, keysByRegion, options: table, served }: CommonDefinition<T, P>,
  options: Options.OptionsOf<T>
) => {
  const { keyOf, regions, ...rest } = configure(table, options, keysByRegion)
  const home: Given<T> = { options, own: options }
  const elsewhere: Given<T> = { options, own: {} }
  const shared: Common<P> = {
    ...rest,
    provider: id,
    capabilities: served === undefined ? capabilities : served(options, regions)
  }
  return {
    shared,
    regions,
    keyOf: ({ region }: Resolved) => keyOf(region),
    given: ({ region }: Resolved) => (region === undefined || region === rest.region ? home : elsewhere)
  }
}

/** Makes the spec of a vendor with these options. */
export const specOf = <T extends Options.Table, P extends Purpose, Response, Failure>(
  definition: Definition<T, P, Response, Failure>,
  options: Options.OptionsOf<T>
): Spec<P, Response, Failure> => {
  const { advice, call, credential, dialect, response } = definition
  const { given, keyOf, regions, shared } = common(definition, options)
  return {
    ...shared,
    call: (request, context) => ({ ...call(request, { ...context, ...given(request) }), key: keyOf(request) }),
    response,
    credential: (answer, request) => credential(answer, request, given(request)),
    dialect: { ...dialect, advice: { ...dialect.advice, ...advice?.(regions) } }
  }
}

/** Makes the spec of a vendor whose credentials are signed locally. */
export const signingSpecOf = <T extends Options.Table, P extends Purpose>(
  definition: SigningDefinition<T, P>,
  options: Options.OptionsOf<T>
): SigningSpec<P> => {
  const { given, keyOf, shared } = common(definition, options)
  return {
    ...shared,
    keyOf,
    sign: (request, context, keys) =>
      Options.hasKeys(definition.options, keys)
        ? definition.sign(request, { ...context, ...given(request), keys })
        : Effect.die("the key has other parts than its option")
  }
}
