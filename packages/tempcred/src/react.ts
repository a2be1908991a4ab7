/**
 * A React hook for one connection of a component. It needs `react`.
 *
 * ```tsx
 * import { renderToStaticMarkup } from "react-dom/server"
 * import { source } from "tempcred/client"
 * import { useConnection } from "tempcred/react"
 *
 * const credentials = source({ endpoint: "/speech-token" }) // once, outside of the component
 *
 * const Microphone = () => {
 *   const { start, status, stop } = useConnection(credentials, { purpose: "stt.realtime" }, { prefetch: true })
 *   return status === "open" ? <button onClick={stop}>Stop</button> : <button onClick={start}>Speak</button>
 * }
 * console.log(renderToStaticMarkup(<Microphone />)) // => <button>Speak</button>
 * ```
 *
 * @since 0.1.0
 */

export * from "@tempcred/client/react"
