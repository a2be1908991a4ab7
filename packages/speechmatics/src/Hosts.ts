/** The hosts and paths of Speechmatics' products. */
import { join } from "@tempcred/core/VendorApi"

/**
 * Hosts by product and region: https://docs.speechmatics.com/get-started/authentication (read 2026-08-13). `"global"` routes to the
 * nearest region; `eu2`, `us2`, `neu` and `wus` are enterprise hosts; `"on-demand"` and `"trial"` are historic.
 */
export const hosts: Readonly<Record<"realtime" | "batch", Readonly<Record<string, string>>>> = {
  realtime: {
    global: "global.rt.speechmatics.com",
    eu: "eu.rt.speechmatics.com",
    us: "us.rt.speechmatics.com",
    eu2: "eu2.rt.speechmatics.com",
    neu: "neu.rt.speechmatics.com",
    wus: "wus.rt.speechmatics.com",
    preview: "preview.rt.speechmatics.com"
  },
  batch: {
    eu: "eu1.asr.api.speechmatics.com",
    us: "us1.asr.api.speechmatics.com",
    au: "au1.asr.api.speechmatics.com",
    eu1: "eu1.asr.api.speechmatics.com",
    us1: "us1.asr.api.speechmatics.com",
    au1: "au1.asr.api.speechmatics.com",
    eu2: "eu2.asr.api.speechmatics.com",
    us2: "us2.asr.api.speechmatics.com",
    "on-demand": "asr.api.speechmatics.com",
    trial: "trial.asr.api.speechmatics.com"
  }
}

/** The regions of all products. */
export const regions: ReadonlyArray<string> = [
  ...new Set([...Object.keys(hosts.realtime), ...Object.keys(hosts.batch)])
]

/** https://docs.speechmatics.com/api-ref/agent-stt-websocket (read 2026-11-30). */
const agentRegions: ReadonlySet<string> = new Set(["global", "eu", "us"])

/**
 * Lists the WebSockets that a realtime key opens: realtime transcription, and Agent STT in regions that have it. A URL with a language
 * after the version has no Agent STT.
 */
export const realtimeUrls = (url: string, region: string): readonly [string, ...ReadonlyArray<string>] =>
  agentRegions.has(region) && /\/v2\/*$/.test(url) ? [url, join(url, "/agent")] : [url]

/** Converts a region to the API's spelling. Hosts outside its three regions have none. */
export const vendorRegion = (region: string): string | undefined =>
  ({ eu: "eu", neu: "eu", us: "usa", wus: "usa", au: "au" })[region.replace(/\d$/, "")]
