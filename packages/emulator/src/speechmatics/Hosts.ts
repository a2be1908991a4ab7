/**
 * The vendor's host names and their regions. Global hosts and old names belong to the default region. Failover
 * environments are regions of their own, as a job exists only where it was created.
 *
 * https://docs.speechmatics.com/get-started/authentication#supported-endpoints (read 2026-11-21); historic names from
 * earlier versions of that page and from the vendor's SDKs.
 */

/** The region of requests without one. */
export const defaultRegion = "eu"

/** Host names with their regions. */
export const hosts: Readonly<Record<string, string>> = {
  "mp.speechmatics.com": defaultRegion,
  "mp.api.speechmatics.com": defaultRegion,
  "eu1.asr.api.speechmatics.com": "eu",
  "us1.asr.api.speechmatics.com": "us",
  "au1.asr.api.speechmatics.com": "au",
  "eu2.asr.api.speechmatics.com": "eu2",
  "us2.asr.api.speechmatics.com": "us2",
  "asr.api.speechmatics.com": "eu",
  "eu.asr.api.speechmatics.com": "eu",
  "us.asr.api.speechmatics.com": "us",
  "trial.asr.api.speechmatics.com": defaultRegion,
  "global.rt.speechmatics.com": defaultRegion,
  "eu.rt.speechmatics.com": "eu",
  "us.rt.speechmatics.com": "us",
  "eu2.rt.speechmatics.com": "eu",
  "neu.rt.speechmatics.com": "eu",
  "wus.rt.speechmatics.com": "us",
  "preview.rt.speechmatics.com": defaultRegion,
  "preview.tts.speechmatics.com": defaultRegion
}
