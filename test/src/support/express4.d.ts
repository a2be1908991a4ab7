/** Express 4 has the same types for what the tests use of it. */
declare module "express4" {
  export { default } from "express"
}
