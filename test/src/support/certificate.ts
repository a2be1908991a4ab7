/** A self-signed certificate. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Makes a certificate for these names; its file at `path` exists until `remove`. */
export const certificate = (...names: readonly [string, ...ReadonlyArray<string>]) => {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-certificate-"))
  const [key, path] = [join(folder, "key.pem"), join(folder, "cert.pem")]
  const alternatives = names.map((name) => `DNS:${name}`).join(",")
  const subject = ["-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${alternatives}`]
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
  execFileSync("openssl", ["req", ...kind, ...subject, "-keyout", key, "-out", path], { stdio: "ignore" })
  return {
    path,
    pem: { key: readFileSync(key), cert: readFileSync(path) },
    remove: () => rmSync(folder, { recursive: true })
  }
}
