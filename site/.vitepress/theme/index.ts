/** VitePress' own theme, with denser tables. */
import theme from "vitepress/theme"
import "./style.css"

export default theme
