import '@fontsource-variable/inter/wght.css'
import { render } from 'preact'
import { openSession } from './live/session.ts'
import { readTokenOfAddress } from './operator/token.ts'
import { followAddress } from './replay/player.ts'
import { followAddressBar } from './shell/address.ts'
import { followMedia } from './shell/media.ts'
import { Shell } from './shell/shell.tsx'
import { followTheme } from './shell/theme.ts'

readTokenOfAddress()
followTheme()
followMedia()
followAddressBar()
followAddress()
openSession()
const page = document.getElementById('page')
if (page) render(<Shell />, page)
