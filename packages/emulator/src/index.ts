/**
 * The vendors' words against ours: Soniox and Speechmatics as they document themselves, without a network.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.ts"
export * as Faults from "./Faults.ts"
export * as Soniox from "./Soniox.ts"
export * as Speech from "./Speech.ts"
export * as Speechmatics from "./Speechmatics.ts"
