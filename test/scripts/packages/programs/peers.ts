/** An app with its own React and msw. */
import { setupServer } from "msw/node"
import { createElement } from "react"
import { renderToStaticMarkup } from "react-dom/server"
import { createMinter } from "tempcred"
import { source } from "tempcred/client"
import { Soniox } from "tempcred/emulator"
import { handlers } from "tempcred/msw"
import { useConnection } from "tempcred/react"

const credentials = source({ endpoint: "https://app.example.com/token" })
const Status = () => useConnection(credentials, { purpose: "stt.realtime" }).status
const soniox = Soniox.make()
const server = setupServer(...handlers(soniox))
server.listen()
const minter = createMinter({ provider: "soniox", env: { SONIOX_API_KEY: soniox.apiKey }, fetch })
const { provider } = await minter.mint({ purpose: "stt.realtime" })
process.stdout.write([renderToStaticMarkup(createElement(Status)), provider, soniox.log.length].join(" "))
await minter.close()
server.close()
